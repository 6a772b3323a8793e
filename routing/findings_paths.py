"""Findings that the predicted paths show: in the steady state, and what each single failure adds.

A pair that shows something in the steady state is not reported again under the failures that leave it so.
"""

from __future__ import annotations

from collections.abc import Iterator

from routing.alike import Pair
from routing.contest import Blame, Reach, blame_prefix, blame_prepending, blames, overruled
from routing.course import Course, is_determined
from routing.elements import ElementKind, described_at, element_names, link_element, read_element
from routing.findings import Finding, FindingKind, Gathering, Severity
from routing.findings_losses import loss_findings, taken_by
from routing.findings_state import State
from routing.forecast import Forecast
from routing.forwarding import Decision, Destination, Trail
from routing.propagation import Outage
from routing.routes import Protocol


def path_findings(forecast: Forecast) -> Iterator[Finding]:
    """Yield what the steady state shows, and what single failures add to it."""
    steady = State(forecast=forecast, element=None, shown=set(), changed={})
    gathering = Gathering()
    shown: set[tuple[FindingKind, Pair]] = set()
    for pair in forecast.steady:
        for finding in _judge(steady, pair):
            gathering.add(finding)
            shown.add((finding.kind, pair))
    for element in element_names(forecast.network):
        if not (changed := forecast.courses_after(element)):
            continue
        state = State(forecast=forecast, element=element, shown=shown, changed=changed)
        candidates = {pair for source, to in changed for pair in ((source, to), (to, source))}
        for pair in forecast.steady:
            if pair in candidates:
                for finding in _judge(state, pair):
                    gathering.add(finding)
    yield from gathering.findings.values()
    yield from _longer_prefixes(steady)


def _judge(state: State, pair: Pair) -> Iterator[Finding]:
    """Yield what a pair shows that it does not show in the steady state already."""
    there, back = state.course(pair), state.course((pair[1], pair[0]))
    is_new = state.is_new(FindingKind.BLACK_HOLE, pair) and state.is_new(FindingKind.LOOP, pair)
    if is_new and not there.depends_on_order:  # else what is lost is lost in one of two states
        yield from loss_findings(state, pair, there, back)
    if not there.delivered:
        return
    comes_back = back.delivered and state.is_new(FindingKind.ASYMMETRIC, pair)
    if comes_back and (passed := _appliances(there) - _appliances(back)):  # whatever chance decides elsewhere
        yield _past_appliance(state, pair, passed)
    if not there.direction.determined:
        told = there.lost_in_part and not there.depends_on_order
        if not told and state.is_new(FindingKind.NOT_DETERMINED, pair):
            yield _chance(state, pair)
    elif comes_back and back.direction.determined and not _is_symmetric(there, back):
        trails = (*state.trails(pair), *state.trails((pair[1], pair[0])))
        blame = _first_blame(state, pair, trails)
        # else the finding of the direction that passes an appliance says it
        if blame.reach is not Reach.INSTRUCTION or _appliances(there) == _appliances(back):
            yield _asymmetric(state, pair, blame)
    if state.is_new(FindingKind.TRANSIT, pair):
        yield from _transit(state, pair, there)


def _is_symmetric(there: Course, back: Course) -> bool:
    return there.returns_over(back) and len(there.alternatives) <= 1


def _chance(state: State, pair: Pair) -> Finding:
    trails = next((part for part in state.parts(pair) if not is_determined(part)), state.trails(pair))
    taken = [blame for trail in trails if (blame := taken_by(state.forecast.network, trail))]
    if undescribed := _undescribed_links(state.forecast, trails):
        blame = Blame(
            reach=Reach.DEVICE,
            causes=tuple((*described_at(link), "router") for link in undescribed),
            mend="Describe the router that ends the link, or ask its owner what it prefers and advertises.",
        )
    else:
        settles = any(trail.otherwise for trail in trails)
        prepending = blame_prepending(state.forecast.network, pair[1]) if settles else None
        blame = prepending or (taken[0] if taken else _first_blame(state, pair, trails))
    return Finding(
        kind=FindingKind.NOT_DETERMINED,
        severity=Severity.WARNING,
        message=f"{state.when}{state.course(pair).reason}",
        causes=blame.causes,
        mend=blame.mend,
        pairs=(pair,),
        failures=state.failures,
    )


def _undescribed_links(forecast: Forecast, trails: tuple[Trail, ...]) -> tuple[str, ...]:
    """Return the links on some trails that end on somebody else's router."""
    foreign = {
        link_element(circuit.name, name) for circuit, name, link in forecast.network.links if not link.router
    }
    return tuple(dict.fromkeys(hop for trail in trails for hop in trail.hops if hop in foreign))


