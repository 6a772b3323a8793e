"""Findings that the predicted paths show: in the steady state, and what each single failure adds.

A pair that shows something in the steady state is not reported again under the failures that leave it so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from routing.contest import Blame, Reach, blame_prefix, blames, overruled
from routing.course import Course
from routing.elements import ElementKind, described_at, element_names, link_element
from routing.explanation import Obstacle, ObstacleRank, nearest_obstacle
from routing.findings import Finding, FindingKind, Gathering, KeyPath, Severity
from routing.forecast import Forecast, Pair
from routing.forwarding import Decision, Destination, Trail
from routing.graph import AdjacencyKind, ExpressRouteGatewayNode, RouterNode
from routing.propagation import Outage, Tables
from topology import DefaultInformation


@dataclass(frozen=True, kw_only=True)
class _State:
    """The network with everything up, or after one failure."""

    forecast: Forecast
    element: str | None
    shown: set[tuple[FindingKind, Pair]]
    """What the steady state shows already."""
    changed: dict[Pair, Course]

    @cached_property
    def _settled(self) -> tuple[Outage, Tables]:
        """Only some findings need the tables, and they take long."""
        return self.forecast.outage(*((self.element,) if self.element else ()))

    @property
    def outage(self) -> Outage:
        return self._settled[0]

    @property
    def tables(self) -> Tables:
        return self._settled[1]

    def is_new(self, kind: FindingKind, pair: Pair) -> bool:
        return (kind, pair) not in self.shown

    def course(self, pair: Pair) -> Course:
        return self.changed.get(pair) or self.forecast.steady[pair]

    def trails(self, pair: Pair) -> tuple[Trail, ...]:
        """Return the trails to the part of the destination that stands for it."""
        return self.forecast.trails(self.tables, pair)[0]


def path_findings(forecast: Forecast) -> Iterator[Finding]:
    """Yield what the steady state shows, and what single failures add to it."""
    steady = _State(forecast=forecast, element=None, shown=set(), changed={})
    gathering = Gathering()
    shown: set[tuple[FindingKind, Pair]] = set()
    for pair in forecast.steady:
        for finding in _judge(steady, pair):
            gathering.add(finding)
            shown.add((finding.kind, pair))
    for element in element_names(forecast.network):
        if not (changed := forecast.courses_after(element)):
            continue
        state = _State(forecast=forecast, element=element, shown=shown, changed=changed)
        candidates = {pair for source, to in changed for pair in ((source, to), (to, source))}
        for pair in forecast.steady:
            if pair in candidates:
                for finding in _judge(state, pair):
                    gathering.add(finding)
    yield from gathering.findings.values()
    yield from _longer_prefixes(steady)


def _judge(state: _State, pair: Pair) -> Iterator[Finding]:
    """Yield what a pair shows that it does not show in the steady state already."""
    there, back = state.course(pair), state.course((pair[1], pair[0]))
    if state.is_new(FindingKind.BLACK_HOLE, pair) and state.is_new(FindingKind.LOOP, pair):
        yield from _losses(state, pair, there, back)
    if not there.delivered:
        return
    if not there.direction.determined:
        if not there.lost_in_part and state.is_new(FindingKind.NOT_DETERMINED, pair):
            yield _chance(state, pair)
    elif (
        back.delivered
        and back.direction.determined
        and not _is_symmetric(there, back)
        and state.is_new(FindingKind.ASYMMETRIC, pair)
    ):
        yield _asymmetric(state, pair)
    if state.is_new(FindingKind.TRANSIT, pair):
        yield from _transit(state, pair, there)


def _losses(state: _State, pair: Pair, there: Course, back: Course) -> Iterator[Finding]:
    if there.delivered and not back.delivered:
        yield _one_sided(state, pair)
    if there.lost_in_part:
        yield from _lost(state, pair)
    elif there.attracted:
        yield from _vanishing(state, pair)


def _is_symmetric(there: Course, back: Course) -> bool:
    return there.returns_over(back) and len(there.alternatives) <= 1


def _failures(state: _State) -> tuple[str, ...]:
    return (state.element,) if state.element else ()


def _when(state: _State) -> str:
    return "" if not state.element else "after a failure, "


# --- where traffic is lost -------------------------------------------------------------------------------


def _one_sided(state: _State, pair: Pair) -> Finding:
    source, destination = pair
    lost = next(trail for trail in state.trails((destination, source)) if not trail.delivered)
    target = state.forecast.destinations[source][0]
    obstacle = nearest_obstacle(state.forecast.graph, state.tables, state.outage, lost.end, target)
    reason = obstacle.reason if obstacle else f"nothing joins {lost.end.name} to {source}"
    causes, mend = _obstacle_cause(state.outage, obstacle, source)
    return Finding(
        kind=FindingKind.BLACK_HOLE,
        severity=Severity.ERROR,
        message=f"{_when(state)}traffic arrives, and nothing comes back: {reason}",
        causes=causes,
        mend=mend,
        pairs=(pair,),
        failures=_failures(state),
    )


def _obstacle_cause(outage: Outage, obstacle: Obstacle | None, site: str) -> tuple[tuple[KeyPath, ...], str]:
    """Return where the stack file sets up an obstacle, and what to change there."""
    if obstacle is None:
        return (("locations", site),), f"Join {site} to what should reach it."
    if obstacle.rank is ObstacleRank.FAILURE:
        failed = outage.cause_of(obstacle.adjacency)
        return (described_at(failed),), f"Give both directions a way without {failed}."
    if obstacle.adjacency.obstacle:
        return ((*described_at(obstacle.adjacency.elements[0]), "enabled"),), "Enable the link."
    return _refusal_cause(obstacle)


def _refusal_cause(obstacle: Obstacle) -> tuple[tuple[KeyPath, ...], str]:
    """Return where the stack file makes a node refuse to tell a route."""
    adjacency = obstacle.adjacency
    if adjacency.kind in {AdjacencyKind.LINK, AdjacencyKind.TUNNEL} and isinstance(
        adjacency.sender, RouterNode
    ):
        path = described_at(adjacency.elements[0])
        where = path if adjacency.kind is AdjacencyKind.LINK else (*path, "router")
        return ((*where, "advertisedPrefixes"),), f"Advertise {obstacle.route.prefix} there, too."
    if adjacency.kind is AdjacencyKind.CONNECTION and isinstance(adjacency.receiver, ExpressRouteGatewayNode):
        path = described_at(adjacency.receiver.element or "")
        return ((*path, "allowRemoteVnetTraffic"),), "Set allowRemoteVnetTraffic on both gateways (ER-17)."
    if adjacency.kind is AdjacencyKind.LAN:
        return (("routers", adjacency.sender.name),), "Let whole sites be told, so that the LAN learns them."
    ends = (adjacency.sender.element, adjacency.receiver.element)
    elements = adjacency.elements or tuple(element for element in ends if element)
    return tuple(described_at(element) for element in elements), "Give the pair a way in both directions."


def _lost(state: _State, pair: Pair) -> Iterator[Finding]:
    for trail in state.trails(pair):
        if trail.delivered:
            continue
        blamed = blames(state.forecast.network, [trail])
        causes = blamed[0].causes if blamed else (_lan_path(state, pair[0]),)
        mend = blamed[0].mend if blamed else f"Give {trail.end.name} a way to {pair[1]}."
        yield Finding(
            kind=FindingKind.LOOP if trail.looped else FindingKind.BLACK_HOLE,
            severity=Severity.ERROR,
            message=f"{_when(state)}some of the traffic is lost at {trail.end.name}",
            causes=causes,
            mend=mend,
            pairs=(pair,),
            failures=_failures(state),
        )
        return


def _lan_path(state: _State, site: str) -> KeyPath:
    known = site in state.forecast.network.locations
    return ("locations" if known else "virtualNetworks", site)


def _vanishing(state: _State, pair: Pair) -> Iterator[Finding]:
    """Yield routers that attract by a default route what they have no way for."""
    for trail in state.trails(pair):
        if trail.looped:
            yield from _lost(state, pair)
            return
        router = trail.end
        if not (isinstance(router, RouterNode) and router.described and trail.decisions):
            continue
        ospf = state.forecast.network.routers[router.name].ospf
        by_default = trail.decisions[-1].prefix.prefixlen == 0
        if by_default and ospf and ospf.default_information is DefaultInformation.ALWAYS:
            yield Finding(
                kind=FindingKind.BLACK_HOLE,
                severity=Severity.WARNING,
                message=f"{router.name} always offers its LAN a default route, so that traffic for what it "
                f"cannot reach {'after a failure ' if state.element else ''}ends there, unanswered",
                causes=(("routers", router.name, "ospf", "defaultInformation"),),
                mend="Leave defaultInformation at never: the LAN then knows what cannot be reached.",
                pairs=(pair,),
                failures=_failures(state),
            )


# --- where traffic goes otherwise than meant -------------------------------------------------------------


def _chance(state: _State, pair: Pair) -> Finding:
    trails = state.trails(pair)
    if undescribed := _undescribed_links(state.forecast, trails):
        blame = Blame(
            reach=Reach.DEVICE,
            causes=tuple((*described_at(link), "router") for link in undescribed),
            mend="Describe the router that ends the link, or ask its owner what it prefers and advertises.",
        )
    else:
        blame = _first_blame(state, pair, trails)
    return Finding(
        kind=FindingKind.NOT_DETERMINED,
        severity=Severity.WARNING,
        message=f"{_when(state)}{state.course(pair).reason}",
        causes=blame.causes,
        mend=blame.mend,
        pairs=(pair,),
        failures=_failures(state),
    )


def _undescribed_links(forecast: Forecast, trails: tuple[Trail, ...]) -> tuple[str, ...]:
    """Return the links on some trails that end on somebody else's router."""
    foreign = {
        link_element(circuit.name, name) for circuit, name, link in forecast.network.links if not link.router
    }
    return tuple(dict.fromkeys(hop for trail in trails for hop in trail.hops if hop in foreign))


