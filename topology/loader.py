"""From a stack file to a Network: read, merge, validate, and report every mistake by its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from topology.consistency import EVERY_NAME, contradictions
from topology.document import Document, config_document, read_document
from topology.errors import Mistake, Place, StackFileError
from topology.network import Network
from topology.wording import worded

CONFIG_KEY = "hybrid:network"
"""The stack configuration key that holds the description."""

SECTIONS = {
    field.alias or attribute: attribute
    for attribute, field in Network.model_fields.items()
    if get_origin(field.annotation) is Mapping
}
"""The network's attribute for each section of named objects, by its key in the file."""


def stack_file(stack: str, project: Path) -> Path:
    """Return where a stack of a project is described; a name that ends in .yaml or .yml is a path itself."""
    named = Path(stack)
    return named if named.suffix in {".yaml", ".yml"} else project / f"Pulumi.{stack}.yaml"


def load_stack(path: Path) -> Network:
    """Load the network from a stack file `Pulumi.<stack>.yaml`.

    Raises:
        StackFileError: with every mistake of the file.
    """
    return load_network(read_document(path, CONFIG_KEY))


def load_config(data: object, path: Path) -> Network:
    """Load the network that Pulumi hands to the program; see `read_config`."""
    return load_network(read_config(data, path))


def read_config(data: object, path: Path) -> Document:
    """Take the description that Pulumi hands to the program, and find its places in the stack file.

    Args:
        data: The value of the stack configuration's `hybrid:network`.
        path: The stack's file, which gives mistakes their place if it is where the data come from.

    Raises:
        StackFileError: if there is none, or if a file that it extends cannot be read.
    """
    if not isinstance(data, Mapping):
        missing = f"holds no network: put one under config: {CONFIG_KEY}:"
        raise StackFileError((Mistake(path=(), place=Place(file=path), message=missing),))
    return config_document(data, path, CONFIG_KEY)


def load_network(document: Document) -> Network:
    """Validate a description read from a file or handed over by Pulumi.

    Raises:
        StackFileError: with every mistake of the description, in the order of the file.
    """
    network, mistakes = _validate(document.data)
    if network is not None:
        mistakes += contradictions(network, _omitted(document.data, network))
    noted = {mistake.path for mistake in document.mistakes}
    located = [
        Mistake(path=mistake.path, message=mistake.message, place=document.place(mistake.path))
        for mistake in mistakes
        if mistake.path not in noted  # what follows from a mistake of the same place
    ]
    if network is None or located or document.mistakes:
        raise StackFileError(tuple(sorted((*document.mistakes, *located), key=_order)))
    return network


def _order(mistake: Mistake) -> tuple[str, int, int]:
    place = mistake.place
    return str(place.file or ""), place.line, place.column


def _validate(data: Mapping[str, Any]) -> tuple[Network | None, list[Mistake]]:
    """Validate what is valid: an object with a mistake is left out so that the others are checked too."""
    remaining, mistakes = _with_names(data)
    for _ in range(3):  # the objects, then what their absence brings to light at the top level
        try:
            text = json.dumps(remaining)
            return Network.model_validate_json(text, by_alias=True, by_name=False), mistakes
        except ValidationError as error:
            details = error.errors(include_url=False)
            mistakes += [worded(detail) for detail in details if not _follows(detail, details)]
            for detail in details:
                _leave_out(remaining, tuple(map(str, detail["loc"])))
    return None, mistakes


def _with_names(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Mistake]]:
    """Give every object of a section its key as its name; it may not have another in the file."""
    named = dict(data)
    mistakes = []
    for section in SECTIONS:
        if isinstance(objects := named.get(section), Mapping):
            named[section] = {
                key: {**value, "name": key} if isinstance(value, Mapping) else value
                for key, value in objects.items()
            }
            mistakes += [
                Mistake(path=(section, key, "name"), message=f"unknown key: its name is its key, {key}")
                for key, value in objects.items()
                if isinstance(value, Mapping) and "name" in value
            ]
    return named, mistakes


def _leave_out(data: dict[str, Any], loc: tuple[str, ...]) -> None:
    if loc[0] in SECTIONS and len(loc) > 1 and isinstance(data.get(loc[0]), dict):
        data[loc[0]].pop(loc[1], None)
    elif loc[0] == "location":
        data["location"] = "unknown"
    else:
        data.pop(loc[0], None)


def _omitted(data: Mapping[str, Any], network: Network) -> frozenset[tuple[str, str]]:
    """Return (section, name) of the objects left out for their own mistakes, name "*" for a whole section."""
    return frozenset(
        (section, name)
        for section, attribute in SECTIONS.items()
        if section in data
        for name in (data[section] if isinstance(data[section], Mapping) else (EVERY_NAME,))
        if name not in getattr(network, attribute)
    )


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Return whether a mistake only follows from one inside it: a list is short of its invalid items."""
    loc = detail["loc"]
    return detail["type"] == "too_short" and any(
        other["loc"][: len(loc)] == loc and len(other["loc"]) > len(loc) for other in details
    )
