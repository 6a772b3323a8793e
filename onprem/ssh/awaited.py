"""What a session waits for: the first prompt, the prompt that names the router, the answer to a line.

Each says where in what has arrived so far it ends. They remember how far they have looked, so that a long
answer is not read again for each piece of it. `silent` is whether nothing has come for a while.
"""

from __future__ import annotations

import re
from typing import Protocol

_PROMPT_WIDTH = 20
"""Characters of a router's name in the prompt of configuration mode."""


class Awaited(Protocol):
    """Something that is still coming."""

    def ends_in(self, seen: str, *, silent: bool) -> int:
        """Return where in `seen`, which only grows, it ends; 0 if it does not yet."""


class FirstPrompt:
    """Whatever looks like a prompt at the end of what has arrived; a banner may, which does no harm."""

    def ends_in(self, seen: str, *, silent: bool) -> int:
        """See `Awaited`."""
        del silent
        found = re.search(r"(?:^|\n)\S+[>#] ?$", seen)
        return found.end() if found else 0


class NamingPrompt:
    """The prompt of exec mode that follows the echo of `sent`: it has the router's name and the privilege."""

    def __init__(self, sent: str) -> None:
        self._pattern = re.compile(
            rf"{sent}\s*\n(?:.*\n)*?(?P<name>\S+?)(?P<level>[>#]) ?(?=\n|$)",
        )
        self.name = self.level = ""

    def ends_in(self, seen: str, *, silent: bool) -> int:
        """See `Awaited`."""
        del silent
        found = self._pattern.search(seen)
        if found is None:
            return 0
        self.name, self.level = found["name"], found["level"]
        return found.end()


class Answered:
    """The answer to a line: its echo, then text, then a prompt that stands alone on a line.

    With `last`, the last line of a text that may have such a line within, as a configuration with a banner
    may, a prompt ends it only behind that line, or if nothing follows for a while.
    """

    def __init__(self, sent: str, prompt: re.Pattern[str], last: str = "") -> None:
        self._sent, self._prompt, self._last = sent, prompt, last
        self._begin = self._looked = 0
        self.text = self.mode = ""

    def ends_in(self, seen: str, *, silent: bool) -> int:
        """See `Awaited`."""
        if not self._begin and not self._find_echo(seen):
            return 0
        while (found := self._prompt.search(seen, self._looked)) is not None:
            text = seen[self._begin : found.start()]
            at_the_end = silent and not seen[found.end() :].strip()
            if not self._last or text.rstrip().endswith(f"\n{self._last}") or at_the_end:
                self.text, self.mode = text, found["mode"] or ""
                return found.end()
            if found.end() == len(seen):  # more may come
                return 0
            self._looked = found.end()
        self._looked = max(self._looked, seen.rfind("\n") + 1)
        return 0

    def _find_echo(self, seen: str) -> bool:
        while (place := seen.find(self._sent, self._looked)) >= 0:
            end = place + len(self._sent)
            while seen[end : end + 1] == " ":
                end += 1
            if end == len(seen):
                return False
            if seen[end] == "\n":
                self._begin = self._looked = end + 1
                return True
            self._looked = place + 1
        return False


def prompt_of(name: str) -> re.Pattern[str]:
    """A line that is a prompt of the router and nothing else; `mode` is empty in exec mode."""
    short = re.escape(name[:_PROMPT_WIDTH])
    return re.compile(rf"^(?:{re.escape(name)}#|{short}\((?P<mode>[\w-]+)\)#)[ ]?$", re.MULTILINE)
