"""Pydantic's errors in the words of a stack file's author: what is wrong there, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic_core import ErrorDetails

from topology.errors import Mistake
from topology.network import Network

_SECRET = re.compile(r"(?i)keys?$|psk|secret|password|passphrase")
_HOST_KEY = "hostKey"
"""The one key of ours that looks like a secret's and is none: a public host key."""

_NOT_YET = ("microsoftPeering", "networkVirtualAppliances")
"""What people look for that a network cannot have yet; docs/stack-file.md has where it would go."""

Schema = Mapping[str, Any]


_SENTENCES = {
    "missing": "is missing",
    "value_error": "{error}",
    "enum": "{input!r} is not one of {expected}",
    "string_pattern_mismatch": "{input!r} does not have the form {pattern}",
    "string_type": "must be text (found {found})",
    "bool_type": "must be true or false (found {found})",
    "int_type": "must be a whole number (found {found})",
    "int_from_float": "must be a whole number (found {found})",
    "model_type": "must be a mapping (found {found})",
    "dict_type": "must be a mapping (found {found})",
    "tuple_type": "must be a list (found {found})",
    "greater_than_equal": "must be {ge} or more (found {found})",
    "less_than_equal": "must be {le} or less (found {found})",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "too_long": "must not be longer than {max_length}",
    "string_too_long": "must not be longer than {max_length}",
}
"""What to say of each type of pydantic's errors, with its context; of any other, what pydantic says."""


def worded(detail: ErrorDetails) -> Mistake:
    """Word one error; its path is without the tags of unions."""
    path = tuple(str(part) for part in detail["loc"] if not str(part).startswith("<"))
    kind, found = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return Mistake(path=path, message=unknown_key(path))
    if kind in {"model_type", "dict_type"} and found is None:
        return Mistake(path=path, message="is empty: null removes only what the extended file describes")
    if kind == "string_type" and isinstance(found, bool | int | float):
        return Mistake(path=path, message=f"must be text: put {_shown(found)} in quotes")
    if kind == "string_pattern_mismatch" and path[-1] == "name":
        path = path[:-1]  # an object's name is its key
    if sentence := _SENTENCES.get(kind):
        message = sentence.format_map({**detail.get("ctx", {}), "input": found, "found": _shown(found)})
    else:
        message = f"{detail['msg'][0].lower()}{detail['msg'][1:]} (found {_shown(found)})"
    return Mistake(path=path, message=message)


def unknown_key(path: tuple[str, ...]) -> str:
    """Say that a key is unknown, and which one was probably meant."""
    if path[-1] in _NOT_YET:
        return "not supported yet: it would be neither deployed nor predicted (docs/stack-file.md)"
    known = set(_known_keys(path[:-1]))
    if close := get_close_matches(path[-1], known, n=1):
        return f"unknown key, did you mean {close[0]}?"
    if _SECRET.search(path[-1]) and path[-1] != _HOST_KEY:
        return "unknown key: secrets stand in hybrid:sharedKeys or hybrid:authorizationKeys, encrypted"
    return f"unknown key: {', '.join(sorted(known))} are known here" if known else "unknown key"


def _shown(value: object) -> str:
    if isinstance(value, bool | None):
        return {True: "true", False: "false", None: "null"}[value]
    text = repr(value)
    return text if len(text) < 40 else type(value).__name__  # noqa: PLR2004 (fits a line)


def _known_keys(path: tuple[str, ...]) -> Iterator[str]:
    """Yield the keys that an object at a path may have."""
    for schema in _schemas_at(path):
        yield from schema.get("properties", {})


def _schemas_at(path: tuple[str, ...]) -> list[Schema]:
    schemas = _alternatives(_network_schema())
    for part in path:
        schemas = [inner for schema in schemas for inner in _step(schema, part)]
    return schemas


def _step(schema: Schema, part: str) -> list[Schema]:
    inner = schema.get("properties", {}).get(part)
    if inner is None:
        inner = schema.get("items" if part.isdecimal() else "additionalProperties")
    return _alternatives(inner) if isinstance(inner, Mapping) else []


def _alternatives(schema: Schema) -> list[Schema]:
    """Return a schema without references, or each of the schemas it leaves the choice of."""
    if "$ref" in schema:
        return _alternatives(_network_schema()["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema or "oneOf" in schema:
        return [one for part in schema.get("anyOf") or schema["oneOf"] for one in _alternatives(part)]
    return [schema]


@cache
def _network_schema() -> Schema:
    return Network.model_json_schema(by_alias=True)
