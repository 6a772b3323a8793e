"""One SSH connection to a router: netmiko's for IOS, with our host keys, our login and our reading.

- Host keys are those of the endpoint and no others; what is offered to log in is in `credentials`.
- Small packets leave at once: with Nagle's algorithm each login waits twice for a delayed acknowledgement.
- Reading blocks until something comes. netmiko looks every 10 ms, and only notices a dead connection when its
  time is up.
- Every wait ends by the monotonic clock. paramiko's own ends by the wall clock, which may be set back.
- Nothing is logged: netmiko logs every byte at DEBUG, keys included.
"""

from __future__ import annotations

import codecs
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, cast

import paramiko
from netmiko.cisco.cisco_ios import CiscoIosSSH
from paramiko.buffered_pipe import BufferedPipe
from paramiko.ssh_exception import NoValidConnectionsError

from onprem.errors import PushError
from onprem.ssh.access import Endpoint
from onprem.ssh.answers import QUESTION
from onprem.ssh.awaited import Awaited
from onprem.ssh.credentials import Credentials
from onprem.ssh.jump import Jump

# Without a handler Python prints a library's errors, tracebacks and all, beside our one sentence.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

CONNECT_TIMEOUT = 15.0
LOGIN_TIMEOUT = 45.0
"""Seconds for a login as a whole."""
_PAUSE = 1.0
"""Seconds of silence after which a question counts as one."""
_KEEPALIVE = 10
"""Seconds; a connection on which three have not been acknowledged has ended."""
_CHUNK = 65536
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""Preferred where the router has them: one pass over each packet instead of two."""
_RSA = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}
"""By which names a key of that kind is asked for (RFC 8332)."""


class Lost(Exception):  # noqa: N818 (an event, which the session translates)
    """The connection ended, or the router fell silent; the text says which."""


class Asked(Exception):  # noqa: N818 (an event, which the session translates)
    """The router asked a question; the text is its last line."""


class Connection(CiscoIosSSH):
    """netmiko's IOS connection; it is logged in once it is made."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._buffer = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        super().__init__(
            device_type="cisco_xe",
            host=endpoint.access.host,
            port=endpoint.port,
            username=endpoint.username,
            ssh_strict=True,
            conn_timeout=CONNECT_TIMEOUT,
            auth_timeout=CONNECT_TIMEOUT,
            banner_timeout=CONNECT_TIMEOUT,
            keepalive=_KEEPALIVE,
        )
        self._arrivals = _Arrivals(self._terminal().in_buffer)

    def _connect_params_dict(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super()._connect_params_dict()
        return parameters | {
            "hostname": self._endpoint.hostname,
            "key_filename": None,
            "auth_strategy": Credentials(self._endpoint),
            "transport_factory": partial(_transport, self._endpoint),
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
            raise Lost("the connection is closed")
        return self.remote_conn

    def wait_for(self, awaited: Awaited, seconds: float) -> None:
        """Read until what is awaited has come; what follows it stays for later.

        Raises:
            Asked: the router wants an answer: its text ends in a question, and nothing followed.
            Lost: time is up, or the connection ended.
        """
        end = time.monotonic() + seconds
        silent = False
        while not (stop := awaited.ends_in(self._buffer, silent=silent)):
            if silent and QUESTION.search(self._buffer):
                raise Asked(self._buffer.splitlines()[-1])
            left = end - time.monotonic()
            if left <= 0:
                raise Lost(f"no answer came within {seconds:.0f} s")
            silent = not self._arrivals.wait(min(left, _PAUSE)) and not self._terminal().recv_ready()
            if not silent:
                self._take()
        self._buffer = self._buffer[stop:]

    def _take(self) -> None:
        """Take what has arrived, if that was not taken already."""
        terminal = self._terminal()
        while terminal.recv_ready() or terminal.eof_received or terminal.closed:
            piece = terminal.recv(_CHUNK)
            if not piece:
                raise Lost("the connection ended")
            self._buffer += self._decoder.decode(piece).replace("\r", "")


class _Arrivals:
    """Wakes who waits for a router once more has arrived that may end in a prompt, or when nothing more will.

    A line's echo, which comes in a packet of its own, wakes nobody, and a question is found when time is up.
    Who waits for an event runs Python for it, unlike for a lock: a hundred routers at once would feel that.
    """

    def __init__(self, pipe: BufferedPipe[bytes]) -> None:
        self._rung = threading.Lock()
        self._feed, self._close = pipe.feed, pipe.close
        pipe.feed, pipe.close = self._fed, self._closed  # type: ignore[assignment, method-assign]

    def wait(self, seconds: float) -> bool:
        """Whether more has arrived in time; it may have been taken already."""
        return self._rung.acquire(timeout=seconds)

    def _fed(self, piece: bytes) -> None:
        self._feed(piece)
        if b"#" in piece or b">" in piece:
            self._ring()

    def _closed(self) -> None:
        self._close()
        self._ring()

    def _ring(self) -> None:
        with contextlib.suppress(RuntimeError):  # it has been rung already
            self._rung.release()


def _transport(endpoint: Endpoint, sock: socket.socket, **options: Any) -> paramiko.Transport:  # noqa: ANN401 (paramiko's)
    with contextlib.suppress(AttributeError, OSError):  # a jump host's is no TCP; the second is Linux's
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 3 * _KEEPALIVE * 1000)
    transport = paramiko.Transport(cast("socket.socket", _Buffered(sock)), **options)
    security = transport.get_security_options()
    security.ciphers = _preferring(security.ciphers, _CIPHERS)
    known = [kind for key in endpoint.keys for kind in _RSA.get(key.get_name(), (key.get_name(),))]
    security.key_types = _preferring(security.key_types, known)
    return transport


class _Buffered:
    """A socket that is read in large pieces: paramiko waits for, and reads, each packet's two parts."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket, self._unread = sock, b""

    def recv(self, size: int) -> bytes:
        """As a socket's; one thread reads."""
        piece = self._unread or self._socket.recv(_CHUNK)
        self._unread = piece[size:]
        return piece[:size]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever a socket has)
        return getattr(self._socket, name)


