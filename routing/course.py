"""What traffic in one direction crosses, whether the design decides it, and why.

- A direction is determined if the design alone says which circuits and tunnels traffic crosses. Two links of
  one circuit cross the same circuit, whichever is used.
- Where chance decides, every way that traffic may take is told, and none of them is promised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from routing.alike import Names
from routing.explanation import explain_delivery, explain_loss
from routing.forwarding import Destination, Onward, Trail
from routing.graph import Graph
from routing.nodes import ApplianceNode, Node, RouterNode, Segment, SegmentKind
from routing.propagation import Outage, Tables, rivals_of


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

    def named(self, names: Names) -> Direction:
        """Return it with the names of those that it is about."""
        if not names:
            return self
        return Direction(
            via=self.via,
            circuits=self.circuits,
            segments=tuple(named_segment(segment, names) for segment in self.segments),
            hops=tuple(tuple([names.get(hop, hop) for hop in way]) for way in self.hops),
            determined=self.determined,
        )


def named_segment(segment: Segment, names: Names) -> Segment:
    """Return a part of a path with its real name: peerings alone may have marks for names."""
    name = names.get(segment.over)
    return segment if name is None else Segment(kind=segment.kind, over=name)


@dataclass(slots=True, kw_only=True)
class Course:
    """One direction between two sites, with what explains it."""

    direction: Direction
    delivered: bool
    alternatives: tuple[tuple[Segment, ...], ...]
    """The segments of each way that arrives, each once."""
    source: Node
    setting: Setting
    """What it follows from, for who asks why."""
    lost_in_part: bool = False
    """Whether some of the equal-cost ways do not arrive, while others do."""
    attracted: bool = False
    """Whether traffic that does not arrive goes to who cannot deliver it all the same, or in circles."""
    looped: bool = False
    """Whether some comes back to where it was."""
    forbidden: bool = False
    """Whether it is no missing route that ends some of it, but a route table or a peering."""
    depends_on_order: bool = False
    """Whether it may go otherwise, or nowhere, if other routes were there first (RFC 4264)."""
    _reason: str | None = None

    @property
    def reason(self) -> str:
        """A clause, without a full stop. Why nothing arrives takes longer to find than that it does not."""
        if self._reason is None:
            self._reason = _explain(self.setting, self.trails())
        return self._reason

    def trails(self) -> tuple[tuple[Trail, ...], ...]:
        """Return the trails to each part of the destination, the one that stands for it first.

        They are worked out anew: to keep those of all pairs would take more memory than all else.
        """
        return self.setting.trails(self.source)

    def because(self, reason: str) -> Course:
        """Return it with a reason that is known already."""
        self._reason = reason
        return self

    def returns_over(self, back: Course) -> bool:
        """Whether another course crosses the same segments in reverse."""
        if len(self.alternatives) == len(back.alternatives) == 1:
            return back.alternatives[0] == self.alternatives[0][::-1]
        return set(back.alternatives) == {segments[::-1] for segments in self.alternatives}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a course is: the network after an outage, and the parts of the destination."""

    graph: Graph
    tables: Tables
    outage: Outage
    destination: tuple[Destination, ...]

    def trails(self, source: Node) -> tuple[tuple[Trail, ...], ...]:
        """Return the trails from a site to each part of the destination."""
        return tuple(each.trails(source) for each in self.onward())

    def onward(self) -> tuple[Onward, ...]:
        """Return the ways to each part of the destination, of which none is known yet."""
        return tuple(
            Onward(
                graph=self.graph,
                tables=self.tables,
                outage=self.outage,
                destination=part,
                rivals=tuple(
                    Onward(graph=self.graph, tables=tables, outage=self.outage, destination=part)
                    for tables in rivals_of(self.tables)
                ),
            )
            for part in self.destination
        )


def chart(setting: Setting, source: Node, parts: tuple[tuple[Trail, ...], ...]) -> Course:
    """Return the course of a site's trails to another's parts, with what differs for its other parts."""
    arriving, ending = _sorted(parts[0])
    direction, alternatives = _direction(arriving, ending)
    depends_on_order = any(trail.otherwise for trail in parts[0])
    if len(parts) > 1 and direction.determined:
        others = (_direction(*_sorted(other))[0] for other in parts[1:])
        if not all(other.determined for other in others):
            direction = replace(direction, determined=False)
    if not ending:
        return Course(
            direction=direction,
            delivered=True,
            alternatives=alternatives,
            source=source,
            setting=setting,
            depends_on_order=depends_on_order,
        )
    return Course(
        direction=direction,
        delivered=bool(arriving),
        alternatives=alternatives,
        source=source,
        setting=setting,
        lost_in_part=bool(arriving),
        attracted=any(_is_attracted(trail) for trail in ending),
        looped=any(trail.looped for trail in ending),
        forbidden=any(trail.loss is not None for trail in ending),
        depends_on_order=depends_on_order,
    )


def _is_attracted(trail: Trail) -> bool:
    """Whether something took traffic that it does not deliver: a router, an appliance, or another site."""
    if trail.looped or isinstance(trail.end, RouterNode | ApplianceNode):
        return True
    return trail.loss is None and trail.at_end.decision is not None


