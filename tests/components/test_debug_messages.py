"""Debug messages stay in the program; what people are told still reaches the engine."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime import resource, rpc_manager, settings
from pulumi.runtime.proto import engine_pb2

from components.debug_messages import drop_debug_messages


class Engine:
    def __init__(self) -> None:
        self.said: list[tuple[Any, str]] = []

    def Log(self, request: Any) -> None:  # noqa: N802 (the protocol's name)
        self.said.append((request.severity, request.message))


def test_only_debug_messages_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    monkeypatch.setattr(settings, "get_engine", lambda: engine)
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)  # put back after the test
    pulumi.log.debug("before")
    drop_debug_messages()
    pulumi.log.debug("after", None, None, ephemeral=True)
    pulumi.log.info("for people")
    pulumi.log.warn("to heed")
    pulumi.log.error("to mend")
    assert engine.said == [
        (engine_pb2.DEBUG, "before"),
        (engine_pb2.INFO, "for people"),
        (engine_pb2.WARNING, "to heed"),
        (engine_pb2.ERROR, "to mend"),
    ]


def test_the_sdk_still_sends_them_by_the_function_that_is_dropped() -> None:
    """Fails if a newer SDK sends them another way: then nothing would be dropped any more."""
    for module in (resource, rpc_manager):
        assert vars(module)["log"] is pulumi.log
