"""The prediction as plain data, in the one shape that every reader of it knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from routing.course import Direction
from routing.prediction import Path, Scenario


def paths_document(stack: str, scenarios: Iterable[Scenario]) -> dict[str, Any]:
    """Return a prediction as JSON has it: `{"stack", "scenarios": [{"failure", "paths"}]}`.

    `failure` is null for the steady state. Each path has `source`, `destination`, `reachable`, `via`,
    `circuits`, `segments` (each `kind` and `over`), `hops` (a list of alternatives), `return` (`via` to
    `hops` of the way back), `symmetric`, `determined` and `reason`.
    """
    return {
        "stack": stack,
        "scenarios": [
            {"failure": scenario.failure, "paths": [path_document(path) for path in scenario.paths]}
            for scenario in scenarios
        ],
    }


def path_document(path: Path) -> dict[str, Any]:
    """Return one path as `paths_document` has it."""
    return {
        "source": path.source,
        "destination": path.destination,
        "reachable": path.reachable,
        **_direction(path.forward),
        "return": _direction(path.back),
        "symmetric": path.symmetric,
        "determined": path.determined,
        "reason": path.reason,
    }


def _direction(direction: Direction) -> dict[str, Any]:
    return {
        "via": direction.via,
        "circuits": list(direction.circuits),
        "segments": [{"kind": segment.kind.value, "over": segment.over} for segment in direction.segments],
        "hops": [list(alternative) for alternative in direction.hops],
    }
