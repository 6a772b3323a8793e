"""Route tables as Azure shows them: learned routes of gateways, effective routes of a NIC, a circuit's table.

Columns are those of the Azure CLI (Azure/azure-cli, command_modules/network/_format.py:
transform_vnet_gateway_routes_table, transform_effective_route_table).
`Get-AzVirtualNetworkGatewayLearnedRoute` has the same fields by name, and LocalAddress besides.

Which rows there are follows published output, of Microsoft and of people who measured (docs/paths.md, "Route
tables"): a VPN gateway shows the table of each instance, an ExpressRoute gateway that of one; gateways of one
virtual network tell each other by iBGP what they know, or Route Server tells them, from two addresses.
"""

from __future__ import annotations

from collections.abc import Iterator

from routing.elements import read_element
from routing.instructions import Instructions
from routing.nodes import (
    AdjacencyKind,
    ExpressRouteGatewayNode,
    MicrosoftEdgeNode,
    Node,
    RouterNode,
    VpnGatewayNode,
)
from routing.origins import Origin
from routing.routes import DEFAULT_LOCAL_PREFERENCE, Protocol, Route
from routing.views import RouteTable, Vantage, classful, dashed, unknown_address
from topology import Tunnel

BASE_WEIGHT = 32768
"""Of what a gateway knows by itself, through VPN, or from Route Server (PATH-3)."""

EXPRESS_ROUTE_WEIGHT = 32769
"""Of what came over ExpressRoute (PATH-3); a connection's routing weight is added to it, as published tables
of gateways with two circuits show (32869 for weight 100)."""

_LEARNED = ("Network", "NextHop", "Origin", "SourcePeer", "AsPath", "Weight")
_EFFECTIVE = ("Source", "State", "Address Prefix", "Next Hop Type", "Next Hop IP")
_CIRCUIT = ("Network", "NextHop", "LocPrf", "Weight", "Path")

Row = tuple[str, ...]


# --- an ExpressRoute gateway -----------------------------------------------------------------------------


def express_route_gateway_routes(view: Vantage) -> RouteTable:
    """Return what an ExpressRoute gateway has learned: from each Microsoft edge, whatever is preferred."""
    rows = (*_own_prefixes(view, unknown_address(view.node)), *_from_edges(view), *_from_vpn_gateway(view))
    return _learned(
        rows,
        "SourcePeer and NextHop are Microsoft's edges, by addresses of the GatewaySubnet.",
        *(
            ("IBgp is what the VPN gateway knows: it is not passed on (PATH-8).",)
            if _beside(view, "vpn")
            else ()
        ),
    )


def _from_edges(view: Vantage) -> Iterator[Row]:
    for prefix, origin, selection in view.held():
        for route in selection.held:
            if isinstance(route.next_hop, MicrosoftEdgeNode):
                peer = unknown_address(route.next_hop)
                weight = str(EXPRESS_ROUTE_WEIGHT + route.weight)
                yield str(prefix), peer, "EBgp", peer, _path(origin, route), weight


def _from_vpn_gateway(view: Vantage) -> Iterator[Row]:
    """Yield what the VPN gateway tells, each instance by itself; Route Server tells the first one's only."""
    if (other := _beside(view, "vpn")) is None:
        return
    hops, reflectors = _instances(other), _reflectors(view)
    ways = [(hops[0], peer) for peer in reflectors] if reflectors else [(hop, hop) for hop in hops]
    for prefix, origin, selection in other.held():
        learned = [route for route in selection.held if route.protocol is Protocol.EBGP]
        for hop, peer in ways if learned else ():
            yield str(prefix), hop, "IBgp", peer, _path(origin, _best(learned)), str(BASE_WEIGHT)


# --- a VPN gateway ---------------------------------------------------------------------------------------


