"""Route tables as IOS shows them: `show ip bgp vpnv4 vrf` and `show ip route vrf`.

Columns and codes are those of Cisco's command references (IP Routing: BGP, "show ip bgp vpnv4"; IP Routing:
Protocol-Independent, "show ip route"). Ages, table versions and router IDs of BGP are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network

from routing.elements import read_element
from routing.nodes import AdjacencyKind, RouterNode
from routing.routes import Protocol, Route
from routing.views import RouteTable, Vantage, classful, unknown_address
from topology import Router

_LOCAL_WEIGHT = 32768
"""Of what a router originates itself."""

_BGP = ("", "Network", "Next Hop", "Metric", "LocPrf", "Weight", "Path")
_BGP_HEADING = "     Network          Next Hop            Metric LocPrf Weight Path"
_ROUTE = ("Code", "Prefix", "Distance/Metric", "Via", "Interface")

_ONE_OF_SEVERAL = "Of several B lines for one prefix IOS shows one only: which, chance decides (PATH-4)."

Row = tuple[str, ...]


def bgp_table(view: Vantage) -> RouteTable:
    """Return a router's BGP routes in its VRF, `>` at the best one; none has it where chance decides."""
    router = view.network.routers[view.name]
    rows = tuple(_bgp_rows(view, router))
    notes = ["The origin (i) of routes from Azure is taken for granted."]
    if any(selection.chance for _, _, selection in view.held()):
        notes.append("Where no > stands, nothing in the design decides which route becomes best (PATH-4).")
    vrf = router.vrf
    heading = (_BGP_HEADING, f"Route Distinguisher: {vrf.route_distinguisher} (default for vrf {vrf.name})")
    return RouteTable(
        command=f"show ip bgp vpnv4 vrf {vrf.name}",
        columns=_BGP,
        rows=rows,
        notes=tuple(notes),
        text="\n".join((*heading, *map(_bgp_line, rows))),
    )


def _bgp_line(row: Row) -> str:
    status, network, hop, metric, preference, weight, path = row
    start = f" {status:<4}{network:<16} " if len(network) <= 16 else f" {status:<4}{network}\n{'':22}"  # noqa: PLR2004 (IOS's column)
    return f"{start}{hop}{metric:>{max(1, 26 - len(hop))}}{preference:>7}{weight:>7} {path}"


def _bgp_rows(view: Vantage, router: Router) -> Iterator[Row]:
    by_ospf = _told_by_companions(view, router)
    for prefix, origin, selection in view.held():
        best = () if selection.chance else selection.routes
        network = classful(prefix)
        for route in selection.held:
            path = origin.as_path(route)
            status = _status(route, best, fails=prefix in by_ospf)
            yield (status, network, *_bgp_attributes(view, router, route, path))
            network = ""


def _status(route: Route, best: tuple[Route, ...], *, fails: bool) -> str:
    """Return IOS's codes: `r` where the best route is not put into the routing table (RIB failure)."""
    internal = route.protocol is Protocol.IBGP
    first = "r" if route in best and internal and fails else "*"
    return f"{first}{'>' if route in best else ' '}{'i' if internal else ''}"


def _told_by_companions(view: Vantage, router: Router) -> dict[IPv4Network, tuple[str, str]]:
    """Return distance, metric and next hop of what the location's other routers redistribute into OSPF.

    OSPF's distance, 110, is shorter than that of what they tell by iBGP, 200 (Cisco, "What Is Administrative
    Distance?"): that stays the best route of BGP's, but is not the one by which the router forwards.
    """
    if router.ospf is None:
        return {}
    lan = view.graph.sites[router.location]
    found: dict[IPv4Network, tuple[str, str]] = {}
    for prefix, _, selection in view.at(lan, router.location).held():
        told = [
            (route.metric, over.sender.name)
            for route in selection.held
            if route.protocol is Protocol.OSPF
            and (over := route.learned_over)
            and over.sender is not view.node
        ]
        if told and prefix.prefixlen:
            metric, name = min(told)
            address = view.network.routers[name].lan.address.ip
            beside = address in router.lan.address.network
            found[prefix] = f"[110/{metric}]", str(address) if beside else f"<{router.location}'s LAN router>"
    return found


def _bgp_attributes(view: Vantage, router: Router, route: Route, as_path: tuple[int, ...]) -> tuple[str, ...]:
    """Return next hop, metric, local preference, weight, and the path with its origin."""
    if route.protocol is Protocol.ATTACHED:
        hop = str(router.lan.next_hop) if router.lan.next_hop else f"<{router.location}'s LAN router>"
        return hop, "", "", str(_LOCAL_WEIGHT), "i"
    path = " ".join((*map(str, as_path), "i"))
    return _next_hop(view, route), "", _shown_preference(view, route), "0", path


