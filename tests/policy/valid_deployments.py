"""Sound deployments that look unlike the test deployment, each with what the pack may say: never a violation.

What lies outside a stack is "not proven", which is said; a warning is named with its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.policy.broken_gateways import reach, route_server, route_table
from tests.policy.deployments import NETWORK, Hidden, Planned, Ref
from tests.policy.deployments import Deployment as _Deployment
from tests.policy.sound_deployment import (
    STRONG_POLICY,
    circuit,
    circuit_connection,
    circuit_peering,
    connection,
    everything,
    expressroute_gateway,
    gateway,
    gateway_subnet,
    half,
    network,
    public_ip,
    shared_key,
    vpn_gateway,
)

SUBSCRIPTION = "/subscriptions/11111111-2222-4333-8444-555555555555"
ELSEWHERE = "/subscriptions/99999999-2222-4333-8444-555555555555"
PROVIDERS = "/resourceGroups/rg-hybrid/providers/Microsoft.Network"
AUTHORIZATION_KEY = "0a1b2c3d-0000-4000-8000-123456789abc"

Resources = Mapping[str, Planned]


class Valid(NamedTuple):
    """A deployment, the warnings that it gets, and the rules that cannot prove anything about it."""

    id: str
    build: Callable[[], Resources]
    warnings: frozenset[str] = frozenset()
    doubts: frozenset[str] = frozenset()
    first_doubts: frozenset[str] = frozenset()
    """More of them while no id is known."""


def _hub() -> dict[str, Planned]:
    return {
        "hub-network": network("hub", "10.10.30.0/24"),
        "hub-gateway-subnet": gateway_subnet("hub", "10.10.30.128/25"),
    }


def _vpn() -> dict[str, Planned]:
    return {
        "hub-address-1": public_ip("hub-1", "52.168.162.84"),
        "hub-address-2": public_ip("hub-2", "52.168.162.85"),
        "hub-vpn-gateway": vpn_gateway("hub", 65515, "10.10.30.254"),
        "site-key": shared_key(),
    }


def _site(**inputs: Any) -> Planned:
    return Planned(
        kind=f"{NETWORK}LocalNetworkGateway",
        path="localNetworkGateways/lgw-site",
        inputs={"gatewayIpAddress": "203.0.113.1", **inputs},
    )


def _tunnel(name: str, **inputs: Any) -> Planned:
    return connection(
        name,
        connectionType="IPsec",
        virtualNetworkGateway1={"id": Ref("hub-vpn-gateway")},
        localNetworkGateway2={"id": Ref(name)},
        sharedKey=Hidden(Ref("site-key", "result")),
        ipsecPolicies=[dict(STRONG_POLICY)],
        **inputs,
    )


def spoke_of_a_hub_elsewhere() -> Resources:
    spoke = half("spoke", "hub", uses=True)
    spoke.inputs["remoteVirtualNetwork"] = {"id": f"{ELSEWHERE}{PROVIDERS}/virtualNetworks/vnet-hub"}
    return {"spoke-network": network("spoke", "10.11.30.0/26"), "spoke-half": spoke}


def connection_between_what_exists() -> Resources:
    return {
        "joined": connection(
            "joined",
            connectionType="ExpressRoute",
            virtualNetworkGateway1={"id": f"{SUBSCRIPTION}{PROVIDERS}/virtualNetworkGateways/ergw"},
            peer={"id": f"{ELSEWHERE}{PROVIDERS}/expressRouteCircuits/erc-1"},
            authorizationKey=Hidden(AUTHORIZATION_KEY),
        )
    }


def gateway_in_an_existing_subnet() -> Resources:
    planned = gateway("hub", "ExpressRoute", "ErGw1AZ")
    subnet = f"{SUBSCRIPTION}{PROVIDERS}/virtualNetworks/vnet-old/subnets/GatewaySubnet"
    planned.inputs["ipConfigurations"] = [{"name": "default", "subnet": {"id": subnet}}]
    return {"hub-expressroute-gateway": planned}


def vpn_only_with_static_routes() -> Resources:
    return {
        **_hub(),
        "hub-gateway-subnet": gateway_subnet("hub", "10.10.30.224/27"),
        **_vpn(),
        "site": _site(localNetworkAddressSpace={"addressPrefixes": ["192.168.0.0/24", "172.16.0.0/16"]}),
        "site-connection": _tunnel("site"),
    }


def basic_and_policy_based() -> Resources:
    planned = gateway("hub", "Vpn", "Basic", ("hub-address-1",))
    planned.inputs |= {"vpnType": "PolicyBased", "enableBgp": False}
    address = public_ip("hub-1", "52.168.162.84")
    address.inputs |= {"sku": {"name": "Basic"}, "publicIPAllocationMethod": "Dynamic", "zones": []}
    tunnel = _tunnel("site")
    del tunnel.inputs["ipsecPolicies"]
    return {
        **_hub(),
        "hub-address-1": address,
        "hub-vpn-gateway": planned,
        "site-key": shared_key(),
        "site": _site(localNetworkAddressSpace={"addressPrefixes": ["192.168.0.0/24"]}),
        "site-connection": tunnel,
    }


def expressroute_only() -> Resources:
    planned = expressroute_gateway("hub")
    planned.inputs |= {"sku": {"name": "UltraPerformance", "tier": "UltraPerformance"}, "location": "westus"}
    return {
        **_hub(),
        "hub-gateway-subnet": gateway_subnet("hub", "10.10.30.224/27"),
        "hub-expressroute-gateway": planned,
        "circuit": circuit(1, "Washington DC"),
        "circuit-2": circuit(2, "Silicon Valley"),
        "circuit-peering": circuit_peering("circuit", 65021, 300, "192.168.30"),
        "circuit-2-peering": circuit_peering("circuit-2", 65021, 300, "192.168.31"),
        "circuit-connection": circuit_connection("circuit", "hub-expressroute-gateway"),
        "circuit-2-connection": circuit_connection("circuit-2", "hub-expressroute-gateway"),
    }


def circuits_of_two_subscriptions() -> Resources:
    """Both circuits have one name, in resource groups of one name."""
    resources = dict(expressroute_only())
    for name in ("circuit-2", "circuit-2-peering"):
        del resources[name]
    foreign = circuit_connection("circuit", "hub-expressroute-gateway")
    foreign.path = "connections/con-foreign"
    foreign.inputs["peer"] = {"id": resources["circuit"].id.replace("11111111", "99999999")}
    foreign.inputs["authorizationKey"] = Hidden(AUTHORIZATION_KEY)
    resources["circuit-2-connection"] = foreign
    return resources


def scalable_gateway_with_six_circuits() -> Resources:
    resources = dict(expressroute_only())
    resources["hub-expressroute-gateway"].inputs |= {
        "sku": {"name": "ErGwScale", "tier": "ErGwScale"},
        "autoScaleConfiguration": {"bounds": {"min": 2, "max": 10}},
        "location": "eastus",
    }
    for number, location in enumerate(("Chicago", "Dallas", "Seattle", "Denver"), start=3):
        name = f"circuit-{number}"
        resources[name] = circuit(number, location)
        peering = circuit_peering("circuit", 65021, 300, f"192.168.{29 + number}")
        peering.inputs["circuitName"] = Ref(name, "name")
        peering.path = f"expressRouteCircuits/erc-{number}/peerings/AzurePrivatePeering"
        resources[f"{name}-peering"] = peering
        resources[f"{name}-connection"] = circuit_connection(name, "hub-expressroute-gateway")
    return resources


def active_active_with_link_local_addresses() -> Resources:
    planned = vpn_gateway("hub", 65010, "10.10.30.254")
    planned.inputs["bgpSettings"] |= {
        "bgpPeeringAddresses": [
            {"ipconfigurationId": f"/configurations/{n}", "customBgpIpAddresses": [address]}
            for n, address in enumerate(("169.254.21.1", "169.254.22.1"))
        ]
    }
    resources = {**_hub(), **_vpn(), "hub-vpn-gateway": planned}
    for number in (1, 2):
        site = _site(
            gatewayIpAddress=f"203.0.113.{number}",
            bgpSettings={"asn": 64512, "bgpPeeringAddress": f"169.254.2{number}.2"},
        )
        site.path += f"-{number}"
        resources[f"site-{number}"] = site
        resources[f"site-{number}-connection"] = _tunnel(f"site-{number}", enableBgp=True)
    return resources


def route_server_between_both_gateways() -> Resources:
    deployment = _Deployment(everything())
    route_server(branches=True)(deployment)
    return deployment.resources


def global_reach_across_continents() -> Resources:
    deployment = _Deployment(expressroute_only())
    premium = {"name": "Premium_UnlimitedData", "tier": "Premium", "family": "UnlimitedData"}
    for name in ("circuit", "circuit-2"):
        deployment.put(name, "sku", premium)
    deployment.put("circuit-2", "serviceProviderProperties.peeringLocation", "London")
    reach()(deployment)
    return deployment.resources


def hub_with_every_subnet_inside_it() -> Resources:
    hub = network("hub", "10.10.0.0/16")
    hub.inputs["subnets"] = [
        {"name": "GatewaySubnet", "addressPrefix": "10.10.0.0/27", "routeTable": {"id": Ref("appliances")}},
        {
            "name": "AzureBastionSubnet",
            "addressPrefix": "10.10.1.0/26",
            "networkSecurityGroup": {"id": "/x/nsg"},
        },
        {"name": "AzureFirewallSubnet", "addressPrefix": "10.10.2.0/26"},
        {"name": "AzureFirewallManagementSubnet", "addressPrefix": "10.10.3.0/26"},
        {"name": "RouteServerSubnet", "addressPrefix": "10.10.4.0/27"},
        {"name": "gw-subnet", "addressPrefix": "10.10.5.0/24", "networkSecurityGroup": {"id": "/x/nsg"}},
        {"name": "workload", "addressPrefixes": ["10.10.6.0/24"], "routeTable": {"id": Ref("firewall")}},
    ]
    hub.outputs["subnet"] = f"{hub.id}/subnets/GatewaySubnet"
    planned = expressroute_gateway("hub")
    planned.inputs["ipConfigurations"] = [{"name": "default", "subnet": {"id": Ref("hub-network", "subnet")}}]
    firewall = route_table(disableBgpRoutePropagation=True, routes=[_route("0.0.0.0/0", "VirtualAppliance")])
    appliances = route_table(routes=[_route("10.11.0.0/16", "VirtualAppliance")])
    appliances.path += "-2"
    return {
        "hub-network": hub,
        "firewall": firewall,
        "appliances": appliances,
        "hub-expressroute-gateway": planned,
    }


def _route(prefix: str, next_hop: str) -> dict[str, str]:
    return {"name": "way", "addressPrefix": prefix, "nextHopType": next_hop, "nextHopIpAddress": "10.10.2.4"}


def peerings_inside_their_vnets() -> Resources:
    resources = everything()
    for local, remote, flag in (
        ("hub", "spoke", "allowGatewayTransit"),
        ("spoke", "hub", "useRemoteGateways"),
    ):
        del resources[f"{local}-half"]
        inside = {"name": f"to-{remote}", "remoteVirtualNetwork": {"id": _known(remote)}, flag: True}
        resources[f"{local}-network"].inputs["virtualNetworkPeerings"] = [inside]
        resources[f"{local}-network"].exists = True
    return resources


def _known(name: str) -> str:
    return f"{SUBSCRIPTION}{PROVIDERS}/virtualNetworks/vnet-{name}"


def api_versions_in_the_types() -> Resources:
    resources = everything()
    for number, planned in enumerate(resources.values()):
        version = ("v20230901", "v20240301preview")[number % 2]
        planned.kind = planned.kind.replace("azure-native:network:", f"azure-native:network/{version}:")
    return resources


def packages_of_one_api_version() -> Resources:
    resources = everything()
    for planned in resources.values():
        planned.kind = planned.kind.replace("azure-native:", "azure-native_network_v20230901:")
    return resources


def a_port_of_ones_own() -> Resources:
    resources = dict(expressroute_only())
    for name in ("circuit", "circuit-2"):
        del resources[name].inputs["serviceProviderProperties"]
        resources[name].inputs |= {
            "bandwidthInGbps": 10,
            "expressRoutePort": {"id": f"{SUBSCRIPTION}/ports/{name}"},
        }
        del resources[name].outputs["serviceProviderProvisioningState"]
    return resources


def two_protocols() -> Resources:
    resources = dict(expressroute_only())
    resources["hub-network"].inputs["addressSpace"] = {"addressPrefixes": ["10.10.30.0/24", "fd00:db8::/48"]}
    resources["hub-gateway-subnet"].inputs.pop("addressPrefix")
    resources["hub-gateway-subnet"].inputs["addressPrefixes"] = ["10.10.30.224/27", "fd00:db8:0:1::/64"]
    resources["circuit-peering"].inputs["ipv6PeeringConfig"] = {
        "primaryPeerAddressPrefix": "2001:db8:30::/126",
        "secondaryPeerAddressPrefix": "2001:db8:31::/126",
    }
    return resources


def routers_with_nothing_of_azures() -> Resources:
    lines = {
        "switch": [
            "hostname switch",
            "vlan 30",
            " name site",
            "interface Vlan30",
            " ip address 10.2.30.1 255.255.255.128",
        ],
        "core": [
            *(
                "router bgp 65100",
                " neighbor 10.2.30.2 remote-as 65100",
                " neighbor 10.2.30.9 remote-as 65101",
            ),
            *(
                "router ospf 1",
                " network 10.0.0.0 0.255.255.255 area 0",
                "ip route 0.0.0.0 0.0.0.0 10.2.30.254",
            ),
        ],
        "empty": [],
    }
    return {
        name: Planned(kind="iosxe:index:Configuration", inputs={"router": name, "lines": text, "values": {}})
        for name, text in lines.items()
    }


def resources_of_others() -> Resources:
    return {
        "vpc": Planned(kind="aws:ec2/vpc:Vpc", inputs={"cidrBlock": "10.0.0.0/16", "tags": {"Name": "vpc"}}),
        "vpn": Planned(
            kind="aws:ec2/vpnConnection:VpnConnection", inputs={"tunnel1PresharedKey": Hidden("aB3dE5fG7hJ9")}
        ),
        "password": Planned(
            kind="kubernetes:core/v1:Secret", inputs={"data": Hidden({"password": "aHVudGVyMg=="})}
        ),
        "group": Planned(kind="azure-native:resources:ResourceGroup", inputs={"resourceGroupName": "rg"}),
        "component": Planned(kind="own:Network", inputs={}),
        "stack": Planned(kind="pulumi:pulumi:Stack", inputs={}, outputs={"url": "https://example.com/a?b=c"}),
    }


_OUTSIDE = frozenset(
    {
        "peering-both-halves",
        "peering-gateways-lent",
        "peering-remote-gateway-exists",
        "peering-addresses-apart",
    }
)

VALID_DEPLOYMENTS = [
    Valid(
        "spoke-of-a-hub-elsewhere",
        spoke_of_a_hub_elsewhere,
        doubts=_OUTSIDE - {"peering-both-halves"},  # a connected peering has them
        first_doubts=_OUTSIDE,
    ),
    Valid("connection-between-what-exists", connection_between_what_exists),
    Valid(
        "gateway-in-an-existing-subnet",
        gateway_in_an_existing_subnet,
        doubts=frozenset({"gateway-subnet-size"}),
    ),
    Valid("vpn-only-with-static-routes", vpn_only_with_static_routes),
    Valid(
        "basic-and-policy-based",
        basic_and_policy_based,
        warnings=frozenset({"gateway-zone-redundant", "connection-policy-set"}),
    ),
    Valid("expressroute-only", expressroute_only),
    Valid("circuits-of-two-subscriptions", circuits_of_two_subscriptions),
    Valid("scalable-gateway-with-six-circuits", scalable_gateway_with_six_circuits),
    Valid("active-active-with-link-local-addresses", active_active_with_link_local_addresses),
    Valid("route-server-between-both-gateways", route_server_between_both_gateways),
    Valid("global-reach-across-continents", global_reach_across_continents),
    Valid(
        "hub-with-every-subnet-inside-it",
        hub_with_every_subnet_inside_it,  # which of two tables is whose, only their ids will tell
        first_doubts=frozenset(
            {"gateway-subnet-default-route", "gateway-subnet-propagation", "route-next-hop-gateway"}
        ),
    ),
    Valid("peerings-inside-their-vnets", peerings_inside_their_vnets),
    Valid("api-versions-in-the-types", api_versions_in_the_types),
    Valid("packages-of-one-api-version", packages_of_one_api_version),
    Valid("a-port-of-ones-own", a_port_of_ones_own),
    Valid("two-protocols", two_protocols),
    Valid("routers-with-nothing-of-azures", routers_with_nothing_of_azures),
    Valid("resources-of-others", resources_of_others),
    Valid("nothing-at-all", dict),
]
