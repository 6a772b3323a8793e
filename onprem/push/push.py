"""Brings a router to its intended configuration, or leaves it as it was, whatever happens in between.

A push reads, compares, has the router arm its own timer, types the lines and stops at the first that is not
taken. Then it reads again over a new connection, because a push may cut off the one it came by, looks whether
what worked before still works, confirms, and only then saves. What fails before the confirmation is undone:
by the router's archive, or line by line where others have changed it meanwhile; and if the router cannot be
reached any more, by itself, when its timer runs out. A push that was killed has left a note in the journal;
the next one undoes the rest of it, and begins anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from onprem.errors import PushError, Unreachable, Untrusted
from onprem.plan.changes import Diff, Ours, PlacePath
from onprem.plan.commands import Path
from onprem.plan.diff import compare
from onprem.plan.script import typed_lines
from onprem.plan.sections import Section, read_lines
from onprem.plan.undoing import undo
from onprem.plan.unified import unified_diff
from onprem.push.ended import EndedPush
from onprem.push.health import Health, broken_by, look, not_up, watched_in
from onprem.push.journal import Entry, Journal, Step
from onprem.push.others import changed_by_others, overwritten_by
from onprem.push.planned import Expectation, check_expected
from onprem.push.policy_refresh import apply_policy
from onprem.push.pushed import (
    WITHOUT_TIMER,
    HalfPushed,
    Intent,
    Pushed,
    PushResult,
    Safeguards,
    fill,
    found_before,
    keeping_numbers,
    ours_after,
    pushed_by,
    remains_of,
    settled,
    with_remains,
)
from onprem.push.rollback_timer import (
    Pending,
    confirm,
    minutes_for,
    read_clock,
    read_pending,
    revert,
    was_armed_since,
)
from onprem.ssh.access import Access
from onprem.ssh.redaction import Redaction
from onprem.ssh.session import NotSaved, Rejected, Session, TimerRefused

__all__ = [
    "HalfPushed",
    "Intent",
    "PushResult",
    "Pushed",
    "Safeguards",
    "drift",
    "fill",
    "last_pushed",
    "plan",
    "push",
    "recover",
    "settled",
]

_RETRY_AFTER = (0.0, 1.0, 4.0)
"""Seconds to wait before each attempt to reach a router again that has to be put back."""
_LOOK_AGAIN = 1.0
"""Seconds between two looks at sessions that are to come up again."""
_SAFETY = 30.0
"""Seconds before the router's timer runs out after which no line is sent any more."""


def plan(access: Access, intent: Intent, last: Pushed, safeguards: Safeguards = Safeguards()) -> Diff:  # noqa: B008 (frozen)
    """Read a router and say what a push would send; writes nothing.

    Raises:
        PushError: the router could not be read.
    """
    noted, last = _journal(access, safeguards).read(), last_pushed(access, last, safeguards)
    with Session(access, _redaction(access, intent)) as session:
        running = session.running_configuration()
    if noted is not None:
        last = with_remains(last, noted.remains)
    intent = keeping_numbers(intent, last)
    diff = _compared(access.router, running, intent, ours_after(access, intent, last))
    if noted is None:
        return diff
    interrupted = (
        f"a push was interrupted while {noted.step}: what it has left is undone before the next one begins"
    )
    return replace(diff, notes=(interrupted, *diff.notes))


def _compared(router: str, running: Section, intent: Intent, ours: Ours) -> Diff:
    try:
        return compare(running, read_lines(intent.lines), ours)
    except PushError as error:
        raise PushError(f"{router}: {error}") from None


def last_pushed(access: Access, remembered: Pushed, safeguards: Safeguards) -> Pushed:
    """Return what was pushed last, if what is remembered is older: Pulumi was killed before it could save it.

    Raises:
        PushError: the note on it cannot be read.
    """
    return EndedPush(safeguards.journal, safeguards.stack, access).since(remembered)


def drift(access: Access, last: Pushed) -> Diff:
    """Read a router and say what would have to be sent to have the last push's lines again.

    Raises:
        PushError: the router could not be read.
    """
    with Session(access, _redaction(access, Intent())) as session:
        lines = read_lines(last.lines)
        return compare(session.running_configuration(), lines, settled(lines, found_before(last)))


def push(
    access: Access,
    intent: Intent,
    last: Pushed,
    cancelled: Callable[[], bool],
    safeguards: Safeguards = Safeguards(),  # noqa: B008 (frozen)
    expected: Expectation | None = None,
) -> PushResult:
    """Bring a router to `intent`: an empty one removes all that is ours.

    `cancelled` is asked between steps; a push that is cancelled is undone. With `expected`, nothing is sent
    but what somebody has seen before.

    Raises:
        HalfPushed: the router could not be put back.
        PushError: nothing was changed, or it was undone.
    """
    journal = _journal(access, safeguards)
    with journal.locked():
        return _Push(access, intent, last, cancelled, safeguards, expected, journal).run()


