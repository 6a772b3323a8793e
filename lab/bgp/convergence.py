"""Whether routing has settled: each session that ought to be up is, and nothing changes over samples.

A route that exists proves nothing: a flap shows the same route at every look while its version counts up. So
each sample holds the kernel's tables, BGP's table versions, and the states of sessions and tunnels.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lab.bgp.associations import working_tunnels
from lab.bgp.blueprint import Blueprint, Node, Wire
from lab.bgp.configuration import Neighbor
from lab.bgp.errors import FailedCommandError, NotConvergedError
from lab.bgp.failures import Cut
from lab.bgp.forwarding import ForwardingTables, read_tables
from lab.bgp.places import RUN
from lab.bgp.vty import Vty

_STABLE_SAMPLES = 4
_INTERVAL = 0.5
_SECONDS = 60.0
_HOLD_SECONDS = 200.0
"""Longer than BGP's 180 s."""
_WORKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """How routing settled."""

    seconds: float
    """Until the first of the samples that stayed the same."""
    samples: int
    tables: ForwardingTables


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    state: Mapping[str, object]
    """What must not change, by what it is of."""
    missing: tuple[str, ...]
    """What ought to be up and is not."""
    tables: ForwardingTables


def await_convergence(blueprint: Blueprint, cut: Cut | None = None, seconds: float = _SECONDS) -> Convergence:
    """Wait until routing has settled after a cut, or in the steady state.

    Raises:
        NotConvergedError: if it does not in time; the message names what is missing or keeps changing.
    """
    began = time.monotonic()
    samples = 0
    steady_since, unchanged = began, 0
    last: _Sample | None = None
    changed: tuple[str, ...] = ()
    while time.monotonic() - began < seconds:
        moment = time.monotonic()
        sample = _take(blueprint, cut or Cut())
        samples += 1
        if last is not None and sample.state != last.state:
            changed = tuple(name for name, state in sample.state.items() if state != last.state[name])
        if last is None or sample.missing or sample.state != last.state:
            steady_since, unchanged = moment, 0
        else:
            unchanged += 1
        last = sample
        if not sample.missing and unchanged >= _STABLE_SAMPLES:
            return Convergence(seconds=steady_since - began, samples=samples, tables=sample.tables)
        time.sleep(max(0.0, _INTERVAL - (time.monotonic() - moment)))
    raise NotConvergedError(f"routing has not settled within {seconds:.0f} s: {_obstacle(last, changed)}")


def _obstacle(last: _Sample | None, changed: tuple[str, ...]) -> str:
    if last and last.missing:
        return f"not up: {', '.join(last.missing)}"
    return f"changes without end: {', '.join(changed)}"


def await_hold_time(blueprint: Blueprint, cut: Cut) -> bool:
    """Wait until the sessions that a cut has left hanging have ended by BGP's hold time; False if none had.

    A router goes on with what such a session told it for as long as something else leads to the next hop.

    Raises:
        NotConvergedError: if they do not end.
    """
    if not (hanging := _hanging_sessions(blueprint, cut)):
        return False
    deadline = time.monotonic() + _HOLD_SECONDS
    while hanging:
        if time.monotonic() > deadline:
            raise NotConvergedError(f"still up after {_HOLD_SECONDS:.0f} s: {', '.join(hanging)}")
        time.sleep(1.0)
        hanging = _hanging_sessions(blueprint, cut)
    return True


def _hanging_sessions(blueprint: Blueprint, cut: Cut) -> tuple[str, ...]:
    """Return the sessions that are up though nothing joins their ends: over a wire, or across a LAN."""
    wires = _wires_by_session(blueprint)
    joined = {port.node for wire in blueprint.wires if wire not in cut.wires for port in wire.ends}
    return tuple(
        f"BGP from {node.name} to {neighbor.description}"
        for node in blueprint.speakers
        for neighbor, established in _sessions(node, dict(_bgp_state(node)[1]))
        if established
        and (
            wires.get(_key(node, neighbor)) in cut.wires
            or node.name not in joined
            or neighbor.node not in joined
        )
    )


