"""What the Pulumi engine says of policies, read from its events.

Three commands write them, one object a line: `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview
--json`, `PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log FILE` (or `up`), and `pulumi policy analyze
--json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from network_policies.source_places import read_places

_MANDATORY = ("mandatory", "remediate")
_STACK = "pulumi:pulumi:Stack"

SOURCE_PLACES = "sourcePlaces"
"""The stack output that says in which file and line each resource is described."""


class EventsError(Exception):
    """A file holds no events of the engine's; the message says which, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One finding, as the engine passes it on."""

    rule: str
    pack: str
    pack_version: str
    urn: str
    message: str
    is_mandatory: bool

    @property
    def resource(self) -> str:
        """The resource's logical name."""
        return self.urn.rpartition("::")[2]


@dataclass(slots=True)
class Report:
    """What the events of one run hold for a reader of findings."""

    violations: list[Violation] = field(default_factory=list)
    places: dict[str, Any] = field(default_factory=dict)
    """The stack output `sourcePlaces`, if the run showed one; unchecked."""


def read_events(lines: Iterable[str], source: str) -> Report:
    """Read one run's events; each finding is kept once.

    Raises:
        EventsError: The lines are no events, or those of a plain `preview --json`, which has no findings.
    """
    report, count = Report(), 0
    for number, line in enumerate(lines, start=1):
        if not line.lstrip().startswith("{"):
            continue  # the engine's warnings may stand between
        count += 1
        _read_event(report, _parse(line, number, source))
    if not count:
        raise EventsError(
            f"{source} holds no events: write it with `pulumi policy analyze --json`, or with "
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true and `pulumi preview --json`"
        )
    return report


def _parse(line: str, number: int, source: str) -> Mapping[str, Any]:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        raise EventsError(
            f"{source}, line {number}: no event of the engine's. Without "
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true a preview writes one object without findings"
        ) from None
    return event if isinstance(event, dict) else {}


def _read_event(report: Report, event: Mapping[str, Any]) -> None:
    found = event.get("policyEvent")
    if isinstance(found, dict):
        violation = Violation(
            rule=str(found.get("policyName", "")),
            pack=str(found.get("policyPackName", "")),
            pack_version=str(found.get("policyPackVersion", "")),
            urn=str(found.get("resourceUrn", "")),
            message=str(found.get("message", "")).strip(),
            is_mandatory=str(found.get("enforcementLevel", "")).casefold() in _MANDATORY,
        )
        if violation not in report.violations:
            report.violations.append(violation)
    outputs = event.get("resOutputsEvent")
    if isinstance(outputs, dict):
        report.places.update(_places(outputs.get("metadata")))


def _places(metadata: object) -> Mapping[str, Any]:
    """Return the source places among the stack's own outputs."""
    if not isinstance(metadata, dict) or metadata.get("type") != _STACK:
        return {}
    new = metadata.get("new")
    outputs = new.get("outputs") if isinstance(new, dict) else None
    places = read_places(outputs.get(SOURCE_PLACES)) if isinstance(outputs, dict) else None
    return places or {}
