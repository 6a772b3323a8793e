"""The sessions of one push: a new one for reading back, and more where a router has to be reached again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from onprem.errors import Unreachable
from onprem.ssh.access import Access
from onprem.ssh.redaction import Redaction
from onprem.ssh.session import Session

_RETRY_AFTER = (0.0, 1.0, 4.0)
"""Seconds to wait before each attempt to reach a router again."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens sessions on one router, whose keys none of them shows."""

    access: Access
    redaction: Redaction

    def open(self) -> Session:
        """A new session."""
        return Session(self.access, self.redaction)

    def open_patiently(self, stop_if_cancelled: Callable[[], None]) -> Session:
        """A new session; a router may be out of terminal lines for a moment, or count logins."""
        for seconds in _RETRY_AFTER[1:]:
            try:
                return self.open()
            except Unreachable:
                stop_if_cancelled()
                time.sleep(seconds)
        return self.open()

    def attempts(self) -> Iterator[Callable[[], Session]]:
        """What opens a session, for each attempt, with time for a router to recover before it."""
        for seconds in _RETRY_AFTER:
            time.sleep(seconds)
            yield self.open
