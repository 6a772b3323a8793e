"""Tunnels while they live: their ends come and go, one by one, and are tried until they work.

An end is a tunnel interface in a routing table, a transport in the public table, and a connection that
strongSwan knows there. A packet passes once both ends are there, with one key, and proposals that meet.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Lock

from lab.bgp.associations import Installed, are_the_same, read_installed
from lab.bgp.blueprint import Port, TunnelWire
from lab.bgp.namespaces import add_tunnel_interface, run, try_batch
from lab.bgp.places import RUN, charon_socket
from lab.bgp.strongswan import Connection, esp_proposal, ike_proposal, render_swanctl

_WORKERS = 8
_SECONDS = 20.0
_IPSEC_DEVICE = "ipsec0"
_IPSEC_MTU = "1500"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One end of one tunnel."""

    port: Port
    public_node: str
    connection: Connection

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others: the tunnel interface."""
        return self.port.node, self.port.interface


def sides_of(wire: TunnelWire, key: str) -> Iterator[Side]:
    """Yield both ends of a tunnel as the description has it."""
    for port, end, other in zip((wire.first, wire.second), wire.crypto, wire.crypto[::-1], strict=True):
        yield Side(
            port=port,
            public_node=end.public_node,
            connection=Connection(
                name=end.connection,
                local=end.public_address,
                remote=other.public_address,
                local_id=end.public_address,
                ike_proposals=(ike_proposal(wire.policy),),
                esp_proposal=esp_proposal(wire.policy),
                lifetime=wire.policy.sa_lifetime_seconds,
                initiates=end.initiates,
                key=key,
            ),
        )


class Tunnels:
    """All tunnel ends that there are now.

    With `carrier`, an interface is up only while its tunnel has security associations, as IOS has it.
    """

    def __init__(self, *, carrier: bool) -> None:
        self._carrier = carrier
        self._owned: dict[str, tuple[Side, ...]] = {}
        self._up: set[tuple[str, str]] = set()
        self._lock = Lock()
        self.changed = Event()
        """Set when there is something new to try."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """All of them."""
        return tuple(side for several in self._owned.values() for side in several)

    def replace(self, owner: str, sides: Iterable[Side]) -> None:
        """Let an owner have these ends and no others; what stays as it is keeps working.

        Raises:
            FailedCommandError: if the kernel or strongSwan refuses one.
        """
        with self._lock:
            before = {side.key: side for side in self._owned.get(owner, ())}
            after = {side.key: side for side in sides}
            gone = [side for key, side in before.items() if after.get(key) != side]
            new = [side for key, side in after.items() if before.get(key) != side]
            self._owned[owner] = tuple(after.values())
            for side in gone:
                self._remove(side)
            for side in new:
                self._add(side)
            touched = {side.public_node for side in (*gone, *new)}
            with ThreadPoolExecutor(_WORKERS) as pool:
                list(pool.map(self._load, touched))
            for side in gone:
                _terminate(side)
        if gone or new:
            self.changed.set()

    def _add(self, side: Side) -> None:
        carried = side.connection.transport
        run("ip", "-n", side.public_node, "address", "replace", f"{carried.local}/32", "dev", "lo")
        add_tunnel_interface(side.port, side.public_node, carried, up=not self._carrier)

    def _remove(self, side: Side) -> None:
        try_batch(side.port.node, [f"link delete {side.port.interface}"])
        try_batch(side.public_node, [f"address delete {side.connection.transport.local}/32 dev lo"])
        self._up.discard(side.key)

    def _load(self, node: str) -> None:
        several = [side.connection for side in self.sides if side.public_node == node]
        load_ipsec(node, render_swanctl(several))

    # --- watching ------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Let interfaces follow their associations, and try every tunnel anew that does not work."""
        missing = self._follow()
        if missing:
            with ThreadPoolExecutor(_WORKERS) as pool:
                list(pool.map(_initiate, missing))
            self._follow()

    def _follow(self) -> tuple[Side, ...]:
        """Switch interfaces whose tunnel has gained or lost its associations; return what does not work."""
        with self._lock:
            installed = read_installed({side.public_node for side in self.sides})
            for side in self.sides if self._carrier else ():
                has = bool(installed[side.public_node].get(side.connection.name))
                if has != (side.key in self._up):
                    try_batch(side.port.node, [f"link set {side.port.interface} {'up' if has else 'down'}"])
                    (self._up.add if has else self._up.discard)(side.key)
            return tuple(_missing(self.sides, installed))


def _missing(sides: Iterable[Side], installed: Installed) -> Iterator[Side]:
    """Yield an end of each tunnel that does not work, as IOS and Azure try while a tunnel is configured."""
    by_addresses = {(side.connection.local, side.connection.remote): side for side in sides}
    for (local, remote), side in by_addresses.items():
        other = by_addresses.get((remote, local))
        if other is None or not _tries(side, other):
            continue
        here, there = (installed[one.public_node].get(one.connection.name, ()) for one in (side, other))
        if not are_the_same(here, there):
            yield side


def _tries(side: Side, other: Side) -> bool:
    """Whether an end begins; if both would, the one with the lower address does."""
    lower = side.connection.local < other.connection.local
    return side.connection.initiates and (lower or not other.connection.initiates)


def _initiate(side: Side) -> None:
    """Try once, in place of what there is; strongSwan's log says why it fails."""
    _terminate(side)
    _order(side.public_node, "--initiate", "--child", side.connection.name)


def _terminate(side: Side) -> None:
    _order(side.public_node, "--terminate", "--ike", side.connection.name, "--force")


def _order(node: str, *order: str) -> None:
    command = ("swanctl", *order, "--timeout", "3", "--uri", f"unix://{charon_socket(node)}")
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)


def load_ipsec(node: str, text: str | None = None) -> None:
    """Load a public node's connections and keys anew, from its file if no text is given."""
    file = RUN / node / "swanctl.conf"
    if text is not None:
        file.touch(mode=0o600)
        file.write_text(text)
    uri = f"unix://{charon_socket(node)}"
    run("swanctl", "--load-all", "--noprompt", "--clear", "--file", str(file), "--uri", uri)
    run("ip", "-n", node, "link", "set", _IPSEC_DEVICE, "mtu", _IPSEC_MTU, "up")
