"""The resource as these tests describe it, and what its provider answers in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from tests.onprem.provider_process import UNKNOWN, Provider, secret
from tests.onprem.routers import ROUTER, SECRETS, VALUES

LINES = (Path(__file__).parents[1] / "golden" / f"{ROUTER}.cfg").read_text().splitlines()
OUTPUTS = {name: value for name, value in VALUES.items() if name.startswith("hub-")}
DESCRIBED = {
    "router": ROUTER,
    "host": ROUTER,
    "mode": "push",
    "lines": LINES,
    "values": OUTPUTS,
    "secrets": secret(SECRETS),
}
NOT_YET = {**DESCRIBED, "values": dict.fromkeys(OUTPUTS, UNKNOWN), "secrets": secret(UNKNOWN)}
PREFERS_300 = {**DESCRIBED, "lines": [line.replace("preference 200", "preference 300") for line in LINES]}
Start = Callable[..., Provider]


def fails(call: Callable[[], object]) -> str:
    """The one sentence with which a call fails."""
    with pytest.raises(grpc.RpcError) as failure:
        call()
    assert isinstance(failure.value, grpc.Call)
    assert failure.value.code() is grpc.StatusCode.FAILED_PRECONDITION, failure.value.details()
    return failure.value.details() or ""


def changed(answer: Any) -> dict[str, str]:
    """The paths of a detailed diff with their kinds."""
    kinds = provider_pb2.PropertyDiff.Kind
    return {path: kinds.Name(found.kind) for path, found in answer.detailedDiff.items()}
