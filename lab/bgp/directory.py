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
        """Held by the keeper."""
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
        return is_held(self.lock_file)

    def read_status(self) -> dict[str, Any] | None:
        """Return what a running keeper says; None if none runs, or none is ready yet."""
        return read_status(self.lock_file, self.status_file)

    def write_status(self, status: Mapping[str, Any]) -> None:
        """Write the status as a whole."""
        unfinished = self.status_file.with_suffix(".new")
        unfinished.write_text(json.dumps(status, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self.status_file)


def is_held(lock: Path) -> bool:
    """Whether a process holds a lock: a status file that a crash left behind proves nothing."""
    try:
        with lock.open("r") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def read_status(lock: Path, file: Path) -> dict[str, Any] | None:
    """Return what the process that holds a lock says of itself; None if none does, or it is not ready yet."""
    if not is_held(lock):
        return None
    try:
        status: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return status


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
