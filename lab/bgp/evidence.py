"""What a drill leaves behind: Markdown for people, JSON for programs, a timeline as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.bgp.counters import Count
from lab.bgp.drill import Drill, Phase
from lab.bgp.forwarding import Trail
from lab.bgp.frr import TEMPLATES
from lab.bgp.probes import Hop, ProbeResult
from lab.bgp.timeline import draw_timeline


def write_evidence(drill: Drill, room: Path) -> tuple[Path, ...]:
    """Write the three files of a drill and return their paths."""
    stem = "-".join(("drill", drill.element.replace(":", "-").replace("/", "-"), drill.manner))
    document = drill_document(drill)
    room.mkdir(parents=True, exist_ok=True)
    texts = {
        "json": json.dumps(document, indent=2) + "\n",
        "md": TEMPLATES.get_template("drill.md.j2").render(**document, picture=f"{stem}.svg"),
        "svg": TEMPLATES.get_template("drill.svg.j2").render(draw_timeline(drill)),
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
            {"from": source, "to": destination, **_probe(drill, drill.there)},
            {"from": destination, "to": source, **_probe(drill, drill.back)},
        ],
        "events": [{"at": round(event.at - start, 2), "what": event.what} for event in drill.events],
        "phases": [_phase(phase) for phase in drill.phases],
        "packets": [
            {
                "from": round(one.begin - start, 2),
                "to": round(one.end - start, 2),
                "crossed": _counts(one.counts),
            }
            for one in drill.crossings
        ],
    }


def _probe(drill: Drill, result: ProbeResult) -> dict[str, Any]:
    return {
        "sent": len(result.sent),
        "lost": len(result.lost),
        "lostUntilMended": result.lost_between(0, drill.mended),
        "lostFromThenOn": result.lost_between(drill.mended, result.ended),
        "outageSeconds": round(result.outage, 2),
    }


def _phase(phase: Phase) -> dict[str, Any]:
    return {
        "phase": phase.name,
        "there": [_trail(trail) for trail in phase.there],
        "back": [_trail(trail) for trail in phase.back],
        "asPredicted": phase.as_predicted,
        "tracedThere": [_hop(hop) for hop in phase.traced_there],
        "tracedBack": [_hop(hop) for hop in phase.traced_back],
        "packets": _counts(phase.counts),
    }


def _counts(counts: Mapping[str, Count]) -> dict[str, dict[str, int | str]]:
    return {
        element: {"node": count.node, "sent": count.sent, "received": count.received}
        for element, count in counts.items()
    }


def _hop(hop: Hop) -> dict[str, str | None]:
    return {"address": hop.address, "node": hop.node}


def _trail(trail: Trail) -> dict[str, Any]:
    return {
        "delivered": trail.delivered,
        "hops": list(trail.hops),
        "segments": [f"{kind}:{over}" for kind, over in trail.segments],
    }
