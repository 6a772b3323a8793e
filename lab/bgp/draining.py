"""A planned drain: traffic moves before anything is cut, so that no packet is lost.

1. The other way is made first: longer prefixes over the router's tunnels (PATH-1), and a longer AS path over
   a circuit. Azure's side moves, and the route that it leaves is still there for what is under way.
2. The location's prefixes are withdrawn from what is drained. Nothing comes back by it any more.
3. Its local preference is lowered, which moves the router's side.
4. It is shut. Nothing crosses it any more.

Without the first step, a withdrawal loses what is under way: each node forgets the route before the next one
hears of it, and while ExpressRoute's route stands Azure uses no other (PATH-2). `withdrawing` shows that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lab.bgp.blueprint import Blueprint
from lab.bgp.drained import Hands, find_ends, is_established
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.failures import Cut, cut, mend
from lab.bgp.forwarding import read_tables
from lab.bgp.steps import Sight, Step

_PAUSE = 2.0


Pair = tuple[str, str]
"""Two sites."""

Steps = tuple[list[Step], list[Step]]
"""Those of a drain, and those back."""


def draining(blueprint: Blueprint, planned: Cut, pair: Pair, hands: Hands) -> Steps:
    """Return the steps of a drain that makes the other way first, and those back.

    Each step waits for what it does to the traffic between two sites.

    Raises:
        UnsupportedDesignError: if the element ends on no router.
    """
    drain = _Drain(blueprint, planned, pair, hands)
    withdraw, prefer, shut = drain.away()
    come_up, advertise, restore = drain.back()
    first = Step(
        words="the other way is made first: longer prefixes over VPN, a longer AS path here",
        act=drain.for_all(hands.make_other_way, on=True),
        sight=drain.returns(away=True),
        pause=_PAUSE,
    )
    last = Step(
        words="the longer prefixes and the longer AS path are taken back",
        act=drain.for_all(hands.make_other_way, on=False),
        sight=drain.returns(away=False),
        pause=_PAUSE,
    )
    return [first, withdraw, prefer, shut], [come_up, advertise, restore, last]


def withdrawing(blueprint: Blueprint, planned: Cut, pair: Pair, hands: Hands) -> Steps:
    """Return the same without the first step: what a withdrawal by itself does.

    Raises:
        UnsupportedDesignError: if the element ends on no router.
    """
    drain = _Drain(blueprint, planned, pair, hands)
    come_up, advertise, restore = drain.back()
    advertise = replace(advertise, sight=drain.returns(away=False))
    return list(drain.away()), [come_up, restore, advertise]


class _Drain:
    """The steps of one element."""

    def __init__(self, blueprint: Blueprint, planned: Cut, pair: Pair, hands: Hands) -> None:
        self._blueprint = blueprint
        self._planned = planned
        self.hands = hands
        self._ends = list(find_ends(blueprint, planned))
        if not self._ends:
            raise UnsupportedDesignError(
                f"{planned.element} ends on no router: name a link, tunnel or router"
            )
        lans = {end.lan.name for end in self._ends}
        self._outward = pair if blueprint.sites[pair[0]].node in lans else pair[::-1]
        self._inward = self._outward[::-1]
        self._crossed = {way for way in (self._outward, self._inward) if self._crosses(way)}

    def away(self) -> tuple[Step, Step, Step]:
        """Return the three steps that empty the element and shut it."""
        name = self._planned.element
        return (
            Step(
                words=f"the location's prefixes are withdrawn from {name}",
                act=self.for_all(self.hands.withdraw, on=True),
                sight=self.returns(away=True),
                pause=_PAUSE,
            ),
            Step(
                words=f"{name} is preferred least",
                act=self.for_all(self.hands.prefer_least, on=True),
                sight=self._moves(self._outward, away=True),
                pause=_PAUSE,
            ),
            Step(words=f"{name} is shut", act=lambda: cut(self._planned)),
        )

    def back(self) -> tuple[Step, Step, Step]:
        """Return the three steps that bring the element back."""
        name = self._planned.element
        return (
            Step(
                words=f"{name} comes up, still drained",
                act=lambda: mend(self._blueprint, self._planned),
                sight=self._sessions(),
                pause=_PAUSE,
            ),
            Step(
                words=f"the location's prefixes are advertised over {name} again",
                act=self.for_all(self.hands.withdraw, on=False),
                pause=_PAUSE,
            ),
            Step(
                words=f"{name} is preferred again",
                act=self.for_all(self.hands.prefer_least, on=False),
                sight=self._moves(self._outward, away=False),
                pause=_PAUSE,
            ),
        )

    def for_all(self, change: Callable[..., None], *, on: bool) -> Callable[[], None]:
        """Return an action that changes every end."""

        def act() -> None:
            for end in self._ends:
                change(end, on=on)

        return act

    # --- what is waited for --------------------------------------------------------------------------

    def returns(self, *, away: bool) -> Sight | None:
        """Wait until traffic to the location no longer crosses the element, or does so again."""
        return self._moves(self._inward, away=away)

    def _moves(self, way: Pair, *, away: bool) -> Sight | None:
        """Wait until traffic that crossed the element before does not, or does so again."""
        if way not in self._crossed:
            return None
        name, traffic = self._planned.element, f"traffic from {way[0]} to {way[1]}"
        gone, there = f"{traffic} no longer goes by {name}", f"{traffic} goes by {name}"
        return Sight(
            words=gone if away else f"{there} again",
            otherwise=f"{there} still" if away else gone,
            holds=lambda: self._crosses(way) is not away,
        )

    def _crosses(self, way: Pair) -> bool:
        trails = read_tables(self._blueprint).follow(*way)
        return any(self._planned.element in trail.hops for trail in trails)

    def _sessions(self) -> Sight:
        name = self._planned.element
        return Sight(
            words=f"{name}'s BGP sessions are up",
            otherwise=f"{name}'s BGP sessions are not up yet",
            holds=lambda: all(map(is_established, self._ends)),
            seconds=30.0,
        )
