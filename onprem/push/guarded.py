"""Brings a router to its intended configuration, or leaves it as it was, whatever happens in between.

A push reads, compares, has the router arm its own timer, types the lines and stops at the first that is not
taken. Then it reads again over a new connection, because a push may cut off the one it came by, looks whether
what worked before still works, confirms, and only then saves. What fails before the confirmation is undone
(`way_back`), and if the router cannot be reached any more, by itself, when its timer runs out. A push that
was killed has left a note in the journal; the next one undoes the rest of it, and begins anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from onprem.errors import PushError, Untrusted
from onprem.plan.changes import Diff
from onprem.plan.script import typed_lines
from onprem.plan.sections import Section, read_lines
from onprem.plan.unified import unified_diff
from onprem.push.comparison import compared, redaction_for
from onprem.push.ended import EndedPush
from onprem.push.health import Health, await_health, look, watched_in
from onprem.push.journal import Entry, Journal, Step
from onprem.push.planned import Expectation, check_expected
from onprem.push.policy_refresh import apply_policy
from onprem.push.pushed import (
    WITHOUT_TIMER,
    Intent,
    Pushed,
    PushResult,
    Safeguards,
    keeping_numbers,
    ours_after,
    pushed_by,
    remains_of,
    with_remains,
)
from onprem.push.read_back import NotRunning, ReadBack, read_back
from onprem.push.recovery import undo_interrupted
from onprem.push.rollback_timer import confirm, minutes_for, read_clock, read_pending
from onprem.push.sessions import Sessions
from onprem.push.way_back import WayBack
from onprem.ssh.access import Access
from onprem.ssh.session import NotSaved, Session, TimerRefused

_SAFETY = 30.0
"""Seconds before the router's timer runs out after which no line is sent any more."""


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
    journal = Journal.of(safeguards.journal, access)
    with journal.locked():
        return _Push(access, intent, last, cancelled, safeguards, expected, journal).run()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """What the router said to the lines, what it runs now, and what is not up yet."""

    remarks: tuple[str, ...] = ()
    read: ReadBack = field(default_factory=ReadBack)
    waiting: tuple[str, ...] = ()


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
        self._sessions = Sessions(access, redaction_for(access, intent))
        self._watched = watched_in(read_lines(intent.lines))
        self._deadline = float("inf")

    def run(self) -> PushResult:
        interrupted, remembered = self._journal.read(), self._last
        ended = EndedPush(self._safeguards.journal, self._safeguards.stack, self._access)
        self._last = ended.since(remembered)
        with self._sessions.open() as session:
            expected = self._expected
            if interrupted is not None and not undo_interrupted(session, self._access, interrupted):
                self._last = with_remains(self._last, interrupted.remains)
            elif interrupted is not None and expected is not None:
                expected = replace(expected, seen=None)  # a preview sees the router before it is undone
            self._intent = keeping_numbers(self._intent, self._last)
            self._target = read_lines(self._intent.lines)
            before = session.running_configuration()
            ours = ours_after(self._access, self._intent, self._last)
            diff = compared(self._router, before, self._intent, ours)
            check_expected(expected, before, self._access, self._intent, self._last, diff)
            done = _Changed()
            if diff:
                done = self._change(session, before, diff)
                diff = replace(diff, found={**diff.found, **done.read.overwritten})
            elif interrupted is not None:
                session.save()  # it may have been killed just before that
        pushed = pushed_by(self._access, self._intent, self._last, diff)
        remarks = done.remarks
        try:
            ended.write(remembered, pushed)
        except PushError as trouble:  # the push itself is done
            remarks = (*remarks, str(trouble))
        self._journal.end()
        return PushResult(
            changed=bool(diff),
            diff=unified_diff(self._router, diff),
            remarks=(*remarks, *diff.notes, *diff.beside),
            pushed=pushed,
            waiting=done.waiting,
        )

    def _change(self, session: Session, before: Section, diff: Diff) -> _Changed:
        self._stop_if_cancelled()
        health = look(session, self._watched)
        noted = self._note(session, diff)
        try:
            noted = self._arm(session, noted)
            lines = typed_lines(diff.commands)
            secrets, lock = self._intent.secrets, _has_manual_lock(before)
            remarks = session.configure(lines, secrets, self._stop_if_cancelled, lock=lock)
            with self._sessions.open_patiently(self._stop_if_cancelled) as fresh:
                read = self._read_back(fresh, before, diff)
                remarks = (*remarks, *read.remarks, *apply_policy(fresh, read.running, diff))
                waiting = self._await_health(fresh, health)
                self._stop_if_cancelled()
                self._confirm(fresh, noted)
                read = self._read_back(fresh, before, diff)  # looking at sessions has taken its time
                self._save(fresh, before, diff)
        except TimerRefused as refusal:
            self._journal.end()
            raise _not_armed(refusal) from None
        except PushError as failure:
            way_back = WayBack(sessions=self._sessions, noted=noted, before=before, diff=diff)
            error = way_back.take(session, failure)
            if error.undone:
                self._journal.end()
            raise error from None
        return _Changed(remarks=remarks, read=read, waiting=waiting)

    def _note(self, session: Session, diff: Diff) -> Entry:
        pending = read_pending(session, self._router)
        if pending is not None:
            raise PushError(
                f"{self._router}: a change of somebody else's awaits its confirmation, {pending}; nothing was"
                " changed. Wait until it is confirmed or undone"
            )
        minutes = self._safeguards.revert_minutes
        return self._journal.begin(
            Entry(
                step=Step.ARMING,
                user=session.user,
                clock=read_clock(session),
                minutes=minutes_for(minutes, len(diff.commands)) if minutes else WITHOUT_TIMER,
                remains=remains_of(self._intent, self._last, diff),
            )
        )

    def _arm(self, session: Session, noted: Entry) -> Entry:
        """Have the router undo by itself what follows; without a timer there is only the journal."""
        if noted.minutes == WITHOUT_TIMER:
            return self._journal.reach(Step.SENDING)
        session.arm(noted.minutes)
        self._deadline = time.monotonic() + max(60.0 * noted.minutes - _SAFETY, _SAFETY)
        timer = read_pending(session, self._router)
        if timer is None or (noted.user and timer.user != noted.user):
            raise PushError(
                f"{self._router}: its timer was armed, but now"
                f" {f'it is {timer}' if timer else 'nothing awaits a confirmation'}: somebody else is at work"
            )
        return self._journal.reach(Step.SENDING, timer)

    def _stop_if_cancelled(self) -> None:
        if self._cancelled():
            raise PushError(f"{self._router}: the push was cancelled")
        if time.monotonic() > self._deadline:
            raise PushError(f"{self._router}: the push takes longer than the router's timer waits for it")

    def _read_back(self, session: Session, before: Section, diff: Diff) -> ReadBack:
        return read_back(session, self._router, self._target, self._last, before, diff)

    def _await_health(self, fresh: Session, before: Health) -> tuple[str, ...]:
        return await_health(
            self._router,
            fresh,
            self._watched,
            before,
            seconds=self._safeguards.settle,
            require_all=self._safeguards.require_sessions,
            stop_if_cancelled=self._stop_if_cancelled,
        )

    def _confirm(self, fresh: Session, noted: Entry) -> None:
        self._journal.reach(Step.CONFIRMING)
        if noted.minutes != WITHOUT_TIMER:
            pending = read_pending(fresh, self._router)
            if pending is not None and not noted.armed(pending):
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
        for attempt in self._sessions.attempts():
            try:
                with attempt() as again:
                    self._read_back(again, before, diff)
                    again.save()
            except (NotSaved, Untrusted, NotRunning):
                raise
            except PushError as error:
                trouble = error
            else:
                return
        raise trouble


def _not_armed(refusal: PushError) -> PushError:
    return PushError(
        f"{refusal}; nothing was changed. The router has to be able to undo a push by itself: give it an"
        " archive ('archive', 'path bootflash:archive', with free space there), or do without by setting"
        " revertMinutes to 0"
    )


def _has_manual_lock(running: Section) -> bool:
    """Whether the router locks its configuration for whoever asks for it."""
    return any(
        line.line.startswith("configuration mode exclusive manual") for line in running.children.values()
    )
