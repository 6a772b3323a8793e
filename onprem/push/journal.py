"""Notes on running pushes: what a push that is killed was about to leave behind, and that nobody else pushes.

One file for each router, written before the router is touched and taken away when the push has ended: so a
file that is found tells of a push that was killed. It holds lines with the names of their keys and what
identifies the router's timer; no key, no password. Beside it lies a file to be locked, which the operating
system unlocks whatever ends the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from onprem.errors import PushError
from onprem.notes import prepare_folder, write_note
from onprem.push.pushed import Pushed
from onprem.push.rollback_timer import Pending, was_armed_since
from onprem.ssh.access import Access, find_endpoint

_VERSION = 1


class Step(StrEnum):
    """The last thing that a push is known to have begun."""

    ARMING = "arming the router's timer"
    SENDING = "sending lines"
    CONFIRMING = "confirming"
    SAVING = "saving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is noted of a push; `clock` is the router's own time before its timer was armed."""

    step: Step
    user: str
    router: str = ""
    address: str = ""
    clock: str = ""
    minutes: int = 0
    timer: Pending | None = None
    remains: Pushed = field(default_factory=Pushed)

    def armed(self, pending: Pending) -> bool:
        """Whether a timer is this push's own; known by its age if the push never came to read it."""
        if self.timer is not None:
            return pending == self.timer
        return pending.user == self.user and was_armed_since(pending, self.clock, self.minutes)


class Journal:
    """The notes on one router; without a directory nothing is noted, and nothing is locked."""

    def __init__(self, directory: Path | None, router: str, address: str) -> None:
        self._router, self._address = router, address
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{router}@{address}")
        self._file = directory / f"{name}.json" if directory else None
        self._lock = directory / f"{name}.lock" if directory else None
        self._entry: Entry | None = None

    @classmethod
    def of(cls, directory: Path | None, access: Access) -> Journal:
        """The notes on a router that is reached in this way."""
        return cls(directory, access.router, find_endpoint(access).address)

    @property
    def has_note(self) -> bool:
        """Whether a push was interrupted."""
        return self._file is not None and self._file.exists()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes of this project from pushing to the router.

        Raises:
            PushError: one is pushing to it now, or the directory cannot be written to.
        """
        if self._lock is None:
            yield
            return
        try:
            prepare_folder(self._lock.parent)
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise PushError(
                f"{self._router}: {self._lock} cannot be written, where running pushes are noted: {error}"
            ) from None
        with os.fdopen(handle, "r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PushError(
                    f"{self._router}: another push to it is running (process"
                    f" {file.read().strip() or 'unknown'}); nothing was changed - wait for it to end"
                ) from None
            file.truncate()
            file.write(str(os.getpid()))
            file.flush()
            yield

    def read(self) -> Entry | None:
        """Return what a push that was killed has left.

        Raises:
            PushError: the file cannot be read.
        """
        if self._file is None:
            return None
        try:
            return _entry(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PushError(
                f"{self._router}: {self._file}, the note on a push that was interrupted, cannot be read"
                f" ({type(error).__name__}): see 'show archive config rollback timer' on the router, then"
                " remove the file"
            ) from None

    def begin(self, entry: Entry) -> Entry:
        """Note what is about to happen, before it does; the note, with whose it is."""
        return self._write(replace(entry, router=self._router, address=self._address))

    def reach(self, step: Step, timer: Pending | None = None) -> Entry:
        """Note the next step, before it is taken."""
        assert self._entry is not None
        return self._write(replace(self._entry, step=step, timer=timer or self._entry.timer))

    def end(self) -> None:
        """Forget the push: it came to an end that somebody knows of."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def _write(self, entry: Entry) -> Entry:
        self._entry = entry
        if self._file is not None:
            try:
                write_note(self._file, {"version": _VERSION, **asdict(entry)})
            except OSError as error:
                raise PushError(f"{self._router}: {self._file} cannot be written: {error}") from None
        return entry


def _entry(noted: dict[str, Any]) -> Entry:
    if noted["version"] != _VERSION:
        raise ValueError("written by another version")
    timer = noted["timer"]
    return Entry(
        router=noted["router"],
        address=noted["address"],
        step=Step(noted["step"]),
        user=noted["user"],
        clock=noted["clock"],
        minutes=noted["minutes"],
        timer=Pending(**timer) if timer else None,
        remains=Pushed.of(noted["remains"]),
    )
