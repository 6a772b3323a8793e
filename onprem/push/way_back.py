"""How a push that failed is undone: by the router's archive, or line by line if others changed it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from onprem.errors import PushError, Untrusted
from onprem.plan.changes import Diff
from onprem.plan.script import typed_lines
from onprem.plan.sections import Section
from onprem.plan.undoing import undo
from onprem.push.journal import Entry
from onprem.push.others import changed_by_others, overwritten_by
from onprem.push.policy_refresh import apply_policy
from onprem.push.pushed import HalfPushed
from onprem.push.read_back import summary
from onprem.push.rollback_timer import confirm, read_pending, revert
from onprem.push.sessions import Sessions
from onprem.ssh.session import Rejected, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """From what was sent, `diff`, to what the router ran before; `noted` tells whose timer is the push's."""

    sessions: Sessions
    noted: Entry
    before: Section
    diff: Diff

    def take(self, session: Session, failure: PushError) -> PushError:
        """Put the router back; the error that says what became of it."""
        trouble = ""
        for candidate in self._candidates(session):
            try:
                with candidate() as again:
                    rest, others = self._put_back(again)
            except (Rejected, Untrusted) as error:
                trouble = str(error)
                break
            except PushError as error:
                trouble = str(error)
                continue
            if rest:
                message = f"{failure}; putting it back left a difference: {summary(rest)}"
                return HalfPushed(message, self.noted.remains)
            but = f", but for what somebody else has changed: {'; '.join(others)}" if others else ""
            return PushError(f"{failure}; the router is where it was before{but}", undone=True)
        message = f"{failure}; the router could NOT be put back ({trouble}): {self._left_behind()}"
        return HalfPushed(message, self.noted.remains)

    def _candidates(self, session: Session) -> Iterator[Callable[[], Session]]:
        """The session that is open, if it still works, then new ones."""
        if session.usable:
            yield lambda: session
        yield from self.sessions.attempts()

    def _put_back(self, session: Session) -> tuple[Diff, tuple[str, ...]]:
        """Return what is left to undo, and what others have changed."""
        router, before, diff = self.noted.router, self.before, self.diff
        session.leave_configuration()
        pending = read_pending(session, router)
        armed = pending is not None and self.noted.armed(pending)
        now = session.running_configuration()
        if armed and not changed_by_others(before, now, diff):
            revert(session, router)
            now, armed = session.running_configuration(), False
        back = undo(now, before, diff, overwritten_by(before, now, diff))
        if back:
            session.configure(typed_lines(back.commands), {}, lambda: None)
            now = session.running_configuration()
        rest = undo(now, before, diff)
        apply_policy(session, now, diff)
        if armed and not rest:
            confirm(session, router)  # or the timer would take others' changes back as well
        return rest, changed_by_others(before, now, diff)

    def _left_behind(self) -> str:
        some = f"some of the {len(self.diff.commands)} lines may be on it, none is saved"
        timer = self.noted.timer
        if timer is None:
            return f"{some} - reload it, or run again once it can be reached"
        return (
            f"{some} - it undoes them by itself, {timer.minutes} min after {timer.armed} on its own clock;"
            " run again once it can be reached"
        )
