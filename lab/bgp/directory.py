"""Where a living network leaves word of itself: a lock, a status and logs, in one folder."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from topology import Network

_SOCKET = "agent.sock"


@dataclass(frozen=True, slots=True)
class Directory:
    """One living network's folder."""

    path: Path

    @property
    def lock_file(self) -> Path:
        """Held by the keeper: a status that a crash left behind proves nothing."""
        return self.path / "keeper.lock"

    @property
    def status_file(self) -> Path:
        """What the keeper says once all is built."""
        return self.path / "status.json"

    @property
    def pid_file(self) -> Path:
        """The process that ends everything when it ends."""
        return self.path / "keeper.pid"

    @property
    def socket_file(self) -> Path:
        """Where the keeper's agent listens, if its routers are configured from outside."""
        return self.path / _SOCKET

    @property
    def keeper_log(self) -> Path:
        """What the keeper had to say."""
        return self.path / "keeper.log"

    @property
    def logs(self) -> Path:
        """Every program's log."""
        return self.path / "logs"

    def is_running(self) -> bool:
        """Whether a keeper holds the lock."""
        try:
            with self.lock_file.open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def read_status(self) -> dict[str, Any] | None:
        """Return what a running keeper says; None if none runs, or none is ready yet."""
        if not self.is_running():
            return None
        try:
            status: dict[str, Any] = json.loads(self.status_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return status

    def write_status(self, status: Mapping[str, Any]) -> None:
        """Write the status as a whole."""
        unfinished = self.status_file.with_suffix(".new")
        unfinished.write_text(json.dumps(status, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self.status_file)


@contextmanager
def socket_path(directory: Path) -> Iterator[str]:
    """Yield the agent's socket by a name that is short, however deep the directory lies: it has 108 bytes."""
    handle = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{_SOCKET}"
    finally:
        os.close(handle)


def fingerprint(network: Network) -> str:
    """Return what tells one description from another."""
    return sha256(network.model_dump_json().encode()).hexdigest()
