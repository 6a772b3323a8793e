"""The manners in which an element may fail in a drill."""

from __future__ import annotations

from enum import StrEnum


class Manner(StrEnum):
    """How an element fails."""

    DOWN = "down"
    """Interfaces lose their carrier at both ends."""
    SILENT = "silent"
    """Packets vanish both ways, and no interface notices."""
    SILENT_WITHOUT_BFD = "silent-without-bfd"
    """The same, while nothing but BGP's hold time can notice."""
    KILLED = "killed"
    """The routers' BGP process is killed, and started anew to mend it."""
    GONE = "gone"
    """A device loses its power: all of its programs end and its cables go down; it starts from nothing."""
    DRAIN = "drain"
    """A planned change: traffic moves first, then the element is shut."""
    WITHDRAW = "withdraw"
    """A planned change without making the other way first."""
