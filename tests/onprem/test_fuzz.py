"""Configurations and sessions that nobody thought of: whatever comes, the two ends agree or it is said."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.iosxe.faults import Fault, Moment
from onprem.changes import Ours
from onprem.diff import compare, undo
from onprem.inputs import Inputs, find_flaws
from onprem.push import settled
from onprem.sections import read_lines
from tests.onprem.positions import Router, every_position, old_or_new
from tests.onprem.routers import ROUTER, SECRETS, Console, Lab

KEY = next(iter(SECRETS))
numbers = st.sampled_from([10, 20, 30])
octets = st.integers(1, 250)


@st.composite
def vrfs(draw: st.DrawFn) -> list[str]:
    number = draw(numbers)
    return [f"ip vrf {number}", f" rd 65021:{draw(octets)}"]


@st.composite
def prefix_lists(draw: st.DrawFn) -> list[str]:
    kind, length = draw(st.sampled_from(["permit", "deny"])), draw(st.integers(8, 24))
    network = f"10.0.0.0/{length}"
    return [f"ip prefix-list List{draw(numbers)} seq {draw(numbers)} {kind} {network}"]


@st.composite
def route_maps(draw: st.DrawFn) -> list[str]:
    lines = [f"route-map map{draw(numbers)} {draw(st.sampled_from(['permit', 'deny']))} {draw(numbers)}"]
    if draw(st.booleans()):
        lines.append(f" set local-preference {draw(octets)}")
    if draw(st.booleans()):
        lines.append(f" set metric {draw(octets)}")
    return lines


@st.composite
def loopbacks(draw: st.DrawFn) -> list[str]:
    number = draw(numbers)
    lines = [f"interface Loopback{number}"]
    if draw(st.booleans()):
        lines.append(f" description number {draw(octets)}")
    return [*lines, f" ip address 172.16.{number}.{draw(octets)} 255.255.255.255"]


@st.composite
def keyrings(draw: st.DrawFn) -> list[str]:
    lines = [
        f"crypto ikev2 keyring ring{draw(numbers)}",
        " peer azure",
        f"  address 203.0.113.{draw(octets)}",
    ]
    return [*lines, *([f"  pre-shared-key local <secret:{KEY}>"] if draw(st.booleans()) else [])]


@st.composite
def neighbors(draw: st.DrawFn) -> list[str]:
    lines = ["router bgp 65021"]
    for host in draw(st.lists(st.integers(1, 4), max_size=3, unique=True)):
        lines.append(f" neighbor 192.0.2.{host} remote-as {draw(st.sampled_from([12076, 65515]))}")
        if draw(st.booleans()):
            lines.append(f" neighbor 192.0.2.{host} description number {draw(octets)}")
    return lines


configurations = st.lists(
    st.one_of(vrfs(), prefix_lists(), route_maps(), loopbacks(), keyrings(), neighbors()), max_size=8
).map(lambda parts: list(read_lines([line for part in parts for line in part]).lines()))
"""Sections that are merged, as rendered ones are."""


@pytest.mark.promise("P1", "P5", "P6", "P7", "P10", "P26")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=configurations, second=configurations)
def test_any_configuration_leads_to_any_other_and_back(first: list[str], second: list[str]) -> None:
    console = Console()
    factory = console.text
    a, b = read_lines(first), read_lines(second)

    begun = compare(console.running, a, Ours())
    console.type(begun.commands)
    before, at_first = console.running, console.text
    assert not compare(before, a, settled(a, begun.found))

    change = compare(before, b, settled(a, begun.found))
    console.type(change.commands)
    merged = settled(a.merged_with(b), {**begun.found, **change.found})
    assert not compare(console.running, b, merged), "a second comparison finds nothing to do"

    back = undo(console.running, before, change)
    console.type(back.commands)
    assert not undo(console.running, before, change)
    assert sorted(_plain(console.text)) == sorted(_plain(at_first)), "the way back leads to the start"

    console.type(compare(console.running, read_lines([]), settled(a, begun.found)).commands)
    assert sorted(_plain(console.text)) == sorted(_plain(factory)), "and removing ours to the very beginning"


def _plain(text: str) -> list[str]:
    """Lines without separators; a key is masked anew each time that it is entered."""
    return [line.partition("pre-shared-key")[0] for line in text.splitlines() if line.strip() != "!"]


@pytest.mark.promise("B1", "B2", "B3", "B5")
@given(line=st.text(max_size=300), secret=st.text(max_size=140))
def test_whatever_is_typed_in_is_plain_or_refused(line: str, secret: str) -> None:
    flaws = find_flaws(Inputs(router=ROUTER, host=ROUTER, lines=(line, "ip vrf 30"), secrets={KEY: secret}))
    refused = {flaw.input for flaw in flaws}
    if "lines[0]" not in refused:
        assert all(" " <= character <= "~" for character in line)
        assert len(line.strip()) <= 254
        assert "?" not in line
    if f"secrets.{KEY}" not in refused:
        assert all("!" <= character <= "~" for character in secret)
        assert secret


@pytest.mark.promise("P8", "P10", "P21", "P23", "F8")
@pytest.mark.parametrize("seed", range(4))
def test_log_line_in_the_middle_of_an_answer(
    lab: Lab,
    tmp_path: Path,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """A line that is torn apart may fail a push, for then nothing is certain; it must not mislead it."""
    router = Router.start(lab, tmp_path)
    monkeypatch.setattr("onprem.session.LINE_TIMEOUT", 2.0)
    monkeypatch.setattr("onprem.session.READ_TIMEOUT", 2.0)
    chance = random.Random(seed)
    wanted = set(chance.sample(range(1, 60), 8))
    seen = 0

    def chosen(_: str) -> bool:
        nonlocal seen
        seen += 1
        return seen in wanted

    async def tear(_: object) -> Fault:
        log = "*Nov 23 10:00:00: %SYS-5-CONFIG_I: Configured from console by #1"
        return Fault(log=(log,), into=chance.randrange(1, 40))

    cases = 0
    for case in every_position(router, tear, frozenset({Moment.OUTPUT}), wanted=chosen):
        old_or_new(router, case)
        cases += 1
        wanted = set(chance.sample(range(1, 60), 8))
        seen = 0
        if cases == 6:
            break
    record_property("cases", cases)
