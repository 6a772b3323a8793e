"""N independent mistakes in a file are N mistakes reported, whichever they are and wherever they stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from topology import Document, StackFileError, load_network, load_stack

Mistake = tuple[tuple[str, ...], Any]
"""Where a value is set, and to what; the mistake is reported at that path."""

MISTAKES: Mapping[str, Mistake] = {
    "unknown key at the top": (("lokation",), "eastus"),
    "unknown key in a virtual network": (("virtualNetworks", "remote", "hosts"), "10.17.30.4"),
    "type": (("protect",), "yes"),
    "pattern": (("workload",), "Hybrid Network"),
    "choice": (("routerMode",), "pull"),
    "range": (("routers", "location2-ce2", "ospf", "process"), 0),
    "prefix": (("virtualNetworks", "branch", "addressSpace", "0"), "10.11.30.65/26"),
    "address": (("locations", "location1", "host"), "10.2.30.300"),
    "reference": (("peerings", "hub-spoke", "spoke"), "spike"),
    "another reference": (("connections", "expressroute2-hub", "circuit"), "expressroute9"),
    "contradiction of an object": (("virtualNetworks", "spoke", "host"), "10.11.31.4"),
    "contradiction of two objects": (("routers", "location2-ce1", "lan", "nextHop"), "192.168.31.1"),
    "bandwidth": (("circuits", "expressroute2", "bandwidth"), 75),
    "ambiguous number": (("tags", "build"), "0300"),
    "duplicate": (("circuits", "expressroute1", "tier"), "Standard"),
}


def write(data: dict[str, Any], chosen: set[str], path: Path) -> None:
    for name in chosen:
        where, value = MISTAKES[name]
        _set(data, where, value)
    text = json.dumps({"config": {"hybrid:network": data}}, indent=1)
    if "ambiguous number" in chosen:
        text = text.replace('"build": "0300"', '"build": 0300')
    if "duplicate" in chosen:
        text = text.replace('"tier": "Standard"', '"tier": "Standard", "tier": "Standard"', 1)
    path.write_text(text, encoding="utf-8")


def _set(data: Any, where: tuple[str, ...], value: Any) -> None:
    for key in where[:-1]:
        data = data[key]
    if isinstance(data, list):
        data[int(where[-1])] = value
    else:
        data[where[-1]] = value


def reported_at(name: str) -> str:
    where, _ = MISTAKES[name]
    return ".".join(where[:2] if name == "contradiction of two objects" else where)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.sets(st.sampled_from(sorted(MISTAKES)), min_size=1))
def test_as_many_mistakes_are_reported_as_were_made(
    chosen: set[str], test_stack: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "Pulumi.wrong.yaml"
    write(test_stack(), chosen, path)
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    mistakes = caught.value.mistakes
    assert sorted(".".join(mistake.path) for mistake in mistakes) == sorted(map(reported_at, chosen))
    assert [mistake.place.line for mistake in mistakes] == sorted(mistake.place.line for mistake in mistakes)
    assert all(mistake.place.file == path and mistake.place.column for mistake in mistakes)


@pytest.mark.parametrize("name", MISTAKES)
def test_each_of_them_is_one_mistake(
    name: str, test_stack: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "Pulumi.wrong.yaml"
    write(test_stack(), {name}, path)
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    assert [".".join(mistake.path) for mistake in caught.value.mistakes] == [reported_at(name)]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values, choices=st.lists(st.integers(0, 99), max_size=6))
def test_whatever_stands_anywhere_there_is_no_traceback(
    value: Any, choices: list[int], test_stack: Callable[[], dict[str, Any]]
) -> None:
    network: Any = test_stack()
    holder: Any = network
    place: Any = "circuits"
    for choice in choices:
        keys = list(range(len(holder[place]))) if isinstance(holder[place], list) else list(holder[place])
        holder, place = holder[place], keys[choice % len(keys)]
        if not holder[place] or not isinstance(holder[place], dict | list):
            break
    holder[place] = value
    mistakes: tuple[Any, ...] = ()
    try:
        load_network(Document(data=network))
    except StackFileError as error:
        mistakes = error.mistakes
    assert all(mistake.message for mistake in mistakes)
    assert len(set(mistakes)) == len(mistakes)


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="ab: -[]{}&*!|>'\"#,?\n\t0%@\\", max_size=60))
def test_whatever_a_file_holds_there_is_no_traceback(text: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.any.yaml"
    indented = text.replace("\n", "\n    ")
    path.write_text(f"config:\n  hybrid:network:\n    {indented}", encoding="utf-8")
    with pytest.raises(StackFileError):  # none of these describes a location
        load_stack(path)
