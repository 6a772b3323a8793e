"""Who is pushed to when, and what one router's failure does to the others."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onprem.errors import PushError
from onprem.fleet.waves import Ending, Member, Result, Rules, push_fleet, waves_of
from onprem.push.guarded import push
from onprem.push.pushed import Pushed
from tests.onprem.positions import SMALL
from tests.onprem.routers import Lab

members_of = st.lists(st.sampled_from("abcdef"), max_size=20).map(
    lambda sites: tuple(Member(router=f"{site}-ce{number}", site=site) for number, site in enumerate(sites))
)


@pytest.mark.promise("P19")
@given(members=members_of, wave=st.integers(1, 8), canary=st.booleans())
def test_waves_hold_everybody_once_and_no_two_of_a_site(
    members: tuple[Member, ...], wave: int, canary: bool
) -> None:
    waves = waves_of(members, Rules(wave=wave, canary=canary))
    assert sorted(member.router for one in waves for member in one) == sorted(m.router for m in members)
    for one in waves:
        assert 0 < len(one) <= wave
        assert len({member.site for member in one}) == len(one)
    if canary and len(members) > 1:
        assert waves[0] == members[:1]


def fleet(count: int, of_a_site: int = 1) -> tuple[Member, ...]:
    return tuple(Member(router=f"r{n}", site=f"s{n // of_a_site}") for n in range(count))


def failing(*routers: str) -> dict[str, str]:
    return dict.fromkeys(routers, "unreachable")


def endings(members: tuple[Member, ...], bad: dict[str, str], rules: Rules) -> dict[str, Ending]:
    def act(member: Member) -> Result:
        if member.router in bad:
            raise PushError(f"{member.router}: {bad[member.router]}")
        return Result(router=member.router, ending=Ending.CHANGED)

    results = list(push_fleet(members, act, rules))
    assert len(results) == len(members) == len({result.router for result in results})
    return {result.router: result.ending for result in results}


@pytest.mark.promise("P19")
def test_canary_that_fails_ends_it() -> None:
    found = endings(fleet(5), failing("r0"), Rules())
    assert found == {"r0": Ending.FAILED, **{f"r{n}": Ending.SKIPPED for n in range(1, 5)}}


@pytest.mark.promise("P19")
def test_one_bad_router_blocks_no_other() -> None:
    found = endings(fleet(30), failing("r7"), Rules(wave=10))
    assert found.pop("r7") is Ending.FAILED
    assert set(found.values()) == {Ending.CHANGED}


@pytest.mark.promise("P19")
def test_too_many_failures_end_it_after_the_wave() -> None:
    found = endings(fleet(31), failing("r3", "r4", "r5"), Rules(wave=10, stop_share=0.2))
    assert [found[f"r{n}"] for n in range(3, 6)] == [Ending.FAILED] * 3
    assert {found[f"r{n}"] for n in range(6, 11)} == {Ending.CHANGED}, "the wave is brought to its end"
    assert {found[f"r{n}"] for n in range(11, 31)} == {Ending.SKIPPED}


@pytest.mark.promise("P19")
def test_twin_of_a_router_that_failed_is_left_alone() -> None:
    found = endings(fleet(40, of_a_site=2), failing("r2"), Rules())
    assert (found["r2"], found["r3"]) == (Ending.FAILED, Ending.SKIPPED)
    assert {ending for router, ending in found.items() if router not in {"r2", "r3"}} == {Ending.CHANGED}


@pytest.mark.promise("P19")
def test_routers_of_a_site_are_never_pushed_to_at_once() -> None:
    busy: set[str] = set()
    lock = threading.Lock()

    def act(member: Member) -> Result:
        with lock:
            assert member.site not in busy
            busy.add(member.site)
        with lock:
            busy.remove(member.site)
        return Result(router=member.router, ending=Ending.UNCHANGED)

    results = list(push_fleet(fleet(24, of_a_site=3), act, Rules()))
    assert {result.ending for result in results} == {Ending.UNCHANGED}


@pytest.mark.promise("P19", "P22", "F17")
def test_routers_over_ssh_with_bad_ones_among_them(lab: Lab) -> None:
    names = [f"site{number}-ce1" for number in range(8)]
    servers = {name: lab.start(name) for name in names}
    before = {name: server.running for name, server in servers.items()}
    lab.run(servers["site3-ce1"].stop())

    def act(member: Member) -> Result:
        password = "wrong" if member.router == "site5-ce1" else None
        access = lab.access(member.router, **({"password": password} if password else {}))
        push(access, SMALL, Pushed(), lambda: False)
        return Result(router=member.router, ending=Ending.CHANGED)

    members = [Member(router=name, site=name) for name in names]
    results = {result.router: result for result in push_fleet(members, act, Rules(wave=4))}
    assert {name for name, result in results.items() if result.ending is Ending.FAILED} == {
        "site3-ce1",
        "site5-ce1",
    } or results["site7-ce1"].ending is Ending.SKIPPED
    assert "cannot log in" in results["site3-ce1"].says
    assert servers["site5-ce1"].running == before["site5-ce1"]
    assert "router bgp 65021" in servers["site1-ce1"].running
