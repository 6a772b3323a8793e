"""What can be wrong with a stack file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A position in a stack file; line and column count from 1, 0 where unknown."""

    file: Path | None = None
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if self.file is None:
            return ""
        return f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing to mend: its path inside the network (keys as written) and what to set instead."""

    path: tuple[str, ...]
    message: str
    place: Place = Place()

    def __str__(self) -> str:
        named = ".".join(self.path)
        where = " ".join(part for part in (str(self.place), named) if part)
        return f"{where}: {self.message}" if where else self.message


def flaw(*path: str, says: str) -> Mistake:
    """Return a mistake at a path inside the network, its place yet to be found."""
    return Mistake(path=path, message=says)


class StackFileError(ValueError):
    """All mistakes found in one stack file, in the order of the file."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = mistakes
        count = f"{len(mistakes)} mistakes" if len(mistakes) > 1 else "1 mistake"
        lines = "\n".join(f"  {mistake}" for mistake in mistakes)
        super().__init__(f"{count} in the network's description:\n{lines}")
