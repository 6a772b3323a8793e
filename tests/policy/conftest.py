"""The deployment under test, and the pack as the engine starts it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import analyzer_pb2_grpc

from tests.policy.deployments import PACK, Deployment, Hidden, Planned, Ref, RefusedError, Unknown
from tests.policy.sound_deployment import everything, half


@pytest.fixture
def deployment() -> Deployment:
    return Deployment(everything())


@pytest.fixture
def new_deployment() -> type[Deployment]:
    return Deployment


@pytest.fixture(params=["preview", "up"])
def shape(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def hidden() -> Callable[[Any], Hidden]:
    return Hidden


@pytest.fixture
def ref() -> Callable[..., Ref]:
    return Ref


@pytest.fixture
def unknown() -> Unknown:
    return Unknown()


@pytest.fixture
def refused() -> type[RefusedError]:
    return RefusedError


@pytest.fixture
def new_half() -> Callable[..., Planned]:
    return half


@pytest.fixture(scope="module")
def analyzer() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(PACK)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ""},
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdecimal(), "the pack did not start; its error is on standard error"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.terminate()
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()
