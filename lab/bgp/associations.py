"""Security associations as strongSwan tells them, in a millisecond where swanctl takes a process."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from vici import Session
from vici.exception import (
    CommandException,
    DeserializationException,
    EventUnknownException,
    SessionException,
)

from lab.bgp.blueprint import Blueprint
from lab.bgp.places import charon_socket

_SECONDS = 10.0
_NO_ANSWER = (OSError, CommandException, DeserializationException, EventUnknownException, SessionException)
"""The library's errors have no root of their own."""

Message = dict[str, Any]
"""Sections within sections; values and items are text."""

Spis = tuple[str, str]
"""The numbers of the associations inbound and outbound."""

Installed = Mapping[str, Mapping[str, tuple[Spis, ...]]]
"""By public node and connection."""


def read_associations(node: str) -> list[Message]:
    """Return a public node's IKE SAs, each under its connection's name; none if nobody answers."""
    with closing(socket.socket(socket.AF_UNIX)) as daemon:
        daemon.settimeout(_SECONDS)
        try:
            daemon.connect(str(charon_socket(node)))
            return [_as_text(message) for message in Session(daemon).list_sas()]
        except _NO_ANSWER:
            return []


def _as_text(told: Any) -> Any:  # noqa: ANN401 (sections within sections)
    if isinstance(told, Mapping):
        return {name: _as_text(value) for name, value in told.items()}
    return told.decode(errors="replace") if isinstance(told, bytes) else [_as_text(item) for item in told]


def read_installed(nodes: Iterable[str]) -> Installed:
    """Return the associations for traffic of each node that answers."""
    return {node: _installed(read_associations(node)) for node in nodes}


def _installed(associations: list[Message]) -> dict[str, tuple[Spis, ...]]:
    found: dict[str, tuple[Spis, ...]] = {}
    for one in associations:
        for association in one.values():
            for child in association.get("child-sas", {}).values():
                if child["state"] == "INSTALLED":
                    name = child["name"]
                    found[name] = (*found.get(name, ()), (child["spi-in"], child["spi-out"]))
    return found


def are_the_same(first: tuple[Spis, ...], second: tuple[Spis, ...]) -> bool:
    """Whether two ends have associations, each with the numbers that the other one has."""
    return bool(first) and {spis[::-1] for spis in first} == set(second)


def working_tunnels(blueprint: Blueprint) -> frozenset[str]:
    """Return the tunnels whose two ends have the same security associations for traffic.

    That both have one proves nothing: after a loss, one end may still use what the other has given up.
    """
    installed = read_installed({end.public_node for wire in blueprint.tunnels for end in wire.crypto})
    return frozenset(
        wire.name
        for wire in blueprint.tunnels
        if are_the_same(*(installed[end.public_node].get(end.connection, ()) for end in wire.crypto))
    )
