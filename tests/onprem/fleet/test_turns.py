"""Turns for pushes that come all at once and in any order."""

from __future__ import annotations

import asyncio

import pytest

from onprem.errors import PushError
from onprem.fleet.turns import FleetGate
from onprem.fleet.waves import Rules

Ended = dict[str, str]


def fail(router: str) -> None:
    raise PushError(f"{router}: unreachable")


class Run:
    """Pushes that end as they are told, and what became of each."""

    def __init__(self, rules: Rules, failing: frozenset[str] = frozenset()) -> None:
        self._gate, self._failing = FleetGate(rules), failing
        self.busy: set[str] = set()
        self.most = 0
        self.begun: list[str] = []

    async def _push(self, router: str, site: str, pushes: bool) -> str:
        try:
            async with self._gate.turn(router, site, pushes=pushes) as turn:
                self.begun.append(router)
                assert not site or site not in self.busy
                self.busy.add(site or router)
                self.most = max(self.most, len(self.busy))
                await asyncio.sleep(0.005)
                self.busy.remove(site or router)
                if router in self._failing and router.endswith("1"):
                    fail(router)
                turn.failed = router in self._failing
        except PushError as error:
            return str(error)
        return "failed" if turn.failed else "pushed"

    async def all_of(self, *routers: tuple[str, str], pushes: bool = True) -> Ended:
        ended = await asyncio.gather(*(self._push(router, site, pushes) for router, site in routers))
        return {router: end for (router, _), end in zip(routers, ended, strict=True)}


FOUR = tuple((f"s{number}-ce1", f"s{number}") for number in range(4))


@pytest.mark.promise("P19")
async def test_routers_of_a_site_have_their_turns_one_after_the_other() -> None:
    run = Run(Rules(canary=False))
    ended = await run.all_of(("a1", "a"), ("a2", "a"), ("b1", "b"))
    assert set(ended.values()) == {"pushed"}
    assert run.most == 2


@pytest.mark.promise("P19")
async def test_twin_of_a_router_that_failed_stays_as_it_is_and_others_do_not_care() -> None:
    run = Run(Rules(canary=False, stop_share=1.0), frozenset({"a1"}))
    ended = await run.all_of(("a1", "a"), ("a2", "a"), ("b1", "b"))
    assert ended["a1"] == "a1: unreachable"
    assert "a2: not pushed, as a1 of the same site has failed" in ended["a2"]
    assert ended["b1"] == "pushed"


@pytest.mark.promise("P19")
@pytest.mark.parametrize("fails", [False, True])
async def test_canary_goes_first_and_alone(fails: bool) -> None:
    run = Run(Rules(canary=True, stop_share=1.0), frozenset({"s0-ce1"} if fails else ()))
    ended = await run.all_of(*FOUR)
    if fails:
        assert run.begun == ["s0-ce1"]
        assert "s3-ce1: not pushed, as s0-ce1, the first of this run, has failed" in ended["s3-ce1"]
    else:
        assert run.begun[0] == "s0-ce1"
        assert set(ended.values()) == {"pushed"}


@pytest.mark.promise("P19")
async def test_nothing_is_begun_once_too_many_have_failed() -> None:
    run = Run(Rules(canary=False, wave=1, stop_share=0.4), frozenset({"s0-ce1"}))
    ended = await run.all_of(*FOUR)
    assert run.begun == ["s0-ce1"]
    assert "1 of 1 routers have failed in this run, more than 40%" in ended["s1-ce1"]


@pytest.mark.promise("P19")
async def test_no_more_than_a_wave_at_once() -> None:
    run = Run(Rules(canary=False, wave=2))
    await run.all_of(*FOUR)
    assert run.most == 2


async def test_what_does_not_push_waits_for_nobody() -> None:
    run = Run(Rules(canary=True, wave=1))
    await run.all_of(*FOUR, pushes=False)
    assert run.most == 4
