"""A drill: probes run both ways while an element fails and is mended, and everything is written down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from lab.bgp.blueprint import Blueprint
from lab.bgp.convergence import await_convergence
from lab.bgp.counters import Count, Crossing, Sampler, difference, read_counters
from lab.bgp.directory import Directory
from lab.bgp.drained import Hands
from lab.bgp.errors import LivingLabError, NotConvergedError
from lab.bgp.failures import Cut, plan_cut
from lab.bgp.forwarding import Trail, read_tables
from lab.bgp.interruptions import interruption
from lab.bgp.manner import Manner
from lab.bgp.probes import Hop, Probe, ProbeResult, trace
from lab.bgp.steps import Event, carry_out
from routing import Direction, predict_paths
from routing import Path as PredictedPath
from topology import Network

_QUIET = 3.0
"""Seconds of each phase in which only the probes' packets count."""
_LONGEST_SILENCE = 240.0
"""More than BGP's hold time of 180 s."""
_LOOK = 0.2

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Before, during or after the failure: what traffic crosses."""

    name: str
    there: tuple[Trail, ...]
    back: tuple[Trail, ...]
    traced_there: tuple[Hop, ...]
    traced_back: tuple[Hop, ...]
    counts: Mapping[str, Count]
    """Of three seconds, by link and tunnel."""
    predicted: PredictedPath

    @property
    def as_predicted(self) -> bool:
        """Whether both directions go by the elements that the prediction names, and traces by those nodes."""
        return (
            _agrees(self.predicted.forward, self.there)
            and _agrees(self.predicted.back, self.back)
            and _confirms(self.traced_there, self.there)
            and _confirms(self.traced_back, self.back)
        )


def _agrees(predicted: Direction, measured: tuple[Trail, ...]) -> bool:
    ways = {trail.hops for trail in measured if trail.delivered}
    return ways == set(predicted.hops) or (not predicted.determined and ways <= set(predicted.hops))


def _confirms(traced: tuple[Hop, ...], measured: tuple[Trail, ...]) -> bool:
    """Whether the nodes that answered a trace are those of the ways, if any way is delivered.

    Each packet of a trace is a flow of its own, and may take another of several equal ways.
    """
    ways = [trail.nodes for trail in measured if trail.delivered]
    answered = [hop.node for hop in traced[:-1]]
    fitting = [way for way in ways if len(way) == len(answered)]
    return not ways or all(
        node is None or node in {way[place] for way in fitting} for place, node in enumerate(answered)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """All that one drill recorded."""

    element: str
    manner: Manner
    pair: Pair
    there: ProbeResult
    back: ProbeResult
    mended: float
    """When what had failed began to come back, in seconds since the epoch."""
    events: tuple[Event, ...]
    phases: tuple[Phase, ...]
    crossings: tuple[Crossing, ...]
    """What crossed each link and tunnel, all the time."""


def default_element(network: Network) -> str:
    """Return the first circuit link that a router with a tunnel ends: what a VPN stands in for.

    Raises:
        LivingLabError: if there is none.
    """
    for circuit, name, link in network.links:
        if link.enabled and link.router and any(network.router_tunnels(link.router)):
            return f"link:{circuit.name}/{name}"
    raise LivingLabError("no router has both a circuit link and a tunnel: name the element to fail")


def affected_pair(network: Network, element: str) -> Pair:
    """Return the first pair that crosses an element, one that is still reachable without it if there is any.

    Raises:
        LivingLabError: if no pair crosses it.
    """
    steady, failed = predict_paths(network, element)
    survivors = {
        (path.source, path.destination) for path in failed.paths if path.reachable and path.back.hops
    }
    crossing = [
        (path.source, path.destination)
        for path in sorted(steady.paths, key=lambda path: path.source not in network.locations)
        if any(element in way for way in path.forward.hops)
    ]
    if not crossing:
        raise LivingLabError(f"no pair of sites crosses {element}: name one by --pair")
    return next((pair for pair in crossing if pair in survivors), crossing[0])


def run_drill(
    network: Network,
    blueprint: Blueprint,
    element: str,
    manner: Manner,
    pair: Pair,
    directory: Directory,
    hands: Hands,
) -> Drill:
    """Carry a drill out and mend everything at its end, whatever happens.

    Raises:
        NotConvergedError: if routing does not settle, or traffic never finds another way.
    """
    planned = plan_cut(blueprint, element)
    forecast = {
        scenario.failure: next(path for path in scenario.paths if (path.source, path.destination) == pair)
        for scenario in predict_paths(network, element)
    }
    await_convergence(blueprint)
    interrupting, mending = interruption(blueprint, planned, manner, pair, directory, hands)
    events: list[Event] = []
    phases: list[Phase] = []
    with ExitStack() as stack:
        sampler = stack.enter_context(Sampler(blueprint))
        probes = [
            stack.enter_context(Probe(blueprint, *way, directory.path / f"probe-{way[0]}-{way[1]}.txt"))
            for way in (pair, pair[::-1])
        ]
        phases.append(_phase(blueprint, "before", pair, forecast[None]))
        try:
            events += carry_out(interrupting)
            if forecast[element].reachable and forecast[element].back.hops:
                events += _await_other_way(blueprint, planned, pair, phases[0])
            await_convergence(
                blueprint, planned if manner is not Manner.KILLED else _without_sessions(blueprint, planned)
            )
            phases.append(_phase(blueprint, "during", pair, forecast[element]))
        finally:
            mended = time.time()
            events += carry_out(mending)
        convergence = await_convergence(blueprint)
        events.append(Event(at=time.time(), what=f"routing has settled, in {convergence.seconds:.1f} s"))
        phases.append(_phase(blueprint, "after", pair, forecast[None]))
    return Drill(
        element=element,
        manner=manner,
        pair=pair,
        there=probes[0].result(),
        back=probes[1].result(),
        mended=mended,
        events=tuple(events),
        phases=tuple(phases),
        crossings=sampler.crossings(),
    )


def _await_other_way(blueprint: Blueprint, planned: Cut, pair: Pair, before: Phase) -> Iterator[Event]:
    """Wait until traffic goes another way, both ways."""
    began = time.monotonic()
    crossed = any(planned.element in trail.hops for trail in before.there)
    while crossed:
        tables = read_tables(blueprint)
        ways = (tables.follow(*pair), tables.follow(*pair[::-1]))
        if not any(planned.element in trail.hops for way in ways for trail in way) and all(
            trail.delivered for way in ways for trail in way
        ):
            yield Event(at=time.time(), what="both directions go another way")
            break
        if time.monotonic() - began > _LONGEST_SILENCE:
            raise NotConvergedError(f"traffic still crosses {planned.element} {_LONGEST_SILENCE:.0f} s later")
        time.sleep(_LOOK)


def _without_sessions(blueprint: Blueprint, planned: Cut) -> Cut:
    """Return a cut in which no session of the element's nodes is waited for."""
    nodes = {
        node.name for node in blueprint.nodes.values() if planned.element in {node.element, node.instance}
    }
    wires = tuple(wire for wire in blueprint.wires if any(port.node in nodes for port in wire.ends))
    return Cut(element=planned.element, wires=wires)


def _phase(blueprint: Blueprint, name: str, pair: Pair, predicted: PredictedPath) -> Phase:
    before = read_counters(blueprint)
    time.sleep(_QUIET)
    counts = difference(before, read_counters(blueprint))
    tables = read_tables(blueprint)
    return Phase(
        name=name,
        there=tables.follow(*pair),
        back=tables.follow(*pair[::-1]),
        traced_there=trace(blueprint, *pair),
        traced_back=trace(blueprint, *pair[::-1]),
        counts=counts,
        predicted=predicted,
    )
