"""The words that every report uses: the verdict, what a failure does, and a path in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from routing.alike import Pair
from routing.comparison import Comparison, Effect, effect_of
from routing.course import Direction
from routing.elements import ElementKind, GatewayKind, read_element
from routing.findings import Finding, Severity
from routing.prediction import Path, Scenario, path_pair
from routing.report import Report


class Tone(StrEnum):
    """How a verdict is meant."""

    GOOD = "good"
    NEUTRAL = "neutral"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A report in one line."""

    tone: Tone
    word: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureSummary:
    """What a failure does, by pairs in words."""

    failure: str
    lost: tuple[str, ...]
    worse: tuple[str, ...]
    """Those left to chance or asymmetric."""
    moved: tuple[str, ...]
    """Those that go otherwise, with the way that they take."""


_WORSE = (Effect.CHANCE, Effect.ASYMMETRIC)


def verdict(report: Report) -> Verdict:
    """Return the verdict: on the change if a version before is known, else on the network or the failure."""
    if report.difference:
        return _on_change(report.difference.comparison)
    if len(report.failures) == 1:
        return _on_failure(report)
    arriving = sum(path.reachable for path in report.steady.paths)
    cutting = sum(bool(summary.lost) for summary in failure_summaries(report))
    sentence = (
        f"{arriving} of {counted(len(report.steady.paths), 'path')} arrive with everything up; "
        f"{cutting} of {counted(len(report.failures), 'single failure')} cut some off; "
        f"{_findings_in_words(report.findings)}."
    )
    tone, word = _worst(report.findings)
    return Verdict(tone=tone, word=word, sentence=sentence)


TOLD_AS = {
    Effect.LOST: "lost",
    Effect.CHANCE: "left to chance",
    Effect.ASYMMETRIC: "asymmetric",
    Effect.DISAPPEARS: "gone with their sites",
    Effect.MOVES: "moved",
    Effect.APPEARS: "new",
    Effect.RESTORED: "restored",
}
"""Effects after a number: `6 lost, 4 moved`."""


def _on_change(comparison: Comparison) -> Verdict:
    steady, *others = comparison.scenarios
    effects = Counter(change.effect for change in steady.changes)
    later = Counter(change.effect for scenario in others for change in scenario.changes)
    parts = [f"with everything up {_told(effects)}"]
    parts.append(
        f"under {counted(len(others), 'failure')} {_told(later)}" if others else "failures as before"
    )
    parts += [
        f"{word} findings: {_findings_in_words(findings)}"
        for word, findings in (("new", comparison.new_findings), ("mended", comparison.mended_findings))
        if findings
    ]
    if comparison.changed_findings:
        parts.append(f"{counted(len(comparison.changed_findings), 'finding')} of other pairs than before")
    if comparison.new_prefixes or comparison.gone_prefixes:
        parts.append(f"prefixes: {len(comparison.new_prefixes)} new, {len(comparison.gone_prefixes)} gone")
    tone, word = _judged(comparison, frozenset(effects | later))
    return Verdict(tone=tone, word=word, sentence="; ".join(parts) + ".")


def _told(effects: Counter[Effect]) -> str:
    parts = [f"{effects[effect]} {TOLD_AS[effect]}" for effect in Effect if effects[effect]]
    return f"{counted(effects.total(), 'path')} changed ({', '.join(parts)})" if parts else "no path changed"


def _judged(comparison: Comparison, effects: frozenset[Effect]) -> tuple[Tone, str]:
    grave = [finding for finding in comparison.new_findings if finding.severity is not Severity.INFORMATION]
    if Effect.LOST in effects or _worst(grave)[0] is Tone.ERROR:
        return Tone.ERROR, "Worse"
    if grave or effects & {*_WORSE}:
        return Tone.WARNING, "Worse"
    if effects - {Effect.RESTORED} or comparison.new_prefixes or comparison.gone_prefixes:
        return Tone.NEUTRAL, "Different"
    if effects or comparison.mended_findings:
        return Tone.GOOD, "Better"
    if comparison.changed_findings:
        return Tone.NEUTRAL, "Different"
    return Tone.GOOD, "Unchanged"


