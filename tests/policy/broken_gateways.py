"""Broken gateways, route tables, circuits and Global Reach."""

from __future__ import annotations

from typing import Any

from tests.policy.broken import Broken, Change, add, all_of, drop, put
from tests.policy.deployments import NETWORK, Planned, Ref
from tests.policy.sound_deployment import (
    circuit,
    circuit_connection,
    circuit_peering,
    gateway,
    gateway_subnet,
    half,
    network,
)

HUB_ER, REMOTE_ER = "hub-expressroute-gateway", "remote-expressroute-gateway"
HUB_VPN, BRANCH_VPN = "hub-vpn-gateway", "branch-vpn-gateway"


def second_gateway() -> Planned:
    planned = gateway("hub", "ExpressRoute", "ErGw1AZ")
    planned.path += "-2"
    return planned


def sku(name: str, value: str) -> Change:
    return put(name, "sku", {"name": value, "tier": value})


def route_table(**inputs: Any) -> Planned:
    return Planned(
        kind=f"{NETWORK}RouteTable",
        path="routeTables/rt-1",
        inputs={"routeTableName": "rt-1", "resourceGroupName": "rg-hybrid", **inputs},
    )


def route(prefix: str, next_hop: str) -> dict[str, str]:
    return {"name": "a-route", "addressPrefix": prefix, "nextHopType": next_hop}


def on_subnet(name: str, **table: Any) -> Change:
    return all_of(add("table", route_table(**table)), put(name, "routeTable", {"id": Ref("table")}))


def on_spoke(**table: Any) -> Change:
    subnet = {"name": "workload", "addressPrefix": "10.11.30.0/27", "routeTable": {"id": Ref("table")}}
    return all_of(add("table", route_table(**table)), put("spoke-network", "subnets", [subnet]))


def on_hub_workload(**table: Any) -> Change:
    subnet = gateway_subnet("hub", "10.10.30.0/25")
    subnet.inputs |= {"subnetName": "workload", "routeTable": {"id": Ref("table")}}
    subnet.path = "virtualNetworks/vnet-hub/subnets/workload"
    return all_of(add("table", route_table(**table)), add("hub-workload", subnet))


def network_interface(subnet: str) -> Planned:
    return Planned(
        kind=f"{NETWORK}NetworkInterface",
        path="networkInterfaces/nic-1",
        inputs={"ipConfigurations": [{"name": "default", "subnet": {"id": Ref(subnet)}}]},
    )


def route_server(*, branches: bool) -> Change:
    subnet = gateway_subnet("hub", "10.10.30.64/27")
    subnet.inputs["subnetName"] = "RouteServerSubnet"
    subnet.path = "virtualNetworks/vnet-hub/subnets/RouteServerSubnet"
    hub = Planned(
        kind=f"{NETWORK}VirtualHub",
        path="virtualHubs/rs-1",
        inputs={"virtualHubName": "rs-1", "resourceGroupName": "rg-hybrid"}
        | {"allowBranchToBranchTraffic": branches},
    )
    address = Planned(
        kind=f"{NETWORK}VirtualHubIpConfiguration",
        path="virtualHubs/rs-1/ipConfigurations/default",
        inputs={
            "virtualHubName": Ref("route-server", "name"),
            "resourceGroupName": "rg-hybrid",
            "subnet": {"id": Ref("route-server-subnet")},
        },
    )
    return all_of(
        add("route-server-subnet", subnet), add("route-server", hub), add("route-server-address", address)
    )


def more_circuits(count: int, locations: tuple[str, ...]) -> Change:
    """Connect the hub to further circuits."""

    def run(deployment: Any) -> None:
        for number in range(3, 3 + count):
            name = f"circuit-{number}"
            deployment.resources[name] = circuit(number, locations[number % len(locations)])
            peering = circuit_peering("circuit-2", 65020, 400 + number, "192.168.32")
            peering.inputs["circuitName"] = Ref(name, "name")
            peering.path = f"expressRouteCircuits/erc-{number}/peerings/AzurePrivatePeering"
            deployment.resources[f"{name}-peering"] = peering
            deployment.resources[f"{name}-connection"] = circuit_connection(name, HUB_ER)

    return run


def many_prefixes(name: str, count: int) -> Change:
    prefixes = [f"10.{128 + number // 256}.{number % 256}.0/24" for number in range(count - 1)]
    kept = {"hub-network": "10.10.30.0/24", "spoke-network": "10.11.30.0/26"}[name]
    return put(name, "addressSpace.addressPrefixes", [kept, *prefixes])


