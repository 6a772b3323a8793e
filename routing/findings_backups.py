"""Findings about what a failure takes: backups that are none or fail with their primary, and what has none.

A backup of a virtual network and a location is a session between the two, over a circuit or a tunnel, that
the steady state does not use. It is put to the test by taking away every other one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from routing.alike import Pair
from routing.elements import (
    ElementKind,
    GatewayKind,
    described_at,
    element_name,
    element_names,
    read_element,
)
from routing.explanation import explain_loss, nearest_obstacle
from routing.findings import Finding, FindingKind, KeyPath, Severity
from routing.forecast import Forecast
from routing.nodes import SegmentKind
from routing.propagation import Outage
from topology import Circuit, Network


def backup_findings(forecast: Forecast) -> Iterator[Finding]:
    """Yield what is wrong with backups, then what has none."""
    yield from _backups_that_are_none(forecast)
    yield from _fates(forecast)


# --- backups that are none -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """What joins a virtual network's gateway to a location: one circuit's connection, or one tunnel."""

    name: str
    element: str
    """Whose failure ends it, and nothing else between the two."""
    kind: SegmentKind


def _sessions(network: Network, virtual_network: str, location: str) -> tuple[_Session, ...]:
    circuits = (
        _Session(
            name=connection.circuit,
            element=element_name(ElementKind.CONNECTION, connection.name),
            kind=SegmentKind.EXPRESS_ROUTE,
        )
        for connection in network.connections.values()
        if connection.virtual_network == virtual_network
        and location in _locations(network, network.circuits[connection.circuit])
    )
    tunnels = (
        _Session(
            name=tunnel.name, element=element_name(ElementKind.TUNNEL, tunnel.name), kind=SegmentKind.VPN
        )
        for tunnel in network.tunnels.values()
        if tunnel.virtual_network == virtual_network
        and tunnel.router
        and network.routers[tunnel.router.name].location == location
    )
    return (*circuits, *tunnels)


def _locations(network: Network, circuit: Circuit) -> set[str]:
    links = (link for _, link in circuit.private_peering.links)
    return {network.routers[link.router].location for link in links if link.router}


def _backups_that_are_none(forecast: Forecast) -> Iterator[Finding]:
    network = forecast.network
    for virtual_network in network.virtual_networks:
        for location in network.locations:
            sessions = _sessions(network, virtual_network, location)
            ends = (virtual_network, location)
            directions = (forecast.steady[ends].direction, forecast.steady[ends[::-1]].direction)
            used = {segment.over for direction in directions for segment in direction.segments}
            for backup in sessions if len(sessions) > 1 else ():
                others = tuple(other.element for other in sessions if other is not backup)
                if backup.name not in used and (reason := _useless(forecast, ends, others)):
                    yield _no_backup(network, ends, backup, reason)


def _useless(forecast: Forecast, ends: Pair, others: tuple[str, ...]) -> str | None:
    """Return why two sites do not reach each other after the failure of all sessions but one, or None."""
    courses = forecast.courses_after(*others)
    for pair in (ends, ends[::-1]):
        course = courses.get(pair) or forecast.steady[pair]
        if course.delivered:
            continue
        outage, tables = forecast.outage(*others)
        target = forecast.destinations[pair[1]][0]
        lost = forecast.trails(tables, outage, pair)[0][0]
        if lost.loss:
            continue  # a route table is what ends it, whatever the backup carries
        if lost.at_end.decision:
            return explain_loss(forecast.graph, tables, outage, lost, target)
        obstacle = nearest_obstacle(forecast.graph, tables, Outage(), lost.end, target)
        return obstacle.reason if obstacle else course.reason
    return None


def _no_backup(network: Network, ends: Pair, backup: _Session, reason: str) -> Finding:
    return Finding(
        kind=FindingKind.BACKUP_THAT_IS_NONE,
        severity=Severity.ERROR,
        message=f"{backup.name} is no backup for {ends[0]} and {ends[1]}: if all else between them fails, "
        f"they do not reach each other, because {reason}",
        causes=_backup_cause(network, backup),
        mend=f"Let {backup.name} carry what its primary carries, in both directions.",
        pairs=(ends, ends[::-1]),
    )


def _backup_cause(network: Network, backup: _Session) -> tuple[KeyPath, ...]:
    if backup.kind is SegmentKind.VPN:
        return (("tunnels", backup.name, "router", "advertisedPrefixes"),)
    peering = network.circuits[backup.name].private_peering
    path = ("circuits", backup.name, "privatePeering")
    disabled = tuple((*path, name.value, "enabled") for name, link in peering.links if not link.enabled)
    silent = tuple(
        (*path, name.value, "advertisedPrefixes")
        for name, link in peering.links
        if link.enabled and link.advertised_prefixes is not None
    )
    return disabled + silent or (described_at(backup.element),)


# --- what one failure takes ------------------------------------------------------------------------------


def _fates(forecast: Forecast) -> Iterator[Finding]:
    for element in element_names(forecast.network):
        after = forecast.courses_after(element)
        lost = [
            pair
            for pair in forecast.steady
            if pair in after and forecast.steady[pair].delivered and not after[pair].delivered
        ]
        if not lost:
            continue
        sharing = [pair for pair in lost if _has_backup_through(forecast, pair, element)]
        kind = read_element(element).kind
        if sharing and kind in {ElementKind.ROUTER, ElementKind.GATEWAY}:
            yield _shared_fate(forecast.network, element, tuple(sharing))
            lost = [pair for pair in lost if pair not in sharing]
        if lost:
            yield _single_point(forecast.network, element, tuple(lost))


def _has_backup_through(forecast: Forecast, pair: Pair, element: str) -> bool:
    """Whether a pair has another way in reserve, for which it needs the same element."""
    steady = forecast.steady[pair]
    if not all(element in way for way in steady.direction.hops):
        return False
    on_the_way = dict.fromkeys(hop for way in steady.direction.hops for hop in way if hop != element)
    for other in on_the_way:
        course = forecast.courses_after(other).get(pair)
        if course and course.delivered and set(course.alternatives).isdisjoint(steady.alternatives):
            return all(element in way for way in course.direction.hops)
    return False


def _shared_fate(network: Network, element: str, pairs: tuple[Pair, ...]) -> Finding:
    kind, name, *_ = read_element(element)
    causes: tuple[KeyPath, ...]
    if kind is ElementKind.ROUTER:
        links = tuple(
            ("circuits", circuit.name, "privatePeering", link.value, "router")
            for circuit, link, described in network.router_links(name)
            if described.enabled
        )
        tunnels = tuple(("tunnels", tunnel.name, "router", "name") for tunnel in network.router_tunnels(name))
        causes = tunnels + links
        severity, mend = Severity.WARNING, "End the backup on another router of the location."
    else:
        causes = (described_at(element),)
        severity, mend = (
            Severity.INFORMATION,
            _beside_gateway(network, element),
        )
    return Finding(
        kind=FindingKind.SHARED_FATE,
        severity=severity,
        message=f"{element} carries a path and its backup, too: its failure ends both",
        causes=causes,
        mend=mend,
        pairs=pairs,
        failures=(element,),
    )


_SECOND = {
    ElementKind.CIRCUIT: "Add a circuit in another peering location, or a VPN beside it (ER-19).",
    ElementKind.LINK: "Use the circuit's other link, too (ER-7).",
    ElementKind.CONNECTION: "Connect a second circuit, or add a VPN beside it (ER-19).",
    ElementKind.GATEWAY_INSTANCE: "Give every peer a tunnel to both instances (GW-14).",
    ElementKind.PEERING: "Nothing: Azure has one peering between two virtual networks.",
    ElementKind.TUNNEL: "Add a tunnel to another router, or ExpressRoute beside it (GW-14).",
    ElementKind.ROUTER: "End a link or a tunnel on another router of the location.",
    ElementKind.GLOBAL_REACH: "Add a way by VPN, if the locations need one.",
    ElementKind.APPLIANCE: "Put two appliances behind an internal load balancer's address.",
    ElementKind.ROUTE_SERVER: "Nothing: a Route Server has two instances of its own.",
}


def _second(network: Network, element: str) -> str:
    """Return what could stand in for an element."""
    kind, name, *_ = read_element(element)
    if kind is ElementKind.GATEWAY:
        return _beside_gateway(network, element)
    if kind is ElementKind.TUNNEL and network.tunnels[name].router is None:
        return "Join the two virtual networks by peering or over ExpressRoute, too."
    return _SECOND[kind]


def _beside_gateway(network: Network, element: str) -> str:
    """Return what could stand in for a gateway, and what makes its failure less likely, if that is left."""
    _, _, name, part = read_element(element)
    site = network.virtual_networks[name]
    vpn = site.vpn_gateway if part == GatewayKind.VPN else None
    gateway = vpn or site.express_route_gateway
    both = site.vpn_gateway and site.express_route_gateway
    other = "ExpressRoute" if vpn else "VPN"
    beside = (
        f"Let {name}'s {other} gateway carry these pairs, too"
        if both
        else f"Add a gateway of the other type, {other}, with ways of its own: Azure takes one of each (GW-1)"
    )
    if gateway and not gateway.is_zone_redundant:
        return f"{beside}; or make it zone-redundant, which a zone's failure leaves up (GW-11)."
    if vpn and not vpn.active_active:
        return (
            f"{beside}. It is zone-redundant already (GW-11); active-active, it would not be interrupted "
            "while one instance takes over from the other (GW-14)."
        )
    return f"{beside}. What Azure has against its failure it has already: instances in several zones (GW-11)."


def _routes_to(network: Network, element: str) -> tuple[KeyPath, ...]:
    """Return the user-defined routes that lead to an appliance; nothing else describes it."""
    kind, _, _, address = read_element(element)
    if kind is not ElementKind.APPLIANCE:
        return ()
    return tuple(
        ("routeTables", table.name, "routes", route, "address")
        for table in network.route_tables.values()
        for route, described in table.routes.items()
        if str(described.appliance) == address
    )


def _single_point(network: Network, element: str, pairs: tuple[Pair, ...]) -> Finding:
    return Finding(
        kind=FindingKind.SINGLE_POINT_OF_FAILURE,
        severity=Severity.INFORMATION,
        message=f"{element} is all that joins what it joins: nothing stands in for it",
        causes=_routes_to(network, element) or (described_at(element),),
        mend=_second(network, element),
        pairs=pairs,
        failures=(element,),
    )