def _asymmetric(state: _State, pair: Pair) -> Finding:
    source, destination = pair
    there, back = state.course(pair), state.course((destination, source))
    trails = (*state.trails(pair), *state.trails((destination, source)))
    blame = _first_blame(state, pair, trails)
    shared = there.returns_over(back)
    message = (
        f"a flow over {_named(there)} may come back over the other"
        if shared
        else f"{source} to {destination} goes over {_named(there)} and comes back over {_named(back)}"
    )
    return Finding(
        kind=FindingKind.ASYMMETRIC,
        severity=Severity.INFORMATION if shared else Severity.WARNING,
        message=f"{_when(state)}{message}: stateful devices on the way drop that",
        causes=blame.causes,
        mend=blame.mend,
        pairs=(pair,),
        failures=_failures(state),
    )


def _named(course: Course) -> str:
    return " or ".join(
        ", ".join(segment.over for segment in alternative)
        for alternative in sorted(course.alternatives, key=str)
    )


def _first_blame(state: _State, pair: Pair, trails: tuple[Trail, ...]) -> Blame:
    found = blames(state.forecast.network, trails)
    if found:
        return found[0]
    sites = tuple(_lan_path(state, site) for site in pair)
    return Blame(
        reach=Reach.DEVICE, causes=sites, mend="Leave the pair one way, or prefer the same one on both sides."
    )


