"""What docstrings show as an example is what the code does."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = dict.fromkeys(("topology", "routing", "onprem", "components", "lab"), ROOT)
ROOMS["network_policies"] = ROOT / "policy"
WITH_EXAMPLES = [
    ".".join(file.relative_to(above).with_suffix("").parts)
    for room, above in ROOMS.items()
    for file in sorted((above / room).rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_hold(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted
    assert not results.failed
