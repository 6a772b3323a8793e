"""A session on one IOS-XE router over SSH: reads its configuration, types lines, and believes nothing unseen.

A line counts as taken when its echo came back, then an answer that does not reject it, then a prompt that
stands alone on a line: netmiko's own check lets a rejection pass when a log line with a `#` comes after it.

Every wait has an end, and every error of netmiko, paramiko or the socket leaves as a `PushError`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Self

import netmiko
import paramiko

from onprem.errors import PushError, Unreachable
from onprem.plan.script import EXIT, TypedLine
from onprem.plan.sections import Section, read_running_configuration
from onprem.ssh.access import Access, find_endpoint
from onprem.ssh.answers import read_answer, without_log
from onprem.ssh.awaited import Answered, FirstPrompt, NamingPrompt, prompt_of
from onprem.ssh.connection import Asked, Connection, Lost
from onprem.ssh.redaction import Redaction

LINE_TIMEOUT = 30.0
READ_TIMEOUT = 120.0
"""Seconds; a large configuration takes a router a while to write down, to save and to return to."""
_PRIVILEGED = 15
_PAGES = ("terminal length 0", "terminal width 511", "terminal no monitor")


class Rejected(PushError):  # noqa: N818 (the router's act)
    """A line that the router did not take."""


class TimerRefused(Rejected):
    """A router that does not arm its timer; nothing was sent to it."""


class NotSaved(PushError):  # noqa: N818 (a state of the router)
    """A router that said that it could not save its configuration."""


_SAVING_ASKS = re.compile(r"(?:Destination filename \[startup-config\]\?|Overwrite .*\[confirm\]) ?$")
"""What a router may ask before it saves, and what RETURN answers as it should be."""


class Session:
    """A logged-in session in privileged mode on the right router; close it with `close`, or use `with`.

    Raises, in every method:
        PushError: the router was not reached, not trusted, not the right one, or rejected a line.
    """

    def __init__(self, access: Access, redaction: Redaction) -> None:
        self._router = access.router
        self._redaction = redaction
        self._endpoint = find_endpoint(access)
        self._usable = True
        with self._translated(f"cannot log in to {self._endpoint.address}"):
            self._connection = Connection(self._endpoint)
        self._mode = ""
        try:
            with self._translated("the first prompt did not come"):
                self._connection.wait_for(FirstPrompt(), LINE_TIMEOUT)
            self._prepare()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection without waiting for the router."""
        with contextlib.suppress(Exception):  # it may be gone already, and nothing depends on it
            self._connection.paramiko_cleanup()

    @property
    def usable(self) -> bool:
        """Whether the router still answers here."""
        return self._usable

    # --- reading ---------------------------------------------------------------------------------------

    @property
    def user(self) -> str:
        """Who is logged in."""
        return self._endpoint.username

    def ask(self, command: str, *, patiently: bool = False) -> str:
        """What an exec command prints, whatever it is, log lines left out; the mode stays as it is."""
        seconds = READ_TIMEOUT if patiently else LINE_TIMEOUT
        text, self._mode = self._exchange(f"do {command}" if self._mode else command, command, seconds)
        return self._redaction.text(without_log(text))

    @staticmethod
    def is_refusal(text: str) -> bool:
        """Whether an answer refuses the command."""
        return bool(read_answer(text).rejection)

    def running_configuration(self) -> Section:
        """The router's running configuration."""
        text = self._show("show running-config", last="end")
        return read_running_configuration(without_log(text), self._router)

    def _prepare(self) -> None:
        """Check that this is the right router, and that it may be configured."""
        prompt = NamingPrompt(_PAGES[0])
        with self._translated(f"it did not answer '{_PAGES[0]}'"):
            self._connection.send(f"{_PAGES[0]}\n")
            self._connection.wait_for(prompt, LINE_TIMEOUT)
        if prompt.name.lower() != self._router.lower():
            raise PushError(
                f"{self._router}: the router at {self._endpoint.address} calls itself {prompt.name}, so it is"
                " left alone. Correct management.host, or the name of the router"
            )
        self._prompt = prompt_of(prompt.name)
        if prompt.level == ">":
            raise PushError(
                f"{self._router}: user {self._endpoint.username} is not in privileged mode after the login;"
                " give the user privilege 15, or let AAA authorize it for exec"
            )
        for command in _PAGES[1:]:
            self._show(command)
        self._check_platform()

    def _check_platform(self) -> None:
        version = self._show("show version")
        if not re.search(r"IOS[ -]XE", version):
            first = next((line for line in version.splitlines() if line.strip()), "nothing")
            raise PushError(f"{self._router}: this is no IOS-XE router; 'show version' begins with: {first}")
        self._check_serial(version)
        level = re.search(r"privilege level is (\d+)", self._show("show privilege"))
        if level is None or int(level[1]) < _PRIVILEGED:
            shown = level[1] if level else "unknown"
            raise PushError(f"{self._router}: user {self._endpoint.username} has privilege {shown}, not 15")

    def _check_serial(self, version: str) -> None:
        wanted = self._endpoint.access.serial
        if wanted is None:
            return
        found = re.search(r"Processor board ID (\S+)", version)
        if found is None or found[1] != wanted:
            raise PushError(
                f"{self._router}: the router at {self._endpoint.address} has the serial number"
                f" {found[1] if found else '(none shown)'}, not {wanted}; nothing was changed. Correct the"
                " serial number if the router was exchanged, or management.host"
            )

    def _show(self, command: str, last: str = "") -> str:
        text, mode = self._exchange(command, command, READ_TIMEOUT, last=last)
        if mode:
            raise PushError(f"{self._router}: it is in configuration mode ({mode}) where it should not be")
        answer = read_answer(text) if len(text) < 1000 else None  # noqa: PLR2004 (no refusal is longer)
        if answer and answer.rejection.startswith("%"):
            raise PushError(
                f"{self._router}: '{command}' was refused: {self._redaction.text(answer.rejection)}"
            )
        return text

    # --- configuring -----------------------------------------------------------------------------------

    def arm(self, minutes: int) -> None:
        """Have the router archive its configuration and return to it unless confirmed in time.

        Raises:
            TimerRefused: it keeps no archive, or cannot write to it; nothing was changed.
        """
        command = f"configure terminal revert timer {minutes}"
        text, self._mode = self._exchange(command, command, READ_TIMEOUT)
        if self._mode != "config":
            raise TimerRefused(self._no_configuration(text))

    def configure(
        self,
        lines: Iterable[TypedLine],
        secrets: Mapping[str, str],
        between: Callable[[], None],
        *,
        lock: bool = False,
    ) -> tuple[str, ...]:
        """Type lines in configuration mode, and leave it; return the router's remarks.

        `between` is called before each line and may raise; `lock` asks for the router's configuration lock.
        Stops at the first rejected line. A session that was just armed is in configuration mode already.
        """
        remarks: list[str] = []
        if self._mode and lock:  # the lock is taken when the mode is entered
            self.leave_configuration()
        if not self._mode:
            self._enter_configuration("configure terminal lock" if lock else "configure terminal")
        try:
            for line in lines:
                between()
                remarks += self._type(line, secrets)
        finally:
            with contextlib.suppress(PushError):  # the first error says more
                self.leave_configuration()
        return tuple(dict.fromkeys(remarks))

    def leave_configuration(self) -> None:
        """Go back to exec mode, wherever the session is."""
        if self._mode and self._usable:
            _, self._mode = self._exchange("end", "end", LINE_TIMEOUT)

    def save(self) -> None:
        """Save the running configuration, so that it outlives a reload."""
        text, _ = self._exchange("write memory", "write memory", READ_TIMEOUT, _SAVING_ASKS)
        if "[OK]" not in text:
            shown = " ".join(self._redaction.text(text).split())
            raise NotSaved(
                f"{self._router}: the configuration runs but was not saved: {shown or 'no [OK] came'};"
                " a reload would lose it - free space in NVRAM and run 'write memory'"
            )

    def _enter_configuration(self, command: str) -> None:
        text, self._mode = self._exchange(command, command, LINE_TIMEOUT)
        if self._mode != "config":
            raise Rejected(self._no_configuration(text))

    def _no_configuration(self, text: str) -> str:
        shown = " ".join(self._redaction.text(without_log(text)).split())
        return f"{self._router}: configuration mode was refused: {shown}"

    def _type(self, line: TypedLine, secrets: Mapping[str, str]) -> tuple[str, ...]:
        sent = line.raw or re.sub(r"<secret:([A-Za-z0-9-]+)>", lambda name: secrets[name[1]], line.text)
        shown = f"'{line.text}'" + (f" in '{line.section[-1]}'" if line.section else "")
        around = self._mode
        text, self._mode = self._exchange(sent, shown, LINE_TIMEOUT)
        answer = read_answer(text)
        if answer.rejection:
            raise Rejected(f"{self._router}: {shown} was rejected: {self._redaction.text(answer.rejection)}")
        inside = self._mode != "config"
        if (line.enters and (not inside or self._mode == around)) or (
            line.text == EXIT and not line.section and inside
        ):
            raise Rejected(
                f"{self._router}: {shown} led to '({self._mode})#', where the next line does not belong"
            )
        return (f"{shown}: {self._redaction.text(answer.remark)}",) if answer.remark else ()

    def _exchange(
        self, sent: str, shown: str, seconds: float, expected: re.Pattern[str] | None = None, last: str = ""
    ) -> tuple[str, str]:
        """Type a line; what came between its echo and the next prompt, and that prompt's mode.

        A question that `expected` matches is answered by RETURN, once. `last` is the answer's last line, if
        that is known.
        """
        answer = Answered(sent, self._prompt, last)
        with self._translated(f"{shown} was sent, and then"):
            self._connection.send(f"{sent}\n")
            try:
                self._connection.wait_for(answer, seconds)
            except Asked as question:
                if expected is None or not expected.search(str(question)):
                    raise
                self._connection.send("\n")
                self._connection.wait_for(answer, seconds)
        return answer.text, answer.mode

    @contextlib.contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        """The one place where errors of the libraries and of the network become ours."""
        try:
            yield
        except PushError:
            raise
        except Asked as question:
            self._usable = False
            raise PushError(
                f"{self._router}: {doing}: the router asked '{self._redaction.text(str(question).strip())}',"
                " which nothing here answers"
            ) from None
        except (
            Lost,
            netmiko.NetmikoBaseException,
            paramiko.SSHException,
            OSError,
            EOFError,
            ValueError,
        ) as error:
            self._usable = False
            why = self._redaction.text(" ".join(str(error).split())) or type(error).__name__
            raise Unreachable(f"{self._router}: {doing}: {_shorten(why)}") from None


def _shorten(why: str) -> str:
    """Say what happened: netmiko's advice is for programmers, its first sentence is not."""
    if "No existing session" in why:
        return "it accepts connections, but did not set up an SSH session in time"
    return why.split(" Common causes", 1)[0].split("A paramiko SSHException occurred", 1)[-1].strip()
