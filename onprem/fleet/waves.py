"""Pushes to many routers: one first, then in waves, and an end once too many have failed.

A canary goes first and alone. The waves after it hold no two routers of one site, so that a site with two
never has both in doubt; and a router whose twin has failed is left alone. One router's failure stops no
other, until more than a share of those that were tried have failed: then the waves to come are not begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum

from onprem.errors import OnPremisesError


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A router of a fleet; routers of one site stand in for one another."""

    router: str
    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a fleet is pushed to.

    `canary`: one router goes first. `wave` routers are pushed to at once, at most. After a wave in which the
    share of failures so far exceeds `stop_share`, from 0 to 1, no other is begun.
    """

    canary: bool = True
    wave: int = 50
    stop_share: float = 0.1


class Ending(StrEnum):
    """What became of one router."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One router's ending, and what is to be said about it."""

    router: str
    ending: Ending
    says: str = ""


Push = Callable[[Member], Result]
"""Pushes to one router; may raise OnPremisesError."""


def waves_of(members: Sequence[Member], rules: Rules) -> tuple[tuple[Member, ...], ...]:
    """Return who is pushed to when: each once, in the given order as far as the rules allow."""
    left = list(members)
    waves: list[tuple[Member, ...]] = []
    while left:
        size = 1 if rules.canary and not waves and len(members) > 1 else max(1, rules.wave)
        wave: dict[str, Member] = {}
        for member in left:
            if len(wave) < size:
                wave.setdefault(member.site, member)
        waves.append(tuple(wave.values()))
        left = [member for member in left if member not in wave.values()]
    return tuple(waves)


def push_fleet(
    members: Sequence[Member],
    push: Push,
    rules: Rules = Rules(),
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Result]:
    """Push to each router and yield each one's result as it comes; every member has exactly one.

    Once it is cancelled no push is begun any more.
    """

    def unless_cancelled(member: Member) -> Result:
        if cancelled():
            return Result(router=member.router, ending=Ending.SKIPPED, says=f"{member.router}: not begun")
        return push(member)

    tried = failed = 0
    failed_sites: set[str] = set()
    waves = waves_of(members, rules)
    for number, wave in enumerate(waves):
        if tried and failed / tried > rules.stop_share:
            says = f"not begun: {failed} of {tried} failed, which is more than {rules.stop_share:.0%}"
            yield from (
                Result(router=member.router, ending=Ending.SKIPPED, says=f"{member.router}: {says}")
                for rest in waves[number:]
                for member in rest
            )
            return
        for member in wave:
            if member.site in failed_sites:
                says = (
                    f"{member.router}: not begun: another router of {member.site} has failed; one of a site"
                    " has to stay as it is"
                )
                yield Result(router=member.router, ending=Ending.SKIPPED, says=says)
        going = [member for member in wave if member.site not in failed_sites]
        for member, result in _at_once(going, unless_cancelled):
            tried += result.ending is not Ending.SKIPPED
            if result.ending is Ending.FAILED:
                failed += 1
                failed_sites.add(member.site)
            yield result


def _at_once(wave: Sequence[Member], push: Push) -> Iterator[tuple[Member, Result]]:
    with ThreadPoolExecutor(max(1, len(wave)), thread_name_prefix="router") as threads:
        running = {threads.submit(push, member): member for member in wave}
        for done in as_completed(running):
            member = running[done]
            try:
                yield member, done.result()
            except OnPremisesError as error:
                yield member, Result(router=member.router, ending=Ending.FAILED, says=str(error))
            except Exception as error:  # noqa: BLE001 (one router's defect is not another's trouble)
                says = f"{member.router}: defect: {type(error).__name__}"
                yield member, Result(router=member.router, ending=Ending.FAILED, says=says)