def recover(access: Access, safeguards: Safeguards) -> str:
    """Undo what a killed push has left, without beginning another; what was done, in words.

    Raises:
        PushError: the router was not reached, or its timer is somebody else's.
    """
    journal = _journal(access, safeguards)
    with journal.locked():
        entry = journal.read()
        if entry is None:
            return ""
        with Session(access, _redaction(access, Intent())) as session:
            undone = _recover(session, access, entry)
        if undone:
            journal.end()
    return (
        "the push that was interrupted is undone"
        if undone
        else f"the push that was interrupted while {entry.step} is on the router, and nothing awaits a"
        " confirmation: push again to end it"
    )


def _recover(session: Session, access: Access, entry: Entry) -> bool:
    """Have the router undo a killed push; whether it was still to be undone."""
    pending = read_pending(session, access.router)
    if pending is None:
        return False
    if not _is_ours(pending, entry):
        raise PushError(
            f"{access.router}: a change awaits its confirmation, {pending}, and it is not the push that was"
            f" interrupted here while {entry.step}; nothing was changed. Wait until it is confirmed or undone"
        )
    revert(session, access.router)
    return True


def _is_ours(pending: Pending, entry: Entry) -> bool:
    if entry.timer is not None:
        return pending == entry.timer
    return pending.user == entry.user and was_armed_since(pending, entry.clock, entry.minutes)


def _journal(access: Access, safeguards: Safeguards) -> Journal:
    return Journal.of(safeguards.journal, access)


def _redaction(access: Access, intent: Intent) -> Redaction:
    return Redaction({**intent.secrets, "password": access.password})


class NotRunning(PushError):  # noqa: N818 (a state of the router)
    """A router that answers, and does not run what was sent."""


