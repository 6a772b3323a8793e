"""Route-maps and AS-path lists: what they let pass, and with which preference.

A route-map's entries are tried in the order of their numbers; the first that matches decides, and at the end
everything is denied. An entry without a match takes every route, so nothing after it counts. `continue` goes
on with what was set so far.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from network_policies.bgp import Neighbor
from network_policies.prefix_ranges import PrefixLists, PrefixRange, prefix_lists
from network_policies.resource import NotProvenError
from network_policies.router_lines import Line

_ENTRY = re.compile(r"route-map (\S+)(?: (permit|deny))?(?: (\d+))?$", re.IGNORECASE)
_AS_PATH = re.compile(r"ip as-path access-list (\S+) (permit|deny) (.+)$", re.IGNORECASE)
_ACCESS_LIST = re.compile(
    r"(?:access-list (?P<number>\S+) |\d+ )?(?P<action>permit|deny) (?P<what>.+)$", re.IGNORECASE
)
_NAMED_ACCESS_LIST = re.compile(r"ip access-list (?:standard|extended) (\S+)$", re.IGNORECASE)
_BY_PREFIX_LIST = "ip address prefix-list "
_MOST_OUTCOMES = 200


class Preference(NamedTuple):
    """What decides first between two routes to one prefix; the greater one wins.

    Best-path steps in the order of IOS: weight, then local preference
    (https://www.cisco.com/c/en/us/support/docs/ip/border-gateway-protocol-bgp/13753-25.html).
    """

    weight: int
    local_preference: int


@dataclass(slots=True)
class Entry:
    """One numbered entry of a route-map."""

    number: int
    permits: bool
    matches: list[str] = field(default_factory=list)
    local_preference: int | None = None
    weight: int | None = None
    goes_on_at: int | None = None
    """The number from which it continues; None where it does not."""

    @property
    def prefix_lists(self) -> list[str]:
        """The prefix-lists that it matches by."""
        return [
            name
            for match in self.matches
            if match.casefold().startswith(_BY_PREFIX_LIST)
            for name in match[len(_BY_PREFIX_LIST) :].split()
        ]

    @property
    def matches_by_prefix_only(self) -> bool:
        """Whether it has no other match."""
        return all(match.casefold().startswith(_BY_PREFIX_LIST) for match in self.matches)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a route gets that an entry lets in."""

    preference: Preference
    entry: int | None
    """The entry's number; None where there is no route-map at all."""
    within: tuple[PrefixRange, ...] | None = None
    """The prefixes that it may be for; None for any."""
    without: tuple[PrefixRange, ...] = ()
    """Prefixes that an earlier entry takes, so that it is for none of these."""

    def may_meet(self, other: Outcome) -> bool:
        """Whether a route to one prefix may get the one here and the other there."""
        if self.within is not None and other.within is not None:
            shared = any(one.meets(two) for one in self.within for two in other.within)
        else:
            shared = self.within != () and other.within != ()
        return shared and not self._is_excluded_by(other) and not other._is_excluded_by(self)

    def _is_excluded_by(self, other: Outcome) -> bool:
        return self.within is not None and all(
            any(taken.covers(one) for taken in other.without) for one in self.within
        )


@lru_cache(maxsize=1024)
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
        following = _number(words[1:])
        entry.goes_on_at = entry.number + 1 if following is None else following


def _number(words: list[str]) -> int | None:
    return int(words[0]) if words and words[0].isdecimal() else None


def inbound(neighbor: Neighbor, lines: tuple[Line, ...]) -> tuple[Outcome, ...]:
    """Return what the routes that a neighbor tells may get, as far as its filters let them in.

    With an undefined route-map, what they get without one: releases differ, and that is the worst case.

    Raises:
        NotProvenError: The route-map has too many ways through it.
    """
    lists, maps = prefix_lists(lines), route_maps(lines)
    name = neighbor.filter("route-map", "in")
    entries = maps.get(name) if name is not None else None
    start = Preference(neighbor.weight, neighbor.default_local_preference)
    found: tuple[Outcome, ...]
    if entries is None:
        found = (Outcome(start, None),)
    else:
        found = tuple(_first(_walk(entries, start, lists), str(name)))
    by_list = lists.get(neighbor.filter("prefix-list", "in") or "")
    if by_list is None:
        return found
    limit = by_list.permitted()
    return tuple(Outcome(one.preference, one.entry, _both(one.within, limit), one.without) for one in found)


def _both(within: tuple[PrefixRange, ...] | None, limit: tuple[PrefixRange, ...]) -> tuple[PrefixRange, ...]:
    """Return ranges that hold what is in either; a range that meets the limit counts whole."""
    if within is None:
        return limit
    inner = [one for one in within if any(other.covers(one) for other in limit)]
    inner += [other for other in limit if any(one.covers(other) for one in within)]
    rest = [one for one in within if one not in inner and any(one.meets(other) for other in limit)]
    return tuple(dict.fromkeys((*inner, *rest)))


def _first(outcomes: Iterator[Outcome], name: str) -> Iterator[Outcome]:
    for count, outcome in enumerate(outcomes):
        if count == _MOST_OUTCOMES:
            raise NotProvenError(f"what route-map {name} makes of routes: it continues in too many ways")
        yield outcome


def _walk(entries: tuple[Entry, ...], start: Preference, lists: PrefixLists) -> Iterator[Outcome]:
    """Yield what each way through a route-map makes of a route."""
    nothing: tuple[PrefixRange, ...] = ()
    ways: list[tuple[int, Preference, Entry | None, tuple[PrefixRange, ...]]] = [(0, start, None, nothing)]
    while ways:
        index, preference, permitted_by, without = ways.pop(0)
        for place in range(index, len(entries)):
            entry = entries[place]
            within = _ranges(entry, lists)
            if entry.permits:
                after = _applied(entry, preference)
                if entry.goes_on_at is None:
                    yield Outcome(after, entry.number, within, without)
                else:
                    following = max(place + 1, _index_of(entries, entry.goes_on_at))  # never back
                    ways.append((following, after, entry, without))
            if not entry.matches:
                break
            without = (*without, *_taken(entry, lists))
        else:
            if permitted_by is not None:  # it has come to the end after `continue`
                yield Outcome(preference, permitted_by.number, None, without)


def _applied(entry: Entry, before: Preference) -> Preference:
    return Preference(
        before.weight if entry.weight is None else entry.weight,
        before.local_preference if entry.local_preference is None else entry.local_preference,
    )


def _index_of(entries: tuple[Entry, ...], number: int) -> int:
    return next((index for index, entry in enumerate(entries) if entry.number >= number), len(entries))


def _ranges(entry: Entry, lists: PrefixLists) -> tuple[PrefixRange, ...] | None:
    """Return the prefixes that an entry may match, None for any. An undefined prefix-list matches all."""
    names = entry.prefix_lists
    if not names or any(name not in lists for name in names):
        return None
    return tuple(one for name in names for one in lists[name].permitted())


def _taken(entry: Entry, lists: PrefixLists) -> tuple[PrefixRange, ...]:
    """Return the prefixes that an entry surely matches."""
    if not entry.matches_by_prefix_only:
        return ()
    return tuple(
        one for name in entry.prefix_lists if name in lists for one in lists[name].surely_permitted()
    )


# --- other lists --------------------------------------------------------------------------------------


def as_path_passes(name: str, path: str, lines: tuple[Line, ...]) -> bool | None:
    """Whether an AS-path list lets a path pass; None if no line defines it, or it cannot be read."""
    found = False
    for line in lines:
        match = _AS_PATH.match(line.text)
        if match is None or match[1] != name:
            continue
        found = True
        try:
            # an underscore stands for an end or a mark between two numbers
            pattern = re.compile(match[3].replace("_", r"(?:^|$|[ ,(){}])"))
        except re.error:
            return None
        if pattern.search(path):
            return match[2].casefold() == "permit"
    return False if found else None


def access_list_passes_all(name: str, lines: tuple[Line, ...]) -> bool:
    """Whether an access list lets every route pass; one that no line defines does."""
    is_defined = False
    for line in lines:
        named = _NAMED_ACCESS_LIST.match(line.section)
        match = _ACCESS_LIST.match(line.text)
        if named is not None and named[1] == name and line.text == line.section:
            is_defined = True
        if match is None or name != (match["number"] or (named[1] if named else None)):
            continue
        is_defined = True
        if match["what"].casefold().split()[:2] in (["any"], ["ip", "any"]):
            return match["action"].casefold() == "permit"
    return not is_defined
