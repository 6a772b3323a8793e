"""Turns commands into the lines that are typed in configuration mode, one after the other.

Every section is entered by its own line and left by `exit`. Typing on into the next section would mostly
work as well, but then a line that a section does not know is tried globally, and may do something there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from onprem.plan.changes import Command
from onprem.plan.commands import Path

EXIT = "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLine:
    """One line as it is typed; `text` may hold `<secret:NAME>`, `raw` stands for it where it is set."""

    section: Path
    text: str
    raw: str | None = field(default=None, repr=False)
    enters: bool = False
    """The line has to lead into a section, or what follows would land elsewhere."""


def typed_lines(commands: Iterable[Command]) -> Iterator[TypedLine]:
    """Yield what to type from the global configuration mode on; it ends there again."""
    current: Path = ()
    for command in commands:
        while current != command.section[: len(current)]:
            current = current[:-1]
            yield TypedLine(section=current, text=EXIT)
        for depth in range(len(current), len(command.section)):
            yield TypedLine(section=current, text=command.section[depth], enters=True)
            current = command.section[: depth + 1]
        yield TypedLine(section=current, text=command.text, raw=command.raw, enters=command.opens)
        if command.opens:
            current = (*current, command.text)
    for depth in range(len(current), 0, -1):
        yield TypedLine(section=current[: depth - 1], text=EXIT)