def _preferring(offered: Sequence[str], preferred: Iterable[str]) -> tuple[str, ...]:
    first = [name for name in preferred if name in offered]
    return tuple(dict.fromkeys((*first, *offered)))


class _StrictClient(paramiko.SSHClient):
    """Trusts the host keys of the endpoint and no others."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._jump: Jump | None = None
        self.set_missing_host_key_policy(_Trust(endpoint))

    def connect(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 (paramiko's own)
        too_late = threading.Event()

        def give_up() -> None:
            too_late.set()
            self.close()

        watch = threading.Timer(LOGIN_TIMEOUT, give_up)
        watch.daemon = True
        watch.start()
        try:
            if self._endpoint.proxy:
                self._jump = _jump(self._endpoint.proxy)
                options["sock"] = self._jump.socket
            super().connect(*arguments, **options)
        except BaseException as error:
            complaint = self._jump.complaint if self._jump and not isinstance(error, PushError) else ""
            self.close()
            if too_late.is_set():
                raise Lost(f"the login took longer than {LOGIN_TIMEOUT:.0f} s") from None
            if complaint:
                raise Lost(complaint) from None
            if isinstance(error, OSError):  # netmiko would say that it failed, and not why
                raise Lost(_why(error)) from None
            raise
        finally:
            watch.cancel()

    def close(self) -> None:
        super().close()
        if self._jump is not None:
            self._jump.close()


def _jump(command: Sequence[str]) -> Jump:
    try:
        return Jump(command)
    except OSError as error:
        raise Lost(f"'{command[0]}', which leads to it, cannot be run: {error.strerror}") from None


def _why(error: OSError) -> str:
    errors = error.errors.values() if isinstance(error, NoValidConnectionsError) else (error,)
    said = (getattr(one, "strerror", None) or str(one) or type(one).__name__ for one in errors)
    return " and ".join(dict.fromkeys(said))


class _Trust(paramiko.MissingHostKeyPolicy):
    """Asked about every key, as paramiko is told of none: it takes one key of a kind for the only one."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        del client, hostname
        if key.asbytes() not in {known.asbytes() for known in self._endpoint.keys}:
            raise self._endpoint.refusal(key)
