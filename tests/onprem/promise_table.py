"""Writes the tables of promises, faults and bad inputs in `docs/push.md`, and runs the tests for them.

`python -m tests.onprem.promise_table`

A test says by `@pytest.mark.promise("P9", "F7")` which promises it keeps, over which faults and bad inputs; a
test that runs many cases counts them in the property `cases`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/push.md"
BEGIN, END = "<!-- promises: written by tests/onprem/promise_table.py -->", "<!-- end of promises -->"
PROMISES = {
    "P1": "The same intent twice: the second run sends nothing",
    "P2": "What a preview shows is what is sent",
    "P3": "A preview only reads",
    "P4": "Equal meaning is no difference",
    "P5": "Lines are sent in an order that the router takes",
    "P6": "A value is overwritten in place",
    "P7": "Only what is ours is touched",
    "P8": "A line counts as taken only if echo and prompt say so",
    "P9": "The first rejected line ends the push, and is named",
    "P10": "After a failure the router is as before, or the message says what is on it",
    "P11": "The router's own timer is armed first, or nothing is sent",
    "P12": "Confirmed only over a new session, read back, with sessions that work",
    "P13": "A push that cuts its own way is undone without the pusher",
    "P14": "Saved only after the confirmation, and `[OK]` is checked",
    "P15": "Killed at any step: the next run ends in the old or the new state",
    "P16": "Never two pushers on a router",
    "P17": "Nobody else's timer is confirmed or run out",
    "P18": "Only the right box: name, platform, serial number",
    "P19": "One bad router blocks no other; canary, waves, an end",
    "P20": "Host keys are pinned; no credential goes to another",
    "P21": "Every wait has an end",
    "P22": "A wrong password is tried once",
    "P23": "Log lines change nothing",
    "P24": "Slow and torn reading changes nothing",
    "P25": "No key and no password in anything written or said",
    "P26": "A key's change is shown as that, and pushed",
    "P27": "No session log",
    "P28": "Nothing to change is one login and one read",
    "P29": "What was pushed is read back",
    "P30": "Drift is found; removal takes only what is ours",
    "P31": "An unreachable router is `not compared`, never `no changes`",
}

AGAINST = {
    "F1": "the connection ends: before the banner, between any lines, before the confirmation",
    "F2": "silence: no banner, in the middle of a line, after `end`",
    "F3": "a wrong password, one that has expired, an enable password, commands that are not authorized",
    "F4": "a host key that has changed or is not known; no file of them",
    "F5": "slow lines, single bytes, a stall",
    "F6": "questions, `--More--`, banners with prompts in them, a prompt that changes",
    "F7": "a line that is refused, or silently dropped, or printed otherwise",
    "F8": "log lines anywhere, with prompts and `% Invalid` in them",
    "F9": "a reboot, another host key after it",
    "F10": "no archive, a full disk, a path that cannot be reached",
    "F11": "somebody's lock, timer or change in between",
    "F12": "the pusher killed at any step",
    "F13": "the pushed lines cut the way to the router",
    "F14": "no free line, too many sessions",
    "F15": "the timer runs out in between; a confirmation that comes late",
    "F16": "the configuration cannot be saved",
    "F17": "many routers, some of them with one of these",
    "F18": "the pusher's clock jumps",
    "F19": "an output that is cut; NVRAM that is busy",
    "F20": "algorithms that the router has given up",
    "B1": "control characters in a value",
    "B2": "lines that end the session, reload, erase or copy",
    "B3": "typographic quotes, pasted prompts, fences, CRLF",
    "B4": "keys that no router takes: empty, too long, a space, `?`",
    "B5": "lines and descriptions that are too long",
    "B6": "the seed's own mistakes",
    "B7": "addresses, ASNs and prefix lists out of range; equal local preferences",
    "B8": "no lines, only comments, 50,000 lines",
    "B9": "two routers at one address, names of two, IPv6 literals, port 0",
    "B10": "the wrong box, a standby processor, a user without privileges, a menu",
}


def main() -> int:
    """Run the tests and write the tables; the tests' own exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        run = [sys.executable, "-m", "pytest", "tests/onprem", "-q", "-n", "2", f"--junitxml={report}"]
        code = subprocess.run(run, cwd=ROOT, check=False).returncode
        ran = _ran(ET.parse(report).getroot())
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    DOCUMENT.write_text(
        f"{before}{BEGIN}\n\n{_promises(ran)}\n\n{_against(ran)}\n\n{END}{after}", encoding="utf-8"
    )
    return code


@dataclass(slots=True)
class _Ran:
    """What ran for a promise, a fault or a bad input."""

    tests: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    cases: int = 0
    failed: int = 0

    @property
    def result(self) -> str:
        return "no test" if not self.tests else f"{self.failed} fail" if self.failed else "kept"


def _ran(report: ET.Element) -> dict[str, _Ran]:
    ran: defaultdict[str, _Ran] = defaultdict(_Ran)
    for case in report.iter("testcase"):
        properties = [(p.get("name"), p.get("value") or "") for p in case.iter("property")]
        ids = {value for name, value in properties if name == "promise"}
        for one in ids:
            ran[one].tests.add((case.get("name") or "").partition("[")[0])
            ran[one].over |= ids - PROMISES.keys()
            ran[one].cases += max([int(value) for name, value in properties if name == "cases"], default=1)
            ran[one].failed += case.find("failure") is not None or case.find("error") is not None
    return ran


def _promises(ran: dict[str, _Ran]) -> str:
    rows = ["| Promise | Over | Tests | Cases | Result |", "|---|---|--:|--:|---|"]
    for promise, says in PROMISES.items():
        of = ran[promise]
        over = " ".join(sorted(of.over, key=_order)) or "-"
        rows.append(f"| {promise} {says} | {over} | {len(of.tests)} | {of.cases} | {of.result} |")
    return "\n".join(rows)


def _against(ran: dict[str, _Ran]) -> str:
    rows = ["| Fault or bad input | Tests | Cases | Result |", "|---|--:|--:|---|"]
    for name, says in AGAINST.items():
        of = ran[name]
        rows.append(f"| {name} {says} | {len(of.tests)} | {of.cases} | {of.result} |")
    return "\n".join(rows)


def _order(name: str) -> tuple[str, int]:
    found = re.fullmatch(r"([A-Z])(\d+)", name)
    assert found is not None, name
    return found[1], int(found[2])


if __name__ == "__main__":
    sys.exit(main())
