"""Every contradiction between the objects of a network: its message, and its place in the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from topology import Document, Network, StackFileError, load_network, load_stack
from topology.consistency import _CHECKS
from topology.loader import _with_names

Changes = Mapping[str, Any]
Expected = tuple[str, str]
"""The path of a mistake, and a part of what it says."""

SPOKE = "virtualNetworks.spoke"
HUB, LINK = "virtualNetworks.hub", "circuits.expressroute1.privatePeering.primary"
TO_ROUTER, CE1, CE2 = "tunnels.hub-location1.router", "routers.location1-ce1", "routers.location1-ce2"
ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/"


def at(path: str, value: Any) -> Changes:
    """Return the changes that set one value, by its dotted path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value  # type: ignore[no-any-return]


def both(*changes: Changes) -> Changes:
    merged: dict[str, Any] = {}
    for change in changes:
        merge(merged, change, remove=False)
    return merged


def merge(data: dict[str, Any], changes: Changes, *, remove: bool = True) -> None:
    """Merge mappings; `...` removes a key, anything else replaces."""
    for key, value in changes.items():
        if isinstance(value, Mapping):
            merge(data.setdefault(key, {}), value, remove=remove)
        elif value is ... and remove:
            del data[key]
        else:
            data[key] = value


def circuit(number: int, **changes: Any) -> Changes:
    links = {
        name: {"prefix": f"172.16.{number}.{4 * index}/30"}
        for index, name in enumerate(("primary", "secondary"))
    }
    peering = {"peerAsn": 65021, "vlanId": 100, **links}
    ordered = {"provider": "Colt", "peeringLocation": f"City {number}", "bandwidth": 50}
    return {f"more{number}": {**ordered, "privatePeering": peering, **changes}}


def connected(count: int, **changes: Any) -> Changes:
    """Return `count` circuits, each connected to the hub."""
    circuits: dict[str, Any] = {}
    for number in range(count):
        circuits |= circuit(number, **changes)
    connections = {f"{name}-hub": {"circuit": name, "virtualNetwork": "hub"} for name in circuits}
    return {"circuits": circuits, "connections": connections}


def vnet(number: int, **changes: Any) -> Changes:
    space = f"10.{100 + number // 256}.{number % 256}.0/24"
    return {f"vnet{number}": {"addressSpace": [space], **changes}}


def second_tunnel(**router: Any) -> Changes:
    """Return a second tunnel, from the branch's gateway to location1-ce1."""
    end = {
        "name": "location1-ce1",
        "publicAddress": "66.198.12.106",
        "bgpAddress": "10.2.30.126",
        "tunnelNumbers": [31],
        "loopbackNumber": 30,
        **router,
    }
    return at("tunnels.second", {"virtualNetwork": "branch", "router": end})


def table_on(subnet: str, route: Changes) -> Changes:
    """Return a route table `t` with one route `r`, and a subnet that has it."""
    return both(at("routeTables.t.routes.r", route), at(f"{subnet}.routeTable", "t"))


def many_vnets(count: int, joined: Callable[[str], tuple[str, Changes]], **changes: Any) -> Changes:
    vnets: dict[str, Any] = {}
    for number in range(count):
        vnets |= vnet(number, **changes)
    joins: dict[str, Any] = {}
    section = ""
    for name in vnets:
        section, join = joined(name)
        joins[f"join-{name}"] = join
    return {"virtualNetworks": vnets, section: joins}


def addresses(count: int, second: int) -> list[str]:
    return [f"10.{second}.{number // 256}.{number % 256}/32" for number in range(count)]


ROUTE_SERVER = both(
    at(f"{HUB}.routeServer", {}),
    at(f"{HUB}.subnets.workload.prefix", "10.10.30.0/26"),
    at(f"{HUB}.subnets.RouteServerSubnet", {"prefix": "10.10.30.64/26"}),
)
ACTIVE = both(at(f"{HUB}.vpnGateway.activeActive", True), at(f"{TO_ROUTER}.tunnelNumbers", [30, 31]))
REACH = at("globalReach.both", {"circuits": ["expressroute1", "expressroute2"], "prefix": "192.168.99.0/29"})