def is_determined(trails: tuple[Trail, ...]) -> bool:
    """Whether the design decides the way to one part of a destination."""
    return _direction(*_sorted(trails))[0].determined


def _sorted(trails: tuple[Trail, ...]) -> tuple[tuple[Trail, ...], tuple[Trail, ...]]:
    """Return the trails that arrive, and those that do not."""
    if len(trails) == 1:  # as most often, in a large network
        return (trails, ()) if trails[0].delivered else ((), trails)
    return (
        tuple(trail for trail in trails if trail.delivered),
        tuple(trail for trail in trails if not trail.delivered),
    )


# --- why -------------------------------------------------------------------------------------------------


def _explain(setting: Setting, parts: tuple[tuple[Trail, ...], ...]) -> str:
    clauses = [_explain_part(setting, parts[0], setting.destination[0])]
    ways = _ways(parts[0])
    for trails, part in zip(parts[1:], setting.destination[1:], strict=True):
        direction = _direction(*_sorted(trails))[0]
        name = _part_name(part, setting.destination[0])
        if not direction.determined:
            clauses.append(f"{name} is open: {_explain_part(setting, trails, part)}")
        elif not _ways(trails):
            clauses.append(f"{name} is not reached: {_explain_part(setting, trails, part)}")
        elif set(_ways(trails)) != set(ways):
            clauses.append(f"{name} goes by {direction.via}")
    return "; ".join(clauses)


def _ways(trails: tuple[Trail, ...]) -> tuple[tuple[Segment, ...], ...]:
    if len(trails) == 1:
        return (trails[0].segments,) if trails[0].delivered else ()
    return tuple(dict.fromkeys(trail.segments for trail in trails if trail.delivered))


def _part_name(part: Destination, first: Destination) -> str:
    if part.cut:
        return str(part.cut)
    prefix = part.matches[0][0]
    return f"the rest of {prefix}" if first.address in prefix else str(prefix)


def _explain_part(setting: Setting, trails: tuple[Trail, ...], destination: Destination) -> str:
    otherwise = tuple(trail for trail in trails if trail.otherwise)
    if otherwise:
        first = _explain_part(setting, tuple(trail for trail in trails if not trail.otherwise), destination)
        return f"{first}; {_explain_otherwise(otherwise)}"
    arriving, ending = _sorted(trails)
    clauses = [explain_delivery(arriving)] if arriving else []
    if ending:
        loss = explain_loss(setting.graph, setting.tables, setting.outage, ending[0], destination)
        clauses.append(f"but some of it is lost: {loss}" if arriving else loss)
    if not all(trail.described for trail in arriving):
        clauses.append("a router on the way is not described, so nobody here knows what it prefers")
    return "; ".join(clauses)


def _explain_otherwise(trails: tuple[Trail, ...]) -> str:
    """Return the clause that says what may come about as well."""
    segments = _merged(_ways(trails))
    over = " and ".join(segment.over for segment in segments)
    then = f"goes over {over}" if segments else "arrives nowhere"
    return f"routing settles in two ways here: if other routes were there first, it {then} (RFC 4264)"


# --- what ------------------------------------------------------------------------------------------------


def _direction(
    arriving: tuple[Trail, ...], ending: tuple[Trail, ...]
) -> tuple[Direction, tuple[tuple[Segment, ...], ...]]:
    alternatives = _ways(arriving)
    segments = _merged(alternatives)
    circuits = (segment.over for segment in segments if segment.kind is SegmentKind.EXPRESS_ROUTE)
    direction = Direction(
        via=_via(segments) if arriving else "none",
        circuits=tuple(dict.fromkeys(circuits)),
        segments=segments,
        hops=(arriving[0].hops,)
        if len(arriving) == 1
        else tuple(dict.fromkeys(trail.hops for trail in arriving)),
        determined=_is_determined(arriving, ending, alternatives),
    )
    return direction, alternatives


def _merged(alternatives: tuple[tuple[Segment, ...], ...]) -> tuple[Segment, ...]:
    """Return the segments of all alternatives, each at the first position that it has in any of them."""
    if len(alternatives) == 1:
        return alternatives[0]
    positions: dict[Segment, int] = {}
    for segments in alternatives:
        for position, segment in enumerate(segments):
            positions[segment] = min(position, positions.get(segment, position))
    return tuple(sorted(positions, key=lambda segment: positions[segment]))


def _via(segments: tuple[Segment, ...]) -> str:
    kinds = dict.fromkeys(segment.kind for segment in segments if segment.kind is not SegmentKind.PEERING)
    return "+".join(kinds) or SegmentKind.PEERING.value


def _is_determined(
    arriving: tuple[Trail, ...],
    ending: tuple[Trail, ...],
    alternatives: tuple[tuple[Segment, ...], ...],
) -> bool:
    """Whether the design says what traffic crosses; that it arrives nowhere is certain, too.

    Azure shares traffic between circuits on purpose (PATH-6). A LAN that shares it between ExpressRoute and
    VPN leaves each flow's way to a hash, in a design that is meant as active and passive (PATH-7).
    """
    if not arriving:
        return True
    if ending or not all(trail.described for trail in arriving):
        return False
    if len(alternatives) == 1:
        return True
    by_chance = any(trail.by_chance for trail in arriving)
    return not by_chance and len({_via(segments) for segments in alternatives}) == 1
