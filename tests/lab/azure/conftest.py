"""A running emulated Azure, and Azure's own client for Python to speak to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient

from lab.azure.server import AzureServer

TENANT = "11111111-1111-1111-1111-111111111111"
GROUP = "interoperability"
OTHER_SUBSCRIPTION = "00000000-0000-0000-0000-000000000002"
START_TIMEOUT = 30


@contextmanager
def run_server(directory: Path, **options: Any) -> Iterator[AzureServer]:
    """An emulated Azure in a thread of its own, so that a client may block."""
    server = AzureServer(directory, **options)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(START_TIMEOUT)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(START_TIMEOUT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_TIMEOUT)
        loop.close()


@dataclass
class Azure:
    """Azure's client, and short words for what these tests do with it."""

    server: AzureServer
    client: NetworkManagementClient

    @property
    def root(self) -> str:
        return f"https://{self.server.endpoint}"

    def id(self, path: str, group: str = GROUP, subscription: str | None = None) -> str:
        """The id of a network resource such as `virtualNetworks/hub` or `virtualNetworks/hub/subnets/a`."""
        start = f"/subscriptions/{subscription or self.server.subscription}/resourceGroups/{group}"
        return f"{start}/providers/Microsoft.Network/{path}" if path else start

    def ref(self, path: str) -> dict[str, str]:
        return {"id": self.id(path)}

    def send(self, method: str, path: str, body: Any = None, version: str = "2024-05-01") -> HttpResponse:
        """One request, as it is, through the client's own pipeline."""
        address = f"{self.root}{path}{'&' if '?' in path else '?'}api-version={version}"
        return self.client.send_request(HttpRequest(method, address, json=body))

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """Create or update a resource, and wait for it as Azure's clients do."""
        answer = self.send("PUT", self.id(path), body)
        if answer.status_code >= 400:
            raise HttpResponseError(response=answer)
        self.wait(answer)
        return self.get(path)

    def delete(self, path: str) -> None:
        answer = self.send("DELETE", self.id(path))
        if answer.status_code >= 400:
            raise HttpResponseError(response=answer)
        self.wait(answer)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.send("GET", self.id(path))
        if answer.status_code >= 400:
            raise HttpResponseError(response=answer)
        shown: dict[str, Any] = answer.json()
        return shown

    def wait(self, answer: HttpResponse) -> None:
        where = answer.headers.get("Azure-AsyncOperation")
        while where and self.client.send_request(HttpRequest("GET", where)).json()["status"] == "InProgress":
            pass

    def lab(self, method: str, path: str, body: Any = None) -> HttpResponse:
        return self.client.send_request(HttpRequest(method, f"{self.root}/lab/{path}", json=body))


def connect(server: AzureServer, subscription: str | None = None) -> Azure:
    """Log in to an emulated Azure as Azure's clients do, with no hint but its address and certificate."""
    root, certificate = f"https://{server.endpoint}", str(server.certificate)
    credential = ClientSecretCredential(
        TENANT,
        "client",
        "client-secret",
        authority=root,
        disable_instance_discovery=True,
        connection_verify=certificate,
    )
    client = NetworkManagementClient(
        credential,
        subscription or server.subscription,
        base_url=root,
        credential_scopes=[f"{root}/.default"],
        connection_verify=certificate,
        api_version="2024-05-01",
        polling_interval=0,
    )
    return Azure(server, client)


def add_group(azure: Azure) -> Azure:
    answer = azure.send("PUT", azure.id(""), {"location": "eastus"}, version="2024-03-01")
    assert answer.status_code == 201
    return azure


class Starter:
    """Starts an emulated Azure, on one directory however often; there is one at a time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._running = ExitStack()

    def __call__(self, **options: Any) -> AzureServer:
        self.stop()
        return self._running.enter_context(run_server(self.directory, **options))

    def connect(self, **options: Any) -> Azure:
        return connect(self(**options))

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """A starter; what it started is stopped at the end."""
    starter = Starter(tmp_path / "azure")
    yield starter
    starter.stop()


@pytest.fixture
def azure(start: Starter) -> Azure:
    """A client of an emulated Azure that has one empty resource group."""
    return add_group(start.connect())


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


class TestNetwork:
    """Microsoft's interoperability setup, built step by step with the official client's typed operations."""

    __test__ = False

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self.client = azure.client

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


@pytest.fixture
def network(azure: Azure) -> TestNetwork:
    """The test network, not yet built."""
    return TestNetwork(azure)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestNetwork]:
    """The test network, built once for the tests of a module that leave it as it is."""
    with run_server(tmp_path_factory.mktemp("azure"), further_subscriptions=(OTHER_SUBSCRIPTION,)) as server:
        shared = TestNetwork(add_group(connect(server)))
        shared.build()
        yield shared
