"""How each kind of node chooses among routes to one prefix. Every step names its source.

- The steps are applied in order; each keeps the routes that are best by it.
- What is left at the end is shared (equal-cost) or, where only one is used and the design does not say
  which, left to chance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from routing.nodes import (
    ExpressRouteGatewayNode,
    LanNode,
    MicrosoftEdgeNode,
    Node,
    RouterNode,
    VirtualNetworkNode,
    VpnGatewayNode,
)
from routing.routes import Protocol, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One comparison: the routes with the highest rank go on."""

    name: str
    """What decides, as a sentence says it after "by"."""
    source: str
    rank: Callable[[Route], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What becomes of routes that no step tells apart."""

    shares: bool
    """All are used (True), or one that nothing in the design determines (False)."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The routes to one prefix that a node goes by."""

    routes: tuple[Route, ...]
    """All of them at equal cost, or the candidates that chance chooses from."""
    chance: bool = False
    step: Step | None = None
    """The last step that removed a route; None if there was nothing to remove."""
    rejected: tuple[Route, ...] = ()
    """What that step removed."""
    ending: Ending | None = None
    """What more than one route ended with."""
    held: tuple[Route, ...] = ()
    """All that there was to choose from."""


_OWN = Step(
    name="its being directly attached",
    source="RFC 4271, 9.1",
    rank=lambda route: route.protocol in {Protocol.CONNECTED, Protocol.ATTACHED},
)
EXTERNAL_FIRST = Step(
    name="eBGP's standing before iBGP",
    source="RFC 4271, 9.1.2.2",
    rank=lambda route: route.protocol is Protocol.EBGP,
)
AS_PATH = "the length of the AS path"


def _local_preference(source: str) -> Step:
    return Step(name="local preference", source=source, rank=lambda route: route.local_preference)


def _shortest(source: str) -> Step:
    return Step(name=AS_PATH, source=source, rank=lambda route: -len(route.as_path))


_STEPS: dict[type[Node], tuple[tuple[Step, ...], Ending]] = {
    VirtualNetworkNode: (
        (
            _OWN,
            Step(
                name="the order of route types",
                source="PATH-5",
                rank=lambda route: route.protocol is Protocol.SYSTEM,
            ),
            Step(
                name="Azure's order for equal prefixes",
                source="PATH-2",
                rank=lambda route: isinstance(route.next_hop, ExpressRouteGatewayNode),
            ),
        ),
        Ending(shares=True, source="PATH-6"),
    ),
    # What Route Server reflects weighs 32768, what came over a circuit one more and the connection's weight:
    # published tables of learned routes show both (docs/paths.md).
    ExpressRouteGatewayNode: (
        (
            _OWN,
            Step(
                name="the greater weight of what a circuit brings",
                source="PATH-3",
                rank=lambda route: route.protocol is not Protocol.EXCHANGED,
            ),
            Step(name="the connection's weight", source="ER-13", rank=lambda route: route.weight),
            _shortest("PATH-6"),
        ),
        Ending(shares=True, source="PATH-6"),
    ),
    # Here what Route Server reflects weighs no less than what a tunnel brought (docs/paths.md).
    VpnGatewayNode: (
        (
            _OWN,
            _shortest("VPN-14"),
            EXTERNAL_FIRST,
        ),
        Ending(shares=True, source="GW-14"),
    ),
    MicrosoftEdgeNode: (
        (_local_preference("ER-16"), _shortest("RFC 4271, 9.1.2.2"), EXTERNAL_FIRST),
        Ending(shares=True, source="PATH-6"),
    ),
    # IOS's order. What neither Azure nor the stack file sets is left out: weight, origin, MED.
    RouterNode: (
        (_OWN, _local_preference("PATH-4"), _shortest("PATH-4"), EXTERNAL_FIRST),
        Ending(shares=False, source="PATH-4"),
    ),
    LanNode: (
        (
            _OWN,
            Step(
                name="the administrative distance",
                source="IOS: 1 for static routes, 110 for OSPF",
                rank=lambda route: route.protocol is Protocol.STATIC,
            ),
            Step(name="OSPF's metric", source="RFC 2328, 16.4", rank=lambda route: -route.metric),
        ),
        Ending(shares=True, source="RFC 2328, 16.4"),
    ),
}

_UNDESCRIBED = Ending(shares=False, source="the LAN's own routes are not described")


def select(node: Node, candidates: tuple[Route, ...]) -> Selection | None:
    """Return a node's choice among the routes that it holds to one prefix; None if it holds none."""
    if len(candidates) < 2:  # noqa: PLR2004 (nothing to choose)
        return Selection(routes=candidates, held=candidates) if candidates else None
    steps, ending = _STEPS[type(node)]
    left = list(candidates)
    decisive: Step | None = None
    rejected: tuple[Route, ...] = ()
    for step in steps:
        ranks = [step.rank(route) for route in left]
        best = max(ranks)
        if min(ranks) != best:
            decisive = step
            rejected = tuple(route for route, rank in zip(left, ranks, strict=True) if rank != best)
            left = [route for route, rank in zip(left, ranks, strict=True) if rank == best]
    if isinstance(node, LanNode) and left[0].protocol is Protocol.STATIC:
        ending = _UNDESCRIBED
    several = len(left) > 1
    return Selection(
        routes=tuple(left),
        chance=several and not ending.shares,
        step=decisive,
        rejected=rejected,
        ending=ending if several else None,
        held=candidates,
    )


def outcomes(node: Node, candidates: Collection[Route]) -> dict[Route, Step | None]:
    """Return by which step each route fell out, best first; None for those that `select` goes by."""
    left, fallen = list(candidates), list[tuple[Route, Step]]()
    for step in _STEPS[type(node)][0]:
        if len(left) == 1:
            break
        best = max(step.rank(route) for route in left)
        fallen += [(route, step) for route in left if step.rank(route) != best]
        left = [route for route in left if step.rank(route) == best]
    return {
        **dict.fromkeys(left),
        **dict(reversed(fallen)),
    }
