"""Files in which a project notes its pushes: for their owner only, whole or not there, without keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

FOLDER = ".iosxe"
"""Where the notes are, beside Pulumi.yaml; it keeps itself out of version control."""


def write_note(file: Path, noted: Mapping[str, object]) -> None:
    """Write a note as JSON.

    Raises:
        OSError: it cannot be written; what was there before is there still.
    """
    prepare_folder(file.parent)
    unfinished = file.with_suffix(".new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
        json.dump(noted, new)
        new.flush()
        os.fsync(new.fileno())
    unfinished.replace(file)


def prepare_folder(folder: Path) -> None:
    """Make a folder of notes, which keeps itself out of version control.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")
