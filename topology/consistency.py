"""What must hold between the objects of a network. Each check yields every contradiction it finds.

A contradiction is something Azure or IOS-XE would refuse, or that cannot work at all. What works but is
unwise is left to the policy pack, and which way traffic goes to the path prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, NamedTuple

from topology import (
    checks_express_route,
    checks_routers,
    checks_user_routes,
    checks_virtual_networks,
    checks_vpn,
)
from topology.addressing import overlapping
from topology.errors import Mistake, flaw
from topology.network import Network

EVERY_NAME = "*"
"""Stands for all objects of a section that could not be loaded at all."""

Found = Iterator[Mistake]
Omitted = frozenset[tuple[str, str]]


def contradictions(network: Network, omitted: Omitted = frozenset()) -> list[Mistake]:
    """Return every contradiction of a network.

    Args:
        network: What could be loaded.
        omitted: (section, name) of what could not, which may be referred to nonetheless.
    """
    found = [mistake for check in _CHECKS for mistake in check(network)]
    found += _references(network, omitted)
    return found


# --- what refers to what ---------------------------------------------------------------------------------


def _references(network: Network, omitted: Omitted) -> Found:
    for path, section, name in _all_references(network):
        known = network_section(network, section)
        if name not in known and not {(section, name), (section, EVERY_NAME)} & omitted:
            named = [*known, *sorted(other for kind, other in omitted if kind == section)]
            names = ", ".join(named) or "none is described"
            yield flaw(*path, says=f"{name} is not in {section} ({names})")


def network_section(network: Network, section: str) -> Mapping[str, Any]:
    """Return a section of a network by its name in the stack file."""
    return {
        "virtualNetworks": network.virtual_networks,
        "routeTables": network.route_tables,
        "circuits": network.circuits,
        "locations": network.locations,
        "routers": network.routers,
    }[section]


Reference = tuple[tuple[str, ...], str, str]
"""Where a name is used, the section it refers to, and the name."""


def _all_references(network: Network) -> Iterator[Reference]:
    yield from _azure_references(network)
    yield from _on_premises_references(network)


def _azure_references(network: Network) -> Iterator[Reference]:
    for vnet in network.virtual_networks.values():
        for name, subnet in vnet.subnets.items():
            if subnet.route_table:
                used_at = ("virtualNetworks", vnet.name, "subnets", name, "routeTable")
                yield used_at, "routeTables", subnet.route_table
    for name, peering in network.peerings.items():
        yield ("peerings", name, "hub"), "virtualNetworks", peering.hub
        yield ("peerings", name, "spoke"), "virtualNetworks", peering.spoke
    for name, connection in network.connections.items():
        yield ("connections", name, "circuit"), "circuits", connection.circuit
        yield ("connections", name, "virtualNetwork"), "virtualNetworks", connection.virtual_network
    for name, reach in network.global_reach.items():
        for index, circuit in enumerate(reach.circuits):
            yield ("globalReach", name, "circuits", str(index)), "circuits", circuit
    for name, tunnel in network.tunnels.items():
        yield ("tunnels", name, "virtualNetwork"), "virtualNetworks", tunnel.virtual_network
        if tunnel.remote_virtual_network:
            path = ("tunnels", name, "remoteVirtualNetwork")
            yield path, "virtualNetworks", tunnel.remote_virtual_network


def _on_premises_references(network: Network) -> Iterator[Reference]:
    for name, tunnel in network.tunnels.items():
        if tunnel.router:
            yield ("tunnels", name, "router", "name"), "routers", tunnel.router.name
    for name, router in network.routers.items():
        yield ("routers", name, "location"), "locations", router.location
    for circuit, link_name, link in network.links:
        if link.router:
            path = ("circuits", circuit.name, "privatePeering", link_name, "router")
            yield path, "routers", link.router


# --- names -----------------------------------------------------------------------------------------------


def _site_names(network: Network) -> Found:
    for name in network.locations:
        if name in network.virtual_networks:
            says = "is a virtual network's name too: paths are predicted between sites by their names"
            yield flaw("locations", name, says=says)


def _names_that_differ_in_case(network: Network) -> Found:
    """Names in Azure, and host names, are the same in upper and lower case."""
    for section, attribute in (
        ("virtualNetworks", network.virtual_networks),
        ("routeTables", network.route_tables),
        ("peerings", network.peerings),
        ("circuits", network.circuits),
        ("connections", network.connections),
        ("globalReach", network.global_reach),
        ("tunnels", network.tunnels),
        ("locations", network.locations),
        ("routers", network.routers),
    ):
        seen: dict[str, str] = {}
        for name in attribute:
            if (other := seen.setdefault(name.lower(), name)) != name:
                yield flaw(section, name, says=f"differs from {other} in upper and lower case only")


# --- addresses across the network ------------------------------------------------------------------------


def _site_overlaps(network: Network) -> Found:
    """A location may be around others, as a summary is; else one of two could not be reached."""
    owned: list[tuple[tuple[str, str, IPv4Network], IPv4Network]] = [
        ((section, name, prefix), prefix)
        for section, sites in (
            ("virtualNetworks", network.virtual_networks),
            ("locations", network.locations),
        )
        for name, site in sites.items()
        for prefix in site.prefixes
    ]
    for (section, name, prefix), (other_section, other_name, other) in overlapping(owned):
        if (section, name) == (other_section, other_name) or section == "locations":
            continue
        if other_section == "virtualNetworks":
            says = f"{other} overlaps with {prefix} of {name} (PEER-7)"
            yield flaw(other_section, other_name, says=says)
        elif not prefix.subnet_of(other) or prefix == other:
            says = (
                f"{other} lies inside {prefix} of {name}, whose gateways take no such route (VPN-9, PATH-5)"
            )
            yield flaw(other_section, other_name, says=says)


def _link_overlaps(network: Network) -> Found:
    """Networks between edges overlap with none other; a link's may lie in a location (ER-3, ER-16)."""
    for (kind, owner, prefix, _), (other_kind, _, other, path) in overlapping(
        (entry, entry.prefix) for entry in _prefixes(network)
    ):
        rule = {"link": "ER-3", "globalReach": "ER-16"}.get(other_kind)
        if rule and prefix.prefixlen and (other_kind, kind) != ("link", "location"):
            yield flaw(*path, says=f"{other} overlaps with {prefix} of {owner} ({rule})")


class _Owned(NamedTuple):
    kind: str
    owner: str
    prefix: IPv4Network
    path: tuple[str, ...] = ()


def _prefixes(network: Network) -> Iterator[_Owned]:
    """Yield every prefix, those first that the later ones may not overlap with."""
    for vnet in network.virtual_networks.values():
        yield from (_Owned("virtualNetwork", vnet.name, prefix) for prefix in vnet.prefixes)
    for site in network.locations.values():
        yield from (_Owned("location", site.name, prefix) for prefix in site.prefixes)
    for circuit, name, link in network.links:
        path = ("circuits", circuit.name, "privatePeering", name, "prefix")
        yield _Owned("link", f"{circuit.name}/{name}", link.prefix, path)
    for reach in network.global_reach.values():
        yield _Owned("globalReach", reach.name, reach.prefix, ("globalReach", reach.name, "prefix"))


_CHECKS: tuple[Callable[[Network], Found], ...] = (
    _site_names,
    _names_that_differ_in_case,
    *checks_virtual_networks.CHECKS,
    *checks_user_routes.CHECKS,
    *checks_express_route.CHECKS,
    *checks_vpn.CHECKS,
    *checks_routers.CHECKS,
    _site_overlaps,
    _link_overlaps,
)
