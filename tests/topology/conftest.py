"""Stack files written for a test, and the JSON Schema applied to a file as an editor would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from topology import Network, StackFileError, load_stack

ROOT = Path(__file__).parents[2]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return `write(network, name)`: a stack file that holds a network, given as YAML's text."""

    def stack_file(network: str, name: str = "Pulumi.given.yaml") -> Path:
        indented = "\n".join(f"    {line}" for line in network.strip("\n").splitlines())
        path = tmp_path / name
        path.write_text(f"config:\n  hybrid:network:\n{indented}\n", encoding="utf-8")
        return path

    return stack_file


@pytest.fixture
def mistakes(write: Callable[..., Path]) -> Callable[[str], list[str]]:
    """Return `mistakes(network)`: each as `line:column path: message`, lines counted in the network."""

    def reported(network: str) -> list[str]:
        try:
            load_stack(write(network))
        except StackFileError as error:
            return [
                f"{mistake.place.line - 2}:{mistake.place.column - 4} "
                f"{'.'.join(mistake.path)}: {mistake.message}"
                for mistake in error.mistakes
            ]
        return []

    return reported


@pytest.fixture(scope="session")
def test_stack() -> Callable[[], dict[str, Any]]:
    """Return `test_stack()`: the test stack's network as plain data, to be changed."""

    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT / "Pulumi.test.yaml")["config"]["hybrid:network"]
    return lambda: deepcopy(loaded)


@pytest.fixture
def load(write: Callable[..., Path]) -> Callable[[str], Network]:
    """Return `load(network)` for a network given as YAML's text."""
    return lambda network: load_stack(write(network))


# --- JSON Schema -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def schema_errors() -> Callable[[Any], list[str]]:
    """Return `schema_errors(data)`: what the stack file's schema refuses, each with its path."""
    schema = json.loads((ROOT / "topology" / "stack-file.schema.json").read_text(encoding="utf-8"))
    return lambda data: list(_violations(data, schema, schema, ""))


_ANNOTATIONS = {"$schema", "title", "description", "default", "examples", "definitions", "then", "else"}
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}


def _violations(data: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    """Apply those of draft 7's keywords that the schema uses; any other one fails the test."""
    for keyword, value in schema.items():
        if keyword == "$ref":
            yield from _violations(data, root["definitions"][value.rpartition("/")[2]], root, path)
        elif keyword == "allOf":
            for part in value:
                yield from _violations(data, part, root, path)
        elif keyword == "anyOf":
            if all(list(_violations(data, part, root, path)) for part in value):
                yield f"{path}: none of the alternatives"
        elif keyword == "if":
            applies = not list(_violations(data, value, root, path))
            yield from _violations(data, schema["then" if applies else "else"], root, path)
        elif keyword in _KEYWORDS:
            yield from (f"{path}{says}" for says in _KEYWORDS[keyword](data, value))
            yield from _inner_violations(keyword, data, schema, root, path)
        else:
            assert keyword in _ANNOTATIONS, f"a keyword that this validator does not know: {keyword}"


def _inner_violations(
    keyword: str, data: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str
) -> Iterator[str]:
    value = schema[keyword]
    inner: list[tuple[str, Any, Mapping[str, Any]]] = []
    if isinstance(data, dict) and keyword == "properties":
        inner = [(key, data[key], value[key]) for key in data if key in value]
    elif isinstance(data, dict) and keyword == "propertyNames":
        inner = [(key, key, value) for key in data]
    elif isinstance(data, dict) and keyword == "additionalProperties":
        unknown = [key for key in data if key not in schema.get("properties", {})]
        if value is False:
            yield from (f"{path}.{key}: unknown" for key in unknown)
        else:
            inner = [(key, data[key], {} if value is True else value) for key in unknown]
    elif isinstance(data, list) and keyword == "items":
        schemas = value if isinstance(value, list) else [value] * len(data)
        inner = [(str(n), item, one) for n, (item, one) in enumerate(zip(data, schemas, strict=False))]
    for key, item, one in inner:
        yield from _violations(item, one, root, f"{path}.{key}")


def _when(holds: Callable[[Any, Any], bool], says: str) -> Callable[[Any, Any], list[str]]:
    return lambda data, value: [] if holds(data, value) else [f": {says} {value}"]


def _is(data: Any, kind: str) -> bool:
    return _is_number(data) if kind == "integer" else isinstance(data, _TYPES[kind])


def _is_number(data: Any) -> bool:
    return isinstance(data, int) and not isinstance(data, bool)


_KEYWORDS: Mapping[str, Callable[[Any, Any], list[str]]] = {
    "type": _when(
        lambda data, kinds: any(_is(data, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)),
        "not",
    ),
    "enum": _when(lambda data, values: data in values, "not in"),
    "pattern": _when(lambda data, form: not isinstance(data, str) or bool(re.search(form, data)), "not"),
    "minLength": _when(lambda data, least: not isinstance(data, str) or len(data) >= least, "shorter than"),
    "maxLength": _when(lambda data, most: not isinstance(data, str) or len(data) <= most, "longer than"),
    "minItems": _when(lambda data, least: not isinstance(data, list) or len(data) >= least, "fewer than"),
    "maxItems": _when(lambda data, most: not isinstance(data, list) or len(data) <= most, "more than"),
    "minimum": _when(lambda data, least: not _is_number(data) or data >= least, "below"),
    "maximum": _when(lambda data, most: not _is_number(data) or data <= most, "above"),
    "required": _when(lambda data, keys: not isinstance(data, dict) or set(keys) <= set(data), "without"),
    "properties": lambda _data, _value: [],
    "propertyNames": lambda _data, _value: [],
    "additionalProperties": lambda _data, _value: [],
    "additionalItems": lambda _data, _value: [],
    "items": lambda _data, _value: [],
}
