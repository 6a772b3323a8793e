"""Keeps the SDK's debug messages to itself.

The Python SDK sends the engine five or six of them for every resource, each in a call of its own that the
program waits for: a third of a preview of 300 resources. The engine shows them with `--debug` only, and
`pulumi config set hybrid:debugMessages true` sends them again.
"""

from __future__ import annotations

import pulumi


def drop_debug_messages() -> None:
    """Let `pulumi.log.debug` do nothing; info, warnings and errors are sent as before."""
    pulumi.log.debug = _nothing


def _nothing(
    msg: str,
    resource: pulumi.Resource | None = None,
    stream_id: int | None = None,
    ephemeral: bool | None = None,  # noqa: FBT001 (the SDK's own signature)
) -> None:
    del msg, resource, stream_id, ephemeral