def vpn_gateway_routes(view: Vantage) -> RouteTable:
    """Return what each instance of a VPN gateway has learned, its BGP peers' host routes included (VPN-5)."""
    rows = tuple(row for local in _instances(view) for row in _instance_rows(view, local))
    notes = ["Addresses of Azure's gateways are known after the deployment only (VPN-2)."]
    if any(row[-1] != str(BASE_WEIGHT) and row[4] for row in rows):
        notes.append(
            "Routes of weight 32769 are the ExpressRoute gateway's: what comes through a tunnel does not go "
            "by them (PATH-3), and newer gateways no longer show them."
        )
    return _learned(rows, *notes)


def _instance_rows(view: Vantage, local: str) -> Iterator[Row]:
    yield from _own_prefixes(view, local)
    yield from _own_prefixes_of_other_gateway(view)
    yield from _peers(view, local)
    yield from _from_tunnels(view, local)
    yield from _from_express_route_gateway(view)


def _instances(view: Vantage) -> tuple[str, ...]:
    """Return a name for each address of a VPN gateway: one if it is active-standby."""
    gateway = view.network.virtual_networks[view.name.partition("/")[0]].vpn_gateway
    if gateway is None or not gateway.active_active:
        return (unknown_address(view.node),)
    standing = (
        number
        for number in range(gateway.instance_count)
        if f"gateway-instance:{view.name}/{number}" not in view.failed
    )
    return tuple(unknown_address(view.node, number) for number in standing)


def _own_prefixes(view: Vantage, local: str) -> Iterator[Row]:
    for prefix, _, selection in view.held():
        if any(route.protocol is Protocol.ATTACHED for route in selection.held):
            yield str(prefix), "", "Network", local, "", str(BASE_WEIGHT)


def _own_prefixes_of_other_gateway(view: Vantage) -> Iterator[Row]:
    """Yield the same prefixes as both instances of the ExpressRoute gateway tell them."""
    other = _beside(view, "expressroute")
    if other is None or _reflectors(view):
        return
    for prefix, _, selection in other.held():
        for number in (
            range(2) if any(route.protocol is Protocol.ATTACHED for route in selection.held) else ()
        ):
            peer = unknown_address(other.node, number)
            yield str(prefix), peer, "IBgp", peer, "", str(EXPRESS_ROUTE_WEIGHT)


def _peers(view: Vantage, local: str) -> Iterator[Row]:
    name = view.name.partition("/")[0]
    for tunnel in view.network.tunnels.values():
        for peer in _peer_addresses(view, tunnel) if name in _gateways(tunnel) else ():
            yield f"{peer}/32", "", "Network", local, "", str(BASE_WEIGHT)
            for other in _instances(view):
                if other != local:
                    yield f"{peer}/32", other, "IBgp", other, "", str(BASE_WEIGHT)


def _gateways(tunnel: Tunnel) -> tuple[str | None, str | None]:
    return tunnel.virtual_network, tunnel.remote_virtual_network


def _peer_addresses(view: Vantage, tunnel: Tunnel) -> tuple[str, ...]:
    if tunnel.router:
        return (str(tunnel.router.bgp_address),)
    name = view.name.partition("/")[0]
    (far,) = (each for each in _gateways(tunnel) if each and each != name)
    node = view.node_of(f"gateway:{far}/vpn")
    return _instances(view.at(node, f"{far}/vpn")) if node else ()


def _from_tunnels(view: Vantage, local: str) -> Iterator[Row]:
    """Yield what an instance's own tunnels told it, and what the other instance's told that one."""
    for prefix, origin, selection in view.held():
        learned = [route for route in selection.held if route.protocol is Protocol.EBGP]
        told: dict[tuple[str, str], None] = {}
        for route in learned:
            for peer in _tunnel_peers(view, route):
                told[peer, _path(origin, route)] = None
        for peer, path in told:
            yield str(prefix), peer, "EBgp", peer, path, str(BASE_WEIGHT)
        for other in _instances(view) if learned else ():
            if other != local:
                yield str(prefix), other, "IBgp", other, _path(origin, _best(learned)), str(BASE_WEIGHT)


