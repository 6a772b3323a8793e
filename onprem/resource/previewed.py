"""What the preview of a run of Pulumi showed of a router, for the update of the same run to keep to.

The engine starts the provider once for the preview and once for the update, as two processes; what they have
in common is the engine, their parent, and the resource's name. The first one's word counts, until it is kept.
A record holds lines and fingerprints, no secret, and is forgotten when its engine has ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from onprem.errors import PushError
from onprem.notes import FOLDER, write_note
from onprem.push.planned import Expectation


class PreviewRecord:
    """What one engine has shown of one resource."""

    def __init__(self, project: Path, urn: str) -> None:
        self._directory = project / FOLDER / "previewed"
        name = hashlib.sha256(urn.encode()).hexdigest()[:24]
        self._file = self._directory / f"{_engine()}-{name}.json"

    def write(self, seen: Expectation | None) -> str:
        """Remember what is shown, unless an earlier provider has shown something; None: nothing could be.

        What keeps it from being remembered is returned, in words.
        """
        if seen is None or self._shown_by() not in {None, os.getpid()}:
            return ""
        shown = {"by": os.getpid(), "seen": seen.seen, "lines": seen.lines, "secrets": sorted(seen.secrets)}
        try:
            write_note(self._file, shown)
            self._forget_others()
        except OSError as error:
            return (
                f"{self._directory} cannot be written ({error.strerror}): an update of the same run will not"
                " be held to what this preview shows"
            )
        return ""

    def read(self) -> Expectation | None:
        """Return what this engine has shown of the resource; None if nothing."""
        try:
            shown = json.loads(self._file.read_text(encoding="utf-8"))
            return Expectation(
                seen=shown["seen"], lines=tuple(shown["lines"]), secrets=frozenset(shown["secrets"])
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise PushError(
                f"{self._file}, what the preview has shown, cannot be read; nothing was changed. Remove it,"
                " and look at the preview again"
            ) from None

    def forget(self) -> None:
        """Forget it: it was kept to, or the run is over for this resource."""
        with contextlib.suppress(OSError):  # what could not be written needs no forgetting
            self._file.unlink(missing_ok=True)

    def _shown_by(self) -> int | None:
        try:
            by: int = json.loads(self._file.read_text(encoding="utf-8"))["by"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return by

    def _forget_others(self) -> None:
        for file in self._directory.glob("*-*"):
            process = file.name.split("-", 1)[0].partition(".")[0]
            if process.isdecimal() and not _is_running(int(process)):
                file.unlink(missing_ok=True)


def _engine() -> str:
    """The engine's process, told apart from another that gets its number later."""
    parent = os.getppid()
    try:
        started = Path(f"/proc/{parent}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):  # no such file system: the number alone has to do
        started = "0"
    return f"{parent}.{started}"


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
