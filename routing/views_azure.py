"""Route tables as Azure shows them: learned routes of gateways, effective routes of a NIC, a circuit's table.

Columns are those of the Azure CLI (Azure/azure-cli, command_modules/network/_format.py:
transform_vnet_gateway_routes_table, transform_effective_route_table).
`Get-AzVirtualNetworkGatewayLearnedRoute` has the same fields by name, and LocalAddress besides.
"""

from __future__ import annotations

from collections.abc import Iterator

from routing.graph import AdjacencyKind, ExpressRouteGatewayNode, RouterNode
from routing.routes import Protocol, Route
from routing.views import RouteTable, Vantage, classful, dashed, unknown_address
from topology import Peering

BASE_WEIGHT = 32768
"""Of what a gateway knows by itself or through VPN (PATH-3)."""

EXPRESS_ROUTE_WEIGHT = 32769
"""Of what came over ExpressRoute (PATH-3); a connection's routing weight is added to it, as published tables
of gateways with two circuits show (32869 for weight 100)."""

_LEARNED = ("Network", "NextHop", "Origin", "SourcePeer", "AsPath", "Weight")
_EFFECTIVE = ("Source", "State", "Address Prefix", "Next Hop Type", "Next Hop IP")
_CIRCUIT = ("Network", "NextHop", "LocPrf", "Weight", "Path")

Row = tuple[str, ...]


def express_route_gateway_routes(view: Vantage) -> RouteTable:
    """Return what an ExpressRoute gateway has learned: from each Microsoft edge, whatever is preferred."""
    local = f"<{view.node.name}>"
    rows = (*_own_prefixes(view, local), *_from_edges(view))
    return _learned(
        rows,
        "SourcePeer and NextHop are Microsoft's edges, by addresses of the GatewaySubnet.",
        *_undocumented(view),
    )


def vpn_gateway_routes(view: Vantage) -> RouteTable:
    """Return what a VPN gateway has learned, its BGP peers' host routes included (VPN-5)."""
    local = f"<{view.node.name}>"
    rows = (*_own_prefixes(view, local), *_peers(view, local), *_from_tunnels(view), *_beside(view))
    gateway = view.network.virtual_networks[view.name.partition("/")[0]].vpn_gateway
    notes = ["Addresses of Azure's gateways are known after the deployment only (VPN-2)."]
    if gateway and gateway.active_active:
        notes.append("Each of the two instances shows the other one's routes, too, with Origin IBgp.")
    if _beside(view):
        notes.append(
            "Routes of weight 32769 and above are the ExpressRoute gateway's: they are shown here, but what "
            "comes through a tunnel does not go by them (PATH-3)."
        )
    return _learned(rows, *notes, *_undocumented(view))


def _learned(rows: tuple[Row, ...], *notes: str) -> RouteTable:
    return RouteTable(
        command="az network vnet-gateway list-learned-routes -o table",
        columns=_LEARNED,
        rows=rows,
        notes=notes,
        text=dashed(_LEARNED, rows),
    )


def _own_prefixes(view: Vantage, local: str) -> Iterator[Row]:
    for prefix, routes, _ in view.held():
        if any(route.protocol is Protocol.ATTACHED for route in routes):
            yield str(prefix), "", "Network", local, "", str(BASE_WEIGHT)


def _from_edges(view: Vantage) -> Iterator[Row]:
    for prefix, routes, _ in view.held():
        for route in routes:
            if route.next_hop and route.protocol in {Protocol.EBGP, Protocol.EXCHANGED}:
                peer = unknown_address(route.next_hop)
                weight = str(EXPRESS_ROUTE_WEIGHT + route.weight)
                yield str(prefix), peer, "EBgp", peer, _path(route), weight


def _peers(view: Vantage, local: str) -> Iterator[Row]:
    name = view.name.partition("/")[0]
    for tunnel in view.network.tunnels.values():
        if name == tunnel.virtual_network and tunnel.router:
            yield f"{tunnel.router.bgp_address}/32", "", "Network", local, "", str(BASE_WEIGHT)


def _from_tunnels(view: Vantage) -> Iterator[Row]:
    for prefix, routes, _ in view.held():
        for route in routes:
            if route.learned_over and route.protocol in {Protocol.EBGP, Protocol.EXCHANGED}:
                peer = _tunnel_peer(view, route)
                yield str(prefix), peer, "EBgp", peer, _path(route), str(BASE_WEIGHT)


