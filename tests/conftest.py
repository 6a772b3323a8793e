"""Marks what is too slow for `make check`: tests against the lab's servers, by their place or fixtures.

Tests that mostly wait come first, those that need the processors follow, and short ones are left for the end.
Properties take the same examples each time, unless they are searched for: see `tests/examples.py`.
"""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.examples import register_profiles

register_profiles()

_HERE = Path(__file__).parent
_EMULATED = (
    "lab/azure/",
    "lab/iosxe/",
    "onprem/provider/",
)
_SERVERS = {"lab", "router"}
"""Fixtures of tests/onprem/ that start routers behind SSH."""
_DEPLOYMENTS = "tests/deployment/"
"""Tests with a project and a lab of its own for each."""
_LIVING = "tests/lab/bgp/"
"""Tests that wait for living networks, which are disturbed where too many live at once."""


class Shares(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out deployments one by one, and all else by module: its tests share a browser or a server."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_DEPLOYMENTS):
            return nodeid
        return _LIVING if nodeid.startswith(_LIVING) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling | None:
    return Shares(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_collection_finish() -> None:
    """Take what is loaded by now out of the garbage collector's sight: it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        place = item.path.relative_to(_HERE).as_posix()
        used = set(getattr(item, "fixturenames", ())) if place.startswith("onprem/") else set()
        if place.startswith(_EMULATED) or used & _SERVERS:
            item.add_marker(pytest.mark.emulated)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("living"):
        return 0
    return 1 if item.nodeid.startswith(_DEPLOYMENTS) else 2
