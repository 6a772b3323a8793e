"""Brings a router to its intended configuration, or leaves it as it was.

A push reads, compares, types the commands and stops at the first that is not taken. Then it reads again over
a new connection, because a push may cut off the one it came by, and only saves what it has seen to run.
Whatever fails before that is undone from what was read first. Until the router keeps a timer of its own, an
undo needs the router to be reachable; if it is not, the message says what may be on it, and a reload of the
router leads back, as nothing was saved.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from onprem.access import Access
from onprem.changes import Diff, Ours, PlacePath
from onprem.commands import Path, place_of
from onprem.diff import compare, undo
from onprem.errors import PushError
from onprem.fingerprints import secret_fingerprint, unchanged_secrets
from onprem.placeholders import PlaceholderKind, placeholder_names
from onprem.redaction import Redaction
from onprem.script import typed_lines
from onprem.sections import Section, read_lines
from onprem.session import Rejected, Session
from onprem.unified import unified_diff

_RETRY_AFTER = (0.0, 1.0, 4.0)
"""Seconds to wait before each attempt to reach a router again that has to be put back."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """What a push did: the diff for people, the router's remarks and what was kept, what to remember."""

    changed: bool
    diff: str
    remarks: tuple[str, ...]
    pushed: Pushed


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


def plan(access: Access, intent: Intent, last: Pushed) -> Diff:
    """Read a router and say what a push would send; writes nothing.

    Raises:
        PushError: the router could not be read.
    """
    with Session(access, _redaction(access, intent)) as session:
        return compare(session.running_configuration(), read_lines(intent.lines), _ours(access, intent, last))


def drift(access: Access, last: Pushed) -> Diff:
    """Read a router and say what would have to be sent to have the last push's lines again.

    Raises:
        PushError: the router could not be read.
    """
    with Session(access, _redaction(access, Intent())) as session:
        lines = read_lines(last.lines)
        return compare(session.running_configuration(), lines, settled(lines, _found(last)))


def push(access: Access, intent: Intent, last: Pushed, cancelled: Callable[[], bool]) -> PushResult:
    """Bring a router to `intent`: an empty one removes all that is ours.

    `cancelled` is asked between steps; a push that is cancelled is undone.

    Raises:
        HalfPushed: the router could not be put back.
        PushError: nothing was changed, or it was undone.
    """
    return _Push(access, intent, last, cancelled).run()


