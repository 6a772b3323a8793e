"""What a drill does, step by step: an action in words, and what is waited for before the next one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_LOOK = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Something that is waited for; where it does not come in time, that is told, and the drill goes on."""

    words: str
    holds: Callable[[], bool]
    otherwise: str
    seconds: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action."""

    words: str
    act: Callable[[], None]
    sight: Sight | None = None
    pause: float = 0.0
    """Seconds of quiet at the end, in which probes and counters show what has become of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, and when, in seconds since the epoch."""

    at: float
    what: str


def carry_out(steps: Iterable[Step]) -> Iterator[Event]:
    """Act step by step, and yield an event for each action, and for each sight once it is there."""
    for step in steps:
        yield Event(at=time.time(), what=step.words)
        step.act()
        if step.sight:
            yield _await(step.sight)
        time.sleep(step.pause)


def _await(sight: Sight) -> Event:
    deadline = time.monotonic() + sight.seconds
    while not sight.holds():
        if time.monotonic() > deadline:
            return Event(at=time.time(), what=sight.otherwise)
        time.sleep(_LOOK)
    return Event(at=time.time(), what=sight.words)
