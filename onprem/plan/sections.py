"""A configuration as a tree of sections, read from `show running-config` or from lines to be pushed.

Keys never show: a line that ends in one is kept with `<secret>` in its stead, and what the router printed
is held apart, out of every repr, for nothing but putting it back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from onprem.errors import PushError
from onprem.plan.commands import Path, Place, place_of
from onprem.plan.masking import HIDDEN, split_secret
from onprem.plan.spelling import canonical

_PLACEHOLDER = re.compile(r"<secret:[A-Za-z0-9-]+>")
_BANNER = re.compile(r"banner \S+ (?P<mark>\^.|\S)(?P<rest>.*)")
_HEADER = ("Building configuration", "Current configuration", "Using ", "Last configuration change")
_CLOSING = ("exit-address-family", "exit-vrf", "end")


@dataclass(slots=True)
class Section:
    """One line and the lines below it; the whole configuration is a section with an empty line."""

    line: str = ""
    children: dict[Place, Section] = field(default_factory=dict)
    raw: str | None = field(default=None, repr=False)
    """The line with its key, as the router printed it; only for a line that has one."""

    def add(self, path: Path, line: str, raw: str | None = None) -> Section:
        """The child for a canonical line: a new one, or the one in its place, which takes the new value."""
        place = place_of(path, line)
        child = self.children.setdefault(place, Section())
        child.line, child.raw = line, raw
        return child

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Section]]:
        """Yield each line below with the lines around it, in order."""
        for child in self.children.values():
            yield path, child
            yield from child.walk((*path, child.line))

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the lines below, indented by one space a level."""
        for child in self.children.values():
            yield " " * depth + child.line
            yield from child.lines(depth + 1)

    def merged_with(self, other: Section) -> Section:
        """A copy of both; where they differ, the other's line counts."""
        merged = Section(self.line, dict(self.children), self.raw)
        for place, child in other.children.items():
            mine = merged.children.get(place, Section())
            merged.children[place] = mine.merged_with(child)
            merged.children[place].line, merged.children[place].raw = child.line, child.raw
        return merged


def read_lines(lines: Iterable[str], *, keys_hidden: bool = False) -> Section:
    """The tree of lines that are indented by one space a level.

    With `keys_hidden`, as a router would print it: `<secret>` where the lines have `<secret:NAME>`.
    """
    root = Section()
    around: list[tuple[int, Section, Path]] = []
    for text in lines:
        stripped = text.strip()
        if not stripped or stripped.startswith("!") or stripped in _CLOSING:
            continue
        depth = len(text) - len(text.lstrip(" "))
        while around and around[-1][0] >= depth:
            around.pop()
        parent, path = (around[-1][1], around[-1][2]) if around else (root, ())
        line, raw = _hide(canonical(path, stripped))
        if keys_hidden and _PLACEHOLDER.search(line):
            line, raw = _PLACEHOLDER.sub(HIDDEN, line), HIDDEN
        child = parent.add(path, line, raw)
        around.append((depth, child, (*path, line)))
    return root


def read_running_configuration(text: str, router: str) -> Section:
    """The tree of what a router prints.

    Raises:
        PushError: the text does not end in `end`, so it may be cut.
    """
    lines = text.replace("\r", "").rstrip().splitlines()
    if not lines or lines[-1].strip() != "end":
        raise PushError(
            f"{router}: the running configuration that it printed has no 'end', so a part may be missing;"
            " it is left alone - run again, and see 'show running-config' on the router if it stays so"
        )
    return read_lines(_without_bodies(lines))


def _hide(line: str) -> tuple[str, str | None]:
    if _PLACEHOLDER.search(line):
        return line, None
    parts = split_secret(line)
    return (line, None) if parts is None else (parts[0], line)


def _without_bodies(lines: Iterable[str]) -> Iterator[str]:
    """Leave out headers, banners and certificates: none of them is ours, and none has sections."""
    until = ""
    for line in lines:
        if until:
            if until in line if until != "quit" else line.strip() == "quit":
                until = ""
            continue
        banner = _BANNER.match(line)
        if banner:
            until = "" if banner["mark"] in banner["rest"] else banner["mark"]
        elif re.match(r"\s+certificate ", line):
            until = "quit"
        elif not line.startswith(_HEADER):
            yield line
