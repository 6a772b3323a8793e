"""Shared keys of VPN connections: stored sealed, and never returned.

An update of a connection does not change its key: Azure has a request of its own for that,
`PUT .../connections/{name}/sharedkey` (hashicorp/terraform-provider-azurerm#11742).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import replace

from lab.azure.refusal import Refusal
from lab.azure.resource_id import ResourceId
from lab.azure.state import Resource, State

_SHARED_KEY = re.compile(r"[!-,./0-}]+")
"""Printable ASCII but for space, hyphen and tilde (IPSEC-1); how long it may be is not confirmed."""


def set_shared_key(state: State, connection: Resource, key: object) -> None:
    """Give a VPN connection another key."""
    if connection.properties["connectionType"] == "ExpressRoute":
        raise no_key_for_express_route(connection.id)
    with state.transaction():
        sealed = seal_key(state, connection.id, key)
        state.put(replace(connection, hidden={**connection.hidden, "key": sealed}))


def has_shared_key(state: State, connection: Resource, key: object) -> bool:
    """Whether a connection was given this key."""
    own = shared_key(state, connection)
    return own is not None and hmac.compare_digest(own, str(key))


def shared_key(state: State, connection: Resource) -> str | None:
    """The key of a VPN connection, for its own end of the tunnel; None if it has none yet."""
    return state.vault.open(connection.hidden.get("key"))


def seal_key(state: State, connection: ResourceId, key: object) -> str:
    """A key as it is stored; refuses one that Azure would not take."""
    if not isinstance(key, str) or not _SHARED_KEY.fullmatch(key):
        raise Refusal(
            "InvalidSharedKey",
            f"The shared key of connection {connection.name} must be printable ASCII without space, hyphen "
            "and tilde.",
            rule="IPSEC-1",
        )
    return state.vault.seal(key)


def no_key_for_express_route(connection: ResourceId) -> Refusal:
    """Azure's answer to a key on a connection that has none."""
    return Refusal(
        "CannotSetSharedKeyForExpressRouteConnectionType",
        f"Shared Key cannot be set for Connection {connection} of type ExpressRoute.",
    )
