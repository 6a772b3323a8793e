"""The router's own timer, which undoes a push that nobody confirms: armed, recognised, confirmed, run out.

Source: Cisco, "Configuration Rollback Confirmed Change", IOS XE 17: `configure terminal revert timer N`
archives the running configuration and returns to it after N minutes unless `configure confirm` comes first.
The timer is a router's only one and anybody's; so it is recognised by when it was armed (on the router's own
clock), for how long, and by whom, and one that is not ours is neither confirmed nor run out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from onprem.errors import PushError
from onprem.ssh.session import Session

LONGEST = 120
"""Minutes that a timer takes."""
_LINES_IN_A_MINUTE = 200
_NONE = re.compile(r"no rollback confirmed change pending", re.IGNORECASE)
_FIELDS = {
    "armed": r"time configured[^:]*: *(.+)",
    "minutes": r"timer value: *(\d+) *min",
    "user": r"user: *(\S+)",
}
_CLOCK = re.compile(
    r"[*.]?(?P<time>\d{1,2}:\d\d:\d\d)(?:\.\d+)? \S+ \w{3} (?P<month>\w{3}) +(?P<day>\d+) (?P<year>\d{4})"
)
_ARMING = timedelta(seconds=90)
"""How long after it was asked for a timer may have been armed; the time limit of a line, and some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An armed timer, as `show archive config rollback timer` describes it."""

    armed: str
    """The router's own time."""
    minutes: int
    user: str

    def __str__(self) -> str:
        return f"armed by user {self.user} at {self.armed} for {self.minutes} min"


def minutes_for(wished: int, lines: int) -> int:
    """Return for how many minutes to arm: as wished, but long enough for a long push on a slow router."""
    return min(LONGEST, max(wished, 2 + lines // _LINES_IN_A_MINUTE))


def read_pending(session: Session, router: str) -> Pending | None:
    """Ask a router for the change that awaits its confirmation.

    Raises:
        PushError: the answer is neither a timer nor that there is none.
    """
    text = session.ask("show archive config rollback timer")
    if _NONE.search(text):
        return None
    found = {name: re.search(pattern, text, re.IGNORECASE) for name, pattern in _FIELDS.items()}
    armed, minutes, user = (found[name] for name in _FIELDS)
    if armed is None or minutes is None or user is None:
        if session.is_refusal(text):  # a release, or a router, that knows no such timer: arming will tell
            return None
        raise PushError(
            f"{router}: 'show archive config rollback timer' was answered in a form that is not known here:"
            f" {' '.join(text.split())[:200]}; nothing was changed"
        )
    return Pending(armed=armed[1].strip(), minutes=int(minutes[1]), user=user[1])


def read_clock(session: Session) -> str:
    """Return the router's own time, as it prints it; empty if it does not say."""
    text = session.ask("show clock").strip()
    return text if _CLOCK.search(text) else ""


def was_armed_since(pending: Pending, clock: str, minutes: int) -> bool:
    """Whether a timer may be the one that was asked for when the router's clock showed `clock`."""
    before, armed = _time(clock), _time(pending.armed)
    if before is None or armed is None or pending.minutes != minutes:
        return False
    return timedelta(seconds=-1) <= armed - before <= _ARMING


def confirm(session: Session, router: str) -> None:
    """Keep what was pushed.

    Raises:
        PushError: the timer has run out already, and with it the push.
    """
    text = session.ask("configure confirm")
    if _NONE.search(text):
        raise PushError(
            f"{router}: the push was not confirmed in time: the router has returned to where it was by itself"
        )
    if session.is_refusal(text):
        raise PushError(f"{router}: 'configure confirm' was refused: {' '.join(text.split())}")


def revert(session: Session, router: str) -> None:
    """Have the router return at once to the configuration that it archived when the timer was armed.

    Raises:
        PushError: it did not.
    """
    text = session.ask("configure revert now", patiently=True)
    if _NONE.search(text):
        return
    if session.is_refusal(text) or re.search(r"rollback (?:aborted|failed)|error", text, re.IGNORECASE):
        raise PushError(f"{router}: 'configure revert now' did not work: {' '.join(text.split())[:300]}")


def _time(text: str) -> datetime | None:
    found = _CLOCK.search(text)
    if found is None:
        return None
    try:
        parts = f"{found['time']} {found['month']} {found['day']} {found['year']}"
        return datetime.strptime(parts, "%H:%M:%S %b %d %Y")  # noqa: DTZ007 (both are the router's own)
    except ValueError:
        return None
