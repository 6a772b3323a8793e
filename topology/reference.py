"""The reference of the stack file's keys, as Markdown, from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

BEGIN = "<!-- reference: begin (written by `python -m topology.schema`) -->"
END = "<!-- reference: end -->"

Schema = Mapping[str, Any]


def with_reference(guide: str, schema: Schema) -> str:
    """Put the reference between its two marks in a guide. Raises ValueError if the marks are not there."""
    before, _, rest = guide.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the guide lacks the lines {BEGIN} and {END}")
    lines = "\n".join(_reference(schema["definitions"]))
    return f"{before}{BEGIN}\n\n{lines}\n{END}{after}"


def _reference(definitions: Schema) -> Iterator[str]:
    for name, path in _objects(definitions):
        definition = definitions[name]
        yield f"### {name}"
        yield ""
        yield f"`{path}`: {definition['description']}" if path else definition["description"]
        yield ""
        yield "| Key | Value | If left out | Meaning |"
        yield "|---|---|---|---|"
        required = definition.get("required", ())
        for key, schema in definition["properties"].items():
            default = "**required**" if key in required else _default(schema)
            yield f"| `{key}` | {_value(schema, definitions)} | {default} | {_meaning(schema, definitions)} |"
        yield ""


def _objects(definitions: Schema) -> list[tuple[str, str]]:
    """Return every object with the path it stands at first, outer ones before what is in them."""
    found = {"Network": ""}
    for name in (pending := ["Network"]):
        for key, schema in definitions[name]["properties"].items():
            for inner, steps in _referred(schema):
                if definitions[inner].get("type") == "object" and inner not in found:
                    found[inner] = ".".join(part for part in (found[name], f"{key}{steps}") if part)
                    pending.append(inner)
    return list(found.items())


def _referred(schema: Schema, steps: str = "") -> Iterator[tuple[str, str]]:
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2], steps
    for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _referred(choice, steps)
    if isinstance(inner := schema.get("additionalProperties"), Mapping):
        yield from _referred(inner, f"{steps}.<name>")


def _default(schema: Schema) -> str:
    default = schema.get("default")
    if default is None:
        return "nothing"
    return "its own defaults" if isinstance(default, Mapping) else f"`{json.dumps(default).strip(chr(34))}`"


def _meaning(schema: Schema, definitions: Schema) -> str:
    if text := schema.get("description"):
        return " ".join(text.split())
    return next((" ".join(definitions[name]["description"].split()) for name, _ in _referred(schema)), "")


def _value(schema: Schema, definitions: Schema) -> str:
    """Say in a few words what a key takes."""
    choices = [
        choice
        for keyword in ("anyOf", "allOf")
        for choice in schema.get(keyword, ())
        if choice.get("type") != "null"
    ]
    if choices:
        return " or ".join(_value(choice, definitions) for choice in choices)
    if "$ref" in schema:
        return _named_value(schema["$ref"].rpartition("/")[2], definitions)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return _plain_value(schema, definitions)


def _named_value(name: str, definitions: Schema) -> str:
    if definitions[name].get("type") == "object":
        return f"[{name}](#{name.lower()})"
    return _value(definitions[name], definitions)


def _plain_value(schema: Schema, definitions: Schema) -> str:
    match schema.get("type"):
        case "array":
            items = schema["items"] if isinstance(schema["items"], Mapping) else schema["items"][0]
            length = f" of {schema['maxItems']}" if "maxItems" in schema else ""
            return f"list{length}: {_value(items, definitions)}"
        case "object":
            return f"by name: {_value(schema['additionalProperties'], definitions)}"
        case "integer":
            return f"{schema['minimum']}-{schema['maximum']}" if "maximum" in schema else "number"
        case "boolean":
            return "`true`, `false`"
        case "string":
            return _text(schema)
    return "anything"


def _text(schema: Schema) -> str:
    if examples := schema.get("examples"):
        return f"such as `{examples[0]}`"
    return f"text `{schema['pattern']}`".replace("|", "\\|") if "pattern" in schema else "text"
