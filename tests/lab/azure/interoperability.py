"""Microsoft's interoperability setup, as it is asked of Azure."""

from __future__ import annotations

from typing import Any

from tests.lab.azure.azure_client import GROUP, Azure

KEY = "NeverKeptInClear0123456789"
POLICY = {
    "saLifeTimeSeconds": 27000,
    "saDataSizeKilobytes": 102400000,
    "ipsecEncryption": "AES256",
    "ipsecIntegrity": "SHA256",
    "ikeEncryption": "AES256",
    "ikeIntegrity": "SHA384",
    "dhGroup": "DHGroup14",
    "pfsGroup": "None",
}
NETWORKS = {
    "hub": ("eastus", "10.10.30.0/24", "10.10.30.0/25", "10.10.30.128/25"),
    "spoke": ("eastus", "10.11.30.0/26", "10.11.30.0/26", None),
    "branch": ("centralus", "10.11.30.64/26", "10.11.30.64/27", "10.11.30.96/27"),
    "remote": ("westus2", "10.17.30.0/26", "10.17.30.0/27", "10.17.30.32/27"),
}


class InteroperabilitySetup:
    """Microsoft's interoperability setup, built step by step with the official client's typed operations."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self.client: Any = azure.client  # bodies are plain JSON, as on the wire
        self.policy = dict(POLICY)

    def build(self) -> None:
        for name in NETWORKS:
            self.add_virtual_network(name)
        for name in ("hub", "branch"):
            self.add_vpn_gateway(name, asn=65516 if name == "branch" else None)
        for name in ("hub", "remote"):
            self.add_express_route_gateway(name)
        self.add_peering("hub", "spoke", allowGatewayTransit=True)
        self.add_peering("spoke", "hub", useRemoteGateways=True)
        self.add_circuit("expressroute1", "Washington DC", 65021, 300, "192.168.30")
        self.add_circuit("expressroute2", "Silicon Valley", 65020, 310, "192.168.31")
        for circuit, name in (
            ("expressroute1", "hub"),
            ("expressroute1", "remote"),
            ("expressroute2", "hub"),
        ):
            self.add_circuit_connection(circuit, name)
        self.add_local_network_gateway()
        self.add_vpn_connection(
            "hub-location1", "hub", localNetworkGateway2=self.azure.ref("localNetworkGateways/location1")
        )
        self.add_vpn_connection(
            "hub-branch", "hub", "Vnet2Vnet", virtualNetworkGateway2=self.gateway("branch-vpn")
        )
        self.add_vpn_connection(
            "branch-hub", "branch", "Vnet2Vnet", virtualNetworkGateway2=self.gateway("hub-vpn")
        )

    def gateway(self, name: str) -> dict[str, Any]:
        return {**self.azure.ref(f"virtualNetworkGateways/{name}"), "properties": {}}

    def add_virtual_network(self, name: str) -> None:
        location, space, workload, gateway_subnet = NETWORKS[name]
        body = {"location": location, "properties": {"addressSpace": {"addressPrefixes": [space]}}}
        self.client.virtual_networks.begin_create_or_update(GROUP, name, body).result()
        subnets = {"workload": workload, "GatewaySubnet": gateway_subnet}
        for subnet, prefix in subnets.items():
            if prefix is not None:
                body = {"properties": {"addressPrefix": prefix}}
                self.client.subnets.begin_create_or_update(GROUP, name, subnet, body).result()

    def add_public_ip(self, name: str, location: str, zones: tuple[str, ...] = ("1", "2", "3")) -> None:
        body = {
            "location": location,
            "sku": {"name": "Standard"},
            "zones": list(zones),
            "properties": {"publicIPAllocationMethod": "Static"},
        }
        self.client.public_ip_addresses.begin_create_or_update(GROUP, name, body).result()

    def part(self, name: str, network: str, public_ip: str | None = None) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "subnet": self.azure.ref(f"virtualNetworks/{network}/subnets/GatewaySubnet")
        }
        if public_ip is not None:
            properties["publicIPAddress"] = self.azure.ref(f"publicIPAddresses/{public_ip}")
        return {"name": name, "properties": properties}

    def add_vpn_gateway(self, network: str, asn: int | None = None, instances: int = 1) -> None:
        location = NETWORKS[network][0]
        parts = []
        for number in range(1, instances + 1):
            self.add_public_ip(f"{network}-{number}", location)
            parts.append(self.part(f"instance-{number}", network, f"{network}-{number}"))
        body = {
            "location": location,
            "properties": {
                "gatewayType": "Vpn",
                "vpnType": "RouteBased",
                "sku": {"name": "VpnGw1AZ", "tier": "VpnGw1AZ"},
                "enableBgp": True,
                "activeActive": instances > 1,
                "ipConfigurations": parts,
                **({"bgpSettings": {"asn": asn}} if asn else {}),
            },
        }
        self.client.virtual_network_gateways.begin_create_or_update(GROUP, f"{network}-vpn", body).result()

    def add_express_route_gateway(self, network: str) -> None:
        body = {
            "location": NETWORKS[network][0],
            "properties": {
                "gatewayType": "ExpressRoute",
                "sku": {"name": "ErGw1AZ", "tier": "ErGw1AZ"},
                "ipConfigurations": [self.part("default", network)],
                "allowRemoteVnetTraffic": True,
            },
        }
        gateways = self.client.virtual_network_gateways
        gateways.begin_create_or_update(GROUP, f"{network}-expressroute", body).result()

    def add_peering(self, near: str, far: str, **flags: bool) -> None:
        body = {"properties": {"remoteVirtualNetwork": self.azure.ref(f"virtualNetworks/{far}"), **flags}}
        self.client.virtual_network_peerings.begin_create_or_update(GROUP, near, f"to-{far}", body).result()

    def add_circuit(self, name: str, place: str, asn: int, vlan: int, start: str) -> None:
        body = {
            "location": "eastus",
            "sku": {"name": "Standard_MeteredData", "tier": "Standard", "family": "MeteredData"},
            "properties": {
                "serviceProviderProperties": {
                    "serviceProviderName": "Equinix",
                    "peeringLocation": place,
                    "bandwidthInMbps": 50,
                }
            },
        }
        self.client.express_route_circuits.begin_create_or_update(GROUP, name, body).result()
        peering = {
            "properties": {
                "peeringType": "AzurePrivatePeering",
                "peerASN": asn,
                "primaryPeerAddressPrefix": f"{start}.16/30",
                "secondaryPeerAddressPrefix": f"{start}.20/30",
                "vlanId": vlan,
            }
        }
        peerings = self.client.express_route_circuit_peerings
        peerings.begin_create_or_update(GROUP, name, "AzurePrivatePeering", peering).result()

    def add_circuit_connection(self, circuit: str, network: str, **properties: Any) -> None:
        body = {
            "location": NETWORKS[network][0],
            "properties": {
                "connectionType": "ExpressRoute",
                "virtualNetworkGateway1": self.gateway(f"{network}-expressroute"),
                "peer": self.azure.ref(f"expressRouteCircuits/{circuit}"),
                **properties,
            },
        }
        connections = self.client.virtual_network_gateway_connections
        connections.begin_create_or_update(GROUP, f"{circuit}-{network}", body).result()

    def add_local_network_gateway(self) -> None:
        body = {
            "location": "eastus",
            "properties": {
                "gatewayIpAddress": "66.198.12.106",
                "localNetworkAddressSpace": {"addressPrefixes": []},
                "bgpSettings": {"asn": 65021, "bgpPeeringAddress": "10.2.30.125"},
            },
        }
        self.client.local_network_gateways.begin_create_or_update(GROUP, "location1", body).result()

    def add_vpn_connection(self, name: str, network: str, kind: str = "IPsec", **properties: Any) -> None:
        body = {
            "location": NETWORKS[network][0],
            "properties": {
                "connectionType": kind,
                "virtualNetworkGateway1": self.gateway(f"{network}-vpn"),
                "sharedKey": KEY,
                "enableBgp": True,
                "ipsecPolicies": [POLICY],
                **properties,
            },
        }
        connections = self.client.virtual_network_gateway_connections
        connections.begin_create_or_update(GROUP, name, body).result()
