"""All findings of a network: those of its paths, of its backups, and of its description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from routing.alike import Alike, Names, names_as, rename
from routing.elements import ElementKind, element_name
from routing.findings import Finding, ordered
from routing.findings_backups import backup_findings
from routing.findings_design import design_findings
from routing.findings_paths import path_findings
from routing.forecast import Forecast
from routing.spokes import Group, Spoke, StandIn


def collect_findings(forecast: Forecast) -> tuple[Finding, ...]:
    """Return every finding, worst first; predict the single failures that are not predicted yet."""
    found = (*path_findings(forecast), *backup_findings(forecast), *design_findings(forecast.network))
    if forecast.alike.groups:
        order = {name: number for number, name in enumerate(forecast.described.sites)}
        found = tuple(each for finding in found for each in _described(forecast.alike, finding, order))
    return ordered(found)


def _described(alike: Alike, finding: Finding, order: dict[str, int]) -> Iterator[Finding]:
    """Yield what a finding on spokes' stand-ins says of the spokes.

    It is one finding, of the pairs and the failures of all of them; unless a stand-in itself causes it. Then
    each spoke of the group has a finding of its own: the first stand-in is read as that spoke, the second as
    any other.
    """
    causes = "\n".join(part for cause in finding.causes for part in cause)
    causing = [group for group in alike.groups if _is_named(group.first, causes)]
    if any(_is_named(group.second, causes) and group not in causing for group in alike.groups):
        return  # the same is said of the first
    for spokes in product(*(group.spokes for group in causing)):
        at_fault = dict(zip(causing, spokes, strict=True))
        sites, peerings = _readings(alike, at_fault)
        pairs = {
            (source, to)
            for ends in finding.pairs
            for source, to in product(*(sites.get(end, (end,)) for end in ends))
            if source != to
        }
        failures = (name for each in finding.failures for name in peerings.get(each, (each,)))
        names = _names(alike, at_fault)
        yield replace(
            finding,
            message=rename(finding.message, names),
            causes=tuple(tuple(rename(part, names) for part in cause) for cause in finding.causes),
            mend=rename(finding.mend, names),
            pairs=tuple(sorted(pairs, key=lambda pair: (order[pair[0]], order[pair[1]]))),
            failures=tuple(dict.fromkeys(failures)),
        )


def _is_named(stand_in: StandIn, text: str) -> bool:
    return any(each in text for each in (stand_in.site, stand_in.peering, stand_in.prefix))


Readings = dict[str, tuple[str, ...]]
"""What each made-up name is read as, one after the other."""


def _readings(alike: Alike, at_fault: dict[Group, Spoke]) -> tuple[Readings, Readings]:
    """Return the readings of stand-ins' sites, and of their peerings as elements."""
    sites: Readings = {}
    peerings: Readings = {}
    for group in alike.groups:
        cause = at_fault.get(group)
        others = tuple(spoke for spoke in group.spokes if spoke is not cause)
        for stand_in, spokes in ((group.first, (cause,) if cause else others), (group.second, others)):
            sites[stand_in.site] = tuple(spoke.site for spoke in spokes)
            peerings[_peering(stand_in)] = tuple(map(_peering, spokes))
    return sites, peerings


def _peering(of: Spoke | StandIn) -> str:
    return element_name(ElementKind.PEERING, of.peering)


def _names(alike: Alike, at_fault: dict[Group, Spoke]) -> Names:
    """Return names for a sentence: of the spokes that cause it, else of the first that there are."""
    names: dict[str, str] = {}
    for group in alike.groups:
        first = at_fault.get(group, group.spokes[0])
        second = next(spoke for spoke in group.spokes if spoke is not first)
        names |= {**names_as(group.first, first), **names_as(group.second, second)}
    return names
