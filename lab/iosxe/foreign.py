"""Configuration that the tables do not know, which a router keeps as it was loaded: it prints it, no more.

A router in use has hundreds of lines that no test here types. They can be loaded, saved, archived and
printed, and they go with the section around them; to change them is invalid input, as with every unknown
command.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_DELIMITED = re.compile(r"banner \S+ (?P<mark>\^.|\S)(?P<rest>.*)")
_DELIMITER = "^C"


def block_at(lines: Sequence[str], start: int) -> tuple[tuple[str, ...], int]:
    """The unknown line at `start`, and what belongs to it: lines indented further, or text up to its end.

    Also where what follows it begins; separators are left out.
    """
    first = lines[start]
    found = _DELIMITED.match(first)
    mark = found["mark"] if found else _DELIMITER if first.count(_DELIMITER) % 2 else ""
    if mark:
        if found and mark in found["rest"]:
            return (first,), start + 1
        end = next((place for place in range(start + 1, len(lines)) if mark in lines[place]), len(lines) - 1)
        return tuple(lines[start : end + 1]), end + 1
    depth = _depth(first)
    end = start + 1
    while end < len(lines) and lines[end].strip() and _depth(lines[end]) > depth:
        end += 1
    return tuple(line for line in lines[start:end] if not line.lstrip().startswith("!")), end


def banner_text(block: Sequence[str]) -> str:
    """What a user sees of a banner; empty if the block is none."""
    found = _DELIMITED.match(block[0])
    if found is None:
        return ""
    mark, whole = found["mark"], "\n".join((found["rest"], *block[1:]))
    return whole.partition(mark)[0].lstrip("\n")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
