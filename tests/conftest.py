"""Marks what is too slow for `make check` by where it lies: tests against the lab's servers."""

from __future__ import annotations

from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_EMULATED = (
    "lab/azure/",
    "lab/iosxe/",
    "onprem/test_fleet",
    "onprem/test_guard",
    "onprem/test_journal",
    "onprem/test_promises",
    "onprem/test_provider",
    "onprem/test_push",
    "onprem/test_session",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(_HERE).as_posix().startswith(_EMULATED):
            item.add_marker(pytest.mark.emulated)
