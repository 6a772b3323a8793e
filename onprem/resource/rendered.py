"""Configuration files for another team to review and apply: `rendered/<stack>/<router>.cfg`."""

from __future__ import annotations

import contextlib
from pathlib import Path

from onprem.errors import OnPremisesError
from onprem.resource.inputs import Inputs

_HEADER = """\
! {router}: rendered for stack {stack}, not applied by this program.
! Keys are not in this file: put each in place of its <secret:NAME>.
"""


def rendered_file(project: Path, stack: str, router: str) -> Path:
    """Return where a router's file is."""
    return project / "rendered" / stack / f"{router}.cfg"


def rendered_text(inputs: Inputs, stack: str) -> str:
    """Return what the file says; outputs that are not known yet stay placeholders, as secrets always do."""
    lines = inputs.intent.lines
    return _HEADER.format(router=inputs.router, stack=stack) + "\n".join((*lines, "!", "end")) + "\n"


def is_rendered(file: Path, text: str) -> bool:
    """Whether the file is there and says this."""
    with contextlib.suppress(OSError):
        return file.read_text(encoding="ascii") == text
    return False


def write_rendered(file: Path, text: str) -> None:
    """Write the file.

    Raises:
        OnPremisesError: the folder cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="ascii")
    except OSError as error:
        raise OnPremisesError(f"{file} cannot be written: {error.strerror}") from None


def remove_rendered(file: Path) -> None:
    """Remove the file, and its folder if nothing else is in it."""
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)
        file.parent.rmdir()
