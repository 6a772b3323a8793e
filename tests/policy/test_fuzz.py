"""Whatever is sent, no rule crashes: any property tree, any wrong type, any unknown, any line of a router."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_policies import RULES
from network_policies.analyzer import NetworkAnalyzer
from pulumi.runtime import proto

from tests.examples import examples
from tests.policy.deployments import RANDOM_PASSWORD, SECRET, SIGNATURE, UNKNOWN, Deployment, urn
from tests.policy.sound_deployment import everything

pytestmark = pytest.mark.thorough

KINDS = sorted(
    {kind for rule in RULES for kind in rule.kinds if kind != "*"} | {RANDOM_PASSWORD, "aws:a/b:C"}
)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _names(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _names(each)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


PLANNED = everything().values()
NAMES = sorted(
    {name for planned in PLANNED for name in (*_names(planned.inputs), *_names(planned.outputs))}
    | {
        "id",
        "peerings",
        "subnets",
        "virtualNetworkPeerings",
        "autoScaleConfiguration",
        "bounds",
        "min",
        "natRules",
    }
)
WORDS = sorted({text for planned in PLANNED for text in _texts(planned.inputs)})
IDS = [
    *("/", "", "x", "/subscriptions/", "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v"),
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/GatewaySubnet",
]
LEAVES = st.one_of(
    *(
        st.none(),
        st.booleans(),
        st.integers(-(2**40), 2**40),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    *(st.text(max_size=12), st.sampled_from(WORDS), st.sampled_from(IDS), st.just(UNKNOWN)),
    *(st.just({SIGNATURE: SECRET, "value": each}) for each in ("hunter2-hunter2", UNKNOWN, 7, None, ["a"])),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)
PROPERTIES = st.dictionaries(st.sampled_from(NAMES), TREES, max_size=10)
RESOURCES = st.lists(st.tuples(st.sampled_from(KINDS), PROPERTIES, PROPERTIES), max_size=8)
UNHURRIED = settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))


def wire(properties: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(properties, struct_pb2.Struct())


def judge(resources: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> list[str]:
    """Send resources as the engine does, each depending on all others, and return what is said."""
    analyzer: Any = NetworkAnalyzer()
    urns = [urn(kind, f"r{number}") for number, (kind, _, _) in enumerate(resources)]
    said, sent = [], []
    for name, (kind, inputs, outputs) in zip(urns, resources, strict=True):
        common: dict[str, Any] = {"urn": name, "type": kind, "name": name.rpartition("::")[2]}
        said += analyzer.Analyze(proto.AnalyzeRequest(properties=wire(inputs), **common), None).diagnostics
        made_of = proto.AnalyzerPropertyDependencies(urns=[other for other in urns if other != name])
        dependencies = dict.fromkeys(inputs, made_of)
        sent.append(
            proto.AnalyzerResource(properties=wire(outputs), propertyDependencies=dependencies, **common)
        )
    said += analyzer.AnalyzeStack(proto.AnalyzeStackRequest(resources=sent), None).diagnostics
    return [diagnostic.message for diagnostic in said]


def check(messages: list[str]) -> None:
    assert not [message for message in messages if "itself failed" in message or "Traceback" in message]
    assert not [message for message in messages if "hunter2" in message]


@UNHURRIED
@given(RESOURCES)
def test_no_property_tree_crashes_a_rule(resources: Any) -> None:
    check(judge(resources))


@UNHURRIED
@given(st.data())
def test_no_wrong_type_crashes_a_rule(data: st.DataObject) -> None:
    """Put any tree into any place of a sound deployment."""
    deployment = Deployment(everything())
    inputs, outputs = deployment.plain(data.draw(st.sampled_from(["preview", "up"])))
    for _ in range(data.draw(st.integers(1, 6))):
        place: Any = data.draw(st.sampled_from([inputs, outputs]))[data.draw(st.sampled_from(sorted(inputs)))]
        while isinstance(place, dict | list) and place:
            key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
                place[key] = data.draw(TREES)
                break
            place = place[key]
    planned = deployment.resources.items()
    check(judge([(each.kind, inputs[name], outputs[name]) for name, each in planned]))


LINES = [line for planned in PLANNED for line in planned.inputs.get("lines", ())]
PIECES = [
    *sorted({word for line in LINES for word in line.split()}),
    *("no", "peer-group", "inherit", "peer-policy", "template", "continue", "local-as", "filter-list", "vrf"),
    *("0.0.0.0/0", "le", "ge", "33", "-1", "10.0.0.0/99", "255.255.255.255", "(", "[", "_", "^$", "9" * 30),
    *("ip as-path access-list 1 permit ((", "definition", "bgp", "confederation", "distribute-list"),
]
MADE_UP = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join), st.sampled_from(LINES), st.text(max_size=30)
)


@UNHURRIED
@given(st.lists(MADE_UP, max_size=40))
def test_no_made_up_line_crashes_a_rule(lines: list[str]) -> None:
    deployment = Deployment(everything())
    deployment.resources["location1-ce1"].inputs["lines"] += lines
    deployment.resources["location2-ce1"].inputs["lines"] = lines
    check([found.message for found in deployment.judge("up")])


@pytest.mark.parametrize("value", [UNKNOWN, 7, "x", [None], {"": None}], ids=repr)
@pytest.mark.parametrize("name", sorted(everything()))
def test_one_value_for_every_property(name: str, value: Any) -> None:
    """Give all properties of one resource the same value, which fits none or few."""
    resources: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (planned.kind, dict.fromkeys(planned.inputs, value) if key == name else {}, {})
        for key, planned in everything().items()
    ]
    check(judge(resources))