class _Push:
    def __init__(self, access: Access, intent: Intent, last: Pushed, cancelled: Callable[[], bool]) -> None:
        self._access, self._intent, self._last, self._cancelled = access, intent, last, cancelled
        self._target = read_lines(intent.lines)
        self._redaction = _redaction(access, intent)

    def run(self) -> PushResult:
        with self._session() as session:
            before = session.running_configuration()
            diff = compare(before, self._target, _ours(self._access, self._intent, self._last))
            remarks = self._change(session, before, diff) if diff else ()
        return PushResult(
            changed=bool(diff),
            diff=unified_diff(self._access.router, diff),
            remarks=(*remarks, *diff.notes),
            pushed=self._pushed(diff),
        )

    def _session(self) -> Session:
        return Session(self._access, self._redaction)

    def _change(self, session: Session, before: Section, diff: Diff) -> tuple[str, ...]:
        self._stop_if_cancelled()
        try:
            lines = typed_lines(diff.commands)
            remarks = session.configure(lines, self._intent.secrets, self._stop_if_cancelled)
            self._verify(diff)
            self._stop_if_cancelled()
            session.save()
        except PushError as failure:
            raise self._undo(session, before, diff, failure) from None
        return remarks

    def _stop_if_cancelled(self) -> None:
        if self._cancelled():
            raise PushError(f"{self._access.router}: the push was cancelled")

    def _verify(self, diff: Diff) -> None:
        with self._session() as fresh:
            running = fresh.running_configuration()
        found = _found(self._last)
        found.update(diff.found)
        ours = settled(read_lines(self._last.lines).merged_with(self._target), found)
        rest = compare(running, self._target, ours)
        if rest:
            raise PushError(
                f"{self._access.router}: it took every line, but does not run them all:"
                f" {_summary(rest)} - a line may be printed in another form than it was sent in"
            )

    def _undo(self, session: Session, before: Section, diff: Diff, failure: PushError) -> PushError:
        """Puts the router back; the error that says what became of it."""
        trouble = ""
        for candidate in self._sessions(session):
            try:
                with candidate() as again:
                    self._put_back(again, before, diff)
                    rest = undo(again.running_configuration(), before, diff)
            except Rejected as error:
                trouble = str(error)
                break
            except PushError as error:
                trouble = str(error)
                continue
            if rest:
                message = f"{failure}; putting it back left a difference: {_summary(rest)}"
                return HalfPushed(message, self._remains(diff))
            return PushError(f"{failure}; the router is where it was before", undone=True)
        message = (
            f"{failure}; the router could NOT be put back ({trouble}): some of the {len(diff.commands)} lines"
            " may be on it, none is saved - reload it, or run again once it can be reached"
        )
        return HalfPushed(message, self._remains(diff))

    def _sessions(self, session: Session) -> Iterator[Callable[[], Session]]:
        """The session that is open if it still works, then new ones, with time for a router to recover."""
        if session.usable:
            yield lambda: session
        for seconds in _RETRY_AFTER:
            time.sleep(seconds)
            yield self._session

    @staticmethod
    def _put_back(session: Session, before: Section, diff: Diff) -> None:
        back = undo(session.running_configuration(), before, diff)
        if back:
            session.configure(typed_lines(back.commands), {}, lambda: None)

    def _pushed(self, diff: Diff) -> Pushed:
        used = placeholder_names(self._intent.lines, PlaceholderKind.SECRET)
        router, secrets = self._access.router, self._intent.secrets
        return Pushed(
            lines=self._intent.lines,
            preexisting=self._preexisting(diff, self._target),
            fingerprints={name: secret_fingerprint(router, name, secrets[name]) for name in used},
        )

    def _remains(self, diff: Diff) -> Pushed:
        """What may be on the router of both pushes, the last and this one; no key is known to be."""
        both = read_lines(self._last.lines).merged_with(self._target)
        return Pushed(lines=tuple(both.lines()), preexisting=self._preexisting(diff, both))

    def _preexisting(self, diff: Diff, ours: Section) -> tuple[Path, ...]:
        places = set(_places(ours))
        found = {**diff.found, **_found(self._last)}
        return tuple(path for place, path in found.items() if place in places)


def _redaction(access: Access, intent: Intent) -> Redaction:
    return Redaction({**intent.secrets, "password": access.password})


def _ours(access: Access, intent: Intent, last: Pushed) -> Ours:
    trusted = unchanged_secrets(access.router, intent.secrets, last.fingerprints)
    return Ours(lines=read_lines(last.lines), found=_found(last), trusted=trusted)


def settled(lines: Section, found: Mapping[PlacePath, Path]) -> Ours:
    """Return our lines with every key taken for the right one: keys cannot be read back."""
    names = placeholder_names((line.line for _, line in lines.walk()), PlaceholderKind.SECRET)
    return Ours(lines=lines, found=found, trusted=frozenset(names))


def _found(last: Pushed) -> dict[PlacePath, Path]:
    return {
        tuple(place_of(path[:depth], line) for depth, line in enumerate(path)): path
        for path in last.preexisting
    }


def _places(section: Section, path: Path = (), places: PlacePath = ()) -> Iterator[PlacePath]:
    for place, line in section.children.items():
        yield (*places, place)
        yield from _places(line, (*path, line.line), (*places, place))


def _summary(diff: Diff) -> str:
    shown = [f"{change.sign} {' / '.join((*change.section, change.text))}" for change in diff.changes]
    more = len(shown) - 5
    return "; ".join(shown[:5]) + (f"; and {more} more" if more > 0 else "")
