"""Which paths change between two versions of a network: in the steady state, and under failures.

- Under a failure only what does not change in the same way with everything up is listed.
- A failure is compared if both versions have the element; elements that only one has are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from routing.alike import Pair
from routing.elements import check_elements, element_names
from routing.findings import Finding, KeyPath, findings_document
from routing.forecast import Forecast
from routing.judgement import collect_findings
from routing.prediction import TOGETHER, Path, all_paths, path_after, path_pair
from routing.report import path_document
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
class Comparison:
    """Two versions of a network."""

    scenarios: tuple[ScenarioChanges, ...]
    """The steady state first; then the failures that change something else, too."""
    appeared: tuple[str, ...]
    """Elements that only the version after has."""
    disappeared: tuple[str, ...]
    """Elements that only the version before has."""
    new_findings: tuple[Finding, ...]
    mended_findings: tuple[Finding, ...]


def compare_forecasts(before: Forecast, after: Forecast, *failed: str) -> Comparison:
    """Compare two versions under the joint failure of `failed`, or under every single one if none is named.

    Raises:
        UnknownElementError: if one of the versions has no such element.
    """
    for forecast in (before, after):
        check_elements(forecast.described, failed)
    known, now = element_names(before.described), element_names(after.described)
    steady = _changes(_paths(before), _paths(after))
    scenarios = [ScenarioChanges(failure=None, changes=tuple(steady.values()))]
    for elements in (failed,) if failed else ((element,) for element in known if element in set(now)):
        pairs = None if failed else _affected(before, after, *elements)
        if pairs is not None and not pairs:
            continue
        changes = _changes(_paths(before, *elements, pairs=pairs), _paths(after, *elements, pairs=pairs))
        listed = tuple(
            change for pair, change in changes.items() if failed or not _same(change, steady.get(pair))
        )
        if listed or failed:
            scenarios.append(ScenarioChanges(failure=TOGETHER.join(elements), changes=listed))
    old, new = collect_findings(before), collect_findings(after)
    return Comparison(
        scenarios=tuple(scenarios),
        appeared=tuple(element for element in now if element not in set(known)),
        disappeared=tuple(element for element in known if element not in set(now)),
        new_findings=tuple(_without(new, old)),
        mended_findings=tuple(_without(old, new)),
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


def _without(findings: tuple[Finding, ...], others: tuple[Finding, ...]) -> Iterator[Finding]:
    known = {(finding.kind, finding.causes, finding.pairs, finding.failures) for finding in others}
    return (
        finding
        for finding in findings
        if (finding.kind, finding.causes, finding.pairs, finding.failures) not in known
    )


def comparison_document(
    stack: str,
    before: str,
    comparison: Comparison,
    place: Callable[[KeyPath], Place],
    place_before: Callable[[KeyPath], Place],
) -> dict[str, Any]:
    """Return a comparison as plain data.

    `{"stack", "before", "scenarios": [{"failure", "changes": [CHANGE]}], "elements": {"appeared",
    "disappeared"}, "findings": {"new", "mended"}}`. A CHANGE has `source`, `destination`, `effect`, and the
    paths `before` and `after` as `paths_document` has them, or null where a site is not there.
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
        "findings": {
            "new": findings_document(comparison.new_findings, place),
            "mended": findings_document(comparison.mended_findings, place_before),
        },
    }