def _shown_preference(view: Vantage, route: Route) -> str:
    """Return the local preference where IOS shows it: on iBGP routes, and where a route map has set it."""
    node = view.node
    assert isinstance(node, RouterNode)
    assert route.learned_over
    given = {
        AdjacencyKind.LINK: node.express_route_local_preference,
        AdjacencyKind.TUNNEL: node.vpn_local_preference,
        AdjacencyKind.COMPANION: route.local_preference,
    }[route.learned_over.kind]
    return "" if given is None else str(given)


def _next_hop(view: Vantage, route: Route) -> str:
    adjacency = route.learned_over
    assert adjacency
    if adjacency.kind is AdjacencyKind.LINK:
        _, _, circuit, name = read_element(adjacency.elements[0])
        peering = view.network.circuits[circuit].private_peering
        return next(str(link.microsoft_address.ip) for each, link in peering.links if each == name)
    if adjacency.kind is AdjacencyKind.COMPANION:
        return str(view.network.routers[adjacency.sender.name].lan.address.ip)
    instance = int(adjacency.instances[0].rpartition("/")[2]) if adjacency.instances else None
    return unknown_address(adjacency.sender, instance)


# --- show ip route vrf -----------------------------------------------------------------------------------


def routing_table(view: Vantage) -> RouteTable:
    """Return the routes of a router's VRF: what it forwards by, its own interfaces included."""
    router = view.network.routers[view.name]
    found = (*_interface_rows(view, router), *_static_rows(view, router), *_learned_rows(view, router))
    rows = tuple(sorted(found, key=_by_address))
    name, tunnels = router.vrf.name, any(view.network.router_tunnels(router.name))
    return RouteTable(
        command=f"show ip route vrf {name}",
        columns=_ROUTE,
        rows=rows,
        notes=(
            "IOS puts ages behind next hops, and a line above the subnets of each classful network.",
            "OSPF's own routes of the LAN are not described, nor is their metric.",
            *(("Host routes to VPN gateways' BGP addresses (VPN-11) are not shown.",) if tunnels else ()),
            *((_ONE_OF_SEVERAL,) if any(selection.chance for _, _, selection in view.held()) else ()),
        ),
        text="\n".join((f"Routing Table: {name}", "", *map(_route_line, rows))),
    )


def _by_address(row: Row) -> tuple[IPv4Network, str]:
    return IPv4Network(row[1]), row[0]


def _route_line(row: Row) -> str:
    code, prefix, metric, via, interface = row
    if not via:
        return f"{code:<9}{prefix} is directly connected, {interface}"
    onward = f", {interface}" if interface else ""
    return f"{code:<9}{prefix} {metric} via {via}{onward}"


def _interface_rows(view: Vantage, router: Router) -> Iterator[Row]:
    lan = router.lan
    yield from _connected(lan.address, f"{lan.interface}.{lan.vlan}" if lan.vlan else lan.interface)
    for circuit, name, link in view.network.router_links(router.name):
        if link.enabled and f"link:{circuit.name}/{name}" not in view.failed:
            yield from _connected(
                link.customer_address, f"{link.interface}.{circuit.private_peering.vlan_id}"
            )
    for tunnel in view.network.router_tunnels(router.name):
        if tunnel.router and len(tunnel.router.tunnel_numbers) == 1:
            interface = f"Tunnel{tunnel.router.tunnel_numbers[0]}"
            yield "C", f"{tunnel.router.bgp_address}/32", "", "", interface


def _connected(address: IPv4Interface, interface: str) -> Iterator[Row]:
    yield "C", str(address.network), "", "", interface
    yield "L", f"{address.ip}/32", "", "", interface


def _static_rows(view: Vantage, router: Router) -> Iterator[Row]:
    if router.lan.next_hop is None:
        return
    for prefix in view.network.locations[router.location].prefixes:
        yield "S", str(prefix), "[1/0]", str(router.lan.next_hop), ""


def _learned_rows(view: Vantage, router: Router) -> Iterator[Row]:
    by_ospf = _told_by_companions(view, router)
    for prefix, _, selection in view.held():
        if selection.routes[0].protocol is Protocol.IBGP and prefix in by_ospf:
            yield "O E2", str(prefix), *by_ospf[prefix], ""
            continue
        for route in selection.routes:
            if route.protocol is Protocol.ATTACHED:
                if router.lan.next_hop is None:
                    yield "O", str(prefix), "[110/<cost>]", f"<{router.location}'s LAN router>", ""
                continue
            distance = "[20/0]" if route.protocol is Protocol.EBGP else "[200/0]"
            yield "B", str(prefix), distance, _next_hop(view, route), ""
