"""One router without its SSH side: configurations, archive, their files, its host key, its transcript."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from lab.iosxe.archive import NO_ARCHIVE, PENDING, Archive, ArchiveFailed, RevertTimer
from lab.iosxe.configuration import Section, print_configuration
from lab.iosxe.editor import Editor, Position
from lab.iosxe.factory import factory_configuration
from lab.iosxe.files import replace_file
from lab.iosxe.flash import Flash
from lab.iosxe.foreign import banner_text
from lab.iosxe.plane import Plane
from lab.iosxe.sealing import Sealer, mask_secrets
from lab.iosxe.tables import TABLES


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that a router received: the connection's number, the prompt's mode, the text, masked."""

    connection: int
    mode: str
    text: str


class Device:
    """The state of a router that outlives its connections."""

    def __init__(  # noqa: PLR0913  each is a property of the router
        self,
        hostname: str,
        directory: Path,
        *,
        username: str,
        password: str,
        initial: str | None,
        refuses_weak: bool,
        minute: float,
        foreign: bool = False,
    ) -> None:
        self._base = directory / hostname
        directory.mkdir(parents=True, exist_ok=True)
        self.username, self._password = username, password
        self.key = self._load_key()
        self.sealer = Sealer(self._key_bytes())
        self.editor = Editor(TABLES, self.sealer, refuses_weak=refuses_weak, foreign=foreign)
        self.transcript: list[Entry] = []
        self._transcript_file = str(self._file("transcript"))
        self.archive = Archive(self._file("archive"))
        self.flash = Flash(self._file("flash"))
        self.timer = RevertTimer(self._file("revert.json"), minute=minute, roll_back=self._roll_back)
        self.connect(Plane())
        self.started = time.monotonic()
        self._saved = ""
        self._locked_by: int | None = None
        self._load(hostname, initial)

    @property
    def hostname(self) -> str:
        """The name in the prompt, as configured."""
        line = self.editor.root.lines.get(("hostname",))
        return line.words[1] if line else "Router"

    @property
    def running(self) -> str:
        """The running configuration, from its first line to `end`."""
        return print_configuration(self.editor.root)

    def connect(self, plane: Plane) -> None:
        """Put something behind the router that moves packets, or that moves none."""
        self.plane = plane
        self.editor.changed = plane.changed
        plane.attach(lambda: self.sealer.open_all(self.running))

    @property
    def startup(self) -> str:
        """The saved configuration; empty if there is none."""
        file = self._file("startup.cfg")
        return file.read_text() if file.exists() else ""

    def accepts(self, password: str) -> bool:
        """Whether this is the router's password."""
        return password == self._password

    def save_startup(self) -> None:
        """Does what `write memory` does; archives a copy where the archive says so."""
        replace_file(self._file("startup.cfg"), self.running)
        section = self.archive_section
        if section is not None and ("write-memory",) in section.lines:
            with contextlib.suppress(ArchiveFailed):
                self.archive_running()

    @property
    def archive_section(self) -> Section | None:
        """The archive's configuration; None where it has no path."""
        section = self.editor.root.child("archive")
        return section if section is not None and ("path",) in section.lines else None

    @property
    def archive_path(self) -> str:
        """Where archived files begin; empty without an archive."""
        section = self.archive_section
        return section.lines["path",].words[1].replace("$h", self.hostname) if section is not None else ""

    @property
    def archive_maximum(self) -> int:
        """How many files the archive keeps; ten unless configured."""
        line = self.archive_section.lines.get(("maximum",)) if self.archive_section is not None else None
        return int(line.words[1]) if line is not None else 10

    def archive_running(self) -> str:
        """Archives the running configuration; the file's name.

        Raises:
            ArchiveFailed: there is no archive, or its path cannot be opened.
        """
        if not self.archive_path:
            raise ArchiveFailed(NO_ARCHIVE)
        return self.archive.add(self.archive_path, self.archive_maximum, self.running)

    @property
    def banners(self) -> tuple[str, ...]:
        """What a user sees before the first prompt."""
        blocks = [line.block for line in self.editor.root.lines.values() if line.block]
        return tuple(text for text in map(banner_text, blocks) if text)

    def replace(self, name: str, minutes: int | None) -> str:
        """Returns to a whole configuration of its own files, for good or until confirmed; what it says.

        Source of the texts: Cisco, "Configuration Replace and Configuration Rollback". Nothing in the file is
        judged again, so no rollback of the kind that stops halfway is seen here.
        """
        saved = name == "nvram:startup-config"
        if not saved and name not in self.archive.names:
            return f"%Error opening {name} (No such file or directory)"
        text = self.startup if saved else self.archive.text(name)
        if minutes is not None:
            try:
                self.arm_revert(minutes)
            except ArchiveFailed as failure:
                return str(failure)
        self.editor.load(text)
        self.persist()
        return "\nTotal number of passes: 1\nRollback Done\n"

    def keep_running(self, name: str) -> str:
        """Does what `copy running-config FILE` does."""
        text = self.running
        try:
            self.flash.write(name, text)
        except OSError:
            return f"%Error opening {name} (No such device)"
        return f"{len(text)} bytes copied in 0.120 secs ({len(text) * 8} bytes/sec)"

    def merge(self, name: str) -> str:
        """Does what `copy FILE running-config` does: takes the lines of a file as if they were typed."""
        text = self.flash.read(name)
        if text is None:
            return f"%Error opening {name} (No such file or directory)"
        said, position = [], Position()
        for line in text.splitlines():
            if line.strip() in {"exit", "end"}:
                position = position.parent if line.strip() == "exit" else Position()
                continue
            outcome = self.editor.take(position, line)
            position = outcome.position
            said += [*outcome.notices, *((outcome.mismatch.message,) if outcome.mismatch else ())]
        self.persist()
        return "\n".join((*said, f"{len(text)} bytes copied in 0.120 secs ({len(text) * 8} bytes/sec)"))

    def arm_revert(self, minutes: int) -> str:
        """Archives the running configuration, to return to it after `minutes`; the file's name.

        Raises:
            ArchiveFailed: there is nothing to return to, or a change is pending already.
        """
        if self.timer.pending is not None:
            raise ArchiveFailed(PENDING)
        file = self.archive_running()
        self.timer.arm(file, self.username, minutes)
        return file

    def plug_in(self, ports: Iterable[str]) -> None:
        """Gives the router physical ports that it lacks, as a new card would; what was saved stays so.

        Raises:
            ValueError: a port of a type that the router does not have.
        """
        missing = [port for port in ports if ("interface", port) not in self.editor.root.lines]
        if not missing:
            return
        was_saved = self.startup == self.running
        self.editor.load(self.running + "".join(f"interface {port}\n no ip address\n" for port in missing))
        self.persist()
        if was_saved:
            replace_file(self._file("startup.cfg"), self.running)

    def lock(self, connection: int, *, asked: bool) -> str:
        """Lets one connection alone configure, if that is wanted; the refusal if another one does.

        Source: Cisco, "Exclusive Configuration Change Access"; the text from published session logs.
        """
        if self._locked_by not in {None, connection}:
            return (
                f"Configuration mode locked exclusively by user '{self.username}' process '0'"
                f" from terminal '{self._locked_by}'. Please try later."
            )
        mode = self.editor.root.lines.get(("configuration", "mode", "exclusive"))
        if mode is not None and (asked or mode.words[-1] == "auto"):
            self._locked_by = connection
        elif asked:
            return "% Configuration lock needs `configuration mode exclusive`"
        return ""

    def unlock(self, connection: int) -> None:
        """Ends a connection's exclusive right."""
        if self._locked_by == connection:
            self._locked_by = None

    def _roll_back(self, name: str) -> None:
        self.editor.load(self.archive.text(name))
        self.persist()

    def reboot(self) -> None:
        """Starts again from the saved configuration; a change that awaited its confirmation is forgotten."""
        self.timer.forget()
        self._locked_by = None
        self.plane.restarted()
        self.editor.load(self.startup)
        self.started = time.monotonic()
        self.persist()

    def persist(self) -> None:
        """Writes the running configuration to its file if it has changed."""
        running = self.running
        if running != self._saved:
            replace_file(self._file("cfg"), running)
            self._saved = running

    def record(self, connection: int, mode: str, text: str) -> str:
        """Adds a received line to the transcript; the line as recorded."""
        entry = Entry(connection, mode, mask_secrets(text))
        self.transcript.append(entry)
        file = os.open(self._transcript_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:  # by the system's own calls: this is done for each line of each of a hundred routers
            os.write(file, f"{connection}\t{mode}\t{entry.text}\n".encode())
        finally:
            os.close(file)
        return entry.text

    def _load(self, hostname: str, initial: str | None) -> None:
        file = self._file("cfg")
        if file.exists():
            self.editor.load(file.read_text())
            return
        text = initial or factory_configuration(hostname, self.username, self._password)
        self.editor.load(text if "hostname " in text else f"hostname {hostname}\n{text}")
        self.persist()
        self.save_startup()

    def _load_key(self) -> asyncssh.SSHKey:
        file = self._file("key")
        if not file.exists():
            replace_file(file, asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode())
        return asyncssh.read_private_key(str(file))

    def _key_bytes(self) -> bytes:
        return self.key.export_private_key("pkcs8-der")

    def _file(self, suffix: str) -> Path:
        return self._base.with_name(f"{self._base.name}.{suffix}")
