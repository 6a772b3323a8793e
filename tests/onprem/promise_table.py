"""Writes the promises' table in `docs/push.md`: `python -m tests.onprem.promise_table` runs the tests for it.

A test says by `@pytest.mark.promise("P9", "F7")` which promises it keeps, over which faults and bad inputs; a
test that runs many cases counts them in the property `cases`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
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


def main() -> int:
    """Run the tests and write the table; the tests' own exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        run = [sys.executable, "-m", "pytest", "tests/onprem", "-q", "-n", "2", f"--junitxml={report}"]
        code = subprocess.run(run, cwd=ROOT, check=False).returncode
        table = _table(ET.parse(report).getroot())
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")
    return code


def _table(report: ET.Element) -> str:
    tests: dict[str, set[str]] = defaultdict(set)
    faults: dict[str, set[str]] = defaultdict(set)
    cases: dict[str, int] = defaultdict(int)
    failed: dict[str, int] = defaultdict(int)
    for case in report.iter("testcase"):
        properties = [(p.get("name"), p.get("value") or "") for p in case.iter("property")]
        ids = {value for name, value in properties if name == "promise"}
        count = max([int(value) for name, value in properties if name == "cases"], default=1)
        for promise in ids & PROMISES.keys():
            tests[promise].add((case.get("name") or "").partition("[")[0])
            faults[promise] |= ids - PROMISES.keys()
            cases[promise] += count
            failed[promise] += case.find("failure") is not None or case.find("error") is not None
    rows = ["| Promise | Over | Tests | Cases | Result |", "|---|---|--:|--:|---|"]
    for promise, says in PROMISES.items():
        over = " ".join(sorted(faults[promise], key=_order)) or "-"
        result = "no test" if not tests[promise] else f"{failed[promise]} fail" if failed[promise] else "kept"
        rows.append(f"| {promise} {says} | {over} | {len(tests[promise])} | {cases[promise]} | {result} |")
    return "\n".join(rows)


def _order(name: str) -> tuple[str, int]:
    found = re.fullmatch(r"([A-Z])(\d+)", name)
    assert found is not None, name
    return found[1], int(found[2])


if __name__ == "__main__":
    sys.exit(main())
