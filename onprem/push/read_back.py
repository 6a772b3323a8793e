"""What a router runs after a push: whether it is what was intended, and what others have changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onprem.errors import PushError
from onprem.plan.changes import Diff, PlacePath
from onprem.plan.commands import Path
from onprem.plan.diff import compare
from onprem.plan.sections import Section, read_lines
from onprem.push.others import changed_by_others, overwritten_by
from onprem.push.pushed import Pushed, found_before, settled
from onprem.ssh.session import Session

_SHOWN = 5


class NotRunning(PushError):  # noqa: N818 (a state of the router)
    """A router that answers, and does not run what was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """What a router runs, what our lines have overwritten in it, and what is to be said of it."""

    running: Section = field(default_factory=Section)
    overwritten: Mapping[PlacePath, Path] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def read_back(
    session: Session, router: str, target: Section, last: Pushed, before: Section, diff: Diff
) -> ReadBack:
    """Read a router that ran `before`, and was sent `diff` to run `target` after what was pushed `last`.

    Raises:
        NotRunning: it does not run all of it.
    """
    running = session.running_configuration()
    found = {**found_before(last), **diff.found}
    rest = compare(running, target, settled(read_lines(last.lines).merged_with(target), found))
    if rest:
        raise NotRunning(
            f"{router}: it took every line, but does not run them all:"
            f" {summary(rest)} - a line may be printed in another form than it was sent in"
        )
    overwritten = overwritten_by(before, running, diff)
    remarks = [
        f"'{' / '.join(old)}' was overwritten, and comes back when the line in its place goes"
        for old in overwritten.values()
    ]
    others = changed_by_others(before, running, diff)
    if others:
        remarks.append(f"somebody else changed it meanwhile: {'; '.join(others)}")
    return ReadBack(running=running, overwritten=overwritten, remarks=tuple(remarks))


def summary(diff: Diff) -> str:
    """Return the first changes of a diff, for a message."""
    shown = [f"{change.sign} {' / '.join((*change.section, change.text))}" for change in diff.changes]
    more = len(shown) - _SHOWN
    return "; ".join(shown[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
