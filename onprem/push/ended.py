"""The last push that came to its end, until it is seen that whoever asked for it remembers it.

Pulumi saves a push's outcome after the push, and may be killed in between. Then its state tells of an older
push than the router runs, and the newer lines would count as somebody else's. So the end of each push is
noted beside the journal: for which stack, what is on the router since, and which older memories it makes up
for. A memory that is neither is a newer one, of a push from elsewhere: the note says nothing about that.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from onprem.errors import PushError
from onprem.notes import write_note
from onprem.push.pushed import Pushed
from onprem.ssh.access import Access, find_endpoint


class EndedPush:
    """The note on a router's last push of one stack; without a directory, or a name, there is none."""

    def __init__(self, directory: Path | None, stack: str, access: Access) -> None:
        self._router, self._file = access.router, None
        if directory is not None and stack:
            name = f"{access.router}@{find_endpoint(access).address}.{stack}"
            self._file = directory / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.ended"

    @property
    def pushed(self) -> Pushed | None:
        """What was pushed last, if that is noted.

        Raises:
            PushError: the file cannot be read.
        """
        noted = self._read()
        return None if noted is None else Pushed.of(noted)

    def since(self, remembered: Pushed) -> Pushed:
        """Return what was pushed last, if what is remembered is older; else what is remembered."""
        noted = self._read()
        return Pushed.of(noted) if noted is not None and _digest(remembered) in noted["since"] else remembered

    def write(self, remembered: Pushed, pushed: Pushed) -> None:
        """Note that a push has ended which began with what is remembered.

        Raises:
            PushError: the file cannot be written.
        """
        if self._file is None:
            return
        noted = self._read()
        older = {_digest(remembered)}
        if noted is not None and _digest(remembered) in {*noted["since"], _digest(Pushed.of(noted))}:
            older |= {*noted["since"], _digest(Pushed.of(noted))}
        older.discard(_digest(pushed))
        if older:
            try:
                write_note(self._file, {"since": sorted(older), **asdict(pushed)})
            except OSError as error:
                raise PushError(f"{self._router}: {self._file} cannot be written: {error}") from None
        else:
            self._file.unlink(missing_ok=True)

    def forget(self, saved: Pushed) -> None:
        """Forget it if Pulumi's state, which is `saved`, has it."""
        if self._file is not None and self.pushed == saved:
            self._file.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any] | None:
        if self._file is None:
            return None
        try:
            noted: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
            Pushed.of(noted)
            noted["since"].sort()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise PushError(
                f"{self._router}: {self._file}, the note on the last push, cannot be read; nothing was"
                " changed. Remove it: lines of a push that Pulumi has not saved then count as somebody else's"
            ) from None
        return noted


def _digest(pushed: Pushed) -> str:
    return hashlib.sha256(json.dumps(asdict(pushed), sort_keys=True).encode()).hexdigest()
