"""A hub-and-spoke deployment in the two shapes in which the engine shows one, and what the pack says of it.

- preview: inputs as the program gave them, what Azure will fill in unknown, references known by dependency.
- up: everything known; the outputs have ids and lack what only the request's URL had.

The rules are reached through the server's own methods with real messages; `analyzer` is the pack as the
engine starts it, in a process of its own.
"""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pulumi_azure_native.network as azure_network
import pytest
from google.protobuf import json_format, struct_pb2
from network_policies import RULES
from network_policies.analyzer import NetworkAnalyzer
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc

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
SERVICE_KEY = "7c1f9b2e-4d3a-4e6b-8f5c-0a9d8e7f6b5c"


class Ref(NamedTuple):
    """Another resource's output."""

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

    @property
    def id(self) -> str:
        group = "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg-hybrid"
        return f"{group}/providers/Microsoft.Network/{self.path}"


class Deployment:
    """Resources by logical name, to be changed by a test and then judged."""

    def __init__(self, resources: Mapping[str, Planned]) -> None:
        self.resources = copy.deepcopy(dict(resources))

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
        if shape == "preview":
            unknown = {key: Unknown() for key in ("id", *planned.outputs, *output_names(planned.kind))}
            return {**unknown, **planned.inputs} if planned.kind != CONFIGURATION else unknown
        if planned.kind == CONFIGURATION:
            return dict(planned.outputs)  # hashes and counts only, as its provider has it
        body = {k: v for k, v in planned.inputs.items() if k not in (*URL_ONLY, *NEVER_RETURNED)}
        return {**body, "id": planned.id, "name": planned.path.rpartition("/")[2], **planned.outputs}

    def _wire(self, properties: Mapping[str, Any], shape: str) -> struct_pb2.Struct:
        return json_format.ParseDict(self._plain(dict(properties), shape), struct_pb2.Struct())

    def _plain(self, value: Any, shape: str) -> Any:
        if isinstance(value, Unknown):
            return UNKNOWN
        if isinstance(value, Ref):
            return UNKNOWN if shape == "preview" else self._plain(self._known(value), shape)
        if isinstance(value, Hidden):
            return {SIGNATURE: SECRET, "value": self._plain(value.value, shape)}
        if isinstance(value, dict):
            return {key: self._plain(element, shape) for key, element in value.items()}
        if isinstance(value, list):
            return [self._plain(element, shape) for element in value]
        return value

    def _known(self, reference: Ref) -> Any:
        target = self.resources[reference.name]
        known = {"id": target.id, "name": target.path.rpartition("/")[2], **target.outputs}[reference.output]
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
    if not kind.startswith(NETWORK):
        return []
    properties = vars(getattr(azure_network, kind.removeprefix(NETWORK))).values()
    return [vars(prop.fget)["_pulumi_name"] for prop in properties if isinstance(prop, property)]


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


