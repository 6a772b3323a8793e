"""What comparing yields: commands for the router, changes for people, and what to remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onprem.plan.commands import Path, Place
from onprem.plan.sections import Section

PlacePath = tuple[Place, ...]
"""The places of a line and of those around it, outermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One line to send, and the section in which it is sent.

    `text` may hold `<secret:NAME>`. `raw` is a line with a key as the router itself printed it, for putting
    it back. `opens`: the line leads into a section.
    """

    section: Path
    text: str
    raw: str | None = field(default=None, repr=False)
    opens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line that goes (`sign` is `-`) or comes (`+`), as people read it."""

    section: Path
    sign: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What to send, in this order, and what it means."""

    commands: tuple[Command, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    """What is left on the router although it is no longer wanted, and why."""
    beside: tuple[str, ...] = ()
    """What others have put into lists and maps of ours, where it counts."""
    found: Mapping[PlacePath, Path] = field(default_factory=dict)
    """What stands in the place of our lines and is not ours: place -> the line and those around it."""

    def __bool__(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.commands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What the caller knows from the last push."""

    lines: Section = field(default_factory=Section)
    found: Mapping[PlacePath, Path] = field(default_factory=dict)
    trusted: frozenset[str] = frozenset()
    """Names of the secrets whose values are those that were pushed last."""
    dangling: frozenset[tuple[str, str]] = frozenset()
    """What may be used without being defined, by kind and name: it was so before."""
