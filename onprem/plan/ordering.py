"""The order of lines whose command is not known here: whether a later one overwrites an earlier one."""

from __future__ import annotations

from collections import defaultdict

from onprem.plan.changes import Command
from onprem.plan.commands import Path, alike_keys, is_listed, opens_section
from onprem.plan.references import defined_by


def before_their_like(
    additions: list[Command], removals: list[Command]
) -> tuple[list[Command], list[Command]]:
    """Puts a removal ahead of the new line of the same command, if nobody knows whether that overwrites.

    Behind it, `no` might take the new value away.
    """
    unknown = [command for command in removals if _is_of_unknown_kind(command)]
    first: dict[tuple[Path, Path], int] = {}
    for place, addition in enumerate(additions if unknown else ()):
        for key in alike_keys(addition.text):
            first.setdefault((addition.section, key), place)
    ahead: dict[int, list[Command]] = defaultdict(list)
    for command in unknown:
        keys = alike_keys(command.text.removeprefix("no "))
        places = [first[command.section, key] for key in keys if (command.section, key) in first]
        if places:
            ahead[min(places)].append(command)
    moved = {command for commands in ahead.values() for command in commands}
    return (
        [one for place, addition in enumerate(additions) for one in (*ahead.get(place, ()), addition)],
        [command for command in removals if command not in moved],
    )


def _is_of_unknown_kind(command: Command) -> bool:
    """Whether a command removes a single line, and it is not known what a later one would do to that."""
    section, line = command.section, command.text.removeprefix("no ")
    is_section = opens_section(section, line) or defined_by(section, line) is not None
    return command.text.startswith("no ") and not is_section and not is_listed(section, line)
