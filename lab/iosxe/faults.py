"""The hook by which a test bends a router's behaviour at any step of any connection.

A hook is awaited before each moment with the step (counted over the router's life, from 1), the moment's
kind and its text (secrets masked). It may wait, which delays the router, and answers with a `Fault` or None.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When a hook is asked."""

    ACCEPT = "accept"  # a connection has been made, the router has not greeted yet; no text
    LOGIN = "login"  # a user wants to log in, and has not been answered; the text is the user
    CONNECT = "connect"  # a session has been opened, nothing is sent yet; no text
    LINE = "line"  # a line was received and not yet run; the text is the line
    OUTPUT = "output"  # an answer is ready and not yet sent; the text is the answer, prompt included


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong at one moment.

    `drop` cuts the connection without a word, and is all that there is at an ACCEPT and a LOGIN; `log` are
    syslog lines sent first; `reject` is what the router prints instead of taking the line (only at a LINE; an
    empty text loses the line silently); `ask` is what it asks instead of taking the line (only at a LINE), or
    before it shows its first prompt (at a CONNECT); any answer ends the question;
    `into` puts the syslog lines behind so many characters of the answer (only at an OUTPUT);
    `pieces` sends what follows in pieces of so many characters.
    """

    drop: bool = False
    log: tuple[str, ...] = ()
    reject: str | None = None
    ask: str | None = None
    into: int = 0
    pieces: int = 0


Hook = Callable[[int, Moment, str], Awaitable[Fault | None]]


async def no_faults(_step: int, _moment: Moment, _text: str) -> Fault | None:
    """The hook of a router in good health."""
    return None
