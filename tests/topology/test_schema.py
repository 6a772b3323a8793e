"""The JSON Schema is what the model says, takes what the loader takes, and refuses what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from topology import Document, StackFileError, load_network
from topology.loader import SECTIONS, _validate
from topology.reference import with_reference
from topology.schema import REFERENCE_FILE, SCHEMA_FILE, stack_file_schema

ROOT = Path(__file__).parents[2]
STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))
EXTENDED_FILES = sorted((ROOT / "networks").glob("*.yaml"))

SchemaErrors = Callable[[Any], list[str]]


def test_the_schema_file_is_in_step_with_the_model() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == stack_file_schema(), (
        "run python -m topology.schema"
    )


def test_the_reference_is_in_step_with_the_schema() -> None:
    guide = REFERENCE_FILE.read_text(encoding="utf-8")
    assert guide == with_reference(guide, stack_file_schema()), "run python -m topology.schema"


def test_a_guide_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the lines"):
        with_reference("# A guide\n", stack_file_schema())


def test_every_key_is_described() -> None:
    rows = [row.split(" | ") for row in REFERENCE_FILE.read_text(encoding="utf-8").splitlines()]
    assert [row[0] for row in rows if row[0].startswith("| `") and not row[-1].strip(" |")] == []


@pytest.mark.parametrize("path", [*STACK_FILES, *EXTENDED_FILES], ids=lambda path: path.name)
def test_it_takes_every_file_of_ours(path: Path, schema_errors: SchemaErrors) -> None:
    assert schema_errors(YAML(typ="safe").load(path)) == []


@pytest.mark.parametrize("path", [*STACK_FILES, *EXTENDED_FILES], ids=lambda path: path.name)
def test_every_file_of_ours_names_the_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == SCHEMA_FILE


MISTAKES: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "an unknown key": (("virtualNetwork",), {}),
    "an unknown key inside": (("circuits", "expressroute1", "privatePeering", "primary", "vlan"), 3),
    "a key in snake case": (("router_mode",), "push"),
    "a name beside the key": (("locations", "location1", "name"), "location1"),
    "a name with a blank": (("locations", "location 3"), {"asn": 65001, "prefixes": ["10.3.0.0/16"]}),
    "a required key missing": (("location",), ...),
    "a required key missing inside": (("routers", "location1-ce1", "vrf", "name"), ...),
    "a number for text": (("location",), 5),
    "text for a number": (("locations", "location1", "asn"), "65021"),
    "text for a truth value": (("protect",), "yes"),
    "a mapping for a list": (("virtualNetworks", "hub", "addressSpace"), {}),
    "a list for a mapping": (("circuits",), []),
    "an empty list": (("locations", "location1", "prefixes"), []),
    "three circuits": (("globalReach",), {"a": {"circuits": ["a", "b", "c"], "prefix": "10.9.0.0/29"}}),
    "a value that is not on the list": (("circuits", "expressroute1", "tier"), "standard"),
    "too large a number": (("connections", "expressroute1-hub", "weight"), 32001),
    "an address for a prefix": (("virtualNetworks", "hub", "addressSpace"), ["10.10.30.0"]),
    "a netmask for a length": (("virtualNetworks", "hub", "addressSpace"), ["10.10.30.0/255.255.255.0"]),
    "a prefix for an address": (("virtualNetworks", "hub", "host"), "10.10.30.4/32"),
    "an octet too large": (("virtualNetworks", "hub", "host"), "10.10.30.256"),
    "an octet with a leading zero": (("virtualNetworks", "hub", "host"), "10.10.030.4"),
    "an interface's name as typed": (("routers", "location1-ce1", "lan", "interface"), "te0/0/0"),
    "an unknown preset": (("tunnels", "hub-branch", "ipsecPolicy"), "weak"),
    "an incomplete resource id": (("circuits", "expressroute1", "existing"), {"id": "expressroute1"}),
    "null for a mapping": (("virtualNetworks", "hub"), None),
    "null for a number": (("connections", "expressroute1-hub", "weight"), None),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_it_refuses_the_mistakes_that_the_loader_refuses(
    mistake: tuple[tuple[str, ...], Any],
    test_stack: Callable[[], dict[str, Any]],
    schema_errors: SchemaErrors,
) -> None:
    path, value = mistake
    data = test_stack()
    _set(data, path, value)
    with pytest.raises(StackFileError):
        load_network(Document(data=data))
    assert schema_errors({"config": {"hybrid:network": data}})


def _set(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        data = data.setdefault(key, {})
    if value is ...:
        del data[path[-1]]
    else:
        data[path[-1]] = value


_likely = st.sampled_from(
    [
        *(
            "10.0.0.0/8",
            "10.0.0.1/8",
            "10.0.0.4",
            "0.0.0.0",
            "10.0.0.0/08",
            "192.168.0.0/31",
            "::/0",
            "strong",
        ),
        *("push", "Standard", "hub", "te0/0/0", "GigabitEthernet0/0/0", "65010:10", "true", "", "a" * 40),
        *(0, 1, -1, 4094, 4095, 65535, 2**32 - 2, 2**32, 50.0, 1.5, True, False, None),
        *({}, [], [None], ["10.0.0.0/8"], {"prefix": "10.0.0.0/30"}, {"id": "/subscriptions/a"}, {"a": {}}),
    ]
)
_anything = st.recursive(
    _likely | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=4,
)
_NOT_A_SCHEMAS_BUSINESS = ("has host bits set", "is the network's own", "is to be written as")
"""What depends on a number's bits, which a schema cannot say."""


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=_anything,
    section=st.sampled_from(list(SECTIONS)),
    choices=st.lists(st.integers(0, 99), min_size=1, max_size=6),
    added=st.none() | st.sampled_from(["advertisedPrefixes", "existing", "host", "bgp", "weight", "xyz"]),
)
def test_it_takes_and_refuses_what_the_loader_does_whatever_stands_wherever(
    value: Any,
    section: str,
    choices: list[int],
    added: str | None,
    test_stack: Callable[[], dict[str, Any]],
    schema_errors: SchemaErrors,
) -> None:
    network = test_stack()
    holder: Any = network
    place: Any = section
    for choice in choices:
        inner = holder.get(place) if isinstance(holder, dict) else holder[place]
        if not inner or not isinstance(inner, dict | list):
            break
        keys = list(range(len(inner))) if isinstance(inner, list) else list(inner)
        holder, place = inner, keys[choice % len(keys)]
    holder[added if added and isinstance(holder, dict) else place] = value
    _, mistakes = _validate(network)
    refused = schema_errors({"config": {"hybrid:network": network}})
    if not mistakes:
        assert refused == []
    if not refused:
        assert [m for m in mistakes if not any(says in m.message for says in _NOT_A_SCHEMAS_BUSINESS)] == []


