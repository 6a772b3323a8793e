"""Prefix lists, other lists and route maps: most of IOS's lines are FRR's too.

What IOS does with a name that nothing defines is said once, here: an undefined list permits everything, an
undefined route map of a neighbor denies everything (general knowledge of IOS; FRR denies in both cases).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lab.bgp.ios.lines import Section

_SAME_IN_FRR = (
    r"description .+",
    r"match ip next-hop prefix-list \S+",
    r"match (?:as-path|community|tag) .+",
    r"continue \d+",
    r"set (?:as-path prepend|community|local-preference|metric|origin|tag|weight|ip next-hop) .+",
)
_NOTHING = "match ip address prefix-list nothing-is-called-this"
"""FRR matches nothing by a list that it does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy objects of a router, in FRR's words."""

    lines: tuple[str, ...]
    prefix_lists: frozenset[str]
    remarks: tuple[str, ...]


def read_policy(root: Section, names: Mapping[str, str]) -> Policy:
    """Read every list and route map; `names` are Linux's for the interfaces."""
    lists = [(found[1], found[0]) for found, _ in root.take(r"ip prefix-list (\S+) seq .+")]
    defined = frozenset(name for name, _ in lists)
    others = [
        f"bgp {found[1]}"
        for found, _ in root.take(r"ip ((?:as-path access-list|community-list) \d+ (?:permit|deny) .+)")
    ]
    remarks: list[str] = []
    maps = tuple(_route_maps(root, defined, names, remarks))
    return Policy(
        lines=(*(line for _, line in lists), *others, *maps), prefix_lists=defined, remarks=tuple(remarks)
    )


def _route_maps(
    root: Section, defined: frozenset[str], names: Mapping[str, str], remarks: list[str]
) -> Iterator[str]:
    for found, section in root.take(r"route-map \S+ (?:permit|deny) \d+"):
        yield found[0]
        for line in _clauses(section, defined, names, remarks):
            yield f" {line}"
        yield "exit"


def _clauses(
    section: Section, defined: frozenset[str], names: Mapping[str, str], remarks: list[str]
) -> Iterator[str]:
    for pattern in _SAME_IN_FRR:
        for found, _ in section.take(pattern):
            yield found[0]
    for found, _ in section.take(r"match ip address prefix-list (.+)"):
        wanted = [name for name in found[1].split() if name in defined]
        if len(wanted) > 1:
            remarks.append(f"{section.text} / {found[0]}: one list at a time is understood here, the first")
        if len(wanted) == len(found[1].split()):
            yield f"match ip address prefix-list {wanted[0]}"
    for found, _ in section.take(r"match ip address (?!prefix-list).+"):
        remarks.append(f"{section.text} / {found[0]}: access lists match nothing here")
        yield _NOTHING
    for found, _ in section.take(r"match interface (\S+)"):
        yield f"match interface {names.get(found[1], found[1])}"