def many_spokes(count: int) -> Change:
    def run(deployment: Any) -> None:
        for number in range(count):
            name = f"spoke-{number}"
            planned = network("spoke", f"10.{128 + number // 256}.{number % 256}.0/24")
            planned.inputs["virtualNetworkName"] = f"vnet-{name}"
            planned.path = f"virtualNetworks/vnet-{name}"
            deployment.resources[f"{name}-network"] = planned
            deployment.resources[f"{name}-half-of-hub"] = half("hub", name)
            deployment.resources[f"{name}-half"] = half(name, "hub")

    return run


GATEWAYS = [
    Broken("expressroute-with-vpn-sku", sku(HUB_ER, "VpnGw1AZ"), {("gateway-sku", HUB_ER)}),
    Broken("vpn-with-expressroute-sku", sku(HUB_VPN, "ErGw1AZ"), {("gateway-sku", HUB_VPN)}),
    Broken(
        "vpn-sku-retired",
        sku(BRANCH_VPN, "HighPerformance"),
        {("vpn-gateway-sku-retired", BRANCH_VPN), ("gateway-zone-redundant", BRANCH_VPN)},
        "advisory",
    ),
    Broken("one-zone", sku(HUB_ER, "Standard"), {("gateway-zone-redundant", HUB_ER)}, "advisory"),
    Broken(
        "scale-units",
        all_of(
            sku(HUB_ER, "ErGwScale"), put(HUB_ER, "autoScaleConfiguration", {"bounds": {"min": 1, "max": 41}})
        ),
        {("gateway-scale-units", HUB_ER)},
    ),
    Broken(
        "second-of-its-type",
        add("hub-expressroute-gateway-2", second_gateway()),
        {("gateway-single-per-type", "hub-expressroute-gateway-2")},
    ),
    Broken(
        "basic-beside-expressroute",
        all_of(sku(HUB_VPN, "Basic"), put(HUB_VPN, "activeActive", False)),
        {
            ("gateway-coexistence-sku", HUB_VPN),
            ("vpn-gateway-bgp-sku", HUB_VPN),
            ("gateway-zone-redundant", HUB_VPN),
            ("connection-policy-sku", "location1-connection"),
            ("connection-policy-sku", "branch-connection-from-hub"),
            ("connection-policy-sku", "branch-connection-from-branch"),
        },
    ),
    Broken(
        "policy-based-with-bgp",
        put(BRANCH_VPN, "vpnType", "PolicyBased"),
        {("vpn-gateway-route-based", BRANCH_VPN)},
    ),
    Broken(
        "policy-based-beside-expressroute",
        all_of(
            put(HUB_VPN, "vpnType", "PolicyBased"),
            put(HUB_VPN, "enableBgp", False),
        ),
        {
            ("vpn-gateway-route-based", HUB_VPN),
            ("connection-bgp-gateway", "location1-connection"),
            ("connection-bgp-gateway", "branch-connection-from-hub"),
            ("connection-bgp-gateway", "branch-connection-from-branch"),
        },
    ),
    Broken(
        "basic-public-ip",
        put("hub-address-2", "sku.name", "Basic"),
        {("vpn-gateway-public-ip-standard", HUB_VPN)},
    ),
    Broken(
        "dynamic-public-ip",
        put("branch-address-1", "publicIPAllocationMethod", "Dynamic"),
        {("vpn-gateway-public-ip-standard", BRANCH_VPN)},
    ),
    Broken(
        "public-ip-in-one-zone",
        put("hub-address-1", "zones", ["1"]),
        {("vpn-gateway-public-ip-zones", HUB_VPN)},
        "advisory",
    ),
    Broken(
        "active-standby",
        put(BRANCH_VPN, "activeActive", False),
        {("vpn-gateway-active-active", BRANCH_VPN)},
        "advisory",
    ),
    Broken(
        "active-active-with-one-address",
        lambda deployment: deployment.resources[BRANCH_VPN].inputs["ipConfigurations"].pop(),
        {("vpn-gateway-active-active-addresses", BRANCH_VPN)},
    ),
    Broken(
        "five-circuits-on-the-smallest-gateway",
        more_circuits(3, ("Chicago", "Dallas", "Seattle")),
        {("expressroute-gateway-circuits", HUB_ER)},
    ),
    Broken(
        "five-circuits-from-one-place",
        all_of(sku(HUB_ER, "ErGw3AZ"), more_circuits(4, ("Washington DC",))),
        {("expressroute-gateway-circuits", HUB_ER)},
    ),
    Broken(
        "one-peering-location",
        drop("circuit-2-connection-remote"),
        {("expressroute-gateway-locations", REMOTE_ER)},
        "advisory",
    ),
    Broken(
        "remote-traffic-on-one-side",
        put(REMOTE_ER, "allowRemoteVnetTraffic", False),
        {("expressroute-gateway-remote-traffic-agreed", REMOTE_ER)},
    ),
    Broken(
        "remote-traffic-on-no-side",
        all_of(put(REMOTE_ER, "allowRemoteVnetTraffic", False), put(HUB_ER, "allowRemoteVnetTraffic", None)),
        {
            ("expressroute-gateway-remote-traffic", REMOTE_ER),
            ("expressroute-gateway-remote-traffic", HUB_ER),
        },
        "advisory",
    ),
    Broken(
        "prefixes-of-the-hub-and-its-spoke",
        all_of(
            many_prefixes("hub-network", 999),
            put(
                "spoke-network",
                "addressSpace.addressPrefixes",
                [
                    "10.11.30.0/26",
                    "172.16.0.0/24",
                ],
            ),
        ),
        {("expressroute-gateway-prefixes", HUB_ER)},
    ),
    Broken(
        "peered-with-501",
        many_spokes(500),
        {("expressroute-gateway-peered-networks", HUB_ER)},
    ),
    Broken(
        "route-server-with-another-asn",
        all_of(route_server(branches=True), put(HUB_VPN, "bgpSettings.asn", 65010)),
        {("vpn-gateway-route-server", HUB_VPN), ("router-azure-asn", "location1-ce1")},
    ),
    Broken(
        "fastpath-on-a-small-gateway",
        put("circuit-connection", "expressRouteGatewayBypass", True),
        {("connection-fastpath-sku", "circuit-connection")},
    ),
]

