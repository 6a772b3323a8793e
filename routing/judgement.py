"""All findings of a network: those of its paths, of its backups, and of its description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from routing.alike import Alike, Group, Mark, Member, Names, Pair, rename
from routing.findings import Finding, ordered
from routing.findings_backups import backup_findings
from routing.findings_design import design_findings
from routing.findings_paths import path_findings
from routing.forecast import Forecast


def collect_findings(forecast: Forecast) -> tuple[Finding, ...]:
    """Return every finding, worst first; predict the single failures that are not predicted yet."""
    found = (*path_findings(forecast), *backup_findings(forecast), *design_findings(forecast.network))
    if forecast.alike.groups:
        order = {name: number for number, name in enumerate(forecast.described.sites)}
        found = tuple(each for finding in found for each in _described(forecast.alike, finding, order))
    return ordered(found)


def _described(alike: Alike, finding: Finding, order: dict[str, int]) -> Iterator[Finding]:
    """Yield what a finding says of spokes that one stands for: of each by itself if it causes the finding."""
    named = "\n".join(part for cause in finding.causes for part in cause)
    causing = [group for group in alike.groups if _is_in(group.first, named)]
    if any(_is_in(group.second, named) and not _is_in(group.first, named) for group in alike.groups):
        return  # the same is said of the first
    for members in product(*(group.members for group in causing)):
        bound = dict(zip(causing, members, strict=True))
        pairs = {pair for each in finding.pairs for pair in _pairs(alike, each, bound)}
        failures = (name for each in finding.failures for name in _failures(alike, each, bound))
        names = _names(alike, bound)
        yield replace(
            finding,
            message=rename(finding.message, names),
            causes=tuple(tuple(rename(part, names) for part in cause) for cause in finding.causes),
            mend=rename(finding.mend, names),
            pairs=tuple(sorted(pairs, key=lambda pair: (order[pair[0]], order[pair[1]]))),
            failures=tuple(dict.fromkeys(failures)),
        )


def _is_in(mark: Mark, text: str) -> bool:
    return any(each in text for each in (mark.site, mark.peering, mark.prefix))


def _names(alike: Alike, bound: dict[Group, Member]) -> Names:
    """Return names for a sentence: of those that cause it, else of the first that there are."""
    names: dict[str, str] = {}
    for group in alike.groups:
        first = bound.get(group, group.members[0])
        second = next(member for member in group.members if member is not first)
        names.update({**first.named(group.first), **second.named(group.second)})
    return names


def _pairs(alike: Alike, pair: Pair, bound: dict[Group, Member]) -> Iterator[Pair]:
    ends = [_standing(alike, site, bound) for site in pair]
    yield from ((source, to) for source, to in product(*ends) if source != to)


def _failures(alike: Alike, failure: str, bound: dict[Group, Member]) -> Iterator[str]:
    kind, _, name = failure.partition(":")
    for group in alike.groups:
        for mark in (group.first, group.second):
            if name == mark.peering:
                for member in _members(group, mark, bound):
                    yield f"{kind}:{member.peering}"
                return
    yield failure


def _standing(alike: Alike, site: str, bound: dict[Group, Member]) -> tuple[str, ...]:
    for group in alike.groups:
        for mark in (group.first, group.second):
            if site == mark.site:
                return tuple(member.site for member in _members(group, mark, bound))
    return (site,)


def _members(group: Group, mark: Mark, bound: dict[Group, Member]) -> tuple[Member, ...]:
    """Return whom a mark stands for: the one that causes a finding by the first, the others by the second."""
    cause = bound.get(group)
    if cause is None:
        return group.members
    return (cause,) if mark is group.first else tuple(each for each in group.members if each is not cause)
