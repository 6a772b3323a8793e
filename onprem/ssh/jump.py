"""The way to a router over a jump host: a program of OpenSSH's kind, at both ends of a socket.

paramiko's own kind of it does not notice when the program ends, and waits by the wall clock.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
from collections.abc import Sequence

_GRACE = 2.0
"""Seconds for a program to end once its socket is closed."""


class Jump:
    """A running program through which a connection goes."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (it is read when the program has ended)
        self.socket, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 (OpenSSH's configuration names it)
                self._command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=self._said
            )
        except OSError:
            self.socket.close()
            self._said.close()
            raise
        finally:
            theirs.close()

    @property
    def complaint(self) -> str:
        """What the program said last, if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        if self._process.poll() is None or self._said.closed:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        said = "; ".join(line.strip() for line in lines if line.strip())
        return f"'{' '.join(self._command)}' ended: {said or f'exit code {self._process.returncode}'}"

    def close(self) -> None:
        """End the program."""
        self.socket.close()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
