"""That a push sends what somebody has seen: a preview's plan, or a fingerprint that was approved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onprem.errors import PushError
from onprem.plan.changes import Diff
from onprem.plan.diff import compare
from onprem.plan.sections import Section, read_lines
from onprem.plan.unified import unified_diff
from onprem.push.pushed import Intent, Pushed, keeping_numbers, ours_after
from onprem.ssh.access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What has been seen of a push.

    `seen` is the fingerprint of what was shown when the lines were `lines`, with placeholders for what was
    not known yet, and `secrets` the names of the keys that were. `approved`, if not None, are fingerprints
    of pushes that may be made.
    """

    seen: str | None = None
    lines: tuple[str, ...] = ()
    secrets: frozenset[str] = frozenset()
    approved: frozenset[str] | None = None
    values: Mapping[str, str] | None = None


def plan_fingerprint(diff: Diff, values: Mapping[str, str] | None = None) -> str:
    """Return the fingerprint of what a plan sends, in twelve hexadecimal digits.

    With `values`, addresses count as the outputs that they are: so a plan has one fingerprint before and
    after Azure has made them up.
    """
    commands = [[*command.section, command.text] for command in diff.commands]
    names = {value: f"<output:{name}>" for name, value in sorted((values or {}).items(), reverse=True)}
    shown = [[" ".join(_named(line.split(" "), names)) for line in command] for command in commands]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:12]


def check_expected(
    expected: Expectation | None, running: Section, access: Access, intent: Intent, last: Pushed, diff: Diff
) -> None:
    """Check that a push is the one that was seen.

    Raises:
        PushError: the router has changed since, or nobody has approved this push.
    """
    if expected is None or not diff:
        return
    if expected.seen is not None:
        secrets = {name: value for name, value in intent.secrets.items() if name in expected.secrets}
        then = keeping_numbers(Intent(lines=expected.lines, secrets=secrets), last)
        now = compare(running, read_lines(then.lines), ours_after(access, then, last))
        if plan_fingerprint(now) != expected.seen:
            raise PushError(
                f"{access.router}: drifted since the preview: the router, or what is to be sent to it, is not"
                " what was shown; nothing was changed. Look at the preview again"
            )
    if expected.approved is not None:
        shown = plan_fingerprint(diff, expected.values)
        if shown not in expected.approved:
            lines = (
                "" if intent.lines else f":\n{unified_diff(access.router, diff)}"
            )  # no preview shows a removal
            raise PushError(
                f"{access.router}: this push waits for an approval; nothing was changed. Have its lines"
                f" reviewed, then run again with fingerprint {shown} among the approved ones{lines}"
            )


def _named(words: Iterable[str], names: Mapping[str, str]) -> list[str]:
    return [names.get(word, word) for word in words]
