"""Configurations and sessions that nobody thought of: whatever comes, the two ends agree or it is said."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lab.iosxe.faults import Fault, Moment
from onprem.errors import PushError
from onprem.plan.changes import Ours
from onprem.plan.diff import compare
from onprem.plan.sections import read_lines
from onprem.plan.undoing import undo
from onprem.push.others import overwritten_by
from onprem.push.pushed import Intent, Pushed, found_before, ours_after, pushed_by, settled
from onprem.resource.inputs import Inputs, find_flaws
from onprem.ssh.access import Access
from tests.examples import examples
from tests.onprem.generated import KEY, configurations
from tests.onprem.positions import Router, every_position, old_or_new
from tests.onprem.routers import ROUTER, SECRETS, Console, Lab

NEIGHBOR = ["ip vrf 30", " rd 65021:30", "router bgp 65021", " address-family ipv4 vrf 30"]
SOME = settings(max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow])
MANY = settings(SOME, max_examples=examples(150))


@pytest.mark.promise("P1", "P5", "P6", "P7", "P10", "P26")
@SOME
@given(first=configurations(), second=configurations())
def test_some_configurations_lead_to_others_and_back(first: list[str], second: list[str]) -> None:
    lead_there_and_back(first, second)


@pytest.mark.thorough
@pytest.mark.promise("P1", "P5", "P6", "P7", "P10", "P26")
@MANY
@given(first=configurations(), second=configurations())
def test_any_configuration_leads_to_any_other_and_back(first: list[str], second: list[str]) -> None:
    lead_there_and_back(first, second)


def lead_there_and_back(first: list[str], second: list[str]) -> None:
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


_THREE = {name: configurations(moving=False) for name in ("theirs", "first", "second")}


@pytest.mark.promise("P7", "P30")
@SOME
@given(**_THREE)
@example(
    theirs=[],
    first=[*NEIGHBOR, "  neighbor 192.0.2.1 remote-as 12076"],
    second=[*NEIGHBOR, "  neighbor 192.0.2.2 remote-as 12076"],
)
def test_what_others_have_configured_is_there_again_at_the_end(
    theirs: list[str], first: list[str], second: list[str]
) -> None:
    come_and_go(theirs, first, second)


@pytest.mark.thorough
@pytest.mark.promise("P7", "P30")
@MANY
@given(**_THREE)
@example(
    theirs=[],
    first=[*NEIGHBOR, "  neighbor 192.0.2.1 remote-as 12076"],
    second=[*NEIGHBOR, "  neighbor 192.0.2.2 remote-as 12076"],
)
def test_whatever_others_have_configured_is_there_again_at_the_end(
    theirs: list[str], first: list[str], second: list[str]
) -> None:
    come_and_go(theirs, first, second)


def come_and_go(theirs: list[str], first: list[str], second: list[str]) -> None:
    """Ours may overwrite values of theirs meanwhile; what they use of ours stays, and is said."""
    console = Console()
    console.type(compare(console.running, read_lines(theirs), Ours()).commands)
    start = console.text
    access, last = Access(router=ROUTER, host=ROUTER), Pushed()
    notes: list[str] = []
    for lines in (first, second, []):
        intent = Intent(lines=tuple(lines), secrets=SECRETS)
        ours = ours_after(access, intent, last)
        try:
            diff = compare(console.running, read_lines(lines), ours)
        except PushError as refusal:
            assert "is in the way" in str(refusal)  # noqa: PT017 (it may also be taken)
            return
        before = console.running
        console.type(diff.commands)
        seen = overwritten_by(before, console.running, diff)
        last = pushed_by(access, intent, last, replace(diff, found={**diff.found, **seen}))
        notes += diff.notes
        assert not compare(console.running, read_lines(lines), settled(read_lines(lines), found_before(last)))
    if not notes:
        assert sorted(_plain(console.text)) == sorted(_plain(start))


def _plain(text: str) -> list[str]:
    """Lines without separators; a key is masked anew each time that it is entered."""
    lines = (re.sub(r"(pre-shared-key|password) .*", r"\1", line) for line in text.splitlines())
    return [line for line in lines if line.strip() != "!"]


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
    monkeypatch.setattr("onprem.ssh.session.LINE_TIMEOUT", 2.0)
    monkeypatch.setattr("onprem.ssh.session.READ_TIMEOUT", 2.0)
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
