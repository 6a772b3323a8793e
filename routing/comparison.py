"""Which paths change between two versions of a network: in the steady state, and under failures.

- Under a failure only what does not change in the same way with everything up is listed.
- A failure is compared if both versions have the element; elements that only one has are named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from routing.alike import Pair
from routing.documents import path_document
from routing.elements import check_elements, element_names
from routing.findings import Finding, KeyPath, findings_document
from routing.forecast import Forecast
from routing.judgement import collect_findings
from routing.prediction import TOGETHER, Path, all_paths, path_after, path_pair
from topology import Place


class Effect(StrEnum):
    """What a change does to a pair, the worst first."""

    LOST = "lost"
    CHANCE = "left to chance"
    ASYMMETRIC = "becomes asymmetric"
    DISAPPEARS = "disappears"
    """One of the sites is no longer there."""
    MOVES = "moves"
    APPEARS = "appears"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One pair's path before and after."""

    source: str
    destination: str
    effect: Effect
    before: Path | None
    """None if one of the sites is new."""
    after: Path | None
    """None if one of the sites is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioChanges:
    """What changes in the steady state (`failure` is None) or under a failure, the worst first."""

    failure: str | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFinding:
    """A finding of one kind and cause that both versions have, of other pairs or under other failures."""

    before: Finding
    after: Finding

    @property
    def more(self) -> Finding:
        """What it concerns only since."""
        return _only(self.after, self.before)

    @property
    def fewer(self) -> Finding:
        """What it concerns no longer."""
        return _only(self.before, self.after)


def _only(finding: Finding, other: Finding) -> Finding:
    pairs, failures = set(other.pairs), set(other.failures)
    return replace(
        finding,
        pairs=tuple(pair for pair in finding.pairs if pair not in pairs),
        failures=tuple(failure for failure in finding.failures if failure not in failures),
    )


SitePrefix = tuple[str, str]
"""A site and one of its prefixes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two versions of a network."""

    scenarios: tuple[ScenarioChanges, ...]
    """The steady state first; then the failures that change something else, too."""
    appeared: tuple[str, ...]
    """Elements that only the version after has."""
    disappeared: tuple[str, ...]
    """Elements that only the version before has."""
    new_prefixes: tuple[SitePrefix, ...]
    gone_prefixes: tuple[SitePrefix, ...]
    new_findings: tuple[Finding, ...]
    mended_findings: tuple[Finding, ...]
    changed_findings: tuple[ChangedFinding, ...]
    """Neither new nor mended: those that have gained or lost pairs or failures."""


def compare_forecasts(before: Forecast, after: Forecast, *failed: str) -> Comparison:
    """Compare two versions under the joint failure of `failed`, or under every single one if none is named.

    Raises:
        UnknownElementError: if one of the versions has no such element.
    """
    for forecast in (before, after):
        check_elements(forecast.described, failed)
    known, now = (dict.fromkeys(element_names(each.described)) for each in (before, after))
    steady = _changes(_paths(before), _paths(after))
    scenarios = [ScenarioChanges(failure=None, changes=tuple(steady.values()))]
    for elements in (failed,) if failed else ((element,) for element in known if element in now):
        pairs = None if failed else _affected(before, after, *elements)
        if pairs is not None and not pairs:
            continue
        changes = _changes(_paths(before, *elements, pairs=pairs), _paths(after, *elements, pairs=pairs))
        listed = tuple(
            change for pair, change in changes.items() if failed or not _same(change, steady.get(pair))
        )
        if listed or failed:
            scenarios.append(ScenarioChanges(failure=TOGETHER.join(elements), changes=listed))
    new, mended, changed = _told_apart(collect_findings(before), collect_findings(after))
    had, has = _site_prefixes(before), _site_prefixes(after)
    return Comparison(
        scenarios=tuple(scenarios),
        appeared=tuple(element for element in now if element not in known),
        disappeared=tuple(element for element in known if element not in now),
        new_prefixes=tuple(each for each in has if each not in had),
        gone_prefixes=tuple(each for each in had if each not in has),
        new_findings=new,
        mended_findings=mended,
        changed_findings=changed,
    )


def _affected(before: Forecast, after: Forecast, *failed: str) -> frozenset[Pair]:
    """Return the pairs that a failure changes in one of the versions: it leaves the others as they are."""
    return frozenset(pair for forecast in (before, after) for pair in forecast.changed(*failed))


def _paths(forecast: Forecast, *failed: str, pairs: frozenset[Pair] | None = None) -> dict[Pair, Path]:
    """Return paths after a failure, those of all pairs if none are named."""
    if pairs is None:
        return {path_pair(path): path for path in all_paths(forecast, *failed)}
    sites = set(forecast.described.sites)
    known = (pair for pair in sorted(pairs) if sites.issuperset(pair))
    return {pair: path_after(forecast, pair, *failed) for pair in known}


def _changes(before: Mapping[Pair, Path], after: Mapping[Pair, Path]) -> dict[Pair, Change]:
    changes = {
        pair: Change(
            source=pair[0], destination=pair[1], effect=effect, before=before.get(pair), after=after.get(pair)
        )
        for pair in dict.fromkeys((*before, *after))
        if (effect := effect_of(before.get(pair), after.get(pair)))
    }
    order = list(Effect)
    return dict(sorted(changes.items(), key=lambda item: order.index(item[1].effect)))


def effect_of(before: Path | None, after: Path | None) -> Effect | None:
    """Return what a change does to a pair, or None if traffic goes as before."""
    if before is None or after is None:
        return Effect.APPEARS if before is None else Effect.DISAPPEARS
    if not before.differs_from(after):
        return None
    judged = (
        (before.reachable and not after.reachable, Effect.LOST),
        (not before.reachable and after.reachable, Effect.RESTORED),
        (before.determined and not after.determined, Effect.CHANCE),
        (before.symmetric and not after.symmetric, Effect.ASYMMETRIC),
    )
    return next((effect for holds, effect in judged if holds), Effect.MOVES)


def _same(change: Change, steady: Change | None) -> bool:
    """Whether a failure leaves a change as it is in the steady state, or only repeats that a site is new."""
    if steady is None:
        return False
    if change.before is None or change.after is None:
        return True
    return (
        steady.before is not None
        and steady.after is not None
        and not change.before.differs_from(steady.before)
        and not change.after.differs_from(steady.after)
    )


def _site_prefixes(forecast: Forecast) -> dict[SitePrefix, None]:
    network = forecast.described
    return {(site, str(prefix)): None for site in network.sites for prefix in network.site_prefixes(site)}


def _told_apart(
    old: Sequence[Finding], new: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[ChangedFinding, ...]]:
    """Return the findings that are new, those that are gone, and those that concern other pairs now."""
    gone, appeared = _without(old, new), _without(new, old)
    changed = []
    for finding in tuple(appeared):
        if (known := next((each for each in gone if _is_same(each, finding)), None)) is not None:
            appeared.remove(finding)
            gone.remove(known)
            changed.append(ChangedFinding(before=known, after=finding))
    return tuple(appeared), tuple(gone), tuple(changed)


def _is_same(finding: Finding, other: Finding) -> bool:
    """Whether two findings are one that has grown or shrunk; what concerns wholly other pairs is another."""
    return (
        finding.kind is other.kind
        and finding.severity is other.severity
        and finding.causes == other.causes
        and bool(finding.failures) == bool(other.failures)
        and not set(finding.pairs).isdisjoint(other.pairs)
    )


def _without(findings: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    known = {_identity(finding) for finding in others}
    return [finding for finding in findings if _identity(finding) not in known]


def _identity(finding: Finding) -> tuple[object, ...]:
    return finding.kind, finding.severity, finding.causes, finding.pairs, finding.failures


def comparison_document(
    stack: str,
    before: str,
    comparison: Comparison,
    place: Callable[[KeyPath], Place],
    place_before: Callable[[KeyPath], Place],
) -> dict[str, Any]:
    """Return a comparison as plain data.

    `{"stack", "before", "scenarios": [{"failure", "changes": [CHANGE]}], "elements": {"appeared",
    "disappeared"}, "prefixes": {"appeared", "disappeared"}, "findings": {"new", "mended", "changed"}}`. A
    prefix is `{"site", "prefix"}`; what is changed has `before` and `after`.
    A CHANGE has `source`, `destination`, `effect`, and the paths `before` and `after` as `paths_document` has
    them, or null where a site is not there.
    """
    return {
        "stack": stack,
        "before": before,
        "scenarios": [
            {
                "failure": scenario.failure,
                "changes": [
                    {
                        "source": change.source,
                        "destination": change.destination,
                        "effect": change.effect.value,
                        "before": path_document(change.before) if change.before else None,
                        "after": path_document(change.after) if change.after else None,
                    }
                    for change in scenario.changes
                ],
            }
            for scenario in comparison.scenarios
        ],
        "elements": {
            "appeared": list(comparison.appeared),
            "disappeared": list(comparison.disappeared),
        },
        "prefixes": {
            word: [{"site": site, "prefix": prefix} for site, prefix in prefixes]
            for word, prefixes in (
                ("appeared", comparison.new_prefixes),
                ("disappeared", comparison.gone_prefixes),
            )
        },
        "findings": {
            "new": findings_document(comparison.new_findings, place),
            "mended": findings_document(comparison.mended_findings, place_before),
            "changed": [
                {
                    "before": findings_document((changed.before,), place_before)[0],
                    "after": findings_document((changed.after,), place)[0],
                }
                for changed in comparison.changed_findings
            ],
        },
    }
