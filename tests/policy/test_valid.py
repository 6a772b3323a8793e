"""A sound deployment passes, as it is previewed and as it stands."""

from __future__ import annotations

from typing import Any


def test_nothing_is_said_of_a_sound_deployment(deployment: Any, shape: str) -> None:
    assert deployment.judge(shape) == []
