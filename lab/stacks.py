"""Which stack the lab is asked to work for, and whether it can: asked before anything is started."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.bgp.prerequisites import missing_prerequisite
from lab.errors import LabError
from topology import StackFileError, load_stack, stack_file

PLAIN = "LAB_PLAIN"
"""A variable of the environment: if it is set, nothing lives behind the routers, also where it could."""
MINUTE = "LAB_MINUTE"
"""Another: how many seconds a minute of the routers' revert timers takes, for tests."""


def why_plain(project: Path, stack: str) -> str:
    """Return why no network can live behind the routers, with the mend; empty if one can."""
    if os.environ.get(PLAIN):
        return f"{PLAIN} is set"
    if not stack_file(stack, project).exists():
        return f"there is no {stack_file(stack, project).name}"
    return missing_prerequisite() or ""


def refuse_unknown(project: Path, stack: str) -> None:
    """Raise LabError, with the stacks that there are, unless a stack file describes this one."""
    file = stack_file(stack, project)
    if file.exists():
        return
    stacks = sorted(
        other.name.split(".", 1)[1].removesuffix(".yaml") for other in project.glob("Pulumi.*.yaml")
    )
    there_are = f"the stacks here: {', '.join(stacks)}" if stacks else "no stack file is here"
    raise LabError(f"there is no stack {stack}: {file.name} is missing ({there_are})")


def refuse_mistakes(project: Path, stack: str) -> None:
    """Raise LabError with all mistakes of a stack's description, each with its place."""
    try:
        load_stack(stack_file(stack, project))
    except StackFileError as error:
        raise LabError(str(error)) from None


def refuse_another(status: Mapping[str, Any], project: Path, stack: str) -> None:
    """Raise LabError where a running lab's network is another stack's and one of this stack could live.

    Where none can, the lab's routers are the same whichever stack it was started for.
    """
    lives = status["stack"]
    if lives == stack or (status["plain"] and why_plain(project, stack)):
        return
    raise LabError(
        f"the lab runs for stack {lives}, not for {stack}: only one network lives behind its routers. "
        "`make lab-stop` ends it and keeps its state; then ask again"
    )
