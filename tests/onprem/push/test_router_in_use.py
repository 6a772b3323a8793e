"""A router that others have used for years: of its lines nothing changes, whatever becomes of ours.

Its configuration is hand-written after those of real edge routers, with everything that such a router runs
and no table here knows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.iosxe.faults import Fault, no_faults
from lab.iosxe.server import RouterServer
from onprem.errors import PushError
from onprem.plan.changes import Ours
from onprem.plan.diff import compare
from onprem.plan.sections import Section, read_lines, read_running_configuration
from onprem.plan.undoing import undo
from onprem.push.comparison import plan
from onprem.push.guarded import push
from onprem.push.pushed import Intent, Pushed, Safeguards
from tests.onprem.routers import ROUTER, SECRETS, Console, Lab, fault_at, filled, on_line

HERE = Path(__file__).parent
IN_USE = (HERE / "foreign/asr1001x.cfg").read_text(encoding="ascii")
LINES = tuple(filled((HERE.parent / "golden" / f"{ROUTER}.cfg").read_text().splitlines()))
INTENT = Intent(lines=LINES, secrets=SECRETS)
Record = Callable[[str, object], None]


@pytest.fixture
def router(lab: Lab) -> RouterServer:
    return lab.start(initial=IN_USE, foreign=True)


def pushed(lab: Lab, intent: Intent, last: Pushed = Pushed(), minutes: int = 5) -> Pushed:  # noqa: B008 (frozen)
    return push(lab.access(), intent, last, lambda: False, Safeguards(revert_minutes=minutes)).pushed


def others(before: str, now: str) -> tuple[list[str], list[str]]:
    """What of the lines before is there now, in order, and the lines before: the same if none is lost."""
    wanted = [line for line in before.splitlines() if line.strip() != "!"]
    found: list[str] = []
    place = 0
    for line in now.splitlines():
        if place < len(wanted) and line == wanted[place]:
            found.append(line)
            place += 1
    return found, wanted


def test_router_keeps_the_lines_of_its_file(router: RouterServer) -> None:
    """But for their order, which IOS decides, and for separators."""
    noise = {"!", "exit-address-family", "end", "no ip address"}
    told = sorted(line for line in IN_USE.splitlines() if line.strip() not in noise)
    kept = sorted(line for line in router.running.splitlines() if line.strip() not in noise)
    assert kept == told
    assert len(kept) > 430


@pytest.mark.promise("P7", "P30")
def test_nothing_of_others_changes_by_a_push_and_its_removal(lab: Lab, router: RouterServer) -> None:
    before = router.running
    first = pushed(lab, INTENT)
    found, wanted = others(before, router.running)
    assert found == wanted
    assert not plan(lab.access(), INTENT, first).commands
    pushed(lab, Intent(), first)
    assert router.running == before == router.device.startup, "byte for byte"


@pytest.mark.promise("P7", "P10", "F7")
@pytest.mark.parametrize("minutes", [5, 0], ids=["by the archive", "line by line"])
@pytest.mark.parametrize("line", ["rd 65021:30", "tunnel protection", "default-metric"])
def test_nothing_of_others_changes_by_a_push_that_fails(
    lab: Lab, router: RouterServer, line: str, minutes: int
) -> None:
    before = router.running
    router.faults = fault_at(on_line(line), Fault(reject="% no"))
    with pytest.raises(PushError, match=r"the router is where it was before$"):
        pushed(lab, INTENT, minutes=minutes)
    router.faults = no_faults
    assert router.running == before == router.device.startup, "byte for byte"


@pytest.mark.promise("P7", "P10")
def test_nothing_of_others_changes_from_any_command_on(record_property: Record) -> None:
    start = Console(IN_USE, foreign=True)
    diff = compare(start.running, read_lines(LINES), Ours())
    for sent in range(len(diff.commands) + 1):
        console = Console(start.text, foreign=True)
        console.type(diff.commands[:sent])
        found, wanted = others(start.text, console.text)
        assert found == wanted, diff.commands[sent - 1]
        console.type(undo(console.running, start.running, diff).commands)
        assert console.text == start.text, diff.commands[sent - 1]
    record_property("cases", len(diff.commands) + 1)


@pytest.mark.promise("P7", "P25")
def test_others_keys_are_never_shown() -> None:
    tree = read_running_configuration(IN_USE, ROUTER)
    shown = repr(tree) + "\n".join(tree.lines())
    keys = re.findall(r" (?:6|7|9) (\S{8,})", IN_USE)
    assert len(keys) > 12
    assert [key for key in keys if key in shown] == []


@pytest.mark.promise("P7", "P30")
@pytest.mark.parametrize("seed", range(30))
def test_parts_of_it_in_any_order(seed: int) -> None:
    """Sections left out and moved: nothing depends on what stands beside what."""
    chance = random.Random(seed)
    sections = re.findall(r"(?:banner \w+ \^C\n(?:.*\n)*?\^C\n|\S.*\n(?: .*\n)*)", IN_USE)
    needed = ("hostname", "interface", "vrf", "line", "archive", "password", "router bgp", "banner", "end")
    kept = [text for text in sections if text.startswith(needed) or chance.random() < 0.6]
    first = [text for text in kept if text.startswith(("hostname", "vrf"))]
    rest = [text for text in kept if text not in first and not text.startswith(("end", "!"))]
    chance.shuffle(rest)
    console = Console("".join((*first, *rest, "end\n")), foreign=True)
    before = console.text
    diff = compare(console.running, read_lines(LINES), Ours())
    console.type(diff.commands)
    found, wanted = others(before, console.text)
    assert found == wanted
    ours = Ours(lines=read_lines(LINES), found=diff.found, trusted=frozenset(SECRETS))
    assert not compare(console.running, read_lines(LINES), ours)
    console.type(compare(console.running, Section(), ours).commands)
    assert console.text == before
