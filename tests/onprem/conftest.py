"""The test stack with changes, as the tests of this folder ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.onprem.project import Project
from tests.onprem.routers import Lab
from topology import Document, Network, load_network

ROOT = Path(__file__).parents[2]
Changes = Mapping[str, Any]


def pytest_configure(config: pytest.Config) -> None:
    """Makes the mark known that says which promises a test keeps, over which faults or bad inputs."""
    config.addinivalue_line("markers", "promise(*ids): promises, faults and bad inputs of docs/push.md")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Writes the marks into the report, for `promise_table.py`."""
    for item in items:
        for mark in item.iter_markers("promise"):
            item.user_properties += [("promise", name) for name in mark.args]


@pytest.fixture(scope="session")
def stack() -> Callable[..., Network]:
    """Return `stack(changes)`: mappings are merged, None removes a key, the rest replaces."""

    def load(changes: Changes | None = None) -> Network:
        data = YAML(typ="safe").load(ROOT / "Pulumi.test.yaml")["config"]["hybrid:network"]
        _merge(data, changes or {})
        return load_network(Document(data=data))

    return load


@pytest.fixture(scope="session")
def everything() -> Changes:
    """Return the changes that bring out everything a router can have."""
    changes: Changes = YAML(typ="safe").load(Path(__file__).parent / "everything.yaml")
    return changes


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses as short as an emulated router allows, for tests that push hundreds of times."""
    monkeypatch.setattr("onprem.ssh.connection._PAUSE", 0.1)
    monkeypatch.setattr("onprem.push.sessions._RETRY_AFTER", (0.0, 0.05, 0.1))
    monkeypatch.setattr("onprem.push.health._LOOK_AGAIN", 0.05)
    monkeypatch.setattr("onprem.push.fingerprints._COST", 2**4)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Emulated routers behind SSH, started as a test asks for them."""
    routers = Lab(tmp_path)
    yield routers
    routers.stop()


@pytest.fixture
def run(tmp_path: Path, lab: Lab) -> Iterator[Project]:
    """Runs the command in a project with the test stack."""
    project = Project(tmp_path / "project", lab.ssh_config)
    yield project
    project.stop()


def _merge(data: dict[str, Any], changes: Changes) -> None:
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(data.get(key), dict):
            _merge(data[key], value)
        elif value is None:
            data.pop(key)
        else:
            data[key] = value
