"""What others have put beside our lines and counts: entries of a prefix list, clauses of a route map."""

from __future__ import annotations

from collections.abc import Iterator

from onprem.plan.references import defined_by
from onprem.plan.sections import Section

_SHARED = {"prefix-list", "route-map"}


def beside(running: Section, intended: Section, ours: Section) -> Iterator[str]:
    """Yield a sentence for each line of others' in a prefix list or route map that is wanted.

    They stay, as everything that is not ours; but a prefix that one of them permits is advertised, or taken.
    """
    wanted = {defined_by((), line.line) for line in intended.children.values()}
    for place, line in running.children.items():
        name = defined_by((), line.line)
        if name is None or name[0] not in _SHARED or name not in wanted:
            continue
        if place not in intended.children and place not in ours.children:
            yield f"'{line.line}' is not ours and stays, but {name[0]} {name[1]} does what it says, too"