TABLE: Mapping[str, tuple[Changes, tuple[Expected, ...]]] = {
    # names and references
    "peering to an unknown hub": (
        at("peerings.hub-spoke.hub", "hup"),
        (("peerings.hub-spoke.hub", "hup is not in virtualNetworks (hub, spoke, branch, remote)"),),
    ),
    "peering to an unknown spoke": (
        at("peerings.hub-spoke.spoke", "spok"),
        (("peerings.hub-spoke.spoke", "spok is not in virtualNetworks"),),
    ),
    "connection of an unknown circuit": (
        at("connections.expressroute1-hub.circuit", "expressroute3"),
        (("connections.expressroute1-hub.circuit", "expressroute3 is not in circuits"),),
    ),
    "connection to an unknown virtual network": (
        at("connections.expressroute1-hub.virtualNetwork", "hab"),
        (("connections.expressroute1-hub.virtualNetwork", "hab is not in virtualNetworks"),),
    ),
    "Global Reach to an unknown circuit": (
        both(REACH, at("globalReach.both.circuits", ["expressroute1", "other"])),
        (("globalReach.both.circuits.1", "other is not in circuits"),),
    ),
    "tunnel from an unknown virtual network": (
        at("tunnels.hub-branch.virtualNetwork", "hab"),
        (("tunnels.hub-branch.virtualNetwork", "hab is not in"),),
    ),
    "tunnel to an unknown virtual network": (
        at("tunnels.hub-branch.remoteVirtualNetwork", "branche"),
        (("tunnels.hub-branch.remoteVirtualNetwork", "branche is not in"),),
    ),
    "tunnel to an unknown router": (
        at(f"{TO_ROUTER}.name", "location1-ce9"),
        ((f"{TO_ROUTER}.name", "location1-ce9 is not in routers"),),
    ),
    "router of an unknown location": (
        at("routers.location2-ce2.location", "location3"),
        (("routers.location2-ce2.location", "location3 is not in locations (location1, location2)"),),
    ),
    "link to an unknown router": (
        at(f"{LINK}.router", "location1-ce9"),
        ((f"{LINK}.router", "location1-ce9 is not in routers"),),
    ),
    "a location named as a virtual network": (
        at("locations.spoke", {"asn": 65030, "prefixes": ["10.99.0.0/24"]}),
        (("locations.spoke", "is a virtual network's name too"),),
    ),
    "names that differ in case only": (
        at("virtualNetworks.Spoke", {"addressSpace": ["10.99.0.0/24"]}),
        (("virtualNetworks.Spoke", "differs from spoke in upper and lower case only"),),
    ),
    # virtual networks
    "an address space that overlaps itself": (
        at(f"{HUB}.addressSpace", ["10.10.30.0/24", "10.10.30.0/25"]),
        ((f"{HUB}.addressSpace", "10.10.30.0/24 and 10.10.30.0/25 overlap"),),
    ),
    "an address space that Azure refuses": (
        at(f"{HUB}.addressSpace", ["10.10.30.0/24", "169.254.7.0/24"]),
        ((f"{HUB}.addressSpace.1", "169.254.7.0/24 overlaps with 169.254.0.0/16, which Azure refuses"),),
    ),
    "a subnet outside the address space": (
        at("virtualNetworks.spoke.subnets.workload.prefix", "10.11.31.0/26"),
        (("virtualNetworks.spoke.subnets.workload", "10.11.31.0/26 is outside the address space"),),
    ),
    "subnets that overlap": (
        at(f"{HUB}.subnets.workload.prefix", "10.10.30.0/24"),
        ((f"{HUB}.subnets.GatewaySubnet", "overlaps with subnet workload"),),
    ),
    "a subnet too small": (
        at("virtualNetworks.spoke.subnets.tiny", {"prefix": "10.11.30.0/30"}),
        (
            ("virtualNetworks.spoke.subnets.tiny", "10.11.30.0/30 is too small: Azure takes /29"),
            ("virtualNetworks.spoke.subnets.tiny", "overlaps with subnet workload"),
        ),
    ),
    "a host outside the address space": (
        at(f"{HUB}.host", "10.10.31.4"),
        ((f"{HUB}.host", "10.10.31.4 is outside the address space"),),
    ),
    "a host in the gateways' subnet": (
        at(f"{HUB}.host", "10.10.30.200"),
        ((f"{HUB}.host", "10.10.30.200 is in GatewaySubnet, which holds nothing else (GW-2)"),),
    ),
    "a host that Azure keeps": (
        at(f"{HUB}.host", "10.10.30.3"),
        ((f"{HUB}.host", "10.10.30.3 is one of the addresses that Azure keeps of 10.10.30.0/25"),),
    ),
    "the last host that Azure keeps": (
        at(f"{HUB}.host", "10.10.30.127"),
        ((f"{HUB}.host", "10.10.30.127 is one of the addresses"),),
    ),
    "a gateway without its subnet": (
        at(f"{HUB}.subnets.GatewaySubnet", ...),
        ((f"{HUB}.subnets", "a subnet named exactly GatewaySubnet (GW-2)"),),
    ),
    "a subnet too small for ExpressRoute": (
        at(f"{HUB}.subnets.GatewaySubnet.prefix", "10.10.30.128/28"),
        ((f"{HUB}.subnets.GatewaySubnet", "too small for an ExpressRoute gateway: /27 or larger (GW-3)"),),
    ),
    "a subnet too small for VPN": (
        at("virtualNetworks.branch.subnets.GatewaySubnet.prefix", "10.11.30.96/30"),
        (
            ("virtualNetworks.branch.subnets.GatewaySubnet", "Azure takes /29"),
            ("virtualNetworks.branch.subnets.GatewaySubnet", "too small for a VPN gateway: /29"),
        ),
    ),
    "a VPN gateway with a reserved ASN": (
        at("virtualNetworks.branch.vpnGateway.asn", 65517),
        (("virtualNetworks.branch.vpnGateway.asn", "65517 is reserved (ASN-1 to ASN-3)"),),
    ),
    "zones of a SKU without them": (
        at("virtualNetworks.branch.vpnGateway", {"asn": 65516, "sku": "VpnGw1", "zones": ["1"]}),
        (("virtualNetworks.branch.vpnGateway.zones", "leave them out, or take VpnGw1AZ"),),
    ),
    "one zone twice": (
        at("virtualNetworks.branch.vpnGateway.zones", ["1", "1"]),
        (("virtualNetworks.branch.vpnGateway.zones", "names a zone twice"),),
    ),
    "a Route Server without its subnet": (
        both(at(f"{HUB}.routeServer", {}), ACTIVE),
        ((f"{HUB}.subnets", "a subnet named exactly RouteServerSubnet"),),
    ),
    "a Route Server in too small a subnet": (
        both(ROUTE_SERVER, ACTIVE, at(f"{HUB}.subnets.RouteServerSubnet.prefix", "10.10.30.64/28")),
        ((f"{HUB}.subnets.RouteServerSubnet", "too small for a Route Server: /27 or larger"),),
    ),
    "a Route Server beside one VPN instance": (
        ROUTE_SERVER,
        ((f"{HUB}.vpnGateway.activeActive", "must be true beside a Route Server"),),
    ),
    "a Route Server beside another ASN": (
        both(ROUTE_SERVER, ACTIVE, at(f"{HUB}.vpnGateway.asn", 65514)),
        ((f"{HUB}.vpnGateway.asn", "must be 65515 beside a Route Server with branchToBranch (ASN-12)"),),
    ),
    "another resource's id": (
        both(at("virtualNetworks.spoke.existing", {"id": f"{ID}expressRouteCircuits/a"})),
        (("virtualNetworks.spoke.existing.id", "is not the id of one of virtualNetworks"),),
    ),
    "a part of a gateway's resource": (
        at("virtualNetworks.branch.vpnGateway.existing", {"id": f"{ID}virtualNetworkGateways/a/b/c"}),
        (("virtualNetworks.branch.vpnGateway.existing.id", ".../virtualNetworkGateways/<name>"),),
    ),
    # route tables
    "an unknown route table": (
        at(f"{HUB}.subnets.workload.routeTable", "none-such"),
        ((f"{HUB}.subnets.workload.routeTable", "none-such is not in routeTables (none is described)"),),
    ),
    "an appliance without an address": (
        at("routeTables.t.routes.r", {"prefix": "10.99.0.0/24", "nextHop": "VirtualAppliance"}),
        (("routeTables.t.routes.r.address", "is missing: a virtual appliance is found by its address"),),
    ),
    "an address for no appliance": (
        at("routeTables.t.routes.r", {"prefix": "10.99.0.0/24", "nextHop": "None", "address": "10.10.30.9"}),
        (("routeTables.t.routes.r.address", "belongs to nextHop: VirtualAppliance only, this is None"),),
    ),
    "two routes to one prefix": (
        both(
            at("routeTables.t.routes.r", {"prefix": "10.99.0.0/24", "nextHop": "None"}),
            at("routeTables.t.routes.s", {"prefix": "10.99.0.0/24", "nextHop": "Internet"}),
        ),
        (("routeTables.t.routes.s.prefix", "has the prefix of r in the same table, 10.99.0.0/24"),),
    ),
    "a default route for gateways": (
        table_on(f"{HUB}.subnets.GatewaySubnet", {"prefix": "0.0.0.0/0", "nextHop": "None"}),
        (
            (
                f"{HUB}.subnets.GatewaySubnet.routeTable",
                "t has a route to 0.0.0.0/0, GatewaySubnet none (GW-5)",
            ),
        ),
    ),
    "gateways without the routes of gateways": (
        both(
            table_on(f"{HUB}.subnets.GatewaySubnet", {"prefix": "10.99.0.0/24", "nextHop": "None"}),
            at("routeTables.t.propagateGatewayRoutes", False),
        ),
        ((f"{HUB}.subnets.GatewaySubnet.routeTable", "GatewaySubnet needs it (GW-5)"),),
    ),
    "a route table for a Route Server": (
        both(
            ROUTE_SERVER,
            ACTIVE,
            table_on(f"{HUB}.subnets.RouteServerSubnet", {"prefix": "10.99.0.0/24", "nextHop": "None"}),
        ),
        ((f"{HUB}.subnets.RouteServerSubnet.routeTable", "RouteServerSubnet takes no route table"),),
    ),
    "a gateway as next hop beside ExpressRoute": (
        table_on(f"{SPOKE}.subnets.workload", {"prefix": "0.0.0.0/0", "nextHop": "VirtualNetworkGateway"}),
        ((f"{SPOKE}.subnets.workload.routeTable", "hub has ExpressRoute beside VPN (GW-6)"),),
    ),
    "a gateway as next hop without VPN": (
        both(
            table_on(
                "virtualNetworks.remote.subnets.workload",
                {"prefix": "0.0.0.0/0", "nextHop": "VirtualNetworkGateway"},
            ),
            at("routeTables.t.location", "westus2"),
        ),
        (("virtualNetworks.remote.subnets.workload.routeTable", "remote has and uses none (GW-6)"),),
    ),
    "an appliance far away": (
        table_on(
            f"{SPOKE}.subnets.workload",
            {"prefix": "10.2.30.0/25", "nextHop": "VirtualAppliance", "address": "10.17.30.5"},
        ),
        ((f"{SPOKE}.subnets.workload.routeTable", "r leads to 10.17.30.5, neither in spoke nor in a peer"),),
    ),
    "a route table of another region": (
        both(
            table_on(f"{SPOKE}.subnets.workload", {"prefix": "10.99.0.0/24", "nextHop": "None"}),
            at("routeTables.t.location", "westus2"),
        ),
        ((f"{SPOKE}.subnets.workload.routeTable", "t is in westus2, spoke in eastus: both must be in one"),),
    ),
    "a new route table on what exists": (
        both(
            table_on(f"{SPOKE}.subnets.workload", {"prefix": "10.99.0.0/24", "nextHop": "None"}),
            at(f"{SPOKE}.existing", {"id": f"{ID}virtualNetworks/spoke"}),
        ),
        ((f"{SPOKE}.subnets.workload.routeTable", "spoke exists already and is not changed"),),
    ),
    # peerings
    "a peering with itself": (
        at("peerings.hub-spoke.spoke", "hub"),
        (("peerings.hub-spoke", "joins a virtual network to itself"),),
    ),
    "a peering twice": (
        at("peerings.again", {"hub": "spoke", "spoke": "hub", "gatewayTransit": False}),
        (
            ("peerings.hub-spoke", "hub and spoke are peered twice"),
            ("peerings.again", "spoke and hub are peered twice"),
        ),
    ),
    "two hubs' gateways": (
        at("peerings.remote-spoke", {"hub": "remote", "spoke": "spoke"}),
        (
            ("peerings.hub-spoke", "spoke may use the gateways of one hub only (PEER-5)"),
            ("peerings.remote-spoke", "spoke may use the gateways of one hub only (PEER-5)"),
        ),
    ),
    "a hub without a gateway": (
        both({"virtualNetworks": vnet(1)}, at("peerings.next", {"hub": "spoke", "spoke": "vnet1"})),
        (("peerings.next.hub", "spoke has no gateway to lend (PEER-3)"),),
    ),
    "a spoke with a gateway": (
        at("peerings.hub-branch", {"hub": "hub", "spoke": "branch"}),
        (("peerings.hub-branch.spoke", "branch has a gateway of its own"),),
    ),
    "more peerings than ExpressRoute takes": (
        many_vnets(500, lambda name: ("peerings", {"hub": "hub", "spoke": name})),
        ((HUB, "has 501 peerings; beside an ExpressRoute gateway at most 500 (PEER-12)"),),
    ),
    # circuits
    "a circuit to be ordered from nobody": (
        at("circuits.expressroute1.provider", ...),
        (("circuits.expressroute1.provider", "is missing: a circuit to be ordered needs it"),),
    ),
    "a bandwidth that is not on offer": (
        at("circuits.expressroute1.bandwidth", 75),
        (("circuits.expressroute1.bandwidth", "75 Mbps is not on offer: 50, 100"),),
    ),
    "an ASN that circuits refuse": (
        both(
            at("circuits.expressroute1.privatePeering.peerAsn", 65516), at("locations.location1.asn", 65516)
        ),
        (("circuits.expressroute1.privatePeering.peerAsn", "65516 is refused on a circuit's peering"),),
    ),
    "a link that is no /30": (
        at(f"{LINK}.prefix", "192.168.30.16/31"),
        ((f"{LINK}.prefix", "192.168.30.16/31 must be a /30 (ER-3)"),),
    ),
    "a link that ends on no interface": (
        at(f"{LINK}.interface", ...),
        ((f"{LINK}.interface", "is missing: the interface of location1-ce1"),),
    ),
    "a link to a router of another AS": (
        at("circuits.expressroute1.privatePeering.peerAsn", 65022),
        (
            (f"{LINK}.router", "location1-ce1 is in AS 65021, but the peering expects 65022"),
            ("circuits.expressroute1.privatePeering.secondary.router", "location1-ce2 is in AS 65021"),
        ),
    ),
    "somebody else's prefix on a link": (
        at(f"{LINK}.advertisedPrefixes", ["10.2.30.0/26", "10.1.31.0/25"]),
        ((f"{LINK}.advertisedPrefixes.1", "10.1.31.0/25 is not in location1's prefixes"),),
    ),
    "links that overlap": (
        at(f"{LINK}.prefix", "192.168.31.16/30"),
        (("circuits.expressroute2.privatePeering.primary.prefix", "of expressroute1/primary (ER-3)"),),
    ),
    "a link within a virtual network": (
        at(f"{LINK}.prefix", "10.10.30.16/30"),
        ((f"{LINK}.prefix", "10.10.30.16/30 overlaps with 10.10.30.0/24 of hub (ER-3)"),),
    ),
    # connections and Global Reach
    "a connection without a gateway": (
        at("connections.expressroute2-hub.virtualNetwork", "branch"),
        (("connections.expressroute2-hub.virtualNetwork", "branch has no expressRouteGateway"),),
    ),
    "a connection twice": (
        at("connections.expressroute1-remote.virtualNetwork", "hub"),
        (
            ("connections.expressroute1-hub", "expressroute1 and hub are connected twice"),
            ("connections.expressroute1-remote", "expressroute1 and hub are connected twice"),
        ),
    ),
    "more circuits than a gateway takes": (
        connected(3),
        ((f"{HUB}.expressRouteGateway", "is connected to 5 circuits; ErGw1AZ takes 4 (GW-8)"),),
    ),
    "more circuits of one peering location": (
        both(
            connected(5, peeringLocation="Chicago"),
            at(f"{HUB}.expressRouteGateway.sku", "ErGw2AZ"),
        ),
        ((f"{HUB}.expressRouteGateway", "is connected to 5 circuits from Chicago; 4 is the most"),),
    ),
    "more connections than a circuit takes": (
        many_vnets(
            9,
            lambda name: ("connections", {"circuit": "expressroute1", "virtualNetwork": name}),
            existing={"id": f"{ID}virtualNetworks/a"},
            expressRouteGateway={},
        ),
        (("circuits.expressroute1", "has 11 connections, with Global Reach; Standard of its size takes 10"),),
    ),
    "Global Reach to itself": (
        both(REACH, at("globalReach.both.circuits", ["expressroute1", "expressroute1"])),
        (("globalReach.both.circuits", "joins a circuit to itself (ER-16)"),),
    ),
    "Global Reach twice": (
        both(
            REACH,
            at(
                "globalReach.again",
                {"circuits": ["expressroute2", "expressroute1"], "prefix": "192.168.98.0/29"},
            ),
        ),
        (
            ("globalReach.both.circuits", "expressroute1 and expressroute2 are joined twice"),
            ("globalReach.again.circuits", "expressroute2 and expressroute1 are joined twice"),
        ),
    ),
    "Global Reach within one peering location": (
        both(REACH, at("circuits.expressroute2.peeringLocation", "Washington DC")),
        (("globalReach.both.circuits", "expressroute1 and expressroute2 are both in Washington DC (ER-16)"),),
    ),
    "Global Reach with a /30": (
        both(REACH, at("globalReach.both.prefix", "192.168.99.0/30")),
        (("globalReach.both.prefix", "192.168.99.0/30 must be a /29 (ER-16)"),),
    ),
    "Global Reach with addresses in use": (
        both(REACH, at("globalReach.both.prefix", "10.1.31.0/29")),
        (("globalReach.both.prefix", "10.1.31.0/29 overlaps with 10.1.31.0/25 of location2 (ER-16)"),),
    ),
    # tunnels
    "a tunnel with two far ends": (
        at("tunnels.hub-location1.remoteVirtualNetwork", "branch"),
        (
            ("tunnels.hub-location1", "needs exactly one other end: router or remoteVirtualNetwork"),
            ("tunnels.hub-location1", "joins the same two gateways as hub-branch"),
        ),
    ),
    "a tunnel without a far end": (
        at("tunnels.hub-branch.remoteVirtualNetwork", ...),
        (("tunnels.hub-branch", "needs exactly one other end"),),
    ),
    "a tunnel without a gateway": (
        at("tunnels.hub-branch.remoteVirtualNetwork", "remote"),
        (("tunnels.hub-branch.remoteVirtualNetwork", "remote has no vpnGateway"),),
    ),
    "a tunnel to itself": (
        at("tunnels.hub-branch.remoteVirtualNetwork", "hub"),
        (("tunnels.hub-branch", "joins a virtual network to itself"),),
    ),
    "two gateways of one ASN": (
        at("virtualNetworks.branch.vpnGateway.asn", 65515),
        (("tunnels.hub-branch", "both gateways are in AS 65515"),),
    ),
    "two tunnels between two gateways": (
        at("tunnels.branch-hub", {"virtualNetwork": "branch", "remoteVirtualNetwork": "hub"}),
        (("tunnels.branch-hub", "joins the same two gateways as hub-branch"),),
    ),
    "one address for BGP and the Internet": (
        at(f"{TO_ROUTER}.bgpAddress", "66.198.12.106"),
        ((f"{TO_ROUTER}.bgpAddress", "must differ from the public address (VPN-3)"),),
    ),
    "a BGP address within the virtual network": (
        at(f"{TO_ROUTER}.bgpAddress", "10.10.30.9"),
        ((f"{TO_ROUTER}.bgpAddress", "10.10.30.9 is inside hub's address space (VPN-3)"),),
    ),
    "bgp address of a host": (
        at("locations.location1.host", "10.2.30.125"),
        ((f"{TO_ROUTER}.bgpAddress", "10.2.30.125 is the host of location1 already (VPN-5)"),),
    ),
    "bgp address of the LAN's gateway": (
        at("locations.location1.defaultGateway", "10.2.30.125"),
        ((f"{TO_ROUTER}.bgpAddress", "10.2.30.125 is the defaultGateway of location1 already (VPN-5)"),),
    ),
    "a link-local BGP address": (
        at(f"{TO_ROUTER}.bgpAddress", "169.254.21.2"),
        ((f"{TO_ROUTER}.bgpAddress", "169.254.21.2 is of 169.254.0.0/16"),),
    ),
    "too few tunnel interfaces": (
        at(f"{HUB}.vpnGateway.activeActive", True),
        ((f"{TO_ROUTER}.tunnelNumbers", "needs 2, one for each instance of the VPN gateway"),),
    ),
    "one tunnel interface twice": (
        both(ACTIVE, at(f"{TO_ROUTER}.tunnelNumbers", [30, 30])),
        ((f"{TO_ROUTER}.tunnelNumbers.1", "Tunnel30 of location1-ce1 is hub-location1's already"),),
    ),
    "no way to the Internet": (
        at(f"{CE1}.internetNextHop", ...),
        ((f"{CE1}.internetNextHop", "is missing: the way from location1-ce1"),),
    ),
    "a gateway in the location's AS": (
        both(
            at(f"{HUB}.vpnGateway.asn", 65021),
        ),
        ((TO_ROUTER, "location1 and hub's VPN gateway are both in AS 65021 (ASN-8)"),),
    ),
    "somebody else's prefix in a tunnel": (
        at(f"{TO_ROUTER}.advertisedPrefixes", ["10.1.31.0/25"]),
        ((f"{TO_ROUTER}.advertisedPrefixes.0", "10.1.31.0/25 is not in location1's prefixes"),),
    ),
    "two tunnels from one gateway to one router": (
        both(second_tunnel(), at("tunnels.second.virtualNetwork", "hub")),
        (("tunnels.second.router", "location1-ce1 ends hub-location1 from hub already"),),
    ),
    "one tunnel interface for two tunnels": (
        second_tunnel(tunnelNumbers=[30]),
        (("tunnels.second.router.tunnelNumbers.0", "Tunnel30 of location1-ce1 is hub-location1's already"),),
    ),
    "one loopback with two addresses": (
        second_tunnel(publicAddress="66.198.12.107"),
        (("tunnels.second.router.loopbackNumber", "Loopback30 of location1-ce1 has 66.198.12.106 already"),),
    ),
    "one address on two loopbacks": (
        second_tunnel(loopbackNumber=33),
        (("tunnels.second.router.loopbackNumber", "66.198.12.106 is on Loopback30 of location1-ce1"),),
    ),
    "two routers with one public address": (
        both(second_tunnel(name="location1-ce2"), at(f"{CE2}.internetNextHop", "66.198.12.105")),
        (("tunnels.second.router.publicAddress", "66.198.12.106 is location1-ce1's in hub-location1"),),
    ),
    "two routers with one BGP address": (
        both(
            second_tunnel(name="location1-ce2", publicAddress="66.198.12.107", bgpAddress="10.2.30.125"),
            at(f"{CE2}.internetNextHop", "66.198.12.105"),
        ),
        (("tunnels.second.router.bgpAddress", "10.2.30.125 is location1-ce1's in hub-location1 (VPN-15)"),),
    ),
    "GCM encryption with another integrity": (
        at("tunnels.hub-branch.ipsecPolicy", {"ipsecIntegrity": "SHA256"}),
        (
            (
                "tunnels.hub-branch.ipsecPolicy.ipsecIntegrity",
                "ipsecEncryption GCMAES256 does not go with ipsecIntegrity SHA256",
            ),
        ),
    ),
    "GCM integrity with another encryption": (
        at("tunnels.hub-branch.ipsecPolicy", {"ipsecEncryption": "AES256"}),
        (("tunnels.hub-branch.ipsecPolicy.ipsecEncryption", "does not go with ipsecIntegrity GCMAES256"),),
    ),
    "a data size too small for a router": (
        at("tunnels.hub-location1.ipsecPolicy", {"saDataSizeKilobytes": 2559}),
        (
            (
                "tunnels.hub-location1.ipsecPolicy.saDataSizeKilobytes",
                "2559 is too small for a router: 2560 or more",
            ),
        ),
    ),
    "more prefixes than a circuit takes": (
        at("locations.location2", {"prefixes": ["10.1.31.0/25", *addresses(4000, 200)]}),
        (
            ("circuits.expressroute2.privatePeering.primary", "carries 4001 prefixes of location2; Standard"),
            ("circuits.expressroute2.privatePeering.secondary", "takes 4000 (ER-8)"),
        ),
    ),
    "more prefixes than a gateway may advertise": (
        at("virtualNetworks.spoke.addressSpace", ["10.11.30.0/26", *addresses(999, 200)]),
        ((f"{HUB}.expressRouteGateway", "advertises 1001 prefixes with its spokes; a circuit takes 1000"),),
    ),
    "more prefixes than a VPN gateway takes": (
        both(
            at("locations.location1", {"prefixes": ["10.2.30.0/25", *addresses(4000, 200)]}),
            at(f"{LINK}.advertisedPrefixes", []),
            at("circuits.expressroute1.privatePeering.secondary.advertisedPrefixes", []),
        ),
        ((f"{HUB}.vpnGateway", "learns 4001 prefixes through its tunnels; 4000 is the most (VPN-8)"),),
    ),
    # on premises
    "a location with a reserved ASN": (
        both(
            at("locations.location2.asn", 64500), at("circuits.expressroute2.privatePeering.peerAsn", 64500)
        ),
        (("locations.location2.asn", "64500 is reserved (ASN-1 to ASN-4)"),),
    ),
    "a location with Azure's ASN": (
        at("locations.location1.asn", 65515),
        (("locations.location1.asn", "65515 is reserved (ASN-1 to ASN-4): use 64512-65514 or 65521-65534"),),
    ),
    "a host outside the location": (
        at("locations.location2.host", "10.1.32.10"),
        (("locations.location2.host", "10.1.32.10 is in none of location2's prefixes"),),
    ),
    "no source of the LAN's prefixes": (
        at("routers.location2-ce1.ospf", ...),
        (("routers.location2-ce1", "give ospf or lan.nextHop, one of them"),),
    ),
    "two sources of the LAN's prefixes": (
        at("routers.location2-ce1.lan.nextHop", "192.168.31.1"),
        (("routers.location2-ce1", "give ospf or lan.nextHop, one of them"),),
    ),
    "a next hop beyond the LAN interface": (
        both(at("routers.location2-ce1.ospf", ...), at("routers.location2-ce1.lan.nextHop", "192.168.31.2")),
        (("routers.location2-ce1.lan.nextHop", "192.168.31.2 is not on the LAN interface's network"),),
    ),
    "a next hop that is the router": (
        both(at("routers.location2-ce1.ospf", ...), at("routers.location2-ce1.lan.nextHop", "192.168.31.0")),
        (("routers.location2-ce1.lan.nextHop", "192.168.31.0 is the router's own address"),),
    ),
    "a VLAN on what is no port": (
        both(at(f"{CE1}.lan.interface", "BDI30"), at(f"{CE1}.lan.vlan", 30)),
        ((f"{CE1}.lan.vlan", "BDI30 has no sub-interfaces"),),
    ),
    "two links on one port and VLAN": (
        both(
            at("circuits.expressroute1.privatePeering.secondary.router", "location1-ce1"),
        ),
        (
            (
                "circuits.expressroute1.privatePeering.secondary",
                "the same port and VLAN of location1-ce1 as expressroute1/primary",
            ),
        ),
    ),
    "the LAN's VLAN on a link with one tag": (
        both(
            at(f"{LINK}.outerVlan", ...),
            at(f"{LINK}.interface", "TenGigabitEthernet1/0/0"),
            at(f"{CE1}.lan.vlan", 300),
        ),
        ((LINK, "uses the same port and VLAN of location1-ce1 as lan"),),
    ),
    "a link within the LAN interface's network": (
        at(f"{CE1}.lan.address", "192.168.30.2/27"),
        ((f"{LINK}.prefix", "192.168.30.16/30 overlaps with 192.168.30.0/27"),),
    ),
    "a BGP address within the LAN interface's network": (
        at(f"{CE1}.lan.address", "10.2.30.3/25"),
        ((f"{TO_ROUTER}.bgpAddress", "10.2.30.125 overlaps with 10.2.30.0/25"),),
    ),
    "a BGP address on a link": (
        at(f"{TO_ROUTER}.bgpAddress", "192.168.30.17"),
        ((f"{TO_ROUTER}.bgpAddress", "192.168.30.17 is on the link expressroute1/primary"),),
    ),
    "one way in to two routers": (
        at(f"{CE1}.management", {"host": "location1-ce2"}),
        (
            (f"{CE1}.management.host", "location1-ce2 is the management host of 2 routers"),
            (f"{CE2}.management.host", "location1-ce2 is the management host of 2 routers"),
        ),
    ),
    "one address on two routers": (
        at(f"{CE1}.lan.address", "192.168.30.4/31"),
        (
            (f"{CE1}.lan.address", "192.168.30.4 is another router's too in location1"),
            (f"{CE2}.lan.address", "192.168.30.4 is another router's too in location1"),
        ),
    ),
    "one OSPF router id twice": (
        at(f"{CE1}.ospf.routerId", "10.2.30.254"),
        (
            (f"{CE1}.ospf.routerId", "10.2.30.254 is another router's too"),
            (f"{CE2}.ospf.routerId", "10.2.30.254 is another router's too"),
        ),
    ),
    "virtual networks that overlap": (
        at("virtualNetworks.remote.addressSpace", ["10.17.30.0/26", "10.11.0.0/16"]),
        (
            ("virtualNetworks.remote", "10.11.0.0/16 overlaps with 10.11.30.0/26 of spoke"),
            ("virtualNetworks.remote", "10.11.0.0/16 overlaps with 10.11.30.64/26 of branch"),
        ),
    ),
    "a location inside a virtual network": (
        both(
            at("locations.location2.prefixes", ["10.10.30.64/26"]),
            at("locations.location2.host", ...),
            at("locations.location2.defaultGateway", ...),
        ),
        (("locations.location2", "10.10.30.64/26 lies inside 10.10.30.0/24 of hub"),),
    ),
}


