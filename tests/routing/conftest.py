"""The test stack with changes, and its prediction by pair of sites."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path as FilePath

import pytest
from ruamel.yaml import YAML

from routing import Direction, predict_paths
from tests.routing.changes import Changes, merge
from tests.routing.segments import Paths
from topology import Document, Network, load_network

ROOT = FilePath(__file__).parents[2]


@pytest.fixture(scope="session")
def stack() -> Callable[..., Network]:
    """Return `stack(*changes)`: mappings are merged, None removes a key, the rest replaces."""

    def load(*changes: Changes | None) -> Network:
        data = YAML(typ="safe").load(ROOT / "Pulumi.test.yaml")["config"]["hybrid:network"]
        for each in changes:
            merge(data, each or {})
        return load_network(Document(data=data))

    return load


@pytest.fixture(scope="session")
def paths(stack: Callable[..., Network]) -> Callable[..., Paths]:
    """Return `paths(changes, failure)`: a scenario's paths by source and destination."""

    known: dict[str, Paths] = {}

    def predict(changes: Changes | None = None, failure: str | None = None) -> Paths:
        key = json.dumps([changes, failure])
        if key not in known:
            scenarios = predict_paths(stack(changes), failure)
            scenario = next(each for each in scenarios if each.failure == failure)
            known[key] = {(path.source, path.destination): path for path in scenario.paths}
        return known[key]

    return predict


@pytest.fixture(scope="session")
def over() -> Callable[[Direction], str]:
    """Return what a direction crosses, as `peering:hub-spoke expressroute:expressroute1`."""

    def written(direction: Direction) -> str:
        return " ".join(f"{segment.kind}:{segment.over}" for segment in direction.segments) or "none"

    return written
