"""As much of a router's Tcl shell as clients need to write a file without a file transfer: `puts`.

Source: Cisco, "Cisco IOS Scripting with TCL".
"""

from __future__ import annotations

import re

from lab.iosxe.flash import Flash

_PUTS = re.compile(r'puts \[open "(?P<name>[^"]+)" w\+?\] \{(?P<text>.*)\}\s*', re.DOTALL)


class Tcl:
    """A shell; a statement may span lines as long as a brace is open."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self._statement = ""

    @property
    def is_open(self) -> bool:
        """Whether a statement awaits its closing brace."""
        return bool(self._statement)

    def take(self, line: str) -> str | None:
        """What the shell prints for a line; None if it is none of its own, but an exec command."""
        if not self._statement and not line.startswith("puts "):
            return None
        self._statement += f"\n{line}" if self._statement else line
        if self._statement.count("{") > self._statement.count("}"):
            return ""
        statement, self._statement = self._statement, ""
        found = _PUTS.fullmatch(statement)
        if found is None:
            return 'wrong # args: should be "puts ?-nonewline? ?channelId? string"'
        try:
            self._flash.write(found["name"], f"{found['text']}\n")
        except OSError:
            return f'couldn\'t open "{found["name"]}": no such device'
        return ""