@pytest.mark.parametrize(
    ("network", "taken"),
    [
        pytest.param({"location": "westeurope"}, True, id="only what differs"),
        pytest.param({"circuits": {"a": None}}, True, id="null removes an object"),
        pytest.param(
            {"virtualNetworks": {"hub": {"vpnGateway": None}}}, True, id="null removes a part of one"
        ),
        pytest.param({"tunnels": None}, True, id="null removes a section"),
        pytest.param({"tunnels": {"a": {"ipsecPolicy": None}}}, True, id="null removes one of two forms"),
        pytest.param({"circuits": {"a": {"bandwith": 50}}}, False, id="an unknown key"),
        pytest.param({"circuits": {"a": {"tier": None}}}, False, id="null for a scalar"),
        pytest.param({"circuits": {"a": {"privatePeering": {"primary": {"prefix": 5}}}}}, False, id="a type"),
    ],
)
def test_a_description_that_extends_another_may_be_incomplete(
    network: dict[str, Any], taken: bool, schema_errors: SchemaErrors
) -> None:
    stack = {"config": {"hybrid:network": {"extends": "networks/company.yaml", **network}}}
    assert bool(schema_errors(stack)) is not taken
    assert bool(schema_errors(network)) is not taken, "in a file that is extended"


def test_pulumis_own_keys_and_other_configuration_are_taken(
    test_stack: Callable[[], dict[str, Any]], schema_errors: SchemaErrors
) -> None:
    stack = {
        "secretsprovider": "passphrase",
        "encryptionsalt": "v1:abc",
        "environment": ["shared"],
        "config": {
            "azure-native:location": "eastus",
            "hybrid:sharedKeys": {"hub-branch": {"secure": "v1:abc"}},
            "hybrid:network": test_stack(),
        },
    }
    assert schema_errors(stack) == []
    assert schema_errors({**stack, "encryptionsald": "v1:abc"})
    assert schema_errors({"config": {"azure-native:location": "eastus"}})
