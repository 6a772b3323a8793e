"""A network of somebody else: raw azure-native resources, no component, names of their own."""

import pulumi
from pulumi_azure_native import network, resources

GROUP = resources.ResourceGroup("lab-rg", resource_group_name="contoso-network", location="westeurope")


def subresource(resource: pulumi.CustomResource) -> network.SubResourceArgs:
    return network.SubResourceArgs(id=resource.id)


vnet = network.VirtualNetwork(
    "core",
    virtual_network_name="contoso-core",
    resource_group_name=GROUP.name,
    location="westeurope",
    address_space=network.AddressSpaceArgs(address_prefixes=["10.40.0.0/16"]),
)
subnet = network.Subnet(
    "core-gateways",
    subnet_name="GatewaySubnet",
    resource_group_name=GROUP.name,
    virtual_network_name=vnet.name,
    address_prefix="10.40.255.0/27",
)
address = network.PublicIPAddress(
    "vpn-ip",
    public_ip_address_name="contoso-vpn-ip",
    resource_group_name=GROUP.name,
    location="westeurope",
    public_ip_allocation_method="Static",
    sku=network.PublicIPAddressSkuArgs(name="Standard"),
)
vpn = network.VirtualNetworkGateway(
    "vpn",
    virtual_network_gateway_name="contoso-vpn",
    resource_group_name=GROUP.name,
    location="westeurope",
    gateway_type="Vpn",
    vpn_type="RouteBased",
    enable_bgp=True,
    sku=network.VirtualNetworkGatewaySkuArgs(name="VpnGw1", tier="VpnGw1"),
    ip_configurations=[
        network.VirtualNetworkGatewayIPConfigurationArgs(
            name="default", subnet=subresource(subnet), public_ip_address=subresource(address)
        )
    ],
)
branch = network.LocalNetworkGateway(
    "branch",
    local_network_gateway_name="contoso-branch",
    resource_group_name=GROUP.name,
    location="westeurope",
    gateway_ip_address="203.0.113.10",
    local_network_address_space=network.AddressSpaceArgs(address_prefixes=["10.50.0.0/24"]),
    bgp_settings=network.BgpSettingsArgs(asn=65050, bgp_peering_address="10.50.0.1"),
)
network.VirtualNetworkGatewayConnection(
    "branch-tunnel",
    virtual_network_gateway_connection_name="contoso-branch-tunnel",
    resource_group_name=GROUP.name,
    location="westeurope",
    connection_type="IPsec",
    connection_protocol="IKEv2",
    enable_bgp=True,
    virtual_network_gateway1=network.VirtualNetworkGatewayArgs(id=vpn.id),
    local_network_gateway2=network.LocalNetworkGatewayArgs(id=branch.id),
    shared_key=pulumi.Output.secret("b7Xw2Qk9Zr4Tn6Vd8Ym3Lp5Hs1Jf0Gc"),
)
circuit = network.ExpressRouteCircuit(
    "line",
    circuit_name="contoso-line",
    resource_group_name=GROUP.name,
    location="westeurope",
    sku=network.ExpressRouteCircuitSkuArgs(
        name="Standard_MeteredData", tier="Standard", family="MeteredData"
    ),
    service_provider_properties=network.ExpressRouteCircuitServiceProviderPropertiesArgs(
        service_provider_name="Equinix", peering_location="Amsterdam", bandwidth_in_mbps=200
    ),
)
network.ExpressRouteCircuitPeering(
    "line-private",
    circuit_name=circuit.name,
    peering_name="AzurePrivatePeering",
    resource_group_name=GROUP.name,
    peering_type="AzurePrivatePeering",
    peer_asn=65050,
    primary_peer_address_prefix="172.16.0.0/30",
    secondary_peer_address_prefix="172.16.0.4/30",
    vlan_id=100,
)
pulumi.export("vpnId", vpn.id)
