"""Marks what is too slow for `make check`: tests against the lab's servers, by their place or fixtures.

Properties take the same examples each time, unless they are searched for: see `tests/examples.py`.
"""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

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
