"""Shows changes on a router to people: changed lines with their sections around them, keys by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onprem.plan.changes import Change, Diff
from onprem.plan.commands import Path


def unified_diff(router: str, diff: Diff) -> str:
    """Return the diff of one router, without a newline at its end; empty if nothing changes."""
    if not diff.changes:
        return ""
    header = (f"--- {router} (running)", f"+++ {router} (intended)")
    return "\n".join((*header, *_body(diff.changes), *(f"# {note}" for note in diff.notes)))


def _body(changes: Iterable[Change]) -> Iterator[str]:
    around: Path = ()
    for change in changes:
        common = 0
        while common < min(len(around), len(change.section)) and around[common] == change.section[common]:
            common += 1
        for depth in range(common, len(change.section)):
            yield f"  {' ' * depth}{change.section[depth]}"
        yield f"{change.sign} {' ' * len(change.section)}{change.text}"
        around = (*change.section, change.text)
