"""A session on one IOS-XE router over SSH: reads its configuration, types lines, and believes nothing unseen.

The connection is netmiko's. Reading is our own for three reasons: netmiko's waits in steps of 10 ms and only
notices a dead connection when its time is up; a rejected line may pass for an accepted one when a log line
with a `#` comes after it; and it logs every byte, keys included, at DEBUG. Here nothing is logged.

Every wait has an end, and every error of netmiko, paramiko or the socket leaves as a `PushError`.
"""

from __future__ import annotations

import codecs
import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

import netmiko
import paramiko
from netmiko.cisco.cisco_ios import CiscoIosSSH

from onprem.access import Access, Endpoint, find_endpoint
from onprem.answers import QUESTION, read_answer, without_log
from onprem.errors import PushError, Unreachable, Untrusted
from onprem.redaction import Redaction
from onprem.script import EXIT, TypedLine
from onprem.sections import Section, read_running_configuration

# Without a handler Python prints a library's errors, tracebacks and all, beside our one sentence.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

CONNECT_TIMEOUT = 15.0
LINE_TIMEOUT = 30.0
READ_TIMEOUT = 120.0
"""Seconds; a large configuration takes a router a while to write down."""
_PROMPT_WIDTH = 20
_PRIVILEGED = 15
_PAUSE = 1.0
"""Seconds of silence after which a question counts as one."""
_CHUNK = 65536
_PAGES = ("terminal length 0", "terminal width 511", "terminal no monitor")


class Rejected(PushError):  # noqa: N818 (the router's act)
    """A line that the router did not take."""


class TimerRefused(Rejected):
    """A router that does not arm its timer; nothing was sent to it."""


class NotSaved(PushError):  # noqa: N818 (a state of the router)
    """A router that said that it could not save its configuration."""


class _Lost(Exception):  # noqa: N818 (an event, translated below)
    """The connection ended, or the router fell silent; the text says which."""


class _Asked(Exception):  # noqa: N818 (an event, translated below)
    """The router asked a question; the text is its last line."""


_SAVING_ASKS = re.compile(r"(?:Destination filename \[startup-config\]\?|Overwrite .*\[confirm\]) ?$")
"""What a router may ask before it saves, and what RETURN answers as it should be."""


