"""What is wrong with the paths of a network, or fragile: each with its cause in the stack file and a mend.

- Every finding rests on predicted paths, or on what the description itself disables or leaves open.
- What has one cause is one finding, with every pair and failure that it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from routing.alike import Pair
from topology import Place

KeyPath = tuple[str, ...]
"""A place inside the network's description: keys as written in the stack file."""


class Severity(StrEnum):
    """How much a finding matters, worst first."""

    ERROR = "error"
    """Traffic is lost."""
    WARNING = "warning"
    """Traffic goes otherwise than meant, or a failure takes more than it should."""
    INFORMATION = "information"
    """As designed, and worth knowing."""


class FindingKind(StrEnum):
    """What a finding is about."""

    BLACK_HOLE = "black-hole"
    LOOP = "loop"
    BACKUP_THAT_IS_NONE = "backup-that-is-none"
    ASYMMETRIC = "asymmetric"
    NOT_DETERMINED = "not-determined"
    LONGER_PREFIX = "longer-prefix"
    TRANSIT = "transit"
    SHARED_FATE = "shared-fate"
    LEAK = "leak"
    OVERLAPPING_SUMMARY = "overlapping-summary"
    DISABLED_LINK = "disabled-link"
    SINGLE_POINT_OF_FAILURE = "single-point-of-failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend or to know."""

    kind: FindingKind
    severity: Severity
    message: str
    """One sentence: what is so, and by which rule."""
    causes: tuple[KeyPath, ...]
    """Where in the stack file it comes from, the value to change first; never empty."""
    mend: str
    """One sentence: what to change."""
    pairs: tuple[Pair, ...] = ()
    """The ordered pairs of sites that it concerns, in the order of the path table."""
    failures: tuple[str, ...] = ()
    """The failures under which it shows; empty if it shows in the steady state."""


@dataclass(slots=True, kw_only=True)
class Gathering:
    """Findings that are still growing: what has one kind and one cause becomes one finding."""

    findings: dict[tuple[FindingKind, Severity, tuple[KeyPath, ...], bool], Finding] = field(
        default_factory=dict
    )

    def add(self, finding: Finding) -> None:
        """Add a finding, or its pairs and failures to one that is known.

        The steady state and failures are kept apart: who reads one should not have to search for the other.
        """
        key = (finding.kind, finding.severity, finding.causes, bool(finding.failures))
        if (known := self.findings.get(key)) is None:
            self.findings[key] = finding
            return
        self.findings[key] = Finding(
            kind=known.kind,
            severity=known.severity,
            message=known.message,
            causes=known.causes,
            mend=known.mend,
            pairs=tuple(dict.fromkeys((*known.pairs, *finding.pairs))),
            failures=tuple(dict.fromkeys((*known.failures, *finding.failures))),
        )


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, then by kind."""
    severities, kinds = list(Severity), list(FindingKind)
    return tuple(
        sorted(
            findings,
            key=lambda finding: (
                severities.index(finding.severity),
                kinds.index(finding.kind),
                bool(finding.failures),
            ),
        )
    )


def findings_document(
    findings: Iterable[Finding], place: Callable[[KeyPath], Place] = lambda _: Place()
) -> list[dict[str, Any]]:
    """Return findings as plain data, worst first.

    Each has `kind`, `severity`, `message`, `causes` (each `path`, such as
    `routers.location1-ce1.bgp.vpnLocalPreference`, and `place`, such as `Pulumi.test.yaml:12:9`, or null),
    `mend`, `pairs` (each `[source, destination]`) and `failures` (empty in the steady state).
    """
    return [
        {
            "kind": finding.kind.value,
            "severity": finding.severity.value,
            "message": finding.message,
            "causes": [
                {"path": ".".join(cause), "place": str(place(cause)) or None} for cause in finding.causes
            ],
            "mend": finding.mend,
            "pairs": [list(pair) for pair in finding.pairs],
            "failures": list(finding.failures),
        }
        for finding in findings
    ]
