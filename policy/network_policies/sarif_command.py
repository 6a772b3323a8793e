"""The command line of `policy/sarif.py`: events in, SARIF out, and a summary for people."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from network_policies.engine_events import SOURCE_PLACES, EventsError, Report, Violation, read_events
from network_policies.sarif import place_of, sarif_log
from network_policies.source_places import read_places

_POLICY_FILE = Path(__file__).parents[1] / "PulumiPolicy.yaml"


def main(arguments: Sequence[str]) -> int:
    """Convert; exit code 0, or 2 with one message if a file is not what it should be."""
    given = _parser().parse_args(arguments)
    try:
        report = _read(given.events)
        places = {**report.places, **_read_places(given.places)}
        log = sarif_log(report.violations, places, given.fallback, pack_version())
        _write(given.output, json.dumps(log, indent=2, ensure_ascii=False) + "\n")
        if given.summary:
            _write(given.summary, "\n".join(_summary(report.violations, places, given.fallback)) + "\n")
    except (EventsError, OSError) as mistake:
        sys.stderr.write(f"{mistake}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sarif.py", description="Turn the Pulumi engine's policy events into SARIF 2.1.0."
    )
    parser.add_argument("events", metavar="EVENTS", help="a file of events, one a line; - for standard input")
    parser.add_argument("-o", "--output", default="-", help="where the SARIF goes (default: standard output)")
    parser.add_argument("--summary", help="also write a summary in Markdown here")
    parser.add_argument(
        "--places",
        help=f"JSON with the place of each resource, or with an output {SOURCE_PLACES} that has them: "
        "`pulumi stack output --json`; without it, the places among the events count",
    )
    parser.add_argument(
        "--fallback",
        default="Pulumi.yaml",
        help="the file for a resource without a place (default: Pulumi.yaml)",
    )
    return parser


def pack_version() -> str:
    """Return the pack's version, as `PulumiPolicy.yaml` has it."""
    for line in _POLICY_FILE.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "version":
            return value.strip()
    return "0.0.0"


def _read(events: str) -> Report:
    if events == "-":
        return read_events(sys.stdin, "standard input")
    with Path(events).open(encoding="utf-8") as lines:
        return read_events(lines, events)


def _read_places(path: str | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
    except json.JSONDecodeError as mistake:
        raise EventsError(f"{path}, line {mistake.lineno}: no JSON: {mistake.msg}") from None
    places = read_places(read.get(SOURCE_PLACES, read)) if isinstance(read, dict) else None
    if places is None:
        raise EventsError(f'{path}: no object with places, such as {{"hub": {{"file": "F", "line": 1}}}}')
    return places


def _write(path: str, text: str) -> None:
    if path == "-":
        sys.stdout.write(text)
    else:
        Path(path).write_text(text, encoding="utf-8")


def _summary(violations: Sequence[Violation], places: Mapping[str, Any], fallback: str) -> Iterator[str]:
    mandatory = sum(one.is_mandatory for one in violations)
    yield f"**Policies:** {mandatory} mandatory, {len(violations) - mandatory} advisory."
    if not violations:
        return
    yield ""
    yield "| Level | Rule | Resource | Place | What |"
    yield "|---|---|---|---|---|"
    for one in sorted(violations, key=lambda each: (not each.is_mandatory, each.rule, each.urn)):
        file, line = place_of(one.urn, places, fallback)
        level = "mandatory" if one.is_mandatory else "advisory"
        said = one.message.rpartition("\n")[2].replace("|", "\\|")
        yield f"| {level} | `{one.rule}` | `{one.resource}` | {file}:{line} | {said} |"