class _StrictClient(paramiko.SSHClient):
    """Trusts the host keys of the endpoint and no others."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self._endpoint = endpoint
        self.set_missing_host_key_policy(_Refuse(endpoint))
        port = endpoint.port
        name = endpoint.hostname if port == paramiko.config.SSH_PORT else f"[{endpoint.hostname}]:{port}"
        for key in endpoint.keys:
            self.get_host_keys().add(name, key.get_name(), key)

    def connect(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 (paramiko's own)
        try:
            super().connect(*arguments, **options)
        except paramiko.BadHostKeyException as error:
            raise self._endpoint.refusal(error.key) from None


class _Refuse(paramiko.MissingHostKeyPolicy):
    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        del client, hostname
        raise self._endpoint.refusal(key)


class _Connection(CiscoIosSSH):
    """netmiko's IOS connection with our host keys, blocking reads and no log."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._buffer = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        access = endpoint.access
        super().__init__(
            device_type="cisco_xe",
            host=access.host,
            port=endpoint.port,
            username=endpoint.username,
            password=access.password or None,
            ssh_strict=True,
            conn_timeout=CONNECT_TIMEOUT,
            auth_timeout=CONNECT_TIMEOUT,
            banner_timeout=CONNECT_TIMEOUT,
            keepalive=10,
            ssh_config_file=str(endpoint.config_file) if endpoint.config_file else None,
        )

    def _connect_params_dict(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super()._connect_params_dict()
        with_key = bool(self._endpoint.identity_files)
        return parameters | {
            "hostname": self._endpoint.hostname,
            "key_filename": list(self._endpoint.identity_files) or None,
            "look_for_keys": False,
            "allow_agent": not with_key and not self._endpoint.access.password,
        }

    def _get_ssh_client_instance(self) -> paramiko.SSHClient:
        return _StrictClient(self._endpoint)

    def _build_ssh_client(self) -> paramiko.SSHClient:
        return self._get_ssh_client_instance()

    def _try_session_preparation(self, force_data: bool = True) -> None:  # noqa: FBT001, FBT002 (netmiko's)
        """Leaves the preparation to the session, which checks each answer."""

    def send(self, text: str) -> None:
        """Sends characters without logging them."""
        self._terminal().sendall(text.encode())

    def _terminal(self) -> paramiko.Channel:
        if not isinstance(self.remote_conn, paramiko.Channel):
            raise _Lost("the connection is closed")
        return self.remote_conn

    def wait_for(self, found: Callable[[str], int], seconds: float) -> str:
        """Read until `found` says where in the text to stop (0: not yet); the rest stays for later.

        Raises:
            _Asked: the router wants an answer: its text ends in a question, and nothing followed.
            _Lost: time is up, or the connection ended.
        """
        end = time.monotonic() + seconds
        while not (stop := found(self._buffer)):
            left = end - time.monotonic()
            if left <= 0:
                raise _Lost(f"no answer came within {seconds:.0f} s")
            self._terminal().settimeout(min(left, _PAUSE))
            try:
                piece = self._terminal().recv(_CHUNK)
            except TimeoutError:
                if QUESTION.search(self._buffer):
                    raise _Asked(self._buffer.splitlines()[-1]) from None
                continue
            if not piece:
                raise _Lost("the connection ended")
            self._buffer += self._decoder.decode(piece).replace("\r", "")
        text, self._buffer = self._buffer[:stop], self._buffer[stop:]
        return text


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
            self._connection = _Connection(self._endpoint)
        self._mode = ""
        try:
            with self._translated("the first prompt did not come"):
                self._connection.wait_for(_first_prompt, LINE_TIMEOUT)
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

    def ask(self, command: str) -> str:
        """What an exec command prints, whatever it is, log lines left out; the mode stays as it is."""
        text, self._mode = self._exchange(f"do {command}" if self._mode else command, command, READ_TIMEOUT)
        return self._redaction.text(without_log(text))

    @staticmethod
    def is_refusal(text: str) -> bool:
        """Whether an answer refuses the command."""
        return bool(read_answer(text).rejection)

    def running_configuration(self) -> Section:
        """The router's running configuration."""
        return read_running_configuration(without_log(self._show("show running-config")), self._router)

    def _prepare(self) -> None:
        """Check that this is the right router, and that it may be configured."""
        echo = re.compile(r"terminal length 0\s*\n(?:.*\n)*?(?P<name>\S+?)(?P<level>[>#]) ?(?=\n|$)")

        def prompt(text: str) -> int:
            found = echo.search(text)
            return found.end() if found else 0

        with self._translated("it did not answer 'terminal length 0'"):
            self._connection.send(f"{_PAGES[0]}\n")
            found = echo.search(self._connection.wait_for(prompt, LINE_TIMEOUT))
        assert found is not None
        if found["name"].lower() != self._router.lower():
            raise PushError(
                f"{self._router}: the router at {self._endpoint.address} calls itself {found['name']};"
                " nothing was changed. Correct management.host, or the name of the router"
            )
        self._router_prompt = found["name"]
        if found["level"] == ">":
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

    def _show(self, command: str) -> str:
        text, mode = self._exchange(command, command, READ_TIMEOUT)
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
        self, sent: str, shown: str, seconds: float, expected: re.Pattern[str] | None = None
    ) -> tuple[str, str]:
        """Type a line; what came between its echo and the next prompt, and that prompt's mode.

        A question that `expected` matches is answered by RETURN, once.
        """
        name = re.escape(self._router_prompt)
        short = re.escape(self._router_prompt[:_PROMPT_WIDTH])
        prompt = rf"(?:{name}#|{short}\((?P<mode>[\w-]+)\)#)[ ]?(?=\n|$)"
        whole = re.compile(rf"{re.escape(sent)}[ ]*\n(?P<text>(?:.*\n)*?){prompt}")

        def complete(text: str) -> int:
            found = whole.search(text)
            return found.end() if found else 0

        with self._translated(f"{shown} was sent, and then"):
            self._connection.send(f"{sent}\n")
            try:
                text = self._connection.wait_for(complete, seconds)
            except _Asked as question:
                if expected is None or not expected.search(str(question)):
                    raise
                self._connection.send("\n")
                text = self._connection.wait_for(complete, seconds)
            found = whole.search(text)
        assert found is not None
        return found["text"], found["mode"] or ""

    @contextlib.contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        """The one place where errors of the libraries and of the network become ours."""
        try:
            yield
        except PushError:
            raise
        except _Asked as question:
            self._usable = False
            raise PushError(
                f"{self._router}: {doing}: the router asked '{self._redaction.text(str(question).strip())}',"
                " which nothing here answers"
            ) from None
        except netmiko.NetmikoAuthenticationException:
            raise Untrusted(
                f"{self._router}: {self._endpoint.address} refused user"
                f" {self._endpoint.username or '(none given)'}: check iosxe:username and iosxe:password, or"
                " IOSXE_USERNAME and IOSXE_PASSWORD; there was one try only"
            ) from None
        except (
            _Lost,
            netmiko.NetmikoBaseException,
            paramiko.SSHException,
            OSError,
            EOFError,
            ValueError,
        ) as error:
            self._usable = False
            why = self._redaction.text(" ".join(str(error).split())) or type(error).__name__
            raise Unreachable(f"{self._router}: {doing}: {_shorten(why)}") from None


def _first_prompt(text: str) -> int:
    found = re.search(r"(?:^|\n)\S+[>#] ?$", text)
    return found.end() if found else 0


def _shorten(why: str) -> str:
    """Say what happened: netmiko's advice is for programmers, its first sentence is not."""
    return why.split(" Common causes", 1)[0].split("A paramiko SSHException occurred", 1)[-1].strip()
