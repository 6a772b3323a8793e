"""The stack's configuration as the program needs it: the network, the user's secrets, and options.

Secrets never stand in the network's description but in keys of their own:

- `hybrid:sharedKeys`: a tunnel's pre-shared key by the tunnel's name, where it is not to be generated;
- `hybrid:authorizationKeys`: the authorization of somebody else's circuit by the name of the connection, or
  of the Global Reach.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
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
    debug_messages: bool


def read_settings(project: Path) -> Settings:
    """Read the current stack's configuration.

    Raises:
        topology.StackFileError: with every mistake of the network's description.
        pulumi.RunError: for a secret that cannot be used.
    """
    config = pulumi.Config("hybrid")
    stack = pulumi.get_stack()
    try:
        described = config.get_object("network")
    except pulumi.ConfigTypeError:
        described = None
    document = topology.read_config(described, project / f"Pulumi.{stack}.yaml")
    network = topology.load_network(document)
    _refuse_route_servers(network)
    return Settings(
        environment=stack,
        network=network,
        source_place=partial(_place_in, project, document),
        shared_keys=_shared_keys(config, network),
        authorization_keys=_as_outputs(
            _secrets(config, "authorizationKeys", {*network.connections, *network.global_reach})
        ),
        subscription=pulumi.Config("azure-native").get("subscriptionId"),
        keep_old_aliases=config.get_bool("keepOldAliases") or False,
        debug_messages=config.get_bool("debugMessages") or False,
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


def _secrets(config: pulumi.Config, key: str, known: Collection[str]) -> dict[str, str]:
    """Read secrets by the names of what they belong to. No message shows one."""
    name_of = f"hybrid:{key}"
    how = f"`pulumi config set --secret --path '{name_of}[\"NAME\"]'`"
    try:
        values = config.get_object(key) or {}
    except pulumi.ConfigTypeError:
        values = None
    if not isinstance(values, Mapping):
        raise pulumi.RunError(f"{name_of} holds secrets by name: set each with {how}")
    if values and not pulumi.runtime.is_config_secret(name_of):
        raise pulumi.RunError(
            f"{name_of} stands in clear in the stack file: remove it, and set it with {how}"
        )
    for name, value in values.items():
        if name not in known:
            raise pulumi.RunError(f"{name_of} names {name}, which the network does not describe")
        if not isinstance(value, str):
            raise pulumi.RunError(f"{name_of}.{name} must be text: set it with {how}")
    return dict(values)


def _as_outputs(secrets: Mapping[str, str]) -> dict[str, pulumi.Output[str]]:
    return {name: pulumi.Output.secret(value) for name, value in secrets.items()}


def _shared_keys(config: pulumi.Config, network: topology.Network) -> dict[str, pulumi.Output[str]]:
    keys = _secrets(config, "sharedKeys", network.tunnels)
    for name, key in keys.items():
        if key in _PUBLISHED_KEYS:
            raise pulumi.RunError(f"hybrid:sharedKeys.{name} is published in a document: choose another")
        if not _SHARED_KEY.fullmatch(key):
            raise pulumi.RunError(
                f"hybrid:sharedKeys.{name} cannot be used: 16 to 128 printable characters of ASCII without "
                "space, hyphen and tilde (IPSEC-1), and without question mark, which routers take for help"
            )
    return _as_outputs(keys)
