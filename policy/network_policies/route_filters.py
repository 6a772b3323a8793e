"""Route-maps and prefix-lists: what they let pass, and with which preference.

A route-map's entries are tried in the order of their numbers; the first that matches decides, and at the end
everything is denied. An entry without a match takes every route, so nothing after it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from network_policies.bgp import Neighbor, Preference
from network_policies.router_lines import Line
from network_policies.stack import NotProvenError

_ENTRY = re.compile(r"route-map (\S+)(?: (permit|deny))?(?: (\d+))?$", re.IGNORECASE)
_PREFIX = re.compile(
    r"ip prefix-list (?P<name>\S+)(?: seq (?P<seq>\d+))? (?P<action>permit|deny) (?P<what>.+)$", re.IGNORECASE
)
_EVERY_PREFIX = re.compile(r"0\.0\.0\.0/0 le 32$", re.IGNORECASE)


@dataclass(slots=True)
class Entry:
    """One numbered entry of a route-map."""

    number: int
    permits: bool
    matches: list[str] = field(default_factory=list)
    local_preference: int | None = None
    weight: int | None = None
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a route gets that an entry lets in."""

    preference: Preference
    entry: int | None
    """The entry's number; None where there is no route-map at all."""


def route_maps(lines: tuple[Line, ...]) -> Mapping[str, tuple[Entry, ...]]:
    """Return the route-maps by name, their entries in the order in which they are tried."""
    maps: dict[str, dict[int, Entry]] = {}
    for line in lines:
        opened = _ENTRY.match(line.section)
        if opened is None:
            continue
        number = int(opened[3] or 10)
        permits = (opened[2] or "permit").casefold() == "permit"
        entry = maps.setdefault(opened[1], {}).setdefault(number, Entry(number, permits))
        entry.permits = permits
        _read_clause(entry, line.text)
    return {name: tuple(entries[n] for n in sorted(entries)) for name, entries in maps.items()}


def _read_clause(entry: Entry, text: str) -> None:
    words = text.casefold().split()
    if words[0] == "match":
        entry.matches.append(" ".join(text.split()[1:]))
    elif words[:2] == ["set", "local-preference"]:
        entry.local_preference = _number(words[2:])
    elif words[:2] == ["set", "weight"]:
        entry.weight = _number(words[2:])
    elif words[0] == "continue":
        entry.continues = True


def _number(words: list[str]) -> int | None:
    return int(words[0]) if words and words[0].isdecimal() else None


def outcomes(name: str, entries: tuple[Entry, ...], neighbor: Neighbor) -> Iterator[Outcome]:
    """Yield what each entry that can be reached makes of a route from a neighbor.

    Raises:
        NotProvenError: An entry goes on to another one, so that no entry decides alone.
    """
    for entry in entries:
        if entry.continues:
            raise NotProvenError(
                f"route-map {name} continues after entry {entry.number}, which is not followed"
            )
        if entry.permits:
            local_preference = entry.local_preference
            if local_preference is None:
                local_preference = neighbor.default_local_preference
            weight = neighbor.weight if entry.weight is None else entry.weight
            yield Outcome(Preference(weight, local_preference), entry.number)
        if not entry.matches:
            return


def prefix_lists(lines: tuple[Line, ...]) -> Mapping[str, tuple[tuple[bool, str], ...]]:
    """Return the IPv4 prefix-lists by name: whether each entry permits, and what, in order."""
    lists: dict[str, dict[int, tuple[bool, str]]] = {}
    for line in lines:
        match = _PREFIX.match(line.text)
        if match:
            entries = lists.setdefault(match["name"], {})
            number = int(match["seq"] or max(entries, default=0) + 5)  # IOS counts in fives
            entries[number] = (match["action"].casefold() == "permit", match["what"])
    return {name: tuple(entries[n] for n in sorted(entries)) for name, entries in lists.items()}


def lets_everything_pass(entries: tuple[tuple[bool, str], ...]) -> bool:
    """Whether a prefix-list holds nothing back: its first entry to decide permits every prefix."""
    for permits, what in entries:
        if _EVERY_PREFIX.match(what):
            return permits
        if not permits:
            return False
    return False
