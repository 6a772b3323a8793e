"""An emulated IOS-XE router behind real SSH, on 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import math
import socket
import struct
import sys
import time
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

import asyncssh

from lab.iosxe.device import Device, Entry
from lab.iosxe.fault_file import FaultFile, Wish
from lab.iosxe.faults import Fault, Hook, Moment, no_faults
from lab.iosxe.plane import Plane
from lab.iosxe.reachability import Way, management_address, way_in
from lab.iosxe.session import Session
from lab.iosxe.shell import Dropped

_CHUNK = 16384
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
_RETRANSMISSION = 0.05
"""Seconds, much shorter than TCP's, between two looks whether a router is within reach again."""
_IGNORE = 2
"""SSH_MSG_IGNORE (RFC 4253)."""


class RouterServer:
    """One router: its state in `directory`, its SSH server while started.

    `initial` replaces the factory configuration of a router that has no file yet. `privilege` below 15
    makes users begin at `>` (the enable password is the login's). `refuses_weak` makes the router refuse
    weak cryptography, as releases after the warnings do. `faults` is asked before every line and answer,
    and then the file of `fault_file.py`.
    `minute` is how many seconds a minute of the revert timer takes, `latency` how many seconds each line.
    `authorized_keys` are public keys in OpenSSH's form that let the user in without the password. `plane`
    is what moves packets behind the router: nothing by itself. `foreign` makes it keep lines of `initial`
    that the tables do not know, instead of refusing to start with them.
    """

    def __init__(  # noqa: PLR0913  each is a property of the router that a test sets alone
        self,
        hostname: str,
        directory: Path,
        *,
        username: str,
        password: str,
        initial: str | None = None,
        privilege: int = 15,
        refuses_weak: bool = False,
        faults: Hook = no_faults,
        port: int = 0,
        minute: float = 60.0,
        latency: float = 0.0,
        authorized_keys: tuple[str, ...] = (),
        plane: Plane | None = None,
        foreign: bool = False,
    ) -> None:
        self.hostname = hostname
        self.faults = faults
        self.device = Device(
            hostname,
            directory,
            username=username,
            password=password,
            initial=initial,
            refuses_weak=refuses_weak,
            minute=minute,
            foreign=foreign,
        )
        self.device.connect(plane or Plane())
        self.device.plane.switch = self._switch
        self._latency = latency
        self.authorized_keys = tuple(map(asyncssh.import_public_key, authorized_keys))
        self._privileged = privilege >= 15  # noqa: PLR2004  IOS's highest level
        self._wanted_port = port
        self._fault_file = FaultFile(directory / f"{hostname}.faults.json")
        self._changed_key = asyncssh.generate_private_key("ssh-ed25519")
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = 0
        self._step = 0
        self._open: set[asyncssh.SSHServerConnection] = set()
        self._managed_by = ""
        self._up_again = 0.0

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; only while started."""
        assert self._listener is not None, f"router {self.hostname} is not started"
        return int(self._listener.getsockname()[1])

    @property
    def host_key(self) -> str:
        """The public host key in OpenSSH's form, without comment or newline."""
        return self.device.key.export_public_key().decode().strip()

    @property
    def running(self) -> str:
        """The running configuration, as saved."""
        return self.device.running

    @property
    def transcript(self) -> list[Entry]:
        """Every line received, oldest first, secrets masked."""
        return self.device.transcript

    def plug_in(self, ports: Iterable[str]) -> None:
        """Gives the router physical ports that it lacks. Raises ValueError for those of an unknown type."""
        self.device.plug_in(ports)

    async def start(self) -> None:
        """Listens; the port is free to choose unless one was given.

        Raises:
            OSError: the port is taken.
        """
        self._listener = socket.create_server(("127.0.0.1", self._wanted_port))
        self._listener.setblocking(False)  # noqa: FBT003  the socket's own signature
        self.device.timer.resume()
        self._managed_by = management_address(self.device.editor.root)
        self._spawn(self._accept(self._listener))

    def reboot(self, *, boot: float = 0.0, new_key: bool = False) -> None:
        """Cuts all connections and starts again from the saved configuration, after `boot` seconds.

        With `new_key` it comes back with another host key, as a router does whose keys were made anew.
        """
        for connection in tuple(self._open):
            connection.abort()
        self.device.reboot()
        self._up_again = time.monotonic() + boot
        if new_key:
            self.device.key = asyncssh.generate_private_key("ssh-ed25519")

    def _switch(self, on: bool) -> None:  # noqa: FBT001  one of two positions
        """Takes the power away, or gives it back."""
        self.reboot(boot=0.0 if on else math.inf)

    async def stop(self) -> None:
        """Cuts all connections and writes what has changed."""
        self.device.timer.pause()
        if self._listener is not None:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for connection in tuple(self._open):
                connection.abort()
                await connection.wait_closed()
            self._listener.close()
            self._listener = None
        self.device.persist()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            peer, _ = await asyncio.get_running_loop().sock_accept(listener)
            self._spawn(self._greet(peer))

    async def _greet(self, peer: socket.socket) -> None:
        """One connection up to the login, by the key and in the manner that the fault file asks for."""
        wish = self._wish()
        if wish is not None and wish.connections == "accepted" and await self._gets_in(peer):
            key = self._changed_key if wish.host_key == "changed" else self.device.key
            with contextlib.suppress(OSError, asyncssh.Error, TimeoutError):
                await asyncssh.run_server(
                    peer,
                    server_factory=lambda: _Login(self),
                    server_host_keys=[key],
                    process_factory=self._serve,
                    line_editor=False,
                    allow_scp=False,
                    server_version="Cisco-1.25",
                    encryption_algs=_CIPHERS,
                    login_timeout=30,
                )
            return
        with peer, contextlib.suppress(OSError):
            while wish is not None and wish.connections == "unanswered":
                if not await asyncio.get_running_loop().sock_recv(peer, 4096):
                    break
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset

    async def _gets_in(self, peer: socket.socket) -> bool:
        """Whether a connection finds the router up, within reach and with a line that is free for it."""
        fault = await self.ask(Moment.ACCEPT, "")
        if time.monotonic() < self._up_again or (fault is not None and fault.drop):
            return False
        await self._within_reach()
        return way_in(self.device.editor.root, len(self._open), peer.getpeername()[0]) is Way.OPEN

    async def _within_reach(self) -> None:
        """Waits while packets are lost on their way; TCP sends them again."""
        while self._is_lost():  # noqa: ASYNC110  a configuration changes in many ways, TCP looks again too
            await asyncio.sleep(_RETRANSMISSION)

    def _is_lost(self) -> bool:
        started = self._listener is not None and bool(self._managed_by)
        return started and management_address(self.device.editor.root) != self._managed_by

    def _wish(self) -> Wish | None:
        """What the fault file asks for; None, and a complaint, if it cannot be read."""
        try:
            return self._fault_file.wish()
        except ValueError as mistake:
            self._complain(mistake)
            return None

    def _complain(self, mistake: ValueError) -> None:
        sys.stderr.write(f"router {self.hostname}: {mistake}\n")

    def opened(self, connection: asyncssh.SSHServerConnection) -> None:
        """Notes a connection, so that `stop` can cut it."""
        self._open.add(connection)

    def closed(self, connection: asyncssh.SSHServerConnection) -> None:
        """Forgets a connection."""
        self._open.discard(connection)

    async def ask(self, moment: Moment, text: str) -> Fault | None:
        """What goes wrong at this moment; a line takes the router's latency."""
        self._step += 1
        if self._latency and moment is Moment.LINE:
            await asyncio.sleep(self._latency)
        fault = await self.faults(self._step, moment, text)
        return fault or await self._fault_file.fault(moment, text)

    async def _serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        self._connections += 1

        async def write(text: str) -> None:
            await self._within_reach()
            process.stdout.write(text.replace("\n", "\r\n"))
            await process.stdout.drain()

        session = Session(self.device, self._connections, write, self.ask, privileged=self._privileged)
        try:
            await session.start()
            if process.command is not None:
                await session.type_text(f"{process.command}\nexit\n")
            while not session.ended and (text := await _read(process)):
                await self._within_reach()
                await session.type_text(text)
            process.exit(0)
        except Dropped:
            process.get_extra_info("connection").abort()
        except ValueError as mistake:
            self._complain(mistake)
            process.get_extra_info("connection").abort()
        except (BrokenPipeError, ConnectionError, asyncssh.Error, asyncio.CancelledError):
            process.close()
        finally:
            session.disconnect()