def _asymmetric(state: State, pair: Pair, blame: Blame) -> Finding:
    source, destination = pair
    there, back = state.course(pair), state.course((destination, source))
    shared = there.returns_over(back)
    message = (
        f"a flow over {_named(there)} may come back over the other"
        if shared
        else f"{source} to {destination} goes over {_named(there)} and comes back over {_named(back)}"
    )
    return Finding(
        kind=FindingKind.ASYMMETRIC,
        severity=Severity.INFORMATION if shared else Severity.WARNING,
        message=f"{state.when}{message}: stateful devices on the way drop that",
        causes=blame.causes,
        mend=blame.mend,
        pairs=(pair,),
        failures=state.failures,
    )


def _past_appliance(state: State, pair: Pair, passed: set[str]) -> Finding:
    """Return that some appliances see one direction only: which routes lead there, and who leads back."""
    trails = state.trails(pair)
    told = (decision.instruction for trail in trails for decision in trail.decisions if decision.instruction)
    led = [each for each in told if each.over and each.over.sender.element in passed]
    return Finding(
        kind=FindingKind.ASYMMETRIC,
        severity=Severity.WARNING,
        message=f"{state.when}traffic passes {' and '.join(sorted(passed))}, and what comes back does not: "
        "a stateful appliance drops such flows",
        causes=tuple(dict.fromkeys(("routeTables", each.table, "routes", each.name) for each in led)),
        mend=f"Let {_hands_back(state, pair)} send what comes back {led[0].leads}, too, or neither.",
        pairs=(pair,),
        failures=state.failures,
    )


def _hands_back(state: State, pair: Pair) -> str:
    """Return whose route table could lead what comes back to an appliance: where Azure hands it on last."""
    source, destination = pair
    for stage in state.trails((destination, source))[0]:
        route = stage.decision.selection.routes[0] if stage.decision else None
        if route and route.protocol is Protocol.ATTACHED and stage.node.element:
            element = read_element(stage.node.element)
            if element.kind is ElementKind.GATEWAY:
                return f"the route table of {element.owner}'s GatewaySubnet"
    return f"the route table of {destination}'s subnet"


def _appliances(course: Course) -> set[str]:
    return {
        hop for way in course.direction.hops for hop in way if read_element(hop).kind is ElementKind.APPLIANCE
    }


def _named(course: Course) -> str:
    return " or ".join(
        ", ".join(segment.over for segment in alternative)
        for alternative in sorted(course.alternatives, key=str)
    )


def _first_blame(state: State, pair: Pair, trails: tuple[Trail, ...]) -> Blame:
    found = blames(state.forecast.network, trails)
    if found:
        return found[0]
    sites = tuple(state.site_path(site) for site in pair)
    return Blame(
        reach=Reach.DEVICE, causes=sites, mend="Leave the pair one way, or prefer the same one on both sides."
    )


def _longer_prefixes(steady: State) -> Iterator[Finding]:
    """Yield prefixes that are longer on one session than on another, and so win everywhere (PATH-1)."""
    forecast, gathering = steady.forecast, Gathering()
    split = [name for name, parts in forecast.destinations.items() if _has_longer(parts)]
    for destination in split:
        for source in forecast.network.sites:
            if source == destination:
                continue
            parts = forecast.trails(forecast.tables, Outage(), (source, destination))
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
    return any(sum(prefix.prefixlen > 0 for prefix, _ in part.matches) > 1 for part in parts)


def _transit(state: State, pair: Pair, course: Course) -> Iterator[Finding]:
    network = state.forecast.network
    for name in dict.fromkeys(hop for way in course.direction.hops for hop in way):
        element = read_element(name)
        if element.kind is ElementKind.GATEWAY:
            site = element.owner
            ends = set(pair) | {
                network.peerings[read.name].hub
                for way in course.direction.hops
                for hop in way
                if (read := read_element(hop)).kind is ElementKind.PEERING
            }
            how = "its gateway passes routes on (PATH-11, PATH-8)"
        elif element.kind is ElementKind.ROUTER:
            site, ends = network.routers[element.name].location, set(pair)
            how = f"{element.name} passes on what is not its own"
        else:
            continue
        if site in ends:
            continue
        failed = state.element is not None
        joined = (
            hop
            for way in course.direction.hops
            for hop in way
            if read_element(hop).kind in {ElementKind.TUNNEL, ElementKind.ROUTE_SERVER}
        )
        yield Finding(
            kind=FindingKind.TRANSIT,
            severity=Severity.WARNING if failed else Severity.INFORMATION,
            message=f"{site} {'becomes' if failed else 'is'} a transit site for others: {how}",
            causes=tuple(sorted({described_at(hop) for hop in joined})) or (described_at(name),),
            mend="Nothing, if that is meant; else give the pair a way of its own.",
            pairs=(pair,),
            failures=state.failures,
        )
        return