ROUTE_TABLES = [
    Broken(
        "default-route-on-gateway-subnet",
        on_subnet("hub-gateway-subnet", routes=[route("0.0.0.0/0", "VirtualAppliance")]),
        {("gateway-subnet-default-route", "hub-gateway-subnet")},
    ),
    Broken(
        "default-route-as-a-resource",
        all_of(
            on_subnet("hub-gateway-subnet"),
            add(
                "default-route",
                Planned(
                    kind=f"{NETWORK}Route",
                    path="routeTables/rt-1/routes/default",
                    inputs={
                        "routeTableName": Ref("table", "name"),
                        "resourceGroupName": "rg-hybrid",
                        "addressPrefix": "0.0.0.0/0",
                        "nextHopType": "Internet",
                    },
                ),
            ),
        ),
        {("gateway-subnet-default-route", "hub-gateway-subnet")},
    ),
    Broken(
        "no-propagation-on-gateway-subnet",
        on_subnet("hub-gateway-subnet", disableBgpRoutePropagation=True),
        {("gateway-subnet-propagation", "hub-gateway-subnet")},
    ),
    Broken(
        "next-hop-gateway-where-both-stand",
        on_hub_workload(routes=[route("10.2.0.0/16", "VirtualNetworkGateway")]),
        {("route-next-hop-gateway", "hub-workload")},
    ),
    Broken(
        "security-group-on-gateway-subnet",
        put("hub-gateway-subnet", "networkSecurityGroup", {"id": "/x/networkSecurityGroups/nsg-1"}),
        {("gateway-subnet-security-group", "hub-gateway-subnet")},
    ),
    Broken(
        "interface-in-gateway-subnet",
        add("interface", network_interface("hub-gateway-subnet")),
        {("gateway-subnet-alone", "interface")},
    ),
]

