"""Speaks with an FRR daemon over its terminal's socket, in a millisecond where vtysh takes a process.

The protocol is vtysh's: a command ends with a zero byte, an answer with three of them and a result code
(FRR, lib/vty.c and vtysh/vtysh.c). FRR has no client of it for Python: its own tests start vtysh.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab.bgp.errors import FailedCommandError

_END = b"\0\0\0"
_PIECE = 65536
_SECONDS = 10


class Vty:
    """A connection to one daemon of one node, from entering to leaving the context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_SECONDS)

    def __enter__(self) -> Self:
        try:
            self._socket.connect(str(self._path))
        except OSError as error:
            self._socket.close()
            raise FailedCommandError(f"{self._path}: the daemon does not answer: {error}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def run(self, command: str) -> str:
        """Return what the daemon says to a command.

        Raises:
            FailedCommandError: if it refuses the command, or does not answer.
        """
        answer = b""
        try:
            self._socket.sendall(command.encode() + b"\0")
            while len(answer) < len(_END) + 1 or answer[-4:-1] != _END:
                answer += self._receive()
        except OSError as error:
            raise FailedCommandError(f"{self._path}: no answer to `{command}`: {error}") from None
        said, result = answer[:-4].decode(errors="replace"), answer[-1]
        if result:
            raise FailedCommandError(f"{self._path}: `{command}`: {said.strip() or f'result {result}'}")
        return said

    def json(self, command: str) -> Any:  # noqa: ANN401 (as FRR has it)
        """Return the answer to a command that ends with `json`."""
        return json.loads(self.run(command) or "{}")

    def _receive(self) -> bytes:
        """Return what comes next.

        Raises:
            OSError: if nothing does.
        """
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise OSError("it hung up")
        return piece


def configure(path: Path, lines: Iterable[str]) -> None:
    """Type lines into a daemon's configuration.

    Raises:
        FailedCommandError: if it refuses one; those before it stand.
    """
    with Vty(path) as vty:
        for line in ("enable", "configure terminal", *lines, "end"):
            vty.run(line)