class _Push:
    """One push; its journal is locked."""

    def __init__(
        self,
        access: Access,
        intent: Intent,
        last: Pushed,
        cancelled: Callable[[], bool],
        safeguards: Safeguards,
        expected: Expectation | None,
        journal: Journal,
    ) -> None:
        self._access, self._intent, self._last, self._cancelled = access, intent, last, cancelled
        self._safeguards, self._expected, self._journal = safeguards, expected, journal
        self._router = access.router
        self._target = Section()
        self._redaction = _redaction(access, intent)
        self._watched = watched_in(read_lines(intent.lines))
        self._deadline = float("inf")
        self._noted: Entry | None = None
        self._overwritten: Mapping[PlacePath, Path] = {}
        self._running = Section()

    def run(self) -> PushResult:
        interrupted = self._journal.read()
        ended, remembered = (
            EndedPush(self._safeguards.journal, self._safeguards.stack, self._access),
            self._last,
        )
        self._last = ended.since(remembered)
        with self._session() as session:
            expected = self._expected
            if interrupted is not None and not _recover(session, self._access, interrupted):
                self._last = with_remains(self._last, interrupted.remains)
            elif interrupted is not None and expected is not None:
                expected = replace(expected, seen=None)  # a preview sees the router before it is undone
            self._intent = keeping_numbers(self._intent, self._last)
            self._target = read_lines(self._intent.lines)
            before = session.running_configuration()
            ours = ours_after(self._access, self._intent, self._last)
            diff = _compared(self._router, before, self._intent, ours)
            check_expected(expected, before, self._access, self._intent, self._last, diff)
            remarks: tuple[str, ...] = ()
            waiting: tuple[str, ...] = ()
            if diff:
                remarks, waiting = self._change(session, before, diff)
                diff = replace(diff, found={**diff.found, **self._overwritten})
            elif interrupted is not None:
                session.save()  # it may have been killed just before that
        pushed = pushed_by(self._access, self._intent, self._last, diff)
        try:
            ended.write(remembered, pushed)
        except PushError as trouble:  # the push itself is done
            remarks = (*remarks, str(trouble))
        self._journal.end()
        return PushResult(
            changed=bool(diff),
            diff=unified_diff(self._router, diff),
            remarks=(*remarks, *diff.notes),
            pushed=pushed,
            waiting=waiting,
        )

    def _session(self) -> Session:
        return Session(self._access, self._redaction)

    def _fresh_session(self) -> Session:
        """A new session; a router may be out of terminal lines for a moment, or count logins."""
        for seconds in _RETRY_AFTER[1:]:
            try:
                return self._session()
            except Unreachable:
                self._stop_if_cancelled()
                time.sleep(seconds)
        return self._session()

    # --- forward -----------------------------------------------------------------------------------------

    def _change(
        self, session: Session, before: Section, diff: Diff
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Change the router; its remarks, and what is not up yet."""
        self._stop_if_cancelled()
        health = look(session, self._watched)
        self._note(session, diff)
        try:
            self._arm(session)
            lines = typed_lines(diff.commands)
            secrets, lock = self._intent.secrets, _has_manual_lock(before)
            remarks = session.configure(lines, secrets, self._stop_if_cancelled, lock=lock)
            with self._fresh_session() as fresh:
                meanwhile = self._verify(fresh, before, diff)
                meanwhile += apply_policy(fresh, self._running, diff)
                waiting = self._check_health(fresh, health)
                self._stop_if_cancelled()
                self._confirm(fresh)
                self._verify(fresh, before, diff)  # looking at sessions has taken its time
                self._save(fresh, before, diff)
        except TimerRefused as refusal:
            self._journal.end()
            raise self._not_armed(refusal) from None
        except PushError as failure:
            raise self._undo(session, before, diff, failure) from None
        return (*remarks, *meanwhile), waiting

    def _note(self, session: Session, diff: Diff) -> None:
        pending = read_pending(session, self._router)
        if pending is not None:
            raise PushError(
                f"{self._router}: a change of somebody else's awaits its confirmation, {pending}; nothing was"
                " changed. Wait until it is confirmed or undone"
            )
        minutes = self._safeguards.revert_minutes
        self._noted = Entry(
            router=self._router,
            address="",
            step=Step.ARMING,
            user=session.user,
            clock=read_clock(session),
            minutes=minutes_for(minutes, len(diff.commands)) if minutes else WITHOUT_TIMER,
            remains=remains_of(self._intent, self._last, diff),
        )
        self._journal.begin(self._noted)

    def _arm(self, session: Session) -> None:
        """Have the router undo by itself what follows; without a timer there is only the journal."""
        assert self._noted is not None
        minutes = self._noted.minutes
        if minutes == WITHOUT_TIMER:
            self._journal.reach(Step.SENDING)
            return
        session.arm(minutes)
        self._deadline = time.monotonic() + max(60.0 * minutes - _SAFETY, _SAFETY)
        timer = read_pending(session, self._router)
        if timer is None or (self._noted.user and timer.user != self._noted.user):
            raise PushError(
                f"{self._router}: its timer was armed, but now"
                f" {f'it is {timer}' if timer else 'nothing awaits a confirmation'}: somebody else is at work"
            )
        self._noted = replace(self._noted, timer=timer)
        self._journal.reach(Step.SENDING, timer)

    def _not_armed(self, refusal: PushError) -> PushError:
        return PushError(
            f"{refusal}; nothing was changed. The router has to be able to undo a push by itself: give it an"
            " archive ('archive', 'path bootflash:archive', with free space there), or do without by setting"
            " revertMinutes to 0"
        )

    def _stop_if_cancelled(self) -> None:
        if self._cancelled():
            raise PushError(f"{self._router}: the push was cancelled")
        if time.monotonic() > self._deadline:
            raise PushError(f"{self._router}: the push takes longer than the router's timer waits for it")

    def _verify(self, fresh: Session, before: Section, diff: Diff) -> tuple[str, ...]:
        """Check that the router runs what is intended; what others changed meanwhile."""
        running = fresh.running_configuration()
        found = found_before(self._last)
        found.update(diff.found)
        ours = settled(read_lines(self._last.lines).merged_with(self._target), found)
        rest = compare(running, self._target, ours)
        if rest:
            raise NotRunning(
                f"{self._router}: it took every line, but does not run them all:"
                f" {_summary(rest)} - a line may be printed in another form than it was sent in"
            )
        self._running, self._overwritten = running, overwritten_by(before, running, diff)
        remarks = [
            f"'{' / '.join(old)}' was overwritten, and comes back when the line in its place goes"
            for old in self._overwritten.values()
        ]
        others = changed_by_others(before, running, diff)
        return (*remarks, *((f"somebody else changed it meanwhile: {'; '.join(others)}",) if others else ()))

    def _check_health(self, fresh: Session, before: Health) -> tuple[str, ...]:
        """Wait for what worked before; what does not work yet is returned."""
        until = time.monotonic() + self._safeguards.settle
        while True:
            now = look(fresh, self._watched)
            broken = not_up(now) if self._safeguards.require_sessions else broken_by(before, now)
            if not broken:
                return not_up(now)
            if time.monotonic() >= until:
                raise PushError(
                    f"{self._router}: after {self._safeguards.settle:.0f} s there is still no"
                    f" {', no '.join(broken[:4])}"
                )
            self._stop_if_cancelled()
            time.sleep(min(_LOOK_AGAIN, max(0.0, until - time.monotonic())))

    def _confirm(self, fresh: Session) -> None:
        self._journal.reach(Step.CONFIRMING)
        if self._noted is not None and self._noted.minutes != WITHOUT_TIMER:
            pending = read_pending(fresh, self._router)
            if pending is not None and not _is_ours(pending, self._noted):
                raise PushError(
                    f"{self._router}: the push's own timer has run out, and now another change awaits its"
                    f" confirmation, {pending}: it is left alone"
                )
            confirm(fresh, self._router)
        self._journal.reach(Step.SAVING)

    def _save(self, fresh: Session, before: Section, diff: Diff) -> None:
        """Save; if the connection breaks meanwhile, over a new one, if the router still runs what it did."""
        trouble: PushError
        try:
            fresh.save()
        except NotSaved:
            raise
        except PushError as error:
            trouble = error
        else:
            return
        for seconds in _RETRY_AFTER:
            time.sleep(seconds)
            try:
                with self._session() as again:
                    self._verify(again, before, diff)
                    again.save()
            except (NotSaved, Untrusted, NotRunning):
                raise
            except PushError as error:
                trouble = error
            else:
                return
        raise trouble

    # --- back --------------------------------------------------------------------------------------------

    def _undo(self, session: Session, before: Section, diff: Diff, failure: PushError) -> PushError:
        """Put the router back; the error that says what became of it."""
        trouble = ""
        for candidate in self._sessions(session):
            try:
                with candidate() as again:
                    rest, others = self._put_back(again, before, diff)
            except (Rejected, Untrusted) as error:
                trouble = str(error)
                break
            except PushError as error:
                trouble = str(error)
                continue
            if rest:
                message = f"{failure}; putting it back left a difference: {_summary(rest)}"
                return HalfPushed(message, remains_of(self._intent, self._last, diff))
            self._journal.end()
            but = f", but for what somebody else has changed: {'; '.join(others)}" if others else ""
            return PushError(f"{failure}; the router is where it was before{but}", undone=True)
        return HalfPushed(
            f"{failure}; the router could NOT be put back ({trouble}): {self._left_behind(diff)}",
            remains_of(self._intent, self._last, diff),
        )

    def _left_behind(self, diff: Diff) -> str:
        some = f"some of the {len(diff.commands)} lines may be on it, none is saved"
        timer = self._noted.timer if self._noted else None
        if timer is None:
            return f"{some} - reload it, or run again once it can be reached"
        return (
            f"{some} - it undoes them by itself, {timer.minutes} min after {timer.armed} on its own clock;"
            " run again once it can be reached"
        )

    def _sessions(self, session: Session) -> Iterator[Callable[[], Session]]:
        """The session that is open if it still works, then new ones, with time for a router to recover."""
        if session.usable:
            yield lambda: session
        for seconds in _RETRY_AFTER:
            time.sleep(seconds)
            yield self._session

    def _put_back(self, session: Session, before: Section, diff: Diff) -> tuple[Diff, tuple[str, ...]]:
        """Undo by the router's archive if only we changed it, else line by line.

        What is left to undo, and what others have changed, is returned.
        """
        session.leave_configuration()
        pending = read_pending(session, self._router)
        armed = pending is not None and self._noted is not None and _is_ours(pending, self._noted)
        now = session.running_configuration()
        if armed and not changed_by_others(before, now, diff):
            revert(session, self._router)
            now, armed = session.running_configuration(), False
        back = undo(now, before, diff, overwritten_by(before, now, diff))
        if back:
            session.configure(typed_lines(back.commands), {}, lambda: None)
            now = session.running_configuration()
        rest = undo(now, before, diff)
        apply_policy(session, now, diff)
        if armed and not rest:
            confirm(session, self._router)  # or the timer would take others' changes back as well
        return rest, changed_by_others(before, now, diff)


def _has_manual_lock(running: Section) -> bool:
    """Whether the router locks its configuration for whoever asks for it."""
    return any(
        line.line.startswith("configuration mode exclusive manual") for line in running.children.values()
    )


def _summary(diff: Diff) -> str:
    shown = [f"{change.sign} {' / '.join((*change.section, change.text))}" for change in diff.changes]
    more = len(shown) - 5
    return "; ".join(shown[:5]) + (f"; and {more} more" if more > 0 else "")
