"""Types lines on the lab's routers for a command that runs inside a living network's world.

That world has no way to the routers' SSH: whoever has started the command types for it, and both speak over a
pair of sockets, a line of JSON each way. The pair also tells when the command has ended, whatever became of
the program between them.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab.bgp.errors import LivingLabError

TYPIST = "LIVING_NETWORK_TYPIST"
"""In the environment of such a command: the number of its end of the pair."""

_SECONDS = 30.0


class Typist:
    """Serves one command, in a thread, until the command's end is closed."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._own, self.other = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def start(self) -> None:
        """Begin, once the command has its end: this process needs it no more."""
        self.other.close()
        self._thread.start()

    def await_end(self, seconds: float) -> None:
        """Wait until the command has ended."""
        self._thread.join(seconds)

    def _serve(self) -> None:
        with self._own, suppress(OSError), self._own.makefile("rw", encoding="utf-8") as stream:
            for request in stream:
                stream.write(f"{json.dumps(self._answer(json.loads(request)))}\n")
                stream.flush()

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, str]:
        try:
            return {"said": asyncio.run(self._type(request["host"], request["lines"]))}
        except Exception as error:  # noqa: BLE001 (whatever it is, who asked is told)
            return {"error": f"nothing can be typed on {request['host']}: {error or 'it does not answer'}"}

    async def _type(self, host: str, lines: list[str]) -> str:
        import asyncssh  # noqa: PLC0415 (most commands type nothing, and need not wait for it)

        password = (self._room / "password").read_text(encoding="utf-8").strip()
        async with (
            asyncio.timeout(_SECONDS),
            asyncssh.connect(host, config=[str(self._room / "ssh_config")], password=password) as session,
        ):
            done = await session.run(input="\n".join(("terminal length 0", *lines, "exit", "")))
            return str(done.stdout)


def type_lines(host: str, lines: tuple[str, ...]) -> str:
    """Have lines typed on a router, from inside; return all that it said.

    Raises:
        LivingLabError: if it cannot be reached.
    """
    with socket.socket(fileno=os.dup(int(os.environ[TYPIST]))) as pair:
        pair.settimeout(2 * _SECONDS)
        try:
            with pair.makefile("rw", encoding="utf-8") as stream:
                stream.write(f"{json.dumps({'host': host, 'lines': lines})}\n")
                stream.flush()
                answer = json.loads(stream.readline() or "{}")
        except OSError as error:
            raise LivingLabError(f"nobody types on {host}: {error}") from None
    if "said" not in answer:
        raise LivingLabError(answer.get("error", f"nobody types on {host} any more"))
    return str(answer["said"])
