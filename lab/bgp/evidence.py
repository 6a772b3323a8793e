"""What a drill leaves behind: Markdown for people, JSON for programs, a timeline as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lab.bgp.drill import Drill, Phase
from lab.bgp.forwarding import Trail
from lab.bgp.frr import TEMPLATES
from lab.bgp.probes import INTERVAL, ProbeResult

_WIDTH = 1000
_LEFT = 150
_TICK = 2.0


def write_evidence(drill: Drill, room: Path) -> tuple[Path, ...]:
    """Write the three files of a drill and return their paths."""
    stem = "-".join(("drill", drill.element.replace(":", "-").replace("/", "-"), drill.manner))
    document = drill_document(drill)
    room.mkdir(parents=True, exist_ok=True)
    texts = {
        "json": json.dumps(document, indent=2) + "\n",
        "md": TEMPLATES.get_template("drill.md.j2").render(**document, picture=f"{stem}.svg"),
        "svg": TEMPLATES.get_template("drill.svg.j2").render(picture(drill)),
    }
    paths = []
    for ending, text in texts.items():
        paths.append(room / f"{stem}.{ending}")
        paths[-1].write_text(text, encoding="utf-8")
    return tuple(paths)


def drill_document(drill: Drill) -> dict[str, Any]:
    """Return a drill as JSON has it; times in seconds since the first event."""
    start = drill.events[0].at
    source, destination = drill.pair
    return {
        "element": drill.element,
        "manner": drill.manner.value,
        "source": source,
        "destination": destination,
        "probes": [
            {"from": source, "to": destination, **_probe(drill.there)},
            {"from": destination, "to": source, **_probe(drill.back)},
        ],
        "events": [{"at": round(event.at - start, 2), "what": event.what} for event in drill.events],
        "phases": [_phase(phase) for phase in drill.phases],
    }


def _probe(result: ProbeResult) -> dict[str, Any]:
    return {"sent": result.sent, "lost": result.lost, "outageSeconds": round(result.outage, 2)}


def _phase(phase: Phase) -> dict[str, Any]:
    return {
        "phase": phase.name,
        "there": [_trail(trail) for trail in phase.there],
        "back": [_trail(trail) for trail in phase.back],
        "asPredicted": phase.as_predicted,
        "tracedThere": list(phase.traced_there),
        "tracedBack": list(phase.traced_back),
        "packets": {
            element: {"sent": count.sent, "received": count.received}
            for element, count in phase.counts.items()
        },
    }


def _trail(trail: Trail) -> dict[str, Any]:
    return {
        "delivered": trail.delivered,
        "hops": list(trail.hops),
        "segments": [f"{kind}:{over}" for kind, over in trail.segments],
    }


def picture(drill: Drill) -> dict[str, Any]:
    """Return the timeline's coordinates: a mark for each reply, a line for each event."""
    moments = (*drill.there.replies, *drill.back.replies, *(event.at for event in drill.events))
    begin, end = min(moments), max(moments)
    scale = (_WIDTH - _LEFT - 20) / max(end - begin, 1.0)

    def across(moment: float) -> float:
        return round(_LEFT + (moment - begin) * scale, 1)

    start = drill.events[0].at
    source, destination = drill.pair
    rows = (
        (f"{source} to {destination}", drill.there),
        (f"{destination} to {source}", drill.back),
    )
    return {
        "width": _WIDTH,
        "height": 110 + 18 * len(drill.events),
        "mark": max(0.6, round(INTERVAL * scale * 0.8, 2)),
        "rows": [
            {"label": label, "y": 20 + 40 * number, "marks": [across(moment) for moment in result.replies]}
            for number, (label, result) in enumerate(rows)
        ],
        "events": [
            {
                "x": across(event.at),
                "y": 118 + 18 * number,
                "what": f"{event.at - start:+.1f} s: {event.what}",
            }
            for number, event in enumerate(drill.events)
        ],
    }