def _best(learned: list[Route]) -> Route:
    """Return which of the routes that its tunnels brought an instance tells by iBGP."""
    return min(learned, key=lambda route: len(route.as_path))


def _tunnel_peers(view: Vantage, route: Route) -> tuple[str, ...]:
    assert route.learned_over
    tunnel = view.network.tunnels[read_element(route.learned_over.elements[0]).name]
    return _peer_addresses(view, tunnel)


def _from_express_route_gateway(view: Vantage) -> Iterator[Row]:
    """Yield the best that the ExpressRoute gateway has learned, as its instances tell it, or Route Server."""
    if (other := _beside(view, "expressroute")) is None:
        return
    peers = _reflectors(view) or [unknown_address(other.node, number) for number in range(2)]
    weight = BASE_WEIGHT if _reflectors(view) else EXPRESS_ROUTE_WEIGHT
    for prefix, origin, selection in other.held():
        best = selection.routes[0]
        if isinstance(best.next_hop, MicrosoftEdgeNode):
            hop = unknown_address(best.next_hop)
            for peer in peers:
                yield str(prefix), hop, "IBgp", peer, _path(origin, best), str(weight)


# --- what both have in common ----------------------------------------------------------------------------


def _learned(rows: tuple[Row, ...], *notes: str) -> RouteTable:
    return RouteTable(
        command="az network vnet-gateway list-learned-routes -o table",
        columns=_LEARNED,
        rows=rows,
        notes=notes,
        text=dashed(_LEARNED, rows),
    )


def _beside(view: Vantage, kind: str) -> Vantage | None:
    """Return the other gateway of a virtual network, if there is one that works."""
    name = view.name.partition("/")[0]
    node = view.node_of(f"gateway:{name}/{kind}")
    return view.at(node, f"{name}/{kind}") if node else None


def _reflectors(view: Vantage) -> tuple[str, ...]:
    """Return a name for each address of a Route Server between both gateways; none without one."""
    name = view.name.partition("/")[0]
    between = view.node_of(f"gateway:{name}/expressroute")
    exchanges = isinstance(between, ExpressRouteGatewayNode) and between.exchanges
    if not exchanges or f"route-server:{name}" in view.failed:
        return ()
    return tuple(f"<{name}'s Route Server, instance {number}>" for number in range(2))


def _path(origin: Origin, route: Route) -> str:
    return "-".join(map(str, origin.as_path(route)))


# --- a NIC's effective routes ----------------------------------------------------------------------------


def effective_routes(view: Vantage) -> RouteTable:
    """Return what a virtual machine's NIC goes by; routes that lost to others are not shown there."""
    told = view.graph.instructions.get(view.node)
    users = {str(route.prefix) for route in told.routes} if told else set()
    learned = tuple(_learned_rows(view)) if told is None or told.learns else ()
    forced = "0.0.0.0/0" in users or any(row[2] == "0.0.0.0/0" for row in learned)
    rows = (
        *(_unless(row, overridden=row[2] in users) for row in (*_system_rows(view), *learned)),
        _unless(("Default", "Active", "0.0.0.0/0", "Internet", ""), overridden=forced),
        *(_user_rows(told) if told else ()),
    )
    return RouteTable(
        command="az network nic show-effective-route-table -o table",
        columns=_EFFECTIVE,
        rows=rows,
        notes=(
            "Azure lists its reserved ranges besides, with next hop None, while 0.0.0.0/0 is its own.",
            "Next Hop IP is an address that only the deployment knows.",
        ),
        text=dashed(_EFFECTIVE, rows),
    )


def _system_rows(view: Vantage) -> Iterator[Row]:
    for prefix, _, selection in view.held():
        route = selection.routes[0]
        if route.protocol is Protocol.CONNECTED:
            yield "Default", "Active", str(prefix), "VnetLocal", ""
        elif route.protocol is Protocol.SYSTEM:
            yield "Default", "Active", str(prefix), _peering_type(view, route), ""


