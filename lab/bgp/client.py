"""Speaks with a living network's agent from outside its world, over the socket in its directory."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from lab.bgp.directory import Directory, socket_path
from lab.bgp.errors import LivingLabError

_SECONDS = 30.0
_LONGEST_ANSWER = 2**26


async def ask(directory: Directory, **request: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return the agent's answer to one request.

    Raises:
        LivingLabError: if it refuses, or does not answer.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            with socket_path(directory.path) as path:
                reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_ANSWER)
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                reply = json.loads(await reader.readline() or b"{}")
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError) as error:
        raise LivingLabError(f"the living network in {directory.path} does not answer: {error}") from None
    if "answer" not in reply:
        raise LivingLabError(reply.get("error", "the living network has ended"))
    return reply["answer"]
