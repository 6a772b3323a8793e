"""The user's screen: how much fits on it, what a long line looks like, and `--More--`.

Source: Cisco, "Using the Command-Line Interface in Cisco IOS XE": a line that reaches the right edge is
shifted ten columns to the left behind a `$`; space and RETURN at `--More--`. Any other key ends the output.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MORE = " --More-- "
_SHIFT = 10


@dataclass(slots=True)
class Screen:
    """Rows and columns, 0 for no limit, and what is waiting to be shown."""

    rows: int = 24
    columns: int = 80
    _waiting: list[str] = field(default_factory=list)
    _shifted: int = 0

    @property
    def is_waiting(self) -> bool:
        """Whether `--More--` stands on the screen."""
        return bool(self._waiting)

    def show(self, text: str) -> str:
        """As much of `text` as fits, `--More--` below it if something is left."""
        self._waiting = text.splitlines(keepends=True)
        return self._next(self.rows - 1 if self.rows else len(self._waiting))

    def turn(self, key: str) -> str:
        """What a key at `--More--` brings up."""
        wipe = "\b" * len(MORE) + " " * len(MORE) + "\b" * len(MORE)
        if key == " ":
            return wipe + self._next(self.rows - 1)
        if key in "\r\n":
            return wipe + self._next(1)
        self._waiting.clear()
        return wipe

    def _next(self, count: int) -> str:
        shown, self._waiting = self._waiting[:count], self._waiting[count:]
        return "".join(shown) + (MORE if self._waiting else "")

    def echo(self, prompt: str, line: str, typed: str) -> str:
        """What appears when `typed` is added to `line`."""
        if not line:
            self._shifted = 0
        if not self.columns or len(prompt) + len(line) + len(typed) - self._shifted < self.columns:
            return typed
        return "".join(self._echo(prompt, line + typed[:end]) for end in range(1, len(typed) + 1))

    def _echo(self, prompt: str, line: str) -> str:
        """What appears with the last character of `line`."""
        if len(prompt) + len(line) - self._shifted < self.columns:
            return line[-1]
        self._shifted += _SHIFT
        return f"\r{prompt}${line[self._shifted + 1 :]}{' ' * _SHIFT}{chr(8) * _SHIFT}"
