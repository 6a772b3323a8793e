"""A drill as a picture: what became of each probe, and what crossed each link and tunnel meanwhile."""

from __future__ import annotations

from typing import Any

from lab.bgp.counters import Crossing
from lab.bgp.drill import Drill
from lab.bgp.probes import INTERVAL

_WIDTH = 1000
_LEFT = 190
_RIGHT = 20
_ROW = 34
_BAR = 24
_LINE = 18
_SPARE = 30
_BUSY = 20.0
"""Packets a second, both ways; less is the protocols' own talk."""
_FULL = 25.0
"""Packets a second one way for a bar of full height; probes and answers to the other direction's make 20."""


def draw_timeline(drill: Drill) -> dict[str, Any]:
    """Return coordinates: a row of marks for each direction, of bars for each link or tunnel with traffic.

    Events are numbered lines across all rows, and told below.
    """
    probes = (drill.there, drill.back)
    moments = [moment for probe in probes for moment in probe.sent] + [event.at for event in drill.events]
    begin, end = min(moments), max(moments)
    scale = (_WIDTH - _LEFT - _RIGHT) / max(end - begin, 1.0)

    def across(moment: float) -> float:
        return round(_LEFT + (moment - begin) * scale, 1)

    source, destination = drill.pair
    rows = [
        {
            "label": label,
            "answered": [across(moment) for moment in probe.replies],
            "lost": [across(moment) for moment in probe.lost],
        }
        for label, probe in zip(
            (f"{source} to {destination}", f"{destination} to {source}"), probes, strict=True
        )
    ]
    traffic = _busy_elements(drill)
    top = 12 + _ROW * (len(rows) + len(traffic))
    return {
        "width": _WIDTH,
        "height": top + _LINE * (len(drill.events) + 1) + _SPARE,
        "mark": max(0.6, round(INTERVAL * scale * 0.8, 2)),
        "bar": _BAR,
        "bottom": top,
        "rows": [{**row, "y": 8 + _ROW * number} for number, row in enumerate(rows)],
        "traffic": [
            {
                "label": element,
                "y": 8 + _ROW * (len(rows) + number),
                "bars": [
                    {
                        "x": across(one.begin),
                        "width": max(0.6, round((one.end - one.begin) * scale - 0.3, 1)),
                        **_heights(one, element),
                    }
                    for one in drill.crossings
                ],
            }
            for number, element in enumerate(traffic)
        ],
        "events": [
            {
                "x": across(event.at),
                "y": top + _LINE * (number + 1),
                "number": number + 1,
                "what": f"{event.at - drill.events[0].at:+.1f} s  {event.what}",
            }
            for number, event in enumerate(drill.events)
        ],
    }


def _busy_elements(drill: Drill) -> list[str]:
    """Return the links and tunnels that carried more than their protocols' own talk, in the file's order."""
    elements = drill.crossings[0].counts if drill.crossings else ()
    return [element for element in elements if any(_rate(one, element) > _BUSY for one in drill.crossings)]


def _rate(crossing: Crossing, element: str) -> float:
    """Return packets a second, both ways."""
    count = crossing.counts[element]
    return (count.sent + count.received) / (crossing.end - crossing.begin)


def _heights(crossing: Crossing, element: str) -> dict[str, float]:
    """Return how far the bar goes up for what was sent, and down for what was received."""
    count, seconds = crossing.counts[element], crossing.end - crossing.begin
    return {
        name: round(_BAR / 2 * min(1.0, packets / seconds / _FULL), 1)
        for name, packets in (("sent", count.sent), ("received", count.received))
    }