async def _read(process: asyncssh.SSHServerProcess[str]) -> str:
    """The next characters; empty at the end. A resized terminal or a break is nothing to a router."""
    while True:
        try:
            return await process.stdin.read(_CHUNK)
        except (asyncssh.TerminalSizeChanged, asyncssh.BreakReceived, asyncssh.SignalReceived):
            continue


def _leave_out_padding(connection: asyncssh.SSHServerConnection) -> None:
    """Has asyncssh send what a router sends: not an empty packet ahead of each, for clients to read."""
    send = connection.send_packet

    def send_meant(pkttype: int, *args: bytes, handler: Any = None) -> None:  # noqa: ANN401  asyncssh's own
        if pkttype != _IGNORE:
            send(pkttype, *args, handler=handler)

    connection.send_packet = send_meant  # type: ignore[method-assign]


class _Login(asyncssh.SSHServer):
    """Lets one user in, by password or by one of the keys that the router knows."""

    def __init__(self, router: RouterServer) -> None:
        self._router = router
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        _leave_out_padding(conn)
        self._router.opened(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._connection is not None:
            self._router.closed(self._connection)

    def public_key_auth_supported(self) -> bool:
        return bool(self._router.authorized_keys)

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        await self._obey(username)
        return username == self._router.device.username and key in self._router.authorized_keys

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        await self._obey(username)
        right_user = hmac.compare_digest(username.encode(), self._router.device.username.encode())
        return right_user and self._router.device.accepts(password)

    async def _obey(self, username: str) -> None:
        fault = await self._router.ask(Moment.LOGIN, username)
        if fault is not None and fault.drop and self._connection is not None:
            self._connection.abort()
