"""What crossed each circuit link and tunnel, by its interface's own counters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lab.bgp.blueprint import Blueprint
from lab.bgp.namespaces import run

_COUNTED = ("link:", "tunnel:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Packets that one end of a wire has sent and received."""

    sent: int
    received: int


def read_counters(blueprint: Blueprint) -> dict[str, Count]:
    """Return the counters of each link and tunnel by its element's name, as the customer's end sees it."""
    totals: dict[str, Count] = {}
    for wire in blueprint.wires:
        for element in wire.elements:
            if not element.startswith(_COUNTED):
                continue
            said = run("ip", "-n", wire.first.node, "-j", "-s", "link", "show", wire.first.interface)
            statistics = json.loads(said)[0]["stats64"]
            before = totals.get(element, Count(sent=0, received=0))
            totals[element] = Count(
                sent=before.sent + statistics["tx"]["packets"],
                received=before.received + statistics["rx"]["packets"],
            )
    return totals


def difference(before: Mapping[str, Count], after: Mapping[str, Count]) -> dict[str, Count]:
    """Return what has crossed since."""
    return {
        element: Count(
            sent=count.sent - before[element].sent, received=count.received - before[element].received
        )
        for element, count in after.items()
    }
