"""A hub-and-spoke deployment in the two shapes in which the engine shows one, and what the pack says of it.

- preview: inputs as the program gave them, what Azure will fill in unknown, references known by dependency.
- up: everything known; the outputs have ids and lack what only the request's URL had.

The rules are reached through the server's own methods with real messages.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pulumi_azure_native.network as azure_network
from google.protobuf import json_format, struct_pb2
from network_policies import RULES
from network_policies.analyzer import NetworkAnalyzer
from pulumi.runtime import proto

ROOT = Path(__file__).parents[2]
PACK = ROOT / "policy"
GOLDEN = ROOT / "tests" / "onprem" / "golden"

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"

NETWORK = "azure-native:network:"
CONFIGURATION = "iosxe:index:Configuration"
RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword"
URL_ONLY = ("resourceGroupName", "virtualNetworkName", "subnetName", "circuitName", "peeringName")
NEVER_RETURNED = ("sharedKey", "authorizationKey")
KEY = "kZ7mQ2xW9rT4vB8nL3cD6fG1hJ5pS0aYqE"
OTHER_KEY = "aX3cV7bN1mQ5wE9rT2yU6iO0pL4kJ8hGzF"
SERVICE_KEY = "7c1f9b2e-4d3a-4e6b-8f5c-0a9d8e7f6b5c"


class Ref(NamedTuple):
    """Another resource's output, by its dotted path."""

    name: str
    output: str = "id"


class Hidden(NamedTuple):
    """A secret."""

    value: Any


class Said(NamedTuple):
    """One diagnostic of the pack's."""

    rule: str
    resource: str
    level: str
    message: str


@dataclass(kw_only=True)
class Planned:
    """A resource of the deployment."""

    kind: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)
    path: str = ""
    secret_outputs: tuple[str, ...] = ()
    exists: bool = False
    """Whether a preview knows its outputs already."""
    provider: str = "urn:pulumi:test::hybrid::pulumi:providers:azure-native::default_3_29_0"

    @property
    def id(self) -> str:
        group = "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg-hybrid"
        return f"{group}/providers/Microsoft.Network/{self.path}"


