"""The stack's configuration as the program needs it: the network, the user's secrets, and options.

Secrets never stand in the network's description but in keys of their own:

- `hybrid:sharedKeys`: a tunnel's pre-shared key by the tunnel's name, where it is not to be generated;
- `hybrid:authorizationKeys`: the authorization of somebody else's circuit by the connection's name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pulumi

import topology

_SHARED_KEY = re.compile(r"[!-,./0-}]{16,128}")
"""IPSEC-1: printable ASCII without space, hyphen and tilde."""

_PUBLISHED_KEYS = frozenset({"IamSecure123"})
"""Keys that stand in public documents."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the program takes from its stack."""

    environment: str
    network: topology.Network
    source_place: Callable[[tuple[str, ...]], dict[str, object] | None]
    """Where a key of the description stands: its `file`, as seen from the project, and `line`."""
    shared_keys: Mapping[str, pulumi.Output[str]]
    authorization_keys: Mapping[str, pulumi.Output[str]]
    subscription: str | None
    keep_old_aliases: bool


def read_settings(project: Path) -> Settings:
    """Read the current stack's configuration.

    Raises:
        topology.StackFileError: with every mistake of the network's description.
        pulumi.RunError: for a secret that cannot be used.
    """
    config = pulumi.Config("hybrid")
    stack = pulumi.get_stack()
    document = topology.read_config(config.get_object("network"), project / f"Pulumi.{stack}.yaml")
    network = topology.load_network(document)
    _refuse_route_servers(network)
    return Settings(
        environment=stack,
        network=network,
        source_place=partial(_place_in, project, document),
        shared_keys=_shared_keys(config, network),
        authorization_keys=_secrets(config, "authorizationKeys", network.connections),
        subscription=pulumi.Config("azure-native").get("subscriptionId"),
        keep_old_aliases=config.get_bool("keepOldAliases") or False,
    )


def _place_in(project: Path, document: topology.Document, path: tuple[str, ...]) -> dict[str, object] | None:
    place = document.place(path)
    if place.file is None or not place.line:
        return None
    return {"file": os.path.relpath(place.file, project), "line": place.line}


def _refuse_route_servers(network: topology.Network) -> None:
    """Say that a Route Server is predicted but not deployed, rather than to deploy all but that."""
    for name, vnet in network.virtual_networks.items():
        if vnet.route_server and not vnet.route_server.existing:
            raise pulumi.RunError(
                f"virtualNetworks.{name}.routeServer: paths over it are predicted, but this program does not "
                "deploy a Route Server: deploy it apart and name it by existing: {id: ...}, or leave it out"
            )


def _secrets(config: pulumi.Config, key: str, known: Mapping[str, object]) -> dict[str, pulumi.Output[str]]:
    values = config.get_object(key) or {}
    for name in values:
        if name not in known:
            raise pulumi.RunError(f"hybrid:{key} names {name}, which the network does not describe")
    return {name: pulumi.Output.secret(str(value)) for name, value in values.items()}


def _shared_keys(config: pulumi.Config, network: topology.Network) -> dict[str, pulumi.Output[str]]:
    for name, key in (config.get_object("sharedKeys") or {}).items():
        if key in _PUBLISHED_KEYS:
            raise pulumi.RunError(f"hybrid:sharedKeys.{name} is published in a document: choose another")
        if not _SHARED_KEY.fullmatch(str(key)):
            raise pulumi.RunError(
                f"hybrid:sharedKeys.{name} cannot be used: 16 to 128 printable characters of ASCII without "
                "space, hyphen and tilde (IPSEC-1), and without question mark, which routers take for help"
            )
    return _secrets(config, "sharedKeys", network.tunnels)
