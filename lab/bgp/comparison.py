"""Holds the prediction to the living network: next hops, paths, symmetry and reachability of every pair."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lab.bgp.blueprint import Blueprint, Segment
from lab.bgp.forwarding import ForwardingTables, Trail
from lab.bgp.namespaces import inside
from routing import Direction, Path, Scenario

_WORKERS = 64
"""Pings at once: nearly all of a ping is waiting, a second for each pair that has no way."""
_SECONDS = 10

_Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One thing that the prediction says and the living network does otherwise."""

    failure: str | None
    source: str
    destination: str
    what: str
    predicted: str
    measured: str

    def __str__(self) -> str:
        """Return it as one line."""
        when = f"after {self.failure}" if self.failure else "in the steady state"
        pair = f"{self.source} to {self.destination}"
        return f"{pair} {when}: {self.what}: predicted {self.predicted}, measured {self.measured}"


def compare(
    blueprint: Blueprint, tables: ForwardingTables, scenario: Scenario, *, pings: bool = True
) -> tuple[Mismatch, ...]:
    """Compare one scenario with the living network's tables in it and, if wanted, pings between all hosts."""
    trails = {
        (path.source, path.destination): tables.follow(path.source, path.destination)
        for path in scenario.paths
    }
    answered = ping_all(blueprint, tuple(trails)) if pings else {}
    return tuple(
        Mismatch(
            failure=scenario.failure,
            source=path.source,
            destination=path.destination,
            what=what,
            predicted=predicted,
            measured=measured,
        )
        for path in scenario.paths
        for what, predicted, measured in _compare_path(path, trails, answered)
        if predicted != measured
    )


def _compare_path(
    path: Path, trails: Mapping[_Pair, tuple[Trail, ...]], answered: Mapping[_Pair, bool]
) -> list[tuple[str, str, str]]:
    """Return what is compared: its name, what is predicted, what is measured."""
    pair = path.source, path.destination
    there, back = trails[pair], trails[pair[::-1]]
    delivered = any(trail.delivered for trail in there)
    in_part = any(_is_lost_in_part(trails) for trails in (there, back))
    if path.depends_on_order:  # then what came about need not be what is told first, and may be nothing
        reachable, answers = delivered, delivered and any(trail.delivered for trail in back)
    else:
        reachable, answers = path.reachable, path.reachable and path.back.via != "none"
    found = [("reachability", _word(reachable), _word(delivered))]
    if path.determined:
        found.append(("some of the equal ways end", "no", _word(in_part)))
    if pair in answered and not in_part:
        found.append(("answers to ping", _word(answers), _word(answered[pair])))
    if path.reachable and delivered:
        found.append(("elements on the way", *_hops(path.forward, there)))
        found.append(("segments", *_segments(path.forward, there)))
    if path.determined and answers:
        found.append(("symmetry", _word(path.symmetric), _word(_is_symmetric(there, back))))
    return found


def _hops(predicted: Direction, measured: tuple[Trail, ...]) -> tuple[str, str]:
    """Return both sets of alternatives; what chance may choose from needs to hold only what it chose.

    Chance also chooses between two links of one circuit on one router, which uses one of them: the prediction
    names both, and calls the path determined because the circuit is the same.
    """
    ways = {trail.hops for trail in measured if trail.delivered}
    expected = set(predicted.hops)
    chosen = not predicted.determined or set(map(_choice, ways)) == set(map(_choice, expected))
    if chosen and ways <= expected:
        expected = ways
    return _written(expected), _written(ways)


def _choice(way: tuple[str, ...]) -> tuple[str, ...]:
    """Return a way as far as it is not open: up to where a router chooses among the links of one circuit.

    Where Azure shares between links, both have to be used.
    """
    for index, hop in enumerate(way):
        if hop.startswith("link:") and index and way[index - 1].startswith("router:"):
            return (*way[:index], hop.partition("/")[0])
    return way


def _segments(predicted: Direction, measured: tuple[Trail, ...]) -> tuple[str, str]:
    ways = {segment for trail in measured if trail.delivered for segment in trail.segments}
    expected: set[Segment] = {(segment.kind.value, segment.over) for segment in predicted.segments}
    if not predicted.determined and ways <= expected:
        expected = ways
    return _written(expected), _written(ways)


def _is_lost_in_part(ways: tuple[Trail, ...]) -> bool:
    """Whether some of the equal-cost ways arrive and others end: a flow's fate is then a hash's choice."""
    return len({trail.delivered for trail in ways}) > 1


def _is_symmetric(there: tuple[Trail, ...], back: tuple[Trail, ...]) -> bool:
    ways = {trail.segments for trail in there if trail.delivered}
    returns = {trail.segments[::-1] for trail in back if trail.delivered}
    return ways == returns and len(ways) == 1


def _written(ways: set[tuple[str, ...]] | set[Segment]) -> str:
    return " or ".join(sorted(" ".join(way) for way in ways)) or "nothing"


def _word(value: bool) -> str:  # noqa: FBT001 (what is compared)
    return "yes" if value else "no"


def ping_all(blueprint: Blueprint, pairs: tuple[_Pair, ...]) -> dict[_Pair, bool]:
    """Send three packets from each pair's first host to its second; one answer is enough."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(zip(pairs, pool.map(lambda pair: _ping(blueprint, pair), pairs), strict=True))


def _ping(blueprint: Blueprint, pair: _Pair) -> bool:
    source, destination = (blueprint.sites[name] for name in pair)
    command = ("ping", "-n", "-q", "-c", "3", "-i", "0.2", "-W", "1", str(destination.host))
    done = subprocess.run(
        inside(source.host_node, *command), capture_output=True, timeout=_SECONDS, check=False
    )
    return done.returncode == 0
