"""What a push would send, and what has changed since the last one: routers are read, nothing is written."""

from __future__ import annotations

from dataclasses import replace

from onprem.errors import PushError
from onprem.plan.changes import Diff, Ours
from onprem.plan.diff import compare
from onprem.plan.sections import Section, read_lines
from onprem.push.ended import EndedPush
from onprem.push.journal import Journal
from onprem.push.pushed import (
    Intent,
    Pushed,
    Safeguards,
    found_before,
    keeping_numbers,
    ours_after,
    settled,
    with_remains,
)
from onprem.ssh.access import Access
from onprem.ssh.redaction import Redaction
from onprem.ssh.session import Session


def plan(access: Access, intent: Intent, last: Pushed, safeguards: Safeguards = Safeguards()) -> Diff:  # noqa: B008 (frozen)
    """Read a router and say what a push would send; writes nothing.

    Raises:
        PushError: the router could not be read.
    """
    noted, last = Journal.of(safeguards.journal, access).read(), last_pushed(access, last, safeguards)
    with Session(access, redaction_for(access, intent)) as session:
        running = session.running_configuration()
    if noted is not None:
        last = with_remains(last, noted.remains)
    intent = keeping_numbers(intent, last)
    diff = compared(access.router, running, intent, ours_after(access, intent, last))
    if noted is None:
        return diff
    interrupted = (
        f"a push was interrupted while {noted.step}: what it has left is undone before the next one begins"
    )
    return replace(diff, notes=(interrupted, *diff.notes))


def drift(access: Access, last: Pushed) -> Diff:
    """Read a router and say what would have to be sent to have the last push's lines again.

    Raises:
        PushError: the router could not be read.
    """
    with Session(access, redaction_for(access, Intent())) as session:
        lines = read_lines(last.lines)
        return compare(session.running_configuration(), lines, settled(lines, found_before(last)))


def last_pushed(access: Access, remembered: Pushed, safeguards: Safeguards) -> Pushed:
    """Return what was pushed last, if what is remembered is older: Pulumi was killed before it could save it.

    Raises:
        PushError: the note on it cannot be read.
    """
    return EndedPush(safeguards.journal, safeguards.stack, access).since(remembered)


def compared(router: str, running: Section, intent: Intent, ours: Ours) -> Diff:
    """Compare what a router runs with an intent.

    Raises:
        PushError: a line of it cannot be read; the message names the router.
    """
    try:
        return compare(running, read_lines(intent.lines), ours)
    except PushError as error:
        raise PushError(f"{router}: {error}") from None


def redaction_for(access: Access, intent: Intent) -> Redaction:
    """Return what keeps the keys and the password of a push out of all that is said of it."""
    return Redaction({**intent.secrets, "password": access.password})
