"""From a stack file to a Network: read, merge, validate, and report every mistake by its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from topology.consistency import contradictions
from topology.document import Document, config_document, read_document
from topology.errors import Mistake, Place, StackFileError
from topology.model import Described
from topology.network import Network

CONFIG_KEY = "hybrid:network"
"""The stack configuration key that holds the description."""

SECTIONS = {
    field.alias or attribute: attribute
    for attribute, field in Network.model_fields.items()
    if get_origin(field.annotation) is Mapping
}
"""The network's attribute for each section of named objects, by its key in the file."""


def load_stack(path: Path) -> Network:
    """Load the network from a stack file `Pulumi.<stack>.yaml`.

    Raises:
        StackFileError: with every mistake of the file.
    """
    return load_network(read_document(path, CONFIG_KEY))


def load_config(data: Mapping[str, Any] | None, path: Path) -> Network:
    """Load the network that Pulumi hands to the program.

    Args:
        data: The value of the stack configuration's `hybrid:network`.
        path: The stack's file, which gives mistakes their place if it is where the data come from.

    Raises:
        StackFileError: with every mistake of the description.
    """
    if data is None:
        raise StackFileError(
            (
                Mistake(
                    path=(), place=Place(file=path), message=f"holds no {CONFIG_KEY}: describe the network"
                ),
            )
        )
    return load_network(config_document(data, path, CONFIG_KEY))


def load_network(document: Document) -> Network:
    """Validate a description read from a file or handed over by Pulumi.

    Raises:
        StackFileError: with every mistake of the description, in the order of the file.
    """
    if document.mistakes:
        raise StackFileError(document.mistakes)
    network, mistakes = _validate(document.data)
    if network is not None:
        mistakes += contradictions(network, _omitted(document.data, network))
    if mistakes or network is None:
        located = (
            Mistake(path=mistake.path, message=mistake.message, place=document.place(mistake.path))
            for mistake in mistakes
        )
        raise StackFileError(tuple(sorted(located, key=lambda mistake: mistake.place.line)))
    return network


def _validate(data: Mapping[str, Any]) -> tuple[Network | None, list[Mistake]]:
    """Validate what is valid: an object with a mistake is left out so that the others are checked too."""
    remaining = _with_names(data)
    mistakes: list[Mistake] = []
    for _ in range(3):  # the objects, then what their absence brings to light at the top level
        try:
            return Network.model_validate_json(json.dumps(remaining)), mistakes
        except ValidationError as error:
            details = error.errors(include_url=False)
            mistakes += _innermost([_mistake(detail) for detail in details])
            for detail in details:
                _leave_out(remaining, tuple(map(str, detail["loc"])))
    return None, mistakes


def _with_names(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give every object of a section its key as its name."""
    named = dict(data)
    for section in SECTIONS:
        if isinstance(objects := named.get(section), Mapping):
            named[section] = {
                key: {**value, "name": key} if isinstance(value, Mapping) else value
                for key, value in objects.items()
            }
    return named


def _leave_out(data: dict[str, Any], loc: tuple[str, ...]) -> None:
    if loc[0] in SECTIONS and len(loc) > 1 and isinstance(data.get(loc[0]), dict):
        data[loc[0]].pop(loc[1], None)
    elif loc[0] == "location":
        data["location"] = "unknown"
    else:
        data.pop(loc[0], None)


def _omitted(data: Mapping[str, Any], network: Network) -> frozenset[tuple[str, str]]:
    """Return (section, name) of the objects that were left out for their own mistakes."""
    return frozenset(
        (section, name)
        for section in SECTIONS
        if isinstance(data.get(section), Mapping)
        for name in data[section]
        if name not in getattr(network, SECTIONS[section])
    )


def _innermost(mistakes: list[Mistake]) -> list[Mistake]:
    """Drop what only follows from a mistake inside it, such as a list left empty by its invalid item."""
    around = {mistake.path[:length] for mistake in mistakes for length in range(1, len(mistake.path))}
    return [mistake for mistake in mistakes if mistake.path not in around]


def _mistake(detail: ErrorDetails) -> Mistake:
    """Word one of pydantic's errors for the author of the file."""
    path = tuple(str(part) for part in detail["loc"] if not str(part).startswith("<"))  # a union's tag
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            message = f"unknown key{_meant(path)}"
        case "missing":
            message = "is missing"
        case "value_error":
            message = str(context["error"])
        case "enum" | "literal_error":
            message = f"{detail['input']!r} is not one of {context['expected']}"
        case "string_pattern_mismatch":
            message = f"{detail['input']!r} does not have the form {context['pattern']}"
            if path[-1] == "name":
                path = path[:-1]
        case _:
            message = f"{detail['msg'][0].lower()}{detail['msg'][1:]} (found {_shown(detail['input'])})"
    return Mistake(path=path, message=message)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) < 40 else type(value).__name__  # noqa: PLR2004 (fits a line)


def _meant(path: tuple[str, ...]) -> str:
    """Return ", did you mean ...?" for an unknown key, where a key known at that level is close to it."""
    models = (Network,) if len(path) == 1 else _models()
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    close = get_close_matches(path[-1], keys - {path[-1]}, n=1)
    return f", did you mean {close[0]}?" if close else ""


def _models() -> list[type[Described]]:
    """Return every model of the stack file, Network included."""
    found, pending = [], [Described]
    while pending:
        found.append(model := pending.pop())
        pending += model.__subclasses__()
    return found
