"""A connection to a daemon of the living network, over the socket that it listens at."""

from __future__ import annotations

import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.bgp.errors import FailedCommandError

_SECONDS = 10


class DaemonSocket:
    """Connected from entering to leaving the context; what is said over it is the protocols' business."""

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

    def _receive(self, most: int) -> bytes:
        """Return what comes next.

        Raises:
            OSError: if nothing does.
        """
        piece = self._socket.recv(most)
        if not piece:
            raise OSError("it hung up")
        return piece
