"""Asks a strongSwan daemon about its security associations, in a millisecond where swanctl takes a process.

The protocol is that of strongSwan's src/libcharon/plugins/vici/README.md: packets with a length before them;
answers that come as events have to be registered for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from lab.bgp.daemon_socket import DaemonSocket
from lab.bgp.errors import FailedCommandError

_REQUEST, _RESPONSE, _REGISTER, _CONFIRMED, _EVENT = 0, 1, 3, 5, 7
_SECTION, _END, _VALUE, _LIST, _ITEM, _LIST_END = range(1, 7)

Message = dict[str, Any]
"""Sections within sections; values and items are text."""


class Vici(DaemonSocket):
    """A connection to one daemon."""

    def associations(self) -> list[Message]:
        """Return every IKE SA, under its connection's name, with its child SAs.

        Raises:
            FailedCommandError: if the daemon hangs up, or says something else.
        """
        try:
            self._send(_REGISTER, "list-sa")
            self._expect(_CONFIRMED)
            self._send(_REQUEST, "list-sas")
            found = []
            while (packet := self._packet())[0] == _EVENT:
                found.append(_read(packet[2 + packet[1] :]))
        except (OSError, IndexError, struct.error) as error:
            raise FailedCommandError(f"{self._path}: no answer: {error}") from None
        if packet[0] != _RESPONSE:
            raise FailedCommandError(f"{self._path}: the daemon knows no list of associations")
        return found

    def _send(self, kind: int, name: str) -> None:
        packet = bytes((kind, len(name))) + name.encode()
        self._socket.sendall(struct.pack("!I", len(packet)) + packet)

    def _expect(self, kind: int) -> None:
        if self._packet()[0] != kind:
            raise FailedCommandError(f"{self._path}: the daemon refused an event")

    def _packet(self) -> bytes:
        (length,) = struct.unpack("!I", self._exactly(4))
        return self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        pieces = b""
        while len(pieces) < length:
            pieces += self._receive(length - len(pieces))
        return pieces


def _read(encoded: bytes) -> Message:
    """Read one message's elements."""
    root: Message = {}
    path = [root]
    items: list[str] = []
    for kind, name, value in _elements(encoded):
        if kind == _SECTION:
            path[-1][name] = {}
            path.append(path[-1][name])
        elif kind == _END:
            path.pop()
        elif kind == _VALUE:
            path[-1][name] = value
        elif kind == _LIST:
            items = path[-1].setdefault(name, [])
        elif kind == _ITEM:
            items.append(value)
    return root


def _elements(encoded: bytes) -> Iterator[tuple[int, str, str]]:
    at = 0
    while at < len(encoded):
        kind = encoded[at]
        at += 1
        name = value = ""
        if kind in {_SECTION, _VALUE, _LIST}:
            length = encoded[at]
            name = encoded[at + 1 : at + 1 + length].decode()
            at += 1 + length
        if kind in {_VALUE, _ITEM}:
            (length,) = struct.unpack_from("!H", encoded, at)
            value = encoded[at + 2 : at + 2 + length].decode(errors="replace")
            at += 2 + length
        yield kind, name, value
