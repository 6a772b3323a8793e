"""Findings that the description alone shows: disabled links, overlapping summaries, routes that may leak."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from routing.contest import explicit_advertisements
from routing.elements import described_at, link_element
from routing.findings import Finding, FindingKind, KeyPath, Severity
from topology import Network, overlapping


def design_findings(network: Network) -> Iterator[Finding]:
    """Yield what is disabled, what overlaps, and what may leak."""
    yield from _links(network)
    yield from _one_router_for_both_links(network)
    yield from _overlapping_summaries(network)
    yield from _overlapping_sites(network)
    yield from _leaks(network)


def _links(network: Network) -> Iterator[Finding]:
    for circuit, name, link in network.links:
        if not link.enabled:
            element = link_element(circuit.name, name)
            yield Finding(
                kind=FindingKind.DISABLED_LINK,
                severity=Severity.WARNING,
                message=f"{element} is disabled: Azure's service level needs both links of a circuit (ER-7)",
                causes=((*described_at(element), "enabled"),),
                mend="Enable it.",
            )


def _one_router_for_both_links(network: Network) -> Iterator[Finding]:
    for circuit in network.circuits.values():
        primary, secondary = circuit.private_peering.primary, circuit.private_peering.secondary
        if primary.router and primary.router == secondary.router:
            path = ("circuits", circuit.name, "privatePeering")
            yield Finding(
                kind=FindingKind.SHARED_FATE,
                severity=Severity.WARNING,
                message=f"both links of {circuit.name} end on {primary.router}: its failure ends the circuit "
                "(APRL:0e19cc41)",
                causes=((*path, "secondary", "router"), (*path, "primary", "router")),
                mend="End the secondary link on another router of the location.",
                failures=(f"router:{primary.router}",),
            )


# --- prefixes --------------------------------------------------------------------------------------------


def _overlapping_summaries(network: Network) -> Iterator[Finding]:
    """Yield prefixes that lie in another of the same list.

    What is longer on one session than on another, and what one site attracts of another's traffic, are
    findings of the paths (PATH-1).
    """
    lists: list[tuple[KeyPath, tuple[IPv4Network, ...]]] = [
        (("locations", site.name, "prefixes"), site.prefixes) for site in network.locations.values()
    ]
    for path, prefixes in (*lists, *explicit_advertisements(network)):
        for inner in prefixes:
            around = [
                outer for outer in prefixes if outer.prefixlen and outer != inner and inner.subnet_of(outer)
            ]
            if around:
                yield Finding(
                    kind=FindingKind.OVERLAPPING_SUMMARY,
                    severity=Severity.INFORMATION,
                    message=f"{inner} lies in {around[0]} of the same list: it draws traffic only where the "
                    "summary goes another way (PATH-1)",
                    causes=((*path, str(prefixes.index(inner))),),
                    mend=f"Leave {inner} out, unless a session is to carry it alone.",
                )


def _overlapping_sites(network: Network) -> Iterator[Finding]:
    """Yield what a location advertises around other sites, or what two have in common.

    A default route is no summary: it is for what nobody else advertises.
    """
    owned = [
        ((site, prefix), prefix)
        for site in network.sites
        for prefix in network.site_prefixes(site)
        if prefix.prefixlen
    ]
    around: dict[tuple[str, IPv4Network], list[str]] = {}
    for (inner, part), (outer, prefix) in overlapping(owned):
        if outer != inner and prefix == part:
            yield Finding(
                kind=FindingKind.OVERLAPPING_SUMMARY,
                severity=Severity.WARNING,
                message=f"{inner} and {outer} both have {prefix}: who gets its traffic depends on where it "
                "comes from",
                causes=(prefix_path(network, inner, part), prefix_path(network, outer, prefix)),
                mend="Give each prefix to one site only, or each a longer part of it.",
            )
        elif outer != inner:
            around.setdefault((outer, prefix), []).append(f"{part} of {inner}")
    for (site, prefix), parts in around.items():
        named = ", ".join(parts[:3]) + (f" and {len(parts) - 3} more" if len(parts) > 3 else "")  # noqa: PLR2004
        yield Finding(
            kind=FindingKind.OVERLAPPING_SUMMARY,
            severity=Severity.INFORMATION,
            message=f"{prefix} of {site} holds {named}: traffic for those goes to {site} wherever there is "
            "no longer route (PATH-1)",
            causes=(prefix_path(network, site, prefix),),
            mend=f"Advertise only what is behind {site}, unless it is meant to attract the rest.",
        )


def prefix_path(network: Network, site: str, prefix: IPv4Network) -> KeyPath:
    """Return where the stack file gives a site a prefix: of its own, or on one session only."""
    if site in network.virtual_networks:
        return ("virtualNetworks", site, "addressSpace")
    prefixes = network.locations[site].prefixes
    if prefix in prefixes:
        return ("locations", site, "prefixes", str(prefixes.index(prefix)))
    told = (path for path, advertised in explicit_advertisements(network) if prefix in advertised)
    return next(told, ("locations", site, "prefixes"))


def _leaks(network: Network) -> Iterator[Finding]:
    """Yield where routes may pass that nobody here filters.

    Routers of the stack file advertise their own location's prefixes through a prefix list on every session,
    so that they leak nothing.
    """
    for circuit, link_name, link in network.links:
        if link.enabled and not link.router:
            element = link_element(circuit.name, link_name)
            yield Finding(
                kind=FindingKind.LEAK,
                severity=Severity.WARNING,
                message=f"{element} ends on a router that is not described: nothing here keeps it from "
                "passing on routes of others, and Azure would take them",
                causes=((*described_at(element), "router"),),
                mend="Describe the router, or ask its owner for an outbound prefix list.",
            )
    for name in network.circuits:
        joined = (each.virtual_network for each in network.connections.values() if each.circuit == name)
        open_gateways = [
            virtual_network
            for virtual_network in joined
            if (gateway := network.virtual_networks[virtual_network].express_route_gateway)
            and gateway.allow_remote_vnet_traffic
        ]
        if len(open_gateways) > 1:
            yield Finding(
                kind=FindingKind.LEAK,
                severity=Severity.INFORMATION,
                message=f"{' and '.join(open_gateways)} learn each other's prefixes, and their spokes', over "
                f"{name} (PATH-10, ER-17)",
                causes=tuple(
                    ("virtualNetworks", each, "expressRouteGateway", "allowRemoteVnetTraffic")
                    for each in open_gateways
                ),
                mend="Nothing, if that is meant; Microsoft recommends VNet peering instead (ER-17).",
            )