def _on_failure(report: Report) -> Verdict:
    (scenario,) = report.failures
    effects = Counter(effect for _, effect, _ in changes_under(report, scenario))
    sentence = f"of {counted(len(report.steady.paths), 'path')}, {_told(effects)}."
    tone = Tone.ERROR if effects[Effect.LOST] else Tone.WARNING if effects else Tone.GOOD
    return Verdict(tone=tone, word=f"After the failure of {scenario.failure}", sentence=sentence)


def _worst(findings: Collection[Finding]) -> tuple[Tone, str]:
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return Tone.ERROR, "Has errors"
    if Severity.WARNING in severities:
        return Tone.WARNING, "Has warnings"
    return Tone.GOOD, "Nothing is wrong"


def _findings_in_words(findings: Collection[Finding]) -> str:
    count = Counter(finding.severity for finding in findings)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "remark"}
    told = [counted(count[severity], word) for severity, word in words.items() if count[severity]]
    return ", ".join(told) or "no findings"


def counted(number: int, thing: str) -> str:
    """Return a number with its thing, in the singular or the plural."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


# --- failures --------------------------------------------------------------------------------------------


def failure_summaries(report: Report) -> tuple[FailureSummary, ...]:
    """Return what each failure does, in their order."""
    return tuple(_failure_summary(report, scenario) for scenario in report.failures)


def changes_under(report: Report, scenario: Scenario) -> Iterator[tuple[Path, Effect, Path]]:
    """Yield what a failure changes: the path before, what the change is, and the path after."""
    steady = {path_pair(path): path for path in report.steady.paths}
    for path in scenario.paths:
        before = steady[path_pair(path)]
        if effect := effect_of(before, path):
            yield before, effect, path


def _failure_summary(report: Report, scenario: Scenario) -> FailureSummary:
    assert scenario.failure is not None
    lost: list[Pair] = []
    worse: list[Pair] = []
    moved: list[str] = []
    for before, effect, path in changes_under(report, scenario):
        if effect is Effect.LOST:
            lost.append(path_pair(path))
        elif effect in _WORSE:
            worse.append(path_pair(path))
        elif path.symmetric and path.source < path.destination:
            moved.append(f"{path.source} and {path.destination}: {direction_in_words(path.forward)}")
        elif not path.symmetric and path.forward != before.forward:
            moved.append(f"{path.source} to {path.destination}: {direction_in_words(path.forward)}")
    return FailureSummary(
        failure=scenario.failure,
        lost=tuple(written_pairs(lost)),
        worse=tuple(written_pairs(worse)),
        moved=tuple(moved),
    )


# --- paths and pairs -------------------------------------------------------------------------------------


def written_pairs(pairs: Iterable[Pair]) -> Iterator[str]:
    """Yield pairs in words, those of both directions once."""
    known = dict.fromkeys(pairs)
    for source, destination in known:
        if (destination, source) not in known:
            yield f"{source} to {destination}"
        elif source < destination:
            yield f"{source} and {destination}"


def direction_in_words(direction: Direction) -> str:
    """Return what a direction crosses, such as `vpn over hub-spoke, hub-location1`."""
    if not direction.hops:
        return "none"
    over = ", ".join(segment.over for segment in direction.segments)
    via = direction.via if direction.determined else f"{direction.via.replace('+', ' or ')}, by chance,"
    ways = f" ({len(direction.hops)} ways)" if len(direction.hops) > 1 else ""
    return f"{via} over {over}{ways}" if over else via


def element_in_words(element: str) -> str:
    """Return an element as a sentence calls it, such as `hub's VPN gateway`."""
    kind, name, owner, part = read_element(element)
    gateway = "VPN gateway" if part.startswith(GatewayKind.VPN) else "ExpressRoute gateway"
    words = {
        ElementKind.GATEWAY: f"{owner}'s {gateway}",
        ElementKind.GATEWAY_INSTANCE: f"instance {part.rpartition('/')[2]} of {owner}'s {gateway}",
        ElementKind.APPLIANCE: f"appliance {part} in {owner}",
        ElementKind.LINK: f"{owner}'s {part} link",
        ElementKind.ROUTE_SERVER: f"{owner}'s Route Server",
        ElementKind.GLOBAL_REACH: f"Global Reach {name}",
    }
    return words.get(kind, f"{kind} {name}")


def back_in_words(path: Path) -> str:
    """Return the way back, or that it is the same."""
    if path.symmetric and path.reachable:
        return "the same way"
    return direction_in_words(path.back)
