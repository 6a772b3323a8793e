"""The programs of a living network: FRR's daemons of every speaker, and strongSwan's of every public table.

They run as children of the keeper, in its process namespace, with sockets and configuration on a file system
of its own: what it does not end itself, the kernel ends with it.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.bgp.blueprint import Blueprint, Node, NodeKind
from lab.bgp.errors import FailedCommandError
from lab.bgp.frr import render_frr
from lab.bgp.namespaces import inside, run
from lab.bgp.places import RUN, charon_socket
from lab.bgp.prerequisites import FRR_PROGRAMS
from lab.bgp.strongswan import render_charon

_START_SECONDS = 20.0
_LOOK = 0.02
_WORKERS = 8
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "MALLOC_TOP_PAD_": "16384",
    "MALLOC_MMAP_THRESHOLD_": "32768",
}
"""One heap for all of a daemon's threads: they have little to do, and there are many of them."""


class Daemons:
    """Starts, ends and knows all programs; they log into a directory outside."""

    def __init__(self, blueprint: Blueprint, logs: Path) -> None:
        self._blueprint = blueprint
        self._logs = logs
        self._processes: dict[tuple[str, str], subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start everything and load FRR's configuration; strongSwan gets its own with the tunnels.

        Raises:
            FailedCommandError: if a program ends at once, or refuses its configuration.
        """
        speakers = self._blueprint.speakers
        waves: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
        for node in speakers:
            _prepare_frr(node)
            assert node.routing is not None
            for daemon in node.routing.daemons:
                waves[daemon == "zebra"].append((node.name, daemon))
        self._start_charons()
        for first in (True, False):
            for name in waves[first]:
                self._launch_frr(*name)
            for name in waves[first]:
                self._await(*name, _terminal(*name).exists)
        with ThreadPoolExecutor(_WORKERS) as pool:
            list(pool.map(self.load_frr, speakers))
        for public in self._publics():
            self._await_charon(public)

    def start_frr(self, node: str, daemon: str) -> None:
        """Start one of a node's FRR daemons and wait until it answers; it has no configuration."""
        _terminal(node, daemon).unlink(missing_ok=True)
        self._launch_frr(node, daemon)
        self._await(node, daemon, _terminal(node, daemon).exists)

    def _launch_frr(self, node: str, daemon: str) -> None:
        directory = RUN / node
        options = ["-i", str(directory / f"{daemon}.pid"), "-z", str(directory / "zserv.api")]
        options += ["--vty_socket", str(directory), "-P", "0", "-f", "/dev/null", "--log", "stdout"]
        if daemon == "bfdd":
            options += ["--bfdctl", str(directory / "bfdd.sock")]
        self._start(node, daemon, (str(FRR_PROGRAMS / daemon), *options))

    def _start(
        self, node: str, program: str, command: Iterable[str], environment: Mapping[str, str] | None = None
    ) -> None:
        with (self._logs / f"{node}.{program}.log").open("ab") as log:
            self._processes[node, program] = subprocess.Popen(
                inside(node, *command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**_ENVIRONMENT, **(environment or {})},
            )

    def _await(self, node: str, program: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        process = self._processes[node, program]
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                log = self._logs / f"{node}.{program}.log"
                words = log.read_text(errors="replace").strip().rpartition("\n")[2]
                raise FailedCommandError(f"{program} of {node} did not start; {log} ends with: {words}")
            time.sleep(_LOOK)

    def load_frr(self, node: Node) -> None:
        """Load a node's configuration; what its daemons have of it already stays as it is."""
        assert node.routing is not None
        (RUN / node.name / "frr.conf").write_text(render_frr(node.routing))
        self.reload_frr(node.name)

    def reload_frr(self, node: str) -> None:
        """Load once more what a node was given last."""
        directory = RUN / node
        run("vtysh", "--vty_socket", str(directory), "-f", str(directory / "frr.conf"))

    # --- IPsec ---------------------------------------------------------------------------------------

    def _publics(self) -> tuple[str, ...]:
        nodes = self._blueprint.nodes.values()
        return tuple(node.name for node in nodes if node.kind is NodeKind.PUBLIC)

    def _start_charons(self) -> None:
        for node in self._publics():
            directory = RUN / node
            directory.mkdir(parents=True)
            log = self._logs / f"{node}.log"
            (directory / "strongswan.conf").write_text(render_charon(str(charon_socket(node)), str(log)))
            self._launch_charon(node)

    def _launch_charon(self, node: str) -> None:
        environment = {"STRONGSWAN_CONF": str(RUN / node / "strongswan.conf")}
        self._start(node, "charon", ("/usr/sbin/charon-systemd",), environment)

    def _await_charon(self, node: str) -> None:
        self._await(node, "charon", charon_socket(node).exists)

    def restart_charon(self, node: str) -> None:
        """Start a public node's strongSwan; it has no connections."""
        charon_socket(node).unlink(missing_ok=True)
        self._launch_charon(node)
        self._await_charon(node)

    def ended(self) -> tuple[tuple[str, str], ...]:
        """Return node and program of what has ended by itself."""
        return tuple(name for name, process in self._processes.items() if process.poll() is not None)


def _terminal(node: str, daemon: str) -> Path:
    """Return the socket at which a daemon's terminal listens."""
    return RUN / node / f"{daemon}.vty"


def _prepare_frr(node: Node) -> None:
    directory = RUN / node.name
    directory.mkdir(parents=True)
    (directory / "vtysh.conf").touch()
    shutil.chown(directory, "frr", "frrvty")
    directory.chmod(0o775)