CIRCUITS = [
    Broken("sku-name-of-another-tier", put("circuit", "sku.tier", "Premium"), {("circuit-sku", "circuit")}),
    Broken(
        "tier-unknown",
        put("circuit", "sku", {"name": "Gold_MeteredData", "tier": "Gold", "family": "MeteredData"}),
        {("circuit-sku", "circuit")},
    ),
    Broken(
        "bandwidth",
        put("circuit", "serviceProviderProperties.bandwidthInMbps", 300),
        {("circuit-bandwidth", "circuit")},
    ),
    Broken("bandwidth-of-a-port", put("circuit", "bandwidthInGbps", 3), {("circuit-bandwidth", "circuit")}),
    Broken(
        "standard-to-another-continent",
        put(REMOTE_ER, "location", "westeurope"),
        {("circuit-reach", "circuit"), ("circuit-reach", "circuit-2")},
    ),
    Broken(
        "eleven-connections",
        lambda d: d.resources.update(
            {f"circuit-connection-{n}": d.resources["circuit-connection"] for n in range(9)}
        ),
        {("circuit-connections", "circuit")},
    ),
    Broken(
        "peering-twice",
        put(
            "circuit",
            "peerings",
            [
                {
                    "name": "AzurePrivatePeering",
                    "peeringType": "AzurePrivatePeering",
                    "peerASN": 65021,
                    "vlanId": 300,
                    "primaryPeerAddressPrefix": "192.168.30.16/30",
                    "secondaryPeerAddressPrefix": "192.168.30.20/30",
                }
            ],
        ),
        {("circuit-peering-once", "circuit")},
    ),
    Broken(
        "one-link",
        put("circuit-peering", "secondaryPeerAddressPrefix", None),
        {("circuit-peering-links", "circuit-peering"), ("router-link-known", "location1-ce2")},
    ),
    *(
        Broken(
            f"link-{name}",
            put("circuit-2-peering", "secondaryPeerAddressPrefix", prefix),
            {("circuit-peering-link-prefix", "circuit-2-peering"), ("router-link-known", "location2-ce2")},
        )
        for name, prefix in (
            ("of-29", "192.168.33.16/29"),
            ("with-host-bits", "192.168.31.21/30"),
            ("twice", "192.168.31.16/30"),
        )
    ),
    Broken(
        "link-in-a-network",
        put(
            "remote-network",
            "addressSpace.addressPrefixes",
            ["10.17.30.0/26", "192.168.31.0/28", "192.168.31.16/28"],
        ),
        {("circuit-peering-link-apart", "circuit-2-peering")},
    ),
    Broken(
        "vlan-out-of-range",
        put("circuit-peering", "vlanId", 4095),
        {
            ("circuit-peering-vlan", "circuit-peering"),
            ("router-link-vlan", "location1-ce1"),
            ("router-link-vlan", "location1-ce2"),
        },
    ),
    Broken(
        "vlan-of-the-other-peering",
        add(
            "microsoft-peering",
            Planned(
                kind=f"{NETWORK}ExpressRouteCircuitPeering",
                path="expressRouteCircuits/erc-1/peerings/MicrosoftPeering",
                inputs={
                    "circuitName": Ref("circuit", "name"),
                    "resourceGroupName": "rg-hybrid",
                    "peeringType": "MicrosoftPeering",
                    "peerASN": 65021,
                    "vlanId": 300,
                },
            ),
        ),
        {("circuit-peering-vlan-unique", "microsoft-peering")},
    ),
]


def reach(prefix: str = "192.168.40.0/29") -> Change:
    planned = Planned(
        kind=f"{NETWORK}ExpressRouteCircuitConnection",
        path="expressRouteCircuits/erc-1/peerings/AzurePrivatePeering/connections/reach",
        inputs={
            "circuitName": Ref("circuit", "name"),
            "peeringName": "AzurePrivatePeering",
            "resourceGroupName": "rg-hybrid",
            "expressRouteCircuitPeering": {"id": Ref("circuit-peering")},
            "peerExpressRouteCircuitPeering": {"id": Ref("circuit-2-peering")},
            "addressPrefix": prefix,
        },
    )
    return add("reach", planned)


LOCATION = "serviceProviderProperties.peeringLocation"

GLOBAL_REACH = [
    Broken(
        "one-location",
        all_of(reach(), put("circuit-2", LOCATION, "Washington DC")),
        {
            ("global-reach-locations", "reach"),
            ("expressroute-gateway-locations", HUB_ER),
            ("expressroute-gateway-locations", REMOTE_ER),
        },
    ),
    Broken(
        "across-continents-with-standard",
        all_of(reach(), put("circuit-2", LOCATION, "London")),
        {("global-reach-tier", "reach"), ("circuit-reach", "circuit-2")},
    ),
    *(
        Broken(f"reach-prefix-{name}", reach(prefix), {("global-reach-prefix", "reach")})
        for name, prefix in (
            ("of-30", "192.168.40.0/30"),
            ("of-a-link", "192.168.30.16/29"),
            ("of-a-network", "10.10.30.0/29"),
        )
    ),
]