def _learned_rows(view: Vantage) -> Iterator[Row]:
    gateway = "VirtualNetworkGateway"
    for prefix, _, selection in view.held():
        for route in selection.routes:
            if route.protocol not in {Protocol.CONNECTED, Protocol.SYSTEM}:
                for hop in _gateway_hops(view, view.number_of(prefix), route):
                    yield gateway, "Active", str(prefix), gateway, hop


def _user_rows(told: Instructions) -> Iterator[Row]:
    for route in told.routes:
        yield "User", "Active", str(route.prefix), route.next_hop.value, str(route.address or "")


def _unless(row: Row, *, overridden: bool) -> Row:
    """Return a row as Azure shows it: of equal prefixes only one is active (PATH-5, "Routing example")."""
    source, state, *rest = row
    return (source, "Invalid" if overridden else state, *rest)


def _peering_type(view: Vantage, route: Route) -> str:
    """Return the next hop type of a peering, which tells regions apart (PATH-5)."""
    assert route.learned_over
    peering = view.network.peerings[read_element(route.learned_over.elements[0]).name]
    ends = (view.network.virtual_networks[name] for name in (peering.hub, peering.spoke))
    regions = {view.network.region(vnet).lower() for vnet in ends}
    return "VNetPeering" if len(regions) == 1 else "VNetGlobalPeering"


def _gateway_hops(view: Vantage, number: int, route: Route) -> Iterator[str]:
    """Yield a VPN gateway's addresses, or the edges behind an ExpressRoute gateway, which packets pass by."""
    gateway = route.next_hop
    assert gateway
    if isinstance(gateway, VpnGatewayNode):
        assert gateway.element
        yield from _instances(view.at(gateway, read_element(gateway.element).name))
        return
    selection = view.tables[number].selections.get(gateway)
    behind: list[Node | None] = [each.next_hop for each in selection.routes] if selection else []
    yield from (unknown_address(node) for node in behind if node)


# --- a circuit's route table -----------------------------------------------------------------------------


def circuit_table(view: Vantage) -> RouteTable:
    """Return one Microsoft edge's routes; virtual networks show with the gateway's ASN (ASN-15)."""
    rows = tuple(_circuit_rows(view))
    path = view.name.partition("/")[2]
    return RouteTable(
        command=f"az network express-route list-route-tables --path {path} "
        "--peering-name AzurePrivatePeering --query value -o table",
        columns=_CIRCUIT,
        rows=rows,
        notes=(
            "Of a gateway's two addresses Azure marks one with an asterisk.",
            "Azure may show the usual local preference of 100, and the BGP origin behind the path.",
        ),
        text=dashed(_CIRCUIT, rows),
    )


def _circuit_rows(view: Vantage) -> Iterator[Row]:
    for prefix, origin, selection in view.held():
        for route in selection.held:
            if route.learned_over is None:
                continue
            given = route.local_preference
            preference = "" if given == DEFAULT_LOCAL_PREFERENCE else str(given)
            for hop in _circuit_hops(view, route):
                yield classful(prefix), hop, preference, "0", _path(origin, route).replace("-", " ")


def _circuit_hops(view: Vantage, route: Route) -> Iterator[str]:
    assert route.learned_over
    teller = route.learned_over.sender
    if isinstance(teller, ExpressRouteGatewayNode):
        yield f"{unknown_address(teller, 0)}*"
        yield unknown_address(teller, 1)
    elif route.learned_over.kind is AdjacencyKind.LINK and isinstance(teller, RouterNode):
        circuit, _, link = view.name.partition("/")
        peering = view.network.circuits[circuit].private_peering
        yield next(str(each.customer_address.ip) for name, each in peering.links if name == link)
    else:
        yield unknown_address(teller)
