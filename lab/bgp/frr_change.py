"""From one FRR configuration to the next: what has to be taken away, then what has to be added.

A node's whole configuration is the lab's own text, so both sides are known, and what did not change is not
touched: sessions stay up. What is overwritten in place is not taken away first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Tree = dict[str, "Tree"]
"""A line, and those below it, in their order."""

_CLOSING = {"exit", "exit-address-family"}
_SECTIONS = ("router ", "route-map ", "interface ", "address-family ")
_KEPT = ("address-family ", "interface ")
"""Sections that are never taken away as such."""
_PEER = re.compile(r"neighbor (\S+) remote-as \d+")
_SINGLE = (
    r"neighbor \S+ (?:timers connect|timers|description|update-source|password|ebgp-multihop)",
    r"neighbor \S+ (?:weight|local-as|bfd|route-map|prefix-list|filter-list)",
    r"set (?:as-path|ip next-hop|[\w-]+)",
    r"(?:bgp|ospf) router-id",
    r"default-metric",
    r"default-information",
    r"maximum-paths(?: ibgp)?",
    r"ip ospf (?:network|cost|hello-interval|dead-interval)",
)
"""What there is one of: a later line takes an earlier one's place."""
_NAMED_WITHOUT_VALUES = re.compile(r"neighbor \S+ bfd|set as-path prepend")
"""FRR's `no` takes no values here."""
_OVERWRITTEN = re.compile("|".join(_SINGLE))


def read_frr(text: str) -> Tree:
    r"""Read a configuration by its indentation.

    >>> read_frr("router bgp 1\n neighbor 10.0.0.1 remote-as 2\nexit\n")
    {'router bgp 1': {'neighbor 10.0.0.1 remote-as 2': {}}}
    """
    root: Tree = {}
    path = [root]
    for line in text.splitlines():
        words = line.strip()
        if not words or words in _CLOSING:
            continue
        depth = len(line) - len(line.lstrip(" "))
        del path[depth + 1 :]
        path.append(path[-1].setdefault(words, {}))
    return root


def change(before: Tree, after: Tree) -> str:
    """Return what turns one configuration into the other, as `vtysh -f` reads it; empty if they are one.

    >>> print(change({"a": {"x": {}}, "b": {}}, {"a": {"y": {}}}), end="")
    no b
    a
     no x
    exit
    a
     y
    exit
    """
    resets = tuple(_resets(before, after))
    lists = tuple(_rewritten_lists(before, after))
    kept = {name for line in after if (name := _list_of(line))}
    before = {line: _without(below, resets) for line, below in before.items() if _list_of(line) not in lists}
    lines = (
        *_forgetting(after, resets),
        *(f"no ip prefix-list {name}" for name in lists if name in kept),
        *_removals(before, after, ""),
        *_additions(before, after, ""),
        # last: while a session still used it, FRR would tell nothing at all
        *(f"no ip prefix-list {name}" for name in lists if name not in kept),
    )
    return "".join(f"{line}\n" for line in lines)


def _resets(before: Tree, after: Tree) -> Iterator[str]:
    """Yield the neighbors that go, or that are in another AS now: nothing of them is left in between."""
    for process, below in before.items():
        for line in below if process in after else ():
            if (found := _PEER.fullmatch(line)) and line not in after[process]:
                yield found[1]


def _rewritten_lists(before: Tree, after: Tree) -> Iterator[str]:
    """Yield the prefix lists that are others now: FRR drops an entry that says what another one says."""
    names = dict.fromkeys(name for line in before if (name := _list_of(line)))
    for name in names:
        entries = [[line for line in tree if _list_of(line) == name] for tree in (before, after)]
        if entries[0] != entries[1]:
            yield name


def _list_of(line: str) -> str | None:
    return line.split()[2] if line.startswith("ip prefix-list ") else None


def _without(tree: Tree, peers: tuple[str, ...]) -> Tree:
    """Leave out all that is said of some neighbors, on any level."""
    return {
        line: _without(below, peers)
        for line, below in tree.items()
        if not any(re.match(rf"(?:no )?neighbor {re.escape(peer)} ", line) for peer in peers)
    }


def _forgetting(after: Tree, peers: tuple[str, ...]) -> Iterator[str]:
    for process in after if peers else ():
        if process.startswith("router bgp "):
            yield process
            yield from (f" no neighbor {peer}" for peer in peers)
            yield "exit"


def _removals(before: Tree, after: Tree, indent: str) -> Iterator[str]:
    """Yield what goes, the last first: what is defined first may still be used by what follows."""
    kept = {_place(line) for line in after}
    for line, below in reversed(before.items()):
        if line in after or line.startswith(_KEPT):
            yield from _within(line, _removals(below, after.get(line, {}), f"{indent} "), indent)
        elif _place(line) not in kept:
            yield indent + _negated(line)


def _additions(before: Tree, after: Tree, indent: str) -> Iterator[str]:
    for line, below in after.items():
        if below or line.startswith(_SECTIONS):
            known = before.get(line, {})
            new = line not in before
            yield from _within(line, _additions(known, below, f"{indent} "), indent, new=new)
        elif line not in before:
            yield indent + line


def _within(line: str, lines: Iterator[str], indent: str, *, new: bool = False) -> Iterator[str]:
    """Yield a section's lines with its own around them, if there are any."""
    below = list(lines)
    if below or new:
        yield indent + line
        yield from below
        yield indent + ("exit-address-family" if line.startswith("address-family ") else "exit")


def _place(line: str) -> str:
    """Return what a line overwrites: itself, if nothing else."""
    found = _OVERWRITTEN.match(line)
    if found is None:
        return line
    direction = line.rpartition(" ")[2] if line.endswith((" in", " out")) else ""
    return f"{found[0]} {direction}" if direction else found[0]


def _negated(line: str) -> str:
    if line.startswith("no "):
        return line[3:]
    found = _NAMED_WITHOUT_VALUES.match(line)
    return f"no {found[0] if found else line}"
