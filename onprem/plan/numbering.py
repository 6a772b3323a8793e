"""The sequence numbers of prefix lists: an entry that stays keeps the number that the last push gave it.

A list is rendered as 10, 20, ... in its own order; a prefix that comes or goes in the middle would move all
behind it, each removed and typed again. While all entries of a list have one action their order means
nothing: what stays keeps its number, and what is new gets one that the last push has not used.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

_ENTRY = re.compile(r"ip prefix-list (?P<list>\S+) seq (?P<number>\d+) (?P<entry>(?P<action>permit|deny) .+)")
_STEP = 10


def keep_numbers(lines: tuple[str, ...], last: Iterable[str]) -> tuple[str, ...]:
    """Return the lines with the numbers of the last push's; lists of mixed actions stay as they are.

    >>> keep_numbers(
    ...     ("ip prefix-list A seq 10 permit 10.1.0.0/16", "ip prefix-list A seq 20 permit 10.2.0.0/16"),
    ...     ["ip prefix-list A seq 10 permit 10.2.0.0/16"],
    ... )
    ('ip prefix-list A seq 20 permit 10.1.0.0/16', 'ip prefix-list A seq 10 permit 10.2.0.0/16')
    """
    before: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for found in _entries(last):
        before[found["list"]].setdefault(found["entry"], int(found["number"]))
    wanted: defaultdict[str, list[re.Match[str]]] = defaultdict(list)
    for found in _entries(lines):
        wanted[found["list"]].append(found)
    renamed: dict[str, str] = {}
    for name, entries in wanted.items():
        if name in before and _is_without_order(entries):
            renamed.update(_numbered(entries, before[name]))
    return tuple(renamed.get(line.strip(), line) for line in lines)


def _entries(lines: Iterable[str]) -> Iterator[re.Match[str]]:
    for line in lines:
        found = _ENTRY.fullmatch(line.strip())
        if found is not None:
            yield found


def _is_without_order(entries: list[re.Match[str]]) -> bool:
    """Whether the entries mean the same in any order, and none stands there twice."""
    return len({found["action"] for found in entries}) == 1 and len(entries) == len(
        {found["entry"] for found in entries}
    )


def _numbered(entries: list[re.Match[str]], before: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Each entry's line as it was given, and with its number."""
    used = set(before.values())
    for found in entries:
        number = before.get(found["entry"])
        if number is None:
            number = int(found["number"])
            if number in used:
                number = (max(used) // _STEP + 1) * _STEP
            used.add(number)
        yield found[0], f"ip prefix-list {found['list']} seq {number} {found['entry']}"
