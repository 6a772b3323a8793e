"""The stack file's JSON Schema and its reference, both made from the model.

`python -m topology.schema` writes `topology/stack-file.schema.json`, which editors complete and check with,
and the table of keys in `docs/stack-file.md`.

The schema is of draft 7, the newest that YAML's language server takes in all of its versions. One schema
serves a stack file and a file that stack files extend: the former has `config`. A description that extends
another may lack what the other has, and may remove its objects with null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from topology.document import EXTENDS
from topology.loader import CONFIG_KEY
from topology.network import Network
from topology.reference import with_reference

ROOT = Path(__file__).parents[1]
SCHEMA_FILE = ROOT / "topology" / "stack-file.schema.json"
REFERENCE_FILE = ROOT / "docs" / "stack-file.md"

_PART = "InPart"
"""Ends the name of an object's schema in a description that extends another."""

_EXTENDS = {
    "type": "string",
    "minLength": 1,
    "description": "The file that this description extends, relative to this file.",
}
_PULUMI_KEYS = {
    "secretsprovider": "Pulumi's: what encrypts the stack's secrets.",
    "encryptedkey": "Pulumi's: the encrypted key of a cloud's secrets provider.",
    "encryptionsalt": "Pulumi's: the salt of a passphrase.",
}

Schema = dict[str, Any]


def stack_file_schema() -> Schema:
    """Return the JSON Schema of a stack file, and of a file that stack files extend."""
    generated = Network.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions: Schema = generated.pop("$defs")
    definitions["Network"] = generated
    definitions = {name: _draft_7(definition) for name, definition in definitions.items()}
    definitions |= _in_part(definitions)
    part = _reference(f"Network{_PART}")
    complete_or_part = {"if": _has(EXTENDS), "then": part, "else": _reference("Network")}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A stack file of a hybrid network",
        "type": "object",
        "if": _has("config"),
        "then": _stack_file(complete_or_part),
        "else": part,
        "definitions": dict(sorted(definitions.items())),
    }


def _stack_file(network: Schema) -> Schema:
    return {
        "properties": {
            "config": {
                "description": "Pulumi's configuration of the stack; the network is one of its keys.",
                "type": "object",
                "properties": {CONFIG_KEY: network},
                "required": [CONFIG_KEY],
            },
            **{key: {"type": "string", "description": text} for key, text in _PULUMI_KEYS.items()},
            "environment": {"description": "Pulumi's: the environments the stack imports."},
        },
        "additionalProperties": False,
    }


def _has(key: str) -> Schema:
    return {"required": [key]}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


# --- from pydantic's draft 2020-12 to draft 7 ------------------------------------------------------------


def _draft_7(schema: Any) -> Any:  # noqa: ANN401 (a schema's keywords hold anything)
    """Say the same in draft 7, which ignores what stands beside a reference, and drop made-up titles."""
    if isinstance(schema, list):
        return [_draft_7(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain = {key: _keyword(key, value) for key, value in schema.items() if not _is_title(key, value)}
    plain.pop("discriminator", None)
    if "oneOf" in plain:
        plain["anyOf"] = plain.pop("oneOf")
    if "prefixItems" in plain:
        plain["items"] = plain.pop("prefixItems")
        plain["additionalItems"] = False
    if "$ref" in plain and len(plain) > 1:
        plain["allOf"] = [{"$ref": plain.pop("$ref")}]
    return plain


def _keyword(key: str, value: Any) -> Any:  # noqa: ANN401 (a schema's keywords hold anything)
    if key in {"properties", "definitions"}:
        return {name: _draft_7(schema) for name, schema in value.items()}
    return value if key in {"default", "enum", "const", "required"} else _draft_7(value)


def _is_title(key: str, value: Any) -> bool:  # noqa: ANN401 (a schema's keywords hold anything)
    return key == "title" and isinstance(value, str)


# --- a description that extends another ------------------------------------------------------------------


def _in_part(definitions: Schema) -> Schema:
    """Return the objects as a description that extends another has them."""
    objects = {name for name, schema in definitions.items() if schema.get("type") == "object"}
    return {f"{name}{_PART}": _object_in_part(name, definitions, objects) for name in sorted(objects)}


def _object_in_part(name: str, definitions: Schema, objects: set[str]) -> Schema:
    schema: Schema = deepcopy(definitions[name])
    schema.pop("required", None)
    schema["type"] = ["object", "null"]
    schema["properties"] = {key: _removable(inner, objects) for key, inner in schema["properties"].items()}
    if name == "Network":
        schema["type"] = "object"
        schema["properties"] = {EXTENDS: _EXTENDS, **schema["properties"]}
    return schema


def _removable(schema: Schema, objects: set[str]) -> Schema:
    """Let null remove a mapping, and what it holds be parts. A list replaces: its items are complete."""
    if "$ref" in schema:
        referred = schema["$ref"].rpartition("/")[2]
        return _reference(f"{referred}{_PART}") if referred in objects else schema
    if "allOf" in schema or "anyOf" in schema:
        keyword = "allOf" if "allOf" in schema else "anyOf"
        return {**schema, keyword: [_removable(inner, objects) for inner in schema[keyword]]}
    if isinstance(inner := schema.get("additionalProperties"), Mapping):
        return {
            **schema,
            "type": ["object", "null"],
            "additionalProperties": _removable(dict(inner), objects),
        }
    return schema


def main() -> None:
    """Write the schema and the reference."""
    schema = stack_file_schema()
    SCHEMA_FILE.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    guide = REFERENCE_FILE.read_text(encoding="utf-8")
    REFERENCE_FILE.write_text(with_reference(guide, schema), encoding="utf-8")


if __name__ == "__main__":
    main()
