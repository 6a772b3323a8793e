"""What a living network takes of its machine; asked from inside its world."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.bgp.blueprint import Blueprint

_KIBIBYTES = 1024.0
_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""Fields of /proc/PID/stat after the name (proc(5)): time spent, in ticks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """A moment's measures."""

    nodes: int
    speakers: int
    """Nodes with FRR."""
    programs: int
    mebibytes: float
    """Proportional set size of all programs, the keeper's own included."""
    cores: float
    """How much of the machine's processors it keeps busy; 1 is one of them."""


def measure(blueprint: Blueprint, seconds: float) -> Footprint:
    """Measure for some seconds."""
    before = _busy_seconds()
    time.sleep(seconds)
    busy = _busy_seconds() - before
    return Footprint(
        nodes=len(blueprint.nodes),
        speakers=len(blueprint.speakers),
        programs=len(list(_programs())),
        mebibytes=memory(),
        cores=busy / seconds,
    )


def memory() -> float:
    """Return what all programs take together, in MiB: their proportional set size."""
    total = 0
    for program in _programs():
        try:
            lines = (program / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it has ended meanwhile
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / _KIBIBYTES


def _programs() -> Iterator[Path]:
    """Yield the directories in /proc of all programs but the one that asks."""
    return (entry for entry in Path("/proc").glob("[0-9]*") if entry.name != str(os.getpid()))


def _busy_seconds() -> float:
    ticks = 0
    for program in _programs():
        try:
            fields = (program / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[_USER]) + int(fields[_SYSTEM])
    return ticks / _TICKS
