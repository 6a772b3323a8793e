"""What a push is given, what it leaves behind, and what counts as ours on a router."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any

from onprem.errors import PushError
from onprem.placeholders import PlaceholderKind, placeholder_names
from onprem.plan.changes import Diff, Ours, PlacePath
from onprem.plan.commands import Path, is_alike, place_of
from onprem.plan.numbering import keep_numbers
from onprem.plan.sections import Section, read_lines
from onprem.push.fingerprints import secret_fingerprint, unchanged_secrets
from onprem.ssh.access import Access

WITHOUT_TIMER = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a router should run; `secrets` by the names that `<secret:NAME>` in the lines refers to."""

    lines: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What is known of the last push: what it left on the router, and what it found there.

    `preexisting` are the lines that stood in the place of ours before we came, each after the lines of its
    sections. `fingerprints` are those of the secrets that were pushed.
    """

    lines: tuple[str, ...] = ()
    preexisting: tuple[Path, ...] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, noted: Mapping[str, Any]) -> Pushed:
        """What a note says; as JSON it has lists for tuples."""
        return cls(
            lines=tuple(noted["lines"]),
            preexisting=tuple(tuple(path) for path in noted["preexisting"]),
            fingerprints=dict(noted["fingerprints"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguards:
    """What a push may rely on, and what it insists on.

    `revert_minutes` is how long the router waits for a confirmation before it undoes a push by itself, 1 to
    120; 0 is for a router without an archive: then only we can undo. `settle` is how many seconds sessions
    that a push interrupts have to come up again. `require_sessions`: new sessions have to come up as well.
    `journal` is the directory in which pushes are noted; None notes nothing. `stack` is whose pushes these
    are: what ended is noted for each stack, and without one not at all.
    """

    revert_minutes: int = 5
    settle: float = 60.0
    require_sessions: bool = False
    journal: File | None = None
    stack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """What a push did: the diff for people, the router's remarks and what was kept, what to remember.

    `waiting` are sessions that are new and not up yet.
    """

    changed: bool
    diff: str
    remarks: tuple[str, ...]
    pushed: Pushed
    waiting: tuple[str, ...] = ()


class HalfPushed(PushError):  # noqa: N818 (a state of the router)
    """A router that was changed and could not be put back; `remains` is what may be on it and is ours."""

    def __init__(self, message: str, remains: Pushed) -> None:
        super().__init__(message, undone=False)
        self.remains = remains


def fill(lines: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines with the values of their outputs; an output without a value stays a placeholder."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1], found[0])

    return tuple(re.sub(r"<output:([A-Za-z0-9-]+)>", value, line) for line in lines)


def keeping_numbers(intent: Intent, last: Pushed) -> Intent:
    """Return an intent whose prefix lists have the numbers that the last push gave them."""
    return replace(intent, lines=keep_numbers(intent.lines, last.lines))


def ours_after(access: Access, intent: Intent, last: Pushed) -> Ours:
    """Return what is ours on a router since the last push, and which keys of the intent are on it."""
    trusted = unchanged_secrets(access.router, intent.secrets, last.fingerprints)
    return Ours(lines=read_lines(last.lines), found=found_before(last), trusted=trusted)


def settled(lines: Section, found: Mapping[PlacePath, Path]) -> Ours:
    """Return our lines with every key taken for the right one: keys cannot be read back."""
    names = placeholder_names((line.line for _, line in lines.walk()), PlaceholderKind.SECRET)
    return Ours(lines=lines, found=found, trusted=frozenset(names))


def found_before(last: Pushed) -> dict[PlacePath, Path]:
    """Return what stood in the place of our lines before we came, by the places of ours."""
    ours = read_lines(last.lines)
    places = set(_places(ours))
    return {_place_among(path, ours, places): path for path in last.preexisting}


def _place_among(path: Path, ours: Section, places: set[PlacePath]) -> PlacePath:
    """The place of ours that a line had: its own, or that of a line of ours that has overwritten it."""
    own = places_of(path)
    if own in places:
        return own
    section: Section | None = ours
    for place in own[:-1]:
        section = section.children.get(place) if section else None
    lines = section.children.items() if section else ()
    return next(((*own[:-1], place) for place, line in lines if is_alike(line.line, path[-1])), own)


def places_of(path: Path) -> PlacePath:
    """Return the places of a line and of those around it."""
    return tuple(place_of(path[:depth], line) for depth, line in enumerate(path))


def pushed_by(access: Access, intent: Intent, last: Pushed, diff: Diff) -> Pushed:
    """Return what is to be remembered of a push that came to its end."""
    used = placeholder_names(intent.lines, PlaceholderKind.SECRET)
    return Pushed(
        lines=intent.lines,
        preexisting=_preexisting(last, diff, read_lines(intent.lines)),
        fingerprints={name: secret_fingerprint(access.router, name, intent.secrets[name]) for name in used},
    )


def remains_of(intent: Intent, last: Pushed, diff: Diff) -> Pushed:
    """Return what may be on a router of both pushes, the last and a failed one; no key is known to be."""
    both = read_lines(last.lines).merged_with(read_lines(intent.lines))
    return Pushed(lines=tuple(both.lines()), preexisting=_preexisting(last, diff, both))


def with_remains(last: Pushed, remains: Pushed) -> Pushed:
    """Return the last push, extended by what an interrupted one may have left.

    A line that either found on the router stays one that was there before; no key is known to be there.
    """
    both = read_lines(last.lines).merged_with(read_lines(remains.lines))
    found = {**found_before(remains), **found_before(last)}
    return Pushed(lines=tuple(both.lines()), preexisting=tuple(found.values()))


def _preexisting(last: Pushed, diff: Diff, ours: Section) -> tuple[Path, ...]:
    places = set(_places(ours))
    found = {**diff.found, **found_before(last)}
    return tuple(path for place, path in found.items() if place in places)


def _places(section: Section, places: PlacePath = ()) -> Iterator[PlacePath]:
    for place, line in section.children.items():
        yield (*places, place)
        yield from _places(line, (*places, place))
