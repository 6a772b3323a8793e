"""What a push that was killed has left on a router, found by its note in the journal, is undone."""

from __future__ import annotations

from onprem.errors import PushError
from onprem.push.comparison import redaction_for
from onprem.push.journal import Entry, Journal
from onprem.push.pushed import Intent, Safeguards
from onprem.push.rollback_timer import read_pending, revert
from onprem.ssh.access import Access
from onprem.ssh.session import Session


def recover(access: Access, safeguards: Safeguards) -> str:
    """Undo what a killed push has left, without beginning another; what was done, in words.

    Raises:
        PushError: the router was not reached, or its timer is somebody else's.
    """
    journal = Journal.of(safeguards.journal, access)
    with journal.locked():
        entry = journal.read()
        if entry is None:
            return ""
        with Session(access, redaction_for(access, Intent())) as session:
            undone = undo_interrupted(session, access, entry)
        if undone:
            journal.end()
    return (
        "the push that was interrupted is undone"
        if undone
        else f"the push that was interrupted while {entry.step} is on the router, and nothing awaits a"
        " confirmation: push again to end it"
    )


def undo_interrupted(session: Session, access: Access, entry: Entry) -> bool:
    """Have the router undo a killed push; whether it was still to be undone.

    Raises:
        PushError: its timer is somebody else's.
    """
    pending = read_pending(session, access.router)
    if pending is None:
        return False
    if not entry.armed(pending):
        raise PushError(
            f"{access.router}: a change awaits its confirmation, {pending}, and it is not the push that was"
            f" interrupted here while {entry.step}; nothing was changed. Wait until it is confirmed or undone"
        )
    revert(session, access.router)
    return True