def network(name: str, prefix: str) -> Planned:
    return Planned(
        kind=f"{NETWORK}VirtualNetwork",
        path=f"virtualNetworks/vnet-{name}",
        inputs={
            "virtualNetworkName": f"vnet-{name}",
            "resourceGroupName": "rg-hybrid",
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


def gateway(name: str, gateway_type: str, asn: int | None = None) -> Planned:
    inputs: dict[str, Any] = {
        "resourceGroupName": "rg-hybrid",
        "gatewayType": gateway_type,
        "ipConfigurations": [{"name": "default", "subnet": {"id": Ref(f"{name}-gateway-subnet")}}],
    }
    if asn is not None:
        inputs |= {"enableBgp": True, "bgpSettings": {"asn": asn}}
    return Planned(
        kind=f"{NETWORK}VirtualNetworkGateway",
        path=f"virtualNetworkGateways/{gateway_type}-{name}",
        inputs=inputs,
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


def shared_key() -> Planned:
    return Planned(
        kind=RANDOM_PASSWORD, inputs={"length": 48, "special": False}, outputs={"result": Hidden(KEY)}
    )


def router(name: str, **secrets: Ref) -> Planned:
    lines = (GOLDEN / f"{name}.cfg").read_text(encoding="utf-8").splitlines()
    names = ("hub-vpn-gateway-public-ip-1", "hub-vpn-gateway-bgp-address-1") if secrets else ()
    values = {placeholder: Ref("hub-vpn-gateway") for placeholder in names}
    return Planned(
        kind=CONFIGURATION,
        inputs={"router": name, "lines": lines, "values": values, "secrets": Hidden(dict(secrets))},
        outputs={"id": name, "fingerprint": "0f343b0931126a20f133d67c2b018a3b"},
    )


def everything() -> dict[str, Planned]:
    return {
        "hub-network": network("hub", "10.10.30.0/24"),
        "hub-gateway-subnet": gateway_subnet("hub", "10.10.30.128/25"),
        "spoke-network": network("spoke", "10.11.30.0/26"),
        "branch-network": network("branch", "10.11.30.64/26"),
        "branch-gateway-subnet": gateway_subnet("branch", "10.11.30.96/27"),
        "hub-expressroute-gateway": gateway("hub", "ExpressRoute"),
        "hub-vpn-gateway": gateway("hub", "Vpn", 65515),
        "branch-vpn-gateway": gateway("branch", "Vpn", 65521),
        "hub-half": half("hub", "spoke", lends=True),
        "spoke-half": half("spoke", "hub", uses=True),
        "circuit": Planned(
            kind=f"{NETWORK}ExpressRouteCircuit",
            path="expressRouteCircuits/erc-1",
            inputs={"resourceGroupName": "rg-hybrid", "circuitName": "erc-1"},
            outputs={"serviceKey": Hidden(SERVICE_KEY)},
            secret_outputs=("serviceKey", "authorizationKey", "authorizations"),
        ),
        "circuit-peering": Planned(
            kind=f"{NETWORK}ExpressRouteCircuitPeering",
            path="expressRouteCircuits/erc-1/peerings/AzurePrivatePeering",
            inputs={
                "circuitName": Ref("circuit", "name"),
                "resourceGroupName": "rg-hybrid",
                "peeringType": "AzurePrivatePeering",
                "peerASN": 65021,
            },
        ),
        "circuit-connection": connection(
            "circuit",
            connectionType="ExpressRoute",
            virtualNetworkGateway1={"id": Ref("hub-expressroute-gateway")},
            peer={"id": Ref("circuit")},
        ),
        "branch-key": shared_key(),
        "branch-connection-from-hub": connection(
            "hub-branch",
            connectionType="Vnet2Vnet",
            enableBgp=True,
            virtualNetworkGateway1={"id": Ref("hub-vpn-gateway")},
            virtualNetworkGateway2={"id": Ref("branch-vpn-gateway")},
            sharedKey=Hidden(Ref("branch-key", "result")),
        ),
        "location1-key": shared_key(),
        "location1-gateway": Planned(
            kind=f"{NETWORK}LocalNetworkGateway",
            path="localNetworkGateways/lgw-1",
            inputs={"bgpSettings": {"asn": 65021, "bgpPeeringAddress": "10.2.30.125"}},
        ),
        "location1-connection": connection(
            "location1",
            connectionType="IPsec",
            enableBgp=True,
            virtualNetworkGateway1={"id": Ref("hub-vpn-gateway")},
            localNetworkGateway2={"id": Ref("location1-gateway")},
            sharedKey=Hidden(Ref("location1-key", "result")),
        ),
        "location1-ce1": router(
            "location1-ce1", **{"hub-location1-shared-key": Ref("location1-key", "result")}
        ),
        "location2-ce1": router("location2-ce1"),
        "location2-ce2": router("location2-ce2"),
        "stack": Planned(kind="pulumi:pulumi:Stack", inputs={}, outputs={"circuitIds": ["erc-1"]}),
    }


@pytest.fixture
def deployment() -> Deployment:
    return Deployment(everything())


@pytest.fixture(params=["preview", "up"])
def shape(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def hidden() -> Callable[[Any], Hidden]:
    return Hidden


@pytest.fixture
def ref() -> Callable[..., Ref]:
    return Ref


@pytest.fixture
def unknown() -> Unknown:
    return Unknown()


@pytest.fixture
def refused() -> type[RefusedError]:
    return RefusedError


@pytest.fixture
def new_half() -> Callable[..., Planned]:
    return half


@pytest.fixture(scope="module")
def analyzer() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(PACK)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ""},
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdecimal(), "the pack did not start; its error is on standard error"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.terminate()
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()