def _tunnel_peer(view: Vantage, route: Route) -> str:
    assert route.learned_over
    if isinstance(route.learned_over.sender, RouterNode):
        tunnel = view.network.tunnels[route.learned_over.elements[0].partition(":")[2]]
        assert tunnel.router
        return str(tunnel.router.bgp_address)
    return unknown_address(route.learned_over.sender)


def _beside(view: Vantage) -> tuple[Row, ...]:
    """Return what the virtual network's ExpressRoute gateway has learned: the VPN gateway shows it, too."""
    name = view.name.partition("/")[0]
    for selections in (table.selections for table in view.tables.values()):
        for node in selections:
            if isinstance(node, ExpressRouteGatewayNode) and node.name.startswith(f"{name}'s "):
                other = Vantage(network=view.network, node=node, name=view.name, tables=view.tables)
                return tuple(_from_edges(other))
    return ()


def _undocumented(view: Vantage) -> Iterator[str]:
    if not all(route.length_known for _, routes, _ in view.held() for route in routes):
        yield "AS paths through Route Server or Global Reach are a guess: nobody documents them."


def _path(route: Route) -> str:
    return "-".join(map(str, route.as_path))


# --- a NIC's effective routes ----------------------------------------------------------------------------


def effective_routes(view: Vantage) -> RouteTable:
    """Return what a virtual machine's NIC goes by; routes that lost to others are not shown there."""
    rows = (*_effective_rows(view), ("Default", "Active", "0.0.0.0/0", "Internet", ""))
    return RouteTable(
        command="az network nic show-effective-route-table -o table",
        columns=_EFFECTIVE,
        rows=rows,
        notes=(
            "Azure lists its reserved ranges besides, with next hop None; route tables are not described.",
            "Next Hop IP is an address that only the deployment knows.",
        ),
        text=dashed(_EFFECTIVE, rows),
    )


def _effective_rows(view: Vantage) -> Iterator[Row]:
    learned = []
    for prefix, _, chosen in view.held():
        for route in chosen:
            match route.protocol:
                case Protocol.CONNECTED:
                    yield "Default", "Active", str(prefix), "VnetLocal", ""
                case Protocol.SYSTEM:
                    yield "Default", "Active", str(prefix), _peering_type(view, route), ""
                case _:
                    learned.append((str(prefix), route))
    for prefix_text, route in learned:
        for hop in _gateway_hops(view, route):
            yield "VirtualNetworkGateway", "Active", prefix_text, "VirtualNetworkGateway", hop


def _peering_type(view: Vantage, route: Route) -> str:
    """Return the next hop type of a peering, which tells regions apart (UDR)."""
    assert route.learned_over
    peering: Peering = view.network.peerings[route.learned_over.elements[0].partition(":")[2]]
    ends = (view.network.virtual_networks[name] for name in (peering.hub, peering.spoke))
    regions = {view.network.region(vnet).lower() for vnet in ends}
    return "VNetPeering" if len(regions) == 1 else "VNetGlobalPeering"


def _gateway_hops(view: Vantage, route: Route) -> Iterator[str]:
    """Yield a VPN gateway itself, or the edges behind an ExpressRoute gateway, which packets pass by."""
    gateway = route.next_hop
    assert gateway
    if not isinstance(gateway, ExpressRouteGatewayNode):
        yield unknown_address(gateway)
        return
    selection = view.tables[route.prefix].selections.get(gateway)
    for behind in selection.routes if selection else ():
        if behind.next_hop:
            yield unknown_address(behind.next_hop)


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
            "Azure shows a row for each instance of a gateway, and may put the BGP origin behind the path.",
            *_undocumented(view),
        ),
        text=dashed(_CIRCUIT, rows),
    )


def _circuit_rows(view: Vantage) -> Iterator[Row]:
    for prefix, routes, _ in view.held():
        for route in routes:
            if route.learned_over is None:
                continue
            hop = unknown_address(route.learned_over.sender)
            if route.learned_over.kind is AdjacencyKind.LINK:
                circuit, _, link = view.name.partition("/")
                peering = view.network.circuits[circuit].private_peering
                hop = next(str(each.customer_address.ip) for name, each in peering.links if name == link)
            yield classful(prefix), hop, "", "0", " ".join(map(str, route.as_path))