ALLOWED: Mapping[str, Changes] = {
    "a location's summary around virtual networks and another location": at(
        "locations.location2.prefixes", ["10.1.31.0/25", "10.0.0.0/8"]
    ),
    "a location that is the way to everything": at(
        "locations.location2.prefixes", ["10.1.31.0/25", "0.0.0.0/0"]
    ),
    "one prefix at two locations": at("locations.location2.prefixes", ["10.1.31.0/25", "10.2.30.0/25"]),
    "one ASN on both of a virtual network's gateways": {},
    "more connections of a Premium circuit": both(
        many_vnets(
            9,
            lambda name: ("connections", {"circuit": "expressroute1", "virtualNetwork": name}),
            existing={"id": f"{ID}virtualNetworks/a"},
            expressRouteGateway={},
        ),
        at("circuits.expressroute1.tier", "Premium"),
    ),
    "the subnets of what exists are not described": both(
        at("virtualNetworks.branch.subnets", ...),
        at("virtualNetworks.branch.vpnGateway.existing", {"id": f"{ID}virtualNetworkGateways/branch"}),
    ),
    "no zones in a region that has none": at("virtualNetworks.branch.vpnGateway.zones", []),
    "an id in another case": at(
        "circuits.expressroute2.existing",
        {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/expressroutecircuits/a"},
    ),
    "a Route Server without a VPN gateway": both(
        at("virtualNetworks.remote.routeServer", {}),
        at("virtualNetworks.remote.addressSpace", ["10.17.30.0/26", "10.17.31.0/26"]),
        at("virtualNetworks.remote.subnets.RouteServerSubnet", {"prefix": "10.17.31.0/27"}),
    ),
    "a Route Server that keeps its gateways apart": both(
        ROUTE_SERVER, at(f"{HUB}.routeServer.branchToBranch", False)
    ),
    "tunnels from two gateways to one router": second_tunnel(),
    "an ASN that is free, but not on Azure's list, on a VPN gateway": at(
        "virtualNetworks.branch.vpnGateway.asn", 65516
    ),
    "the LAN's VLAN as a link's outer tag": both(
        at(f"{LINK}.interface", "TenGigabitEthernet1/0/0"), at(f"{CE1}.lan.vlan", 30)
    ),
    "one inner tag below two outer tags": both(
        at("circuits.expressroute1.privatePeering.secondary.router", "location1-ce1"),
        at("circuits.expressroute1.privatePeering.secondary.outerVlan", 31),
    ),
    "Global Reach": REACH,
    "a small data size between two gateways": at(
        "tunnels.hub-branch.ipsecPolicy", {"saDataSizeKilobytes": 1024}
    ),
    "GCM on both": at(
        "tunnels.hub-branch.ipsecPolicy", {"ipsecEncryption": "GCMAES128", "ipsecIntegrity": "GCMAES128"}
    ),
    "neither of them GCM": at(
        "tunnels.hub-branch.ipsecPolicy", {"ipsecEncryption": "AES256", "ipsecIntegrity": "SHA256"}
    ),
    "spokes of two hubs, one of them without transit": at(
        "peerings.remote-spoke", {"hub": "remote", "spoke": "spoke", "gatewayTransit": False}
    ),
}


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED)
def test_what_only_looks_wrong_is_taken(changes: Changes, test_stack: Callable[[], dict[str, Any]]) -> None:
    data = test_stack()
    merge(data, changes)
    assert load_network(Document(data=data))


