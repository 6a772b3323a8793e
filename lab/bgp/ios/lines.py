"""A running configuration as a tree of lines, which remembers the lines that nobody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLOSING = ("end", "exit-address-family")
_WITHOUT_EFFECT = re.compile(
    r"version .*|service .*|hostname .*|aaa .*|(no )?ip domain .*|password encryption aes|username .*|archive"
    r"|configuration mode .*|(no )?ip forward-protocol .*|(no )?ip http .*|ip scp .*|ip ssh .*|ntp .*"
    r"|logging .*"
    r"|line .*|(no )?description .*|load-interval .*|negotiation .*|keepalive .*|log-adjacency-changes.*"
    r"|bgp log-neighbor-changes|ip tcp adjust-mss .*|ip mtu .*|mtu .*|capability vrf-lite|route-target .*"
    r"|set security-association lifetime kilobytes .*|match fvrf any|timers throttle .*|no ip address"
    r"|no bgp default ipv4-unicast"
)
"""Lines of a router that change nothing of where packets go here, with all that stands below them."""


class Section:
    """A line and those below it; the root has no text."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.children: list[Section] = []
        self.is_taken = False

    def take(self, pattern: str) -> Iterator[tuple[re.Match[str], Section]]:
        """Yield the lines below that a pattern fits as a whole; they count as understood from then on."""
        for child in self.children:
            if found := re.fullmatch(pattern, child.text):
                child.is_taken = True
                yield found, child

    def accept(self, pattern: str) -> None:
        """Count the lines below that a pattern fits as understood: nothing here depends on them."""
        for _ in self.take(pattern):
            pass

    def first(self, pattern: str) -> re.Match[str] | None:
        """Return how the first line that a pattern fits does so, and take all that it fits."""
        return next(iter([found for found, _ in self.take(pattern)]), None)

    def has(self, pattern: str) -> bool:
        """Whether a pattern fits one of the lines below."""
        return self.first(pattern) is not None

    def untaken(self, above: tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the lines without a meaning, each with the lines that it stands below."""
        for child in self.children:
            if _WITHOUT_EFFECT.fullmatch(child.text):
                continue
            path = (*above, child.text)
            if child.is_taken:
                yield from child.untaken(path)
            else:
                yield " / ".join(path)


def read_lines(text: str) -> Section:
    """Read a configuration as `show running-config` prints it: a blank more for each level."""
    path = [Section()]
    for line in text.splitlines():
        words = line.strip()
        if not words or words.startswith("!") or words in _CLOSING:
            continue
        depth = len(line) - len(line.lstrip(" "))
        del path[depth + 1 :]
        section = Section(words)
        path[-1].children.append(section)
        path.append(section)
    return path[0]
