"""Contradictions of virtual networks: their prefixes, gateways, route tables and peerings."""

from __future__ import annotations

from tests.topology.changes import (
    ACTIVE,
    HUB,
    ID,
    ROUTE_SERVER,
    SPOKE,
    Table,
    at,
    both,
    many_vnets,
    table_on,
    vnet,
)

VIRTUAL_NETWORKS: Table = {
    "an address space that overlaps itself": (
        at(f"{HUB}.addressSpace", ["10.10.30.0/24", "10.10.30.0/25"]),
        ((f"{HUB}.addressSpace", "10.10.30.0/24 and 10.10.30.0/25 overlap"),),
    ),
    "an address space that Azure refuses": (
        at(f"{HUB}.addressSpace", ["10.10.30.0/24", "169.254.7.0/24"]),
        ((f"{HUB}.addressSpace.1", "169.254.7.0/24 overlaps with 169.254.0.0/16, which Azure refuses"),),
    ),
    "virtual networks that overlap": (
        at("virtualNetworks.remote.addressSpace", ["10.17.30.0/26", "10.11.0.0/16"]),
        (
            ("virtualNetworks.remote", "10.11.0.0/16 overlaps with 10.11.30.0/26 of spoke"),
            ("virtualNetworks.remote", "10.11.0.0/16 overlaps with 10.11.30.64/26 of branch"),
        ),
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
}

ROUTE_TABLES: Table = {
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
}

PEERINGS: Table = {
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
}