@pytest.mark.parametrize(("changes", "expected"), TABLE.values(), ids=TABLE)
def test_each_contradiction_has_its_message_and_its_place(
    changes: Changes,
    expected: tuple[Expected, ...],
    test_stack: Callable[[], dict[str, Any]],
    tmp_path: Path,
) -> None:
    data = test_stack()
    merge(data, changes)
    path = tmp_path / "Pulumi.broken.yaml"
    path.write_text(json.dumps({"config": {"hybrid:network": data}}, indent=1), encoding="utf-8")
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    mistakes = caught.value.mistakes
    said = sorted((".".join(mistake.path), mistake.message) for mistake in mistakes)
    assert [where for where, _ in said] == sorted(where for where, _ in expected), said
    for where, part in expected:
        assert any(part in message for at_, message in said if at_ == where), said
    lines = path.read_text(encoding="utf-8").splitlines()
    for mistake in mistakes:
        assert mistake.place.file == path
        here = lines[mistake.place.line - 1][mistake.place.column - 1 :].lstrip('"')
        assert here.startswith(_deepest(data, mistake.path)), (mistake, here)


def _deepest(data: Any, path: tuple[str, ...]) -> str:
    """Return what stands at the deepest part of a path that the file has: a key, or an item of a list."""
    found = ""
    for part in path:
        if isinstance(data, dict) and part in data:
            data, found = data[part], part
        elif isinstance(data, list):
            data = data[int(part)]
            found = str(data)
        else:
            break
    return found


def test_every_check_finds_something(test_stack: Callable[[], dict[str, Any]]) -> None:
    """A check that no row of the table brings out would go unproven."""
    proven = set()
    for changes, _ in TABLE.values():
        data = test_stack()
        merge(data, changes)
        network = Network.model_validate_json(json.dumps(_with_names(data)[0]))
        proven |= {check for check in _CHECKS if list(check(network))}
    assert [check.__name__ for check in _CHECKS if check not in proven] == []
