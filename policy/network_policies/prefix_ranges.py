"""IPv4 prefix-lists, as the ranges of prefixes that they let pass.

The entries are tried in the order of their numbers; the first that matches decides, and what none matches is
held back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Network
from typing import NamedTuple

from network_policies.router_lines import Line

_ENTRY = re.compile(
    r"ip prefix-list (?P<name>\S+)(?: seq (?P<seq>\d+))? (?P<action>permit|deny) (?P<what>.+)$", re.IGNORECASE
)
_RANGE = re.compile(r"(?P<prefix>\S+)(?: ge (?P<ge>\d+))?(?: le (?P<le>\d+))?$", re.IGNORECASE)


class PrefixRange(NamedTuple):
    """The prefixes inside one, of some lengths."""

    prefix: IPv4Network
    shortest: int
    longest: int

    def covers(self, other: PrefixRange) -> bool:
        """Whether every prefix of the other is one of these."""
        return (
            other.prefix.subnet_of(self.prefix)
            and self.shortest <= max(other.shortest, other.prefix.prefixlen)
            and other.longest <= self.longest
        )

    def meets(self, other: PrefixRange) -> bool:
        """Whether some prefix is in both."""
        return self.prefix.overlaps(other.prefix) and max(
            self.shortest, other.shortest, self.prefix.prefixlen, other.prefix.prefixlen
        ) <= min(self.longest, other.longest)

    @property
    def is_everything(self) -> bool:
        """Whether prefixes of any place are in it; the default route alone is not meant."""
        return self.prefix.prefixlen == 0 and self.longest > 0

    def __str__(self) -> str:
        """Spell it: `10.0.0.0/8` for this prefix alone, `10.0.0.0/8 up to /24`."""
        if self.longest == self.prefix.prefixlen:
            return str(self.prefix)
        return f"{self.prefix} up to /{self.longest}"


EVERYTHING = PrefixRange(IPv4Network("0.0.0.0/0"), 0, 32)


def exactly(prefix: IPv4Network) -> PrefixRange:
    """Return the range of one prefix."""
    return PrefixRange(prefix, prefix.prefixlen, prefix.prefixlen)


def read_range(what: str) -> PrefixRange | None:
    """Read the end of a prefix-list's entry, None if it is none; bits beyond the mask do not count.

    >>> read_range("10.0.0.0/8 le 24").longest
    24
    """
    match = _RANGE.match(what)
    if match is None:
        return None
    try:
        prefix = IPv4Network(match["prefix"], strict=False)
    except ValueError:
        return None
    shortest = int(match["ge"] or prefix.prefixlen)
    longest = int(match["le"] or (32 if match["ge"] else shortest))
    return PrefixRange(prefix, shortest, longest)


class PrefixList(NamedTuple):
    """A prefix-list's entries in the order in which they are tried: whether each permits, and what."""

    entries: tuple[tuple[bool, PrefixRange], ...]

    def permitted(self) -> tuple[PrefixRange, ...]:
        """Return what it may let pass: an entry that denies a part of it makes it less."""
        return tuple(self._reached(permits=True))

    def surely_permitted(self) -> tuple[PrefixRange, ...]:
        """Return what it lets pass whole: no earlier entry denies a part of it."""
        found, denied = [], []
        for permits, what in self.entries:
            if not permits:
                denied.append(what)
            elif not any(one.meets(what) for one in denied):
                found.append(what)
        return tuple(found)

    def passes(self, prefix: IPv4Network) -> bool:
        """Whether one prefix passes."""
        wanted = exactly(prefix)
        return next((permits for permits, what in self.entries if what.covers(wanted)), False)

    def denies_before(self, what: PrefixRange) -> bool:
        """Whether an entry before this one denies a part of it."""
        for permits, other in self.entries:
            if permits and other == what:
                return False
            if not permits and other.meets(what):
                return True
        return False

    def _reached(self, *, permits: bool) -> Iterator[PrefixRange]:
        earlier: list[PrefixRange] = []
        for kind, what in self.entries:
            if kind is permits and not any(one.covers(what) for one in earlier):
                yield what
            earlier.append(what)


PrefixLists = Mapping[str, PrefixList]


@lru_cache(maxsize=1024)
def prefix_lists(lines: tuple[Line, ...]) -> PrefixLists:
    """Return the IPv4 prefix-lists by name. An entry that is no prefix matches nothing."""
    lists: dict[str, dict[int, tuple[bool, PrefixRange] | None]] = {}
    for line in lines:
        match = _ENTRY.match(line.text)
        if match is None:
            continue
        entries = lists.setdefault(match["name"], {})
        number = int(match["seq"] or max(entries, default=0) + 5)  # IOS counts in fives
        what = read_range(match["what"])
        entries[number] = None if what is None else (match["action"].casefold() == "permit", what)
    return {
        name: PrefixList(tuple(entry for number in sorted(entries) if (entry := entries[number])))
        for name, entries in lists.items()
    }
