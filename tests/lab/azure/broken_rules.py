"""Bodies of requests that break one rule, made from the network that is accepted, and a look at all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[[Any], dict[str, Any]]

VNET, HUB = "virtualNetworks/new", "virtualNetworks/hub"
GATEWAY, CIRCUIT = "virtualNetworkGateways/new", "expressRouteCircuits/new"
CONNECTION, LOCAL = "connections/new", "localNetworkGateways/new"
PEERING = "virtualNetworks/spoke/virtualNetworkPeerings/to-hub"
PRIVATE = "expressRouteCircuits/expressroute1/peerings/AzurePrivatePeering"


def body(properties: dict[str, Any], location: str | None = "eastus", **top: Any) -> Make:
    return lambda _network: {"properties": properties, **({"location": location} if location else {}), **top}


def changed(path: str, **properties: Any) -> Make:
    """What is there, as Azure shows it, with other properties."""

    def make(network: Any) -> dict[str, Any]:
        shown: dict[str, Any] = network.azure.get(path)
        return {**shown, "properties": {**shown["properties"], **properties}}

    return make


def virtual_network(*prefixes: str, **more: Any) -> Make:
    return body({"addressSpace": {"addressPrefixes": list(prefixes)}, **more})


def gateway(network_name: str, location: str, kind: str, sku: str, **properties: Any) -> Make:
    def make(network: Any) -> dict[str, Any]:
        own = {
            "gatewayType": kind,
            "sku": {"name": sku, "tier": sku},
            "ipConfigurations": [network.part("one", network_name)],
            **properties,
        }
        return {"location": location, "properties": own}

    return make


def peering(far: str, **flags: bool) -> Make:
    return lambda network: {
        "properties": {"remoteVirtualNetwork": network.azure.ref(f"virtualNetworks/{far}"), **flags}
    }


def connection(kind: str, near: str, **ends: Any) -> Make:
    def make(network: Any) -> dict[str, Any]:
        refs = {name: network.azure.ref(to) if "/" in str(to) else to for name, to in ends.items()}
        own = {"connectionType": kind, "virtualNetworkGateway1": network.gateway(near), **refs}
        return {"location": "eastus", "properties": own}

    return make


def private_peering(**properties: Any) -> Make:
    return changed(PRIVATE, **properties)


def circuit(bandwidth: int = 50, **sku: str) -> Make:
    provider = {"serviceProviderName": "Equinix", "peeringLocation": "Seattle", "bandwidthInMbps": bandwidth}
    full = {"name": "Standard_MeteredData", "tier": "Standard", "family": "MeteredData", **sku}
    return body({"serviceProviderProperties": provider}, sku=full)


def local_gateway(ip: str = "66.198.12.107", bgp: dict[str, Any] | None = None) -> Make:
    return body({"gatewayIpAddress": ip, **({"bgpSettings": bgp} if bgp else {})})


def route_table(*routes: tuple[str, ...], location: str = "eastus") -> Make:
    """A route is its name, prefix, next hop type and, for an appliance, address."""
    parts = [
        {"name": name, "properties": {"addressPrefix": prefix, "nextHopType": kind, **address_of(*rest)}}
        for name, prefix, kind, *rest in routes
    ]
    return body({"routes": parts}, location)


def address_of(*address: str) -> dict[str, str]:
    return {"nextHopIpAddress": address[0]} if address else {}


def public_ip(method: str = "Static", sku: str = "Standard", **top: Any) -> Make:
    return body({"publicIPAllocationMethod": method}, sku={"name": sku}, **{"location": "eastus", **top})


def in_subnet(network: Any, subnet: str) -> dict[str, Any]:
    made = gateway("branch", "centralus", "ExpressRoute", "ErGw1AZ")(network)
    made["properties"]["ipConfigurations"][0]["properties"]["subnet"] = network.azure.ref(subnet)
    return made


def with_public_ip(
    network: Any, name: str, public_ip_name: str, location: str, kind: str, sku: str
) -> dict[str, Any]:
    made = gateway(name, location, kind, sku)(network)
    made["properties"]["ipConfigurations"] = [network.part("one", name, public_ip_name)]
    return made


def with_peer(network: Any, path: str, circuit_name: str) -> dict[str, Any]:
    return changed(path, peer=network.azure.ref(f"expressRouteCircuits/{circuit_name}"))(network)


def reach(network: Any, circuit_name: str, prefix: str) -> dict[str, Any]:
    far = f"expressRouteCircuits/{circuit_name}/peerings/AzurePrivatePeering"
    return {"properties": {"peerExpressRouteCircuitPeering": network.azure.ref(far), "addressPrefix": prefix}}


def refuses(network: Any, path: str, make: Make, code: str, rule: str) -> None:
    """Put what breaks a rule: it is refused by its code and the rule's id, and leaves no trace."""
    before = everything(network)
    answer = network.azure.send("PUT", network.azure.id(path), make(network))
    error = answer.json()["error"]
    assert (answer.status_code // 100, error["code"]) == (4, code), error["message"]
    assert error["message"].endswith(f"({rule})" if rule else "."), error["message"]
    assert everything(network) == before


def everything(network: Any) -> Any:
    shown = network.azure.send("GET", network.azure.id("") + "/resources", version="2024-03-01").json()[
        "value"
    ]
    unsettle(shown)
    return shown


def unsettle(value: Any) -> None:
    """Forget what only time changes."""
    if isinstance(value, dict):
        value.pop("provisioningState", None)
        for part in value.values():
            unsettle(part)
    elif isinstance(value, list):
        for part in value:
            unsettle(part)
