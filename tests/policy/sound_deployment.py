"""A hub-and-spoke deployment in which no rule finds anything grave, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tests.policy.deployments import CONFIGURATION, NETWORK, RANDOM_PASSWORD, ROOT, Hidden, Planned, Ref

GOLDEN = ROOT / "tests" / "onprem" / "golden"

KEY = "kZ7mQ2xW9rT4vB8nL3cD6fG1hJ5pS0aYqE"

OTHER_KEY = "aX3cV7bN1mQ5wE9rT2yU6iO0pL4kJ8hGzF"

SERVICE_KEY = "7c1f9b2e-4d3a-4e6b-8f5c-0a9d8e7f6b5c"

LOCATIONS = {"hub": "eastus", "spoke": "eastus", "branch": "centralus", "remote": "westus2"}

STRONG_POLICY = {
    "ikeEncryption": "AES256",
    "ikeIntegrity": "SHA256",
    "dhGroup": "DHGroup14",
    "ipsecEncryption": "GCMAES256",
    "ipsecIntegrity": "GCMAES256",
    "pfsGroup": "PFS2048",
    "saLifeTimeSeconds": 27000,
    "saDataSizeKilobytes": 102400000,
}


def network(name: str, prefix: str) -> Planned:
    return Planned(
        kind=f"{NETWORK}VirtualNetwork",
        path=f"virtualNetworks/vnet-{name}",
        inputs={
            "virtualNetworkName": f"vnet-{name}",
            "resourceGroupName": "rg-hybrid",
            "location": LOCATIONS[name],
            "addressSpace": {"addressPrefixes": [prefix]},
        },
    )


def gateway_subnet(name: str, prefix: str) -> Planned:
    return Planned(
        kind=f"{NETWORK}Subnet",
        path=f"virtualNetworks/vnet-{name}/subnets/GatewaySubnet",
        inputs={
            "subnetName": "GatewaySubnet",
            "resourceGroupName": "rg-hybrid",
            "virtualNetworkName": Ref(f"{name}-network", "name"),
            "addressPrefix": prefix,
        },
    )


def gateway(name: str, gateway_type: str, sku: str, addresses: tuple[str, ...] = ()) -> Planned:
    subnet = {"subnet": {"id": Ref(f"{name}-gateway-subnet")}}
    configurations = [
        {"name": address, **subnet, "publicIPAddress": {"id": Ref(address)}} for address in addresses
    ]
    return Planned(
        kind=f"{NETWORK}VirtualNetworkGateway",
        path=f"virtualNetworkGateways/{gateway_type}-{name}",
        inputs={
            "resourceGroupName": "rg-hybrid",
            "location": LOCATIONS[name],
            "gatewayType": gateway_type,
            "sku": {"name": sku, "tier": sku},
            "ipConfigurations": configurations or [{"name": "default", **subnet}],
        },
    )


def expressroute_gateway(name: str) -> Planned:
    planned = gateway(name, "ExpressRoute", "ErGw1AZ")
    planned.inputs["allowRemoteVnetTraffic"] = True
    return planned


def vpn_gateway(name: str, asn: int, bgp_address: str) -> Planned:
    planned = gateway(name, "Vpn", "VpnGw1AZ", (f"{name}-address-1", f"{name}-address-2"))
    planned.inputs |= {
        "vpnType": "RouteBased",
        "activeActive": True,
        "enableBgp": True,
        "bgpSettings": {"asn": asn},
    }
    planned.outputs = {"bgpSettings": {"bgpPeeringAddress": bgp_address}}
    return planned


def public_ip(name: str, address: str) -> Planned:
    return Planned(
        kind=f"{NETWORK}PublicIPAddress",
        path=f"publicIPAddresses/pip-{name}",
        inputs={
            "resourceGroupName": "rg-hybrid",
            "sku": {"name": "Standard"},
            "publicIPAllocationMethod": "Static",
            "zones": ["1", "2", "3"],
        },
        outputs={"ipAddress": address},
    )


def circuit(number: int, location: str) -> Planned:
    return Planned(
        kind=f"{NETWORK}ExpressRouteCircuit",
        path=f"expressRouteCircuits/erc-{number}",
        inputs={
            "resourceGroupName": "rg-hybrid",
            "circuitName": f"erc-{number}",
            "sku": {"name": "Standard_MeteredData", "tier": "Standard", "family": "MeteredData"},
            "serviceProviderProperties": {
                "serviceProviderName": "Equinix",
                "peeringLocation": location,
                "bandwidthInMbps": 50,
            },
        },
        outputs={"serviceKey": Hidden(SERVICE_KEY), "serviceProviderProvisioningState": "Provisioned"},
        secret_outputs=("serviceKey", "authorizationKey", "authorizations"),
        exists=True,
    )


def circuit_peering(name: str, asn: int, vlan: int, links: str) -> Planned:
    number = {"circuit": 1, "circuit-2": 2}[name]
    return Planned(
        kind=f"{NETWORK}ExpressRouteCircuitPeering",
        path=f"expressRouteCircuits/erc-{number}/peerings/AzurePrivatePeering",
        inputs={
            "circuitName": Ref(name, "name"),
            "resourceGroupName": "rg-hybrid",
            "peeringType": "AzurePrivatePeering",
            "peerASN": asn,
            "vlanId": vlan,
            "primaryPeerAddressPrefix": f"{links}.16/30",
            "secondaryPeerAddressPrefix": f"{links}.20/30",
        },
    )


def circuit_connection(circuit: str, gateway: str) -> Planned:
    return connection(
        f"{circuit}-{gateway}",
        connectionType="ExpressRoute",
        virtualNetworkGateway1={"id": Ref(gateway)},
        peer={"id": Ref(circuit)},
    )


def vnet_connection(near: str, far: str) -> Planned:
    return connection(
        f"{near}-{far}",
        connectionType="Vnet2Vnet",
        enableBgp=True,
        virtualNetworkGateway1={"id": Ref(f"{near}-vpn-gateway")},
        virtualNetworkGateway2={"id": Ref(f"{far}-vpn-gateway")},
        sharedKey=Hidden(Ref("branch-key", "result")),
        ipsecPolicies=[dict(STRONG_POLICY)],
    )


def half(local: str, remote: str, *, lends: bool = False, uses: bool = False) -> Planned:
    return Planned(
        kind=f"{NETWORK}VirtualNetworkPeering",
        path=f"virtualNetworks/vnet-{local}/virtualNetworkPeerings/peer-to-{remote}",
        inputs={
            "resourceGroupName": "rg-hybrid",
            "virtualNetworkName": Ref(f"{local}-network", "name"),
            "remoteVirtualNetwork": {"id": Ref(f"{remote}-network")},
            "allowGatewayTransit": lends,
            "useRemoteGateways": uses,
        },
        outputs={"peeringState": "Connected"},
    )


def connection(name: str, **inputs: Any) -> Planned:
    return Planned(
        kind=f"{NETWORK}VirtualNetworkGatewayConnection",
        path=f"connections/con-{name}",
        inputs={"resourceGroupName": "rg-hybrid", **inputs},
    )


def shared_key(key: str = KEY) -> Planned:
    return Planned(
        kind=RANDOM_PASSWORD, inputs={"length": 48, "special": False}, outputs={"result": Hidden(key)}
    )


def router(name: str, **secrets: Ref) -> Planned:
    text = (GOLDEN / f"{name}.cfg").read_text(encoding="utf-8")
    text = text.replace(
        "information originate always", "information originate"
    )  # kept as published, with a warning
    values = {
        "hub-vpn-gateway-public-ip-1": Ref("hub-address-1", "ipAddress"),
        "hub-vpn-gateway-public-ip-2": Ref("hub-address-2", "ipAddress"),
        "hub-vpn-gateway-bgp-address-1": Ref("hub-vpn-gateway", "bgpSettings.bgpPeeringAddress"),
    }
    return Planned(
        kind=CONFIGURATION,
        inputs={
            "router": name,
            "lines": list(_with_second_tunnel(line for line in text.splitlines() if line != " shutdown")),
            "values": values if secrets else {},
            "secrets": Hidden(dict(secrets)),
        },
        outputs={"id": name, "fingerprint": "0f343b0931126a20f133d67c2b018a3b"},
    )


_SECOND = {
    "interface Tunnel30": ["interface Tunnel31"],
    " peer azure": [" peer azure-2"],
}


def _with_second_tunnel(lines: Iterable[str]) -> Iterator[str]:
    """Lead a tunnel to the gateway's other instance as well, as the gateway is active-active."""
    block: list[str] = []
    for line in (*lines, ""):
        if block and not line.startswith(" " * (1 + len(block[0]) - len(block[0].lstrip()))):
            yield from (each.replace("public-ip-1", "public-ip-2") for each in block)
            block = []
        if block:
            block.append(" ip unnumbered Tunnel30" if line.startswith(" ip address ") else line)
        block = block or list(_SECOND.get(line, []))
        yield from [line] if line else []
        if "public-ip-1" in line and not block:
            yield line.replace("public-ip-1", "public-ip-2")