class Deployment:
    """Resources by logical name, to be changed by a test and then judged."""

    def __init__(self, resources: Mapping[str, Planned]) -> None:
        self.resources: dict[str, Planned] = pickle.loads(pickle.dumps(dict(resources)))  # a quick deep copy

    def put(self, name: str, path: str, value: Any) -> None:
        """Set an input by its dotted path; None takes it away."""
        *parents, last = path.split(".")
        place: Any = self.resources[name].inputs
        for step in parents:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        if value is None:
            place.pop(last, None)
        else:
            place[int(last) if isinstance(place, list) else last] = value

    def rewrite(self, name: str, old: str, new: str) -> None:
        """Replace a piece of a router's lines, which must be there; its lines are joined by line breaks."""
        text = "\n".join(self.resources[name].inputs["lines"])
        assert old in text, f"{old!r} is not in the lines of {name}"
        self.resources[name].inputs["lines"] = text.replace(old, new).splitlines()

    def requests(self, shape: str) -> tuple[list[proto.AnalyzeRequest], proto.AnalyzeStackRequest]:
        inputs, everything = [], []
        for name, planned in self.resources.items():
            sent = self._wire(planned.inputs, shape)
            options = proto.AnalyzerResourceOptions(additionalSecretOutputs=planned.secret_outputs)
            common: dict[str, Any] = {
                "urn": urn(planned.kind, name),
                "type": planned.kind,
                "name": name,
                "options": options,
                "provider": provider(planned),
            }
            inputs.append(proto.AnalyzeRequest(properties=sent, **common))
            everything.append(
                proto.AnalyzerResource(
                    properties=self._wire(self._outputs(name, shape), shape),
                    propertyDependencies={
                        key: proto.AnalyzerPropertyDependencies(
                            urns=[urn(self.resources[target].kind, target) for target in targets]
                        )
                        for key, value in planned.inputs.items()
                        if (targets := sorted(references(value)))
                    },
                    **common,
                )
            )
        return inputs, proto.AnalyzeStackRequest(resources=everything)

    def plain(self, shape: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return every resource's inputs and outputs by name, as the engine's wire words them."""
        inputs = {name: self._plain(planned.inputs, shape) for name, planned in self.resources.items()}
        outputs = {name: self._plain(self._outputs(name, shape), shape) for name in self.resources}
        return inputs, outputs

    def judge(self, shape: str, configured: Mapping[str, Any] | None = None) -> list[Said]:
        """Send everything to a new analyzer, as the engine would, and return what it says."""
        analyzer: Any = NetworkAnalyzer()
        if configured is not None:
            analyzer.Configure(configuration(configured), Refusing())
        inputs, everything = self.requests(shape)
        said = [d for request in inputs for d in analyzer.Analyze(request, None).diagnostics]
        return [as_said(d) for d in [*said, *analyzer.AnalyzeStack(everything, None).diagnostics]]

    def _outputs(self, name: str, shape: str) -> dict[str, Any]:
        planned = self.resources[name]
        if shape == "preview" and not planned.exists:
            unknown = {key: Unknown() for key in ("id", *planned.outputs, *output_names(planned.kind))}
            return {**unknown, **planned.inputs} if planned.kind != CONFIGURATION else unknown
        if planned.kind == CONFIGURATION:
            return dict(planned.outputs)  # hashes and counts only, as its provider has it
        body = {k: v for k, v in planned.inputs.items() if k not in (*URL_ONLY, *NEVER_RETURNED)}
        for key, value in planned.outputs.items():  # Azure fills in what is missing, also deeper down
            if isinstance(value, dict) and isinstance(body.get(key), dict):
                body[key] = {**value, **body[key]}
            else:
                body[key] = value
        return {**body, "id": planned.id, "name": planned.path.rpartition("/")[2]}

    def _wire(self, properties: Mapping[str, Any], shape: str) -> struct_pb2.Struct:
        return json_format.ParseDict(self._plain(dict(properties), shape), struct_pb2.Struct())

    def _plain(self, value: Any, shape: str) -> Any:
        if isinstance(value, Ref):
            is_known = shape != "preview" or self.resources[value.name].exists
            return self._plain(self._known(value), shape) if is_known else UNKNOWN
        if isinstance(value, Hidden):
            return {SIGNATURE: SECRET, "value": self._plain(value.value, shape)}
        if isinstance(value, dict):
            return {key: self._plain(element, shape) for key, element in value.items()}
        if isinstance(value, list):
            return [self._plain(element, shape) for element in value]
        return UNKNOWN if isinstance(value, Unknown) else value

    def _known(self, reference: Ref) -> Any:
        target = self.resources[reference.name]
        known: Any = {"id": target.id, "name": target.path.rpartition("/")[2], **target.outputs}
        for step in reference.output.split("."):
            known = known[step]
        return known.value if isinstance(known, Hidden) else known


class Unknown:
    """A value that no preview knows."""


class Refusing:
    """Stands where gRPC's context does: a refusal becomes an exception."""

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise RefusedError(f"{code.name}: {details}")


class RefusedError(Exception):
    """What the engine would have been told."""


@cache
def output_names(kind: str) -> list[str]:
    """Return every output that the SDK knows of: in a preview, what no input sets is unknown."""
    if not kind.startswith("azure-native") or ":network" not in kind:
        return []
    properties = vars(getattr(azure_network, kind.rpartition(":")[2])).values()
    return [vars(prop.fget)["_pulumi_name"] for prop in properties if isinstance(prop, property)]


def provider(planned: Planned) -> proto.AnalyzerProviderResource:
    """Name the provider that a resource is deployed by; its subscription is the one of the ids."""
    settings = struct_pb2.Struct()
    settings.update({"subscriptionId": planned.id.split("/")[2]})
    return proto.AnalyzerProviderResource(urn=planned.provider, properties=settings)


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:test::hybrid::{kind}::{name}"


def references(value: Any) -> set[str]:
    if isinstance(value, Ref):
        return {value.name}
    if isinstance(value, Hidden):
        return references(value.value)
    if isinstance(value, dict):
        return {name for element in value.values() for name in references(element)}
    if isinstance(value, list):
        return {name for element in value for name in references(element)}
    return set()


def as_said(diagnostic: proto.AnalyzeDiagnostic) -> Said:
    level = proto.EnforcementLevel.Name(diagnostic.enforcementLevel).lower()
    return Said(diagnostic.policyName, diagnostic.urn.rpartition("::")[2], level, diagnostic.message)


def configuration(configured: Mapping[str, Any]) -> proto.ConfigureAnalyzerRequest:
    """Word a pack's configuration as the engine does after reading the file."""
    levels = {rule.name: rule.level for rule in RULES}
    entries = {}
    for rule, settings in configured.items():
        properties = {k: v for k, v in settings.items() if k != "enforcementLevel"}
        level = settings.get("enforcementLevel", levels.get(rule, "advisory"))
        entries[rule] = proto.PolicyConfig(
            enforcementLevel=proto.EnforcementLevel.Value(level.upper()),
            properties=json_format.ParseDict(properties, struct_pb2.Struct()),
        )
    return proto.ConfigureAnalyzerRequest(policyConfig=entries)


# --- the deployment -----------------------------------------------------------------------------------


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