def _longer_prefixes(steady: _State) -> Iterator[Finding]:
    """Yield prefixes that are longer on one session than on another, and so win everywhere (PATH-1)."""
    forecast, gathering = steady.forecast, Gathering()
    split = [name for name, parts in forecast.destinations.items() if _has_longer(parts)]
    for destination in split:
        for source in forecast.network.sites:
            if source == destination:
                continue
            parts = forecast.trails(forecast.tables, (source, destination))
            decisions = dict.fromkeys(
                decision for trails in parts for trail in trails for decision in trail.decisions
            )
            for decision in decisions:
                for finding in _longer_prefix(forecast, decision, (source, destination)):
                    gathering.add(finding)
    yield from gathering.findings.values()


def _longer_prefix(forecast: Forecast, decision: Decision, pair: Pair) -> Iterator[Finding]:
    if not overruled(decision):
        return
    for blame in blame_prefix(forecast.network, decision):
        yield Finding(
            kind=FindingKind.LONGER_PREFIX,
            severity=Severity.WARNING,
            message=f"{decision.prefix} is longer than what other sessions of {pair[1]} carry, and so wins "
            "whatever is preferred (PATH-1)",
            causes=blame.causes,
            mend=blame.mend,
            pairs=(pair,),
        )


def _has_longer(parts: tuple[Destination, ...]) -> bool:
    return any(sum(prefix.prefixlen > 0 for prefix in part.prefixes) > 1 for part in parts)


def _transit(state: _State, pair: Pair, course: Course) -> Iterator[Finding]:
    network = state.forecast.network
    for name in dict.fromkeys(hop for way in course.direction.hops for hop in way):
        kind, _, owner = name.partition(":")
        if kind == ElementKind.GATEWAY:
            site = owner.partition("/")[0]
            ends = set(pair) | {
                network.peerings[hop.partition(":")[2]].hub
                for way in course.direction.hops
                for hop in way
                if hop.startswith(f"{ElementKind.PEERING}:")
            }
            how = "its gateway passes routes on (PATH-11, PATH-8)"
        elif kind == ElementKind.ROUTER:
            site, ends = network.routers[owner].location, set(pair)
            how = f"{owner} passes on what is not its own"
        else:
            continue
        if site in ends:
            continue
        failed = state.element is not None
        joined = (
            hop
            for way in course.direction.hops
            for hop in way
            if hop.startswith(("tunnel:", "route-server:"))
        )
        yield Finding(
            kind=FindingKind.TRANSIT,
            severity=Severity.WARNING if failed else Severity.INFORMATION,
            message=f"{site} {'becomes' if failed else 'is'} a transit site for others: {how}",
            causes=tuple(sorted({described_at(hop) for hop in joined})) or (described_at(name),),
            mend="Nothing, if that is meant; else give the pair a way of its own.",
            pairs=(pair,),
            failures=_failures(state),
        )
        return