def _take(blueprint: Blueprint, cut: Cut) -> _Sample:
    missing: list[str] = []
    state: dict[str, object] = {}
    wires = _wires_by_session(blueprint)
    with ThreadPoolExecutor(_WORKERS) as pool:
        states = pool.map(lambda node: (_bgp_state(node), _ospf_state(node)), blueprint.speakers)
        for node, (bgp, adjacencies) in zip(blueprint.speakers, states, strict=True):
            missing += _missing_sessions(node, dict(bgp[1]), wires, cut)
            missing += _missing_adjacencies(node, adjacencies, cut)
            state[f"BGP of {node.name}"] = bgp
            state[f"OSPF of {node.name}"] = adjacencies
    missing += _missing_tunnels(blueprint, cut)
    tables = read_tables(blueprint)
    for name, several in tables.tables.items():
        state[f"the kernel's tables of {name}"] = several
    return _Sample(state=state, missing=tuple(missing), tables=tables)


# --- BGP -------------------------------------------------------------------------------------------------

_BgpState = tuple[int, tuple[tuple[str, str], ...]]


def _bgp_state(node: Node) -> _BgpState:
    """Return the table's version and each session's state."""
    if node.routing is None or node.routing.bgp is None:
        return 0, ()
    try:
        with Vty(RUN / node.name / "bgpd.vty") as vty:
            summary = vty.json("show bgp ipv4 unicast summary json")
    except FailedCommandError:
        return -1, ()
    peers = summary.get("peers", {})
    return summary.get("tableVersion", 0), tuple(
        sorted((name, peer["state"]) for name, peer in peers.items())
    )


def _wires_by_session(blueprint: Blueprint) -> dict[tuple[str, str], Wire]:
    """Return each session's wire by its node and the neighbor's address; none for those across a LAN."""
    return {
        (here.node, str(address.ip)): wire
        for wire in blueprint.wires
        for here, there in (wire.ends, wire.ends[::-1])
        for address in there.addresses
    }


def _key(node: Node, neighbor: Neighbor) -> tuple[str, str]:
    return node.name, str(neighbor.address)


def _sessions(node: Node, states: Mapping[str, str]) -> Iterator[tuple[Neighbor, bool]]:
    """Yield each neighbor, and whether its session is up."""
    if node.routing and node.routing.bgp:
        for neighbor in node.routing.bgp.neighbors:
            yield neighbor, states.get(str(neighbor.address)) == "Established"


def _missing_sessions(
    node: Node, states: Mapping[str, str], wires: Mapping[tuple[str, str], Wire], cut: Cut
) -> Iterator[str]:
    for neighbor, established in _sessions(node, states):
        wire = wires.get(_key(node, neighbor))
        if not established and _ought_to_be_up(node, neighbor, wire, cut):
            yield f"BGP from {node.name} to {neighbor.description} ({neighbor.address})"


def _ought_to_be_up(node: Node, neighbor: Neighbor, wire: Wire | None, cut: Cut) -> bool:
    if not neighbor.expected:
        return False
    if wire is not None:
        return wire not in cut.wires
    reached = {name for name, _ in cut.ports}
    return node.name not in reached and neighbor.node not in reached


# --- OSPF, IPsec -----------------------------------------------------------------------------------------


def _ospf_state(node: Node) -> tuple[str, ...]:
    """Return the interfaces on which an adjacency is full."""
    if node.routing is None or node.routing.ospf is None:
        return ()
    try:
        with Vty(RUN / node.name / "ospfd.vty") as vty:
            neighbors = vty.json("show ip ospf neighbor json").get("neighbors", {})
    except FailedCommandError:
        return ()
    return tuple(
        sorted(
            one["ifaceName"].partition(":")[0]
            for several in neighbors.values()
            for one in several
            if one.get("nbrState", one.get("state", "")).startswith("Full")
        )
    )


def _missing_adjacencies(node: Node, full: tuple[str, ...], cut: Cut) -> Iterator[str]:
    if node.routing is None or node.routing.ospf is None:
        return
    for interface in node.routing.ospf.interfaces:
        if interface not in full and (node.name, interface) not in cut.ports:
            yield f"OSPF of {node.name} on {interface}"


def _missing_tunnels(blueprint: Blueprint, cut: Cut) -> Iterator[str]:
    working = working_tunnels(blueprint)
    for tunnel in blueprint.tunnels:
        if tunnel not in cut.wires and tunnel.name not in working:
            yield f"IPsec of {tunnel.name}"
