"""A deployment in the two shapes in which the engine shows one, and what the pack says of it.

- preview: inputs as the program gave them, what Azure will fill in unknown, references known by dependency.
- up: everything known; the outputs have ids and lack what only the request's URL had.

The rules are reached through the server's own methods with real messages.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
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

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"

NETWORK = "azure-native:network:"
CONFIGURATION = "iosxe:index:Configuration"
RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword"
URL_ONLY = ("resourceGroupName", "virtualNetworkName", "subnetName", "circuitName", "peeringName")
NEVER_RETURNED = ("sharedKey", "authorizationKey")


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
