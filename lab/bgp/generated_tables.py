"""What tells the route tables of a generated network: Route Servers, appliances and user-defined routes."""

from __future__ import annotations

from ipaddress import IPv4Network

from lab.bgp.generated_sites import Draw, Mapping

_HOPS = ["VirtualAppliance"] * 6 + ["None", "Internet", "VnetLocal", "VirtualNetworkGateway"]


def add_route_servers(draw: Draw) -> None:
    """Put a Route Server into some hubs with both gateways; with branch-to-branch as ASN-12 wants it."""
    for name in draw.with_gateway("expressRouteGateway"):
        vnet: Mapping = draw.network["virtualNetworks"][name]
        if "vpnGateway" in vnet and draw.happens(0.5):
            vnet["routeServer"] = {"branchToBranch": draw.happens(0.75)}
            if vnet["routeServer"]["branchToBranch"]:
                vnet["vpnGateway"] = {"activeActive": True}


def add_route_tables(draw: Draw) -> None:
    """Give some subnets a route table: hosts', appliances', and those of gateways."""
    draw.network["routeTables"] = {}
    appliances = {name: _add_appliances(draw, name) for name in draw.network["virtualNetworks"]}
    for peering in draw.network["peerings"].values():
        peering["allowForwardedTraffic"] = draw.happens(0.6)
    for name, vnet in draw.network["virtualNetworks"].items():
        near = [*appliances[name], *(one for peer in _peers(draw, name) for one in appliances[peer])]
        for subnet, share in (("workload", 0.5), ("appliances", 0.3)):
            if subnet in vnet["subnets"] and draw.happens(share):
                _add_table(draw, name, subnet, near, _destinations(draw), propagates=draw.happens(0.7))
        if "GatewaySubnet" in vnet["subnets"] and draw.happens(0.4):
            _add_table(draw, name, "GatewaySubnet", near, _served(draw, name), propagates=True)


def _add_appliances(draw: Draw, name: str) -> list[str]:
    """Return a hub's appliances, which are in a subnet of their own, or a spoke's, in its hosts' subnet."""
    vnet: Mapping = draw.network["virtualNetworks"][name]
    block = vnet["host"].rpartition(".")[0].rpartition(".")[0]
    if "RouteServerSubnet" in vnet["subnets"]:
        vnet["subnets"]["appliances"] = {"prefix": f"{block}.1.128/26"}
        return [f"{block}.1.{132 + number}" for number in range(draw.random.choice([1, 1, 2]))]
    return [f"{block}.0.70"] if draw.happens(0.2) else []


def _peers(draw: Draw, name: str) -> list[str]:
    ends = [(each["hub"], each["spoke"]) for each in draw.network["peerings"].values()]
    return [other for pair in ends for own, other in (pair, pair[::-1]) if own == name]


def _add_table(
    draw: Draw, name: str, subnet: str, near: list[str], destinations: list[str], *, propagates: bool
) -> None:
    routes: Mapping = {}
    for prefix in dict.fromkeys(draw.some(destinations, 1, 3)):
        hop = draw.random.choice(_HOPS)
        if hop == "VirtualAppliance" and not near:
            hop = "None"
        routes[f"route{len(routes) + 1}"] = {
            "prefix": prefix,
            "nextHop": hop,
            **({"address": draw.random.choice(near)} if hop == "VirtualAppliance" else {}),
        }
    table = f"{name}-{subnet}".lower()
    draw.network["routeTables"][table] = {"propagateGatewayRoutes": propagates, "routes": routes}
    draw.network["virtualNetworks"][name]["subnets"][subnet]["routeTable"] = table


def _destinations(draw: Draw) -> list[str]:
    """Return all that a route may be for: everything, all sites, one, and parts of one."""
    sites = [*draw.network["virtualNetworks"].values(), *draw.network["locations"].values()]
    whole = [prefix for site in sites for prefix in site.get("addressSpace", site.get("prefixes"))]
    return [
        "0.0.0.0/0",
        "10.0.0.0/8",
        *whole,
        *whole,
        *(f"{site['host']}/32" for site in sites),
        *_halves(whole),
    ]


def _served(draw: Draw, name: str) -> list[str]:
    """Return what the gateways of a virtual network hand on: it, its spokes, and parts of them."""
    peerings = draw.network["peerings"].values()
    lent = [each["spoke"] for each in peerings if each["hub"] == name and each["gatewayTransit"]]
    vnets = [draw.network["virtualNetworks"][each] for each in (name, *lent)]
    whole = [prefix for vnet in vnets for prefix in vnet["addressSpace"]]
    return [*whole, *whole, *_halves(whole), *(f"{vnet['host']}/32" for vnet in vnets)]


def _halves(prefixes: list[str]) -> list[str]:
    return [str(half) for prefix in prefixes for half in IPv4Network(prefix).subnets()]
