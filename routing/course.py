"""What traffic in one direction crosses, whether the design decides it, and why.

- A direction is determined if the design alone says which circuits and tunnels traffic crosses. Two links of
  one circuit cross the same circuit, whichever is used.
- Where chance decides, every way that traffic may take is told, and none of them is promised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from routing.explanation import explain_delivery, explain_loss
from routing.forwarding import Destination, Trail, follow
from routing.graph import Graph, Node, RouterNode, Segment, SegmentKind
from routing.propagation import Outage, Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """What traffic in one direction crosses."""

    via: str
    """The kinds in order, without peerings, joined by +; `peering` alone; `none` if nothing arrives."""
    circuits: tuple[str, ...]
    segments: tuple[Segment, ...]
    """In order. Where the alternatives differ, those of all of them, each once."""
    hops: tuple[tuple[str, ...], ...]
    """The alternatives: element names, without the two ends."""
    determined: bool
    """Whether the design decides between alternatives that differ in their segments (PATH-4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One direction between two sites, with what explains it."""

    direction: Direction
    delivered: bool
    alternatives: frozenset[tuple[Segment, ...]]
    """The segments of each way that arrives."""
    reason: str
    """A clause, without a full stop."""
    looked_into: frozenset[tuple[IPv4Network, Node]]
    """The tables that it follows from; not told after a failure, where nobody asks."""
    lost_in_part: bool = False
    """Whether some of the equal-cost ways do not arrive, while others do."""
    attracted: bool = False
    """Whether traffic that does not arrive leaves its site for a router all the same, or goes in circles."""

    def returns_over(self, back: Course) -> bool:
        """Whether another course crosses the same segments in reverse."""
        return back.alternatives == {tuple(reversed(segments)) for segments in self.alternatives}


def chart(
    graph: Graph,
    tables: Tables,
    outage: Outage,
    source: Node,
    parts: tuple[Destination, ...],
    known_loss: str | None = None,
) -> Course:
    """Return the course from a site to another's first part, with what differs for its other parts.

    With `known_loss`, that is the reason if nothing arrives: to find it out is what takes the longest.
    """
    course, *others = (_chart_part(graph, tables, outage, source, part, known_loss) for part in parts)
    if not others:
        return course
    differing = [
        f"{_part_name(part, parts[0])} goes by {other.direction.via}"
        for part, other in zip(parts[1:], others, strict=True)
        if other.alternatives != course.alternatives
    ]
    determined = all(each.direction.determined for each in (course, *others))
    return replace(
        course,
        direction=replace(course.direction, determined=determined),
        reason="; ".join([course.reason, *differing]),
        looked_into=course.looked_into.union(*(other.looked_into for other in others)),
    )


def _part_name(part: Destination, first: Destination) -> str:
    prefix = part.prefixes[0]
    return f"the rest of {prefix}" if first.address in prefix else str(prefix)


def _chart_part(
    graph: Graph,
    tables: Tables,
    outage: Outage,
    source: Node,
    destination: Destination,
    known_loss: str | None,
) -> Course:
    trails = follow(tables, source, destination)
    arriving = tuple(trail for trail in trails if trail.delivered)
    ending = tuple(trail for trail in trails if not trail.delivered)
    clauses = [explain_delivery(arriving)] if arriving else []
    if known_loss is not None and not arriving and not ending[0].looped:
        clauses.append(known_loss)
    elif ending:
        loss = explain_loss(graph, tables, outage, ending[0], destination)
        clauses.append(f"but some of it is lost: {loss}" if arriving else loss)
    if not all(trail.described for trail in arriving):
        clauses.append("a router on the way is not described, so nobody here knows what it prefers")
    return Course(
        direction=_direction(arriving, ending),
        delivered=bool(arriving),
        alternatives=frozenset(trail.segments for trail in arriving),
        reason="; ".join(clauses),
        looked_into=frozenset() if outage.elements else _looked_into(trails, destination),
        lost_in_part=bool(arriving and ending),
        attracted=any(trail.looped or isinstance(trail.end, RouterNode) for trail in ending),
    )


def _looked_into(trails: tuple[Trail, ...], destination: Destination) -> frozenset[tuple[IPv4Network, Node]]:
    return frozenset(
        (prefix, node)
        for trail in trails
        for node in (*(decision.node for decision in trail.decisions), trail.end)
        for prefix in destination.prefixes
    )


def _direction(arriving: tuple[Trail, ...], ending: tuple[Trail, ...]) -> Direction:
    segments = _merged([trail.segments for trail in arriving])
    circuits = (segment.over for segment in segments if segment.kind is SegmentKind.EXPRESS_ROUTE)
    return Direction(
        via=_via(segments) if arriving else "none",
        circuits=tuple(dict.fromkeys(circuits)),
        segments=segments,
        hops=tuple(dict.fromkeys(trail.hops for trail in arriving)),
        determined=_is_determined(arriving, ending),
    )


def _merged(alternatives: list[tuple[Segment, ...]]) -> tuple[Segment, ...]:
    """Return the segments of all alternatives, each at the first position that it has in any of them."""
    if len(set(alternatives)) == 1:
        return alternatives[0]
    positions: dict[Segment, int] = {}
    for segments in alternatives:
        for position, segment in enumerate(segments):
            positions[segment] = min(position, positions.get(segment, position))
    return tuple(sorted(positions, key=lambda segment: positions[segment]))


def _via(segments: tuple[Segment, ...]) -> str:
    kinds = dict.fromkeys(segment.kind for segment in segments if segment.kind is not SegmentKind.PEERING)
    return "+".join(kinds) or SegmentKind.PEERING.value


def _is_determined(arriving: tuple[Trail, ...], ending: tuple[Trail, ...]) -> bool:
    """Whether the design says what traffic crosses; that it arrives nowhere is certain, too.

    Azure shares traffic between circuits on purpose (PATH-6). A LAN that shares it between ExpressRoute and
    VPN leaves each flow's way to a hash, in a design that is meant as active and passive (PATH-7).
    """
    if not arriving:
        return True
    if ending or not all(trail.described for trail in arriving):
        return False
    alternatives = {trail.segments for trail in arriving}
    if len(alternatives) == 1:
        return True
    by_chance = any(trail.by_chance for trail in arriving)
    return not by_chance and len({_via(segments) for segments in alternatives}) == 1
