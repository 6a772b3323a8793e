"""A router's configuration archive, and the timed revert that needs it.

Facts: Cisco, "Configuration Rollback Confirmed Change" and "Configuration Versioning", IOS XE 17. Texts come
from published session logs and from what NAPALM parses; a text of our own wording is marked so.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lab.iosxe.files import replace_file

FILE_SYSTEMS = ("bootflash:", "flash:")
"""Where an emulated router can keep files; any other path cannot be opened."""
NO_ARCHIVE = "%Turn config archive on before using Rollback Confirmed Change"
NOT_PENDING = "%No Rollback Confirmed Change pending"

PENDING = "%Rollback Confirmed Change is pending already"
"""The fact is ours as well as the wording: Cisco does not say what a second timer does."""


class ArchiveFailed(Exception):  # noqa: N818  the router's answer, never seen by a user
    """What the router prints instead of archiving."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A change that awaits `configure confirm`; times are seconds since the epoch."""

    file: str
    user: str
    minutes: int
    armed: float
    due: float


class Archive:
    """Copies of one router's configuration in `directory`, numbered over its life."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._index = directory / "index.json"
        self._names: list[str] = json.loads(self._index.read_text()) if self._index.exists() else []

    @property
    def names(self) -> tuple[str, ...]:
        """The files, oldest first."""
        return tuple(self._names)

    def text(self, name: str) -> str:
        """One archived configuration."""
        return self._file(name).read_text()

    def next_name(self, path: str, stamp: str) -> str:
        """What the next file will be called."""
        last = int(self._names[-1].rpartition("-")[2]) if self._names else -1
        return f"{path}-{stamp}-{last + 1}"

    def add(self, path: str, maximum: int, configuration: str) -> str:
        """Archives a configuration and forgets the oldest beyond `maximum`; the file's name.

        Raises:
            ArchiveFailed: the path is on no file system of this router.
        """
        if not path.startswith(FILE_SYSTEMS):
            raise ArchiveFailed(f"%Error opening {path} (No such device)")
        name = self.next_name(path, _stamp())
        self._directory.mkdir(mode=0o700, exist_ok=True)
        replace_file(self._file(name), configuration)
        self._names.append(name)
        for oldest in self._names[:-maximum]:
            self._file(oldest).unlink(missing_ok=True)
        self._names = self._names[-maximum:]
        replace_file(self._index, json.dumps(self._names))
        return name

    def _file(self, name: str) -> Path:
        return self._directory / name.partition(":")[2].replace("/", "_")


def _stamp() -> str:
    now = datetime.now(UTC)
    return f"{now:%b-%e-%H-%M-%S}.{now.microsecond // 1000:03}".replace(" ", "-")


class RevertTimer:
    """At most one pending change; it outlives the process in `file`."""

    def __init__(self, file: Path, *, minute: float, roll_back: Callable[[str], None]) -> None:
        self._file, self._minute, self._roll_back = file, minute, roll_back
        self._handle: asyncio.TimerHandle | None = None
        self.pending: Pending | None = None

    def resume(self) -> None:
        """Goes on with what was pending when the router was stopped; needs a running loop."""
        if self._file.exists():
            self._schedule(Pending(**json.loads(self._file.read_text())))

    def pause(self) -> None:
        """Stops counting; `resume` takes up the time that is left by then."""
        if self._handle is not None:
            self._handle.cancel()

    def arm(self, file: str, user: str, minutes: int) -> None:
        """Reverts to `file` after `minutes`, unless confirmed."""
        now = time.time()
        pending = Pending(file=file, user=user, minutes=minutes, armed=now, due=now + minutes * self._minute)
        replace_file(self._file, json.dumps(asdict(pending)))
        self._schedule(pending)

    def confirm(self) -> str:
        """What `configure confirm` answers."""
        if self.pending is None:
            return NOT_PENDING
        self.forget()
        return ""

    def revert(self) -> str:
        """What `configure revert now` answers."""
        if self.pending is None:
            return NOT_PENDING
        file = self.pending.file
        self.forget()
        self._roll_back(file)
        return f"Rollback Confirmed Change: rolling to:{file}\n\nTotal number of passes: 1\nRollback Done\n"

    def extend(self, minutes: int) -> str:
        """What `configure revert timer N` answers: the time counts anew."""
        if self.pending is None:
            return NOT_PENDING
        self.arm(self.pending.file, self.pending.user, minutes)
        return ""

    def describe(self) -> str:
        """What `show archive config rollback timer` prints."""
        pending = self.pending
        if pending is None:
            return NOT_PENDING
        armed = datetime.fromtimestamp(pending.armed, UTC)
        return (
            f"Time configured(or reconfigured): {armed:%H:%M:%S UTC %a %b %d %Y}\n"
            "Timer type: absolute timer\n"
            f"Timer value: {pending.minutes} min\n"
            f"User: {pending.user}"
        )

    def _schedule(self, pending: Pending) -> None:
        self.pause()
        self.pending = pending
        self._handle = asyncio.get_running_loop().call_later(max(0.0, pending.due - time.time()), self.revert)

    def forget(self) -> None:
        """Awaits nothing any more, and leaves the configuration as it is."""
        self.pause()
        self.pending, self._handle = None, None
        self._file.unlink(missing_ok=True)
