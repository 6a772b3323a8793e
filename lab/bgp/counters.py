"""What crossed each circuit link and tunnel, by its interface's own counters."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import Self

from lab.bgp.blueprint import Blueprint
from lab.bgp.namespaces import run

_COUNTED = ("link:", "tunnel:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Packets that one end of a wire has sent and received."""

    node: str
    """Whose end: the customer's, or of a tunnel between two gateways the first one's."""
    sent: int
    received: int


def read_counters(blueprint: Blueprint) -> dict[str, Count]:
    """Return the counters of each link and tunnel by its element's name."""
    totals: dict[str, Count] = {}
    for wire in blueprint.wires:
        for element in wire.elements:
            if not element.startswith(_COUNTED):
                continue
            said = run("ip", "-n", wire.first.node, "-j", "-s", "link", "show", wire.first.interface)
            statistics = json.loads(said)[0]["stats64"]
            before = totals.get(element, Count(node=wire.first.node, sent=0, received=0))
            totals[element] = Count(
                node=before.node,
                sent=before.sent + statistics["tx"]["packets"],
                received=before.received + statistics["rx"]["packets"],
            )
    return totals


def difference(before: Mapping[str, Count], after: Mapping[str, Count]) -> dict[str, Count]:
    """Return what has crossed since."""
    return {
        element: Count(
            node=count.node,
            sent=count.sent - before[element].sent,
            received=count.received - before[element].received,
        )
        for element, count in after.items()
    }


_INTERVAL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What crossed each link and tunnel between two moments, in seconds since the epoch."""

    begin: float
    end: float
    counts: Mapping[str, Count]


class Sampler:
    """Reads the counters twice a second, from entering to leaving the context."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._samples: list[tuple[float, dict[str, Count]]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._end.wait(_INTERVAL):
            self._samples.append((time.time(), read_counters(self._blueprint)))

    def crossings(self) -> tuple[Crossing, ...]:
        """Return what crossed between each two samples; after the context has been left."""
        return tuple(
            Crossing(begin=begin, end=end, counts=difference(before, after))
            for (begin, before), (end, after) in pairwise(self._samples)
        )