def azure() -> dict[str, Planned]:
    return {
        "hub-network": network("hub", "10.10.30.0/24"),
        "hub-gateway-subnet": gateway_subnet("hub", "10.10.30.128/25"),
        "spoke-network": network("spoke", "10.11.30.0/26"),
        "branch-network": network("branch", "10.11.30.64/26"),
        "branch-gateway-subnet": gateway_subnet("branch", "10.11.30.96/27"),
        "remote-network": network("remote", "10.17.30.0/26"),
        "remote-gateway-subnet": gateway_subnet("remote", "10.17.30.32/27"),
        "hub-address-1": public_ip("hub-1", "52.168.162.84"),
        "hub-address-2": public_ip("hub-2", "52.168.162.85"),
        "branch-address-1": public_ip("branch-1", "52.168.162.86"),
        "branch-address-2": public_ip("branch-2", "52.168.162.87"),
        "hub-expressroute-gateway": expressroute_gateway("hub"),
        "remote-expressroute-gateway": expressroute_gateway("remote"),
        "hub-vpn-gateway": vpn_gateway("hub", 65515, "10.10.30.254"),
        "branch-vpn-gateway": vpn_gateway("branch", 65521, "10.11.30.126"),
        "hub-half": half("hub", "spoke", lends=True),
        "spoke-half": half("spoke", "hub", uses=True),
        "circuit": circuit(1, "Washington DC"),
        "circuit-peering": circuit_peering("circuit", 65021, 300, "192.168.30"),
        "circuit-connection": circuit_connection("circuit", "hub-expressroute-gateway"),
        "circuit-connection-remote": circuit_connection("circuit", "remote-expressroute-gateway"),
        "circuit-2": circuit(2, "Silicon Valley"),
        "circuit-2-peering": circuit_peering("circuit-2", 65020, 310, "192.168.31"),
        "circuit-2-connection": circuit_connection("circuit-2", "hub-expressroute-gateway"),
        "circuit-2-connection-remote": circuit_connection("circuit-2", "remote-expressroute-gateway"),
        "branch-key": shared_key(),
        "branch-connection-from-hub": vnet_connection("hub", "branch"),
        "branch-connection-from-branch": vnet_connection("branch", "hub"),
        "location1-key": shared_key(OTHER_KEY),
        "location1-gateway": Planned(
            kind=f"{NETWORK}LocalNetworkGateway",
            path="localNetworkGateways/lgw-1",
            inputs={
                "gatewayIpAddress": "66.198.12.106",
                "localNetworkAddressSpace": {"addressPrefixes": []},
                "bgpSettings": {"asn": 65021, "bgpPeeringAddress": "10.2.30.125"},
            },
        ),
        "location1-connection": connection(
            "location1",
            connectionType="IPsec",
            enableBgp=True,
            virtualNetworkGateway1={"id": Ref("hub-vpn-gateway")},
            localNetworkGateway2={"id": Ref("location1-gateway")},
            sharedKey=Hidden(Ref("location1-key", "result")),
            ipsecPolicies=[dict(STRONG_POLICY)],
        ),
    }


def everything() -> dict[str, Planned]:
    return {
        **azure(),
        "location1-ce1": router(
            "location1-ce1", **{"hub-location1-shared-key": Ref("location1-key", "result")}
        ),
        "location1-ce2": router("location1-ce2"),
        "location2-ce1": router("location2-ce1"),
        "location2-ce2": router("location2-ce2"),
        "stack": Planned(kind="pulumi:pulumi:Stack", inputs={}, outputs={"circuitIds": ["erc-1"]}),
    }
