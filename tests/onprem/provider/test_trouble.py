"""Calls that fail: one sentence each, and what is remembered of the router."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import provider_pb2, status_pb2

from lab.iosxe.faults import Fault, no_faults
from lab.iosxe.server import RouterServer
from tests.onprem.provider.described import (
    DESCRIBED,
    PREFERS_300,
    Start,
    changed,
    fails,
)
from tests.onprem.provider_process import Provider
from tests.onprem.routers import CANARY, ROUTER, Lab, fault_at, on_line


@pytest.mark.promise("P31")
def test_unreachable_router_is_not_compared_and_not_unchanged(
    provider: Provider, lab: Lab, router: RouterServer
) -> None:
    state = provider.create(DESCRIBED)
    lab.run(router.stop())
    provider.said()
    answer = provider.diff(state, DESCRIBED)
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert changed(answer) == {"running": "UPDATE"}
    [shown] = provider.said()
    assert shown.startswith(f"WARNING not compared: {ROUTER}: cannot log in to 127.0.0.1:")
    provider.create(DESCRIBED, preview=True)
    assert provider.said()[0].startswith("WARNING not compared")
    assert provider.read(state, DESCRIBED)[0] == state
    assert "cannot log in" in fails(lambda: provider.update(state, PREFERS_300))
    assert "cannot log in" in fails(lambda: provider.delete(state))


def _hang_up(listener: socket.socket) -> None:
    listener.accept()[0].close()


def test_trouble_of_the_ssh_library_is_one_sentence(provider: Provider, project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        hangs_up = threading.Thread(target=_hang_up, args=(listener,))
        hangs_up.start()
        (project / "ssh_config").write_text(f"Host {ROUTER}\n  HostName 127.0.0.1\n  Port {port}\n")
        says = fails(lambda: provider.create(DESCRIBED))
        hangs_up.join(10)
    assert f"{ROUTER}: cannot log in to 127.0.0.1:{port}: " in says
    assert "\n" not in says
    assert "Traceback" not in provider.output


def test_failed_push_is_one_sentence(provider: Provider, router: RouterServer) -> None:
    before = router.running
    router.faults = fault_at(on_line("pre-shared-key remote"), Fault(reject=f"% Invalid key {CANARY}"))
    says = fails(lambda: provider.create(DESCRIBED))
    assert "was rejected: % Invalid key <secret:hub-location1-shared-key>; the router is where it was" in says
    assert "Traceback" not in says + provider.output
    assert router.running == before


@pytest.mark.promise("P10")
def test_cancel_undoes_a_running_push(start: Start, router: RouterServer) -> None:
    provider = start()
    before = router.running

    async def cancels(_: int, __: object, text: str) -> Fault | None:
        if text.strip() == "interface Tunnel30":
            provider.stub.Cancel(empty_pb2.Empty(), timeout=10)
        return None

    router.faults = cancels
    assert "was cancelled; the router is where it was before" in fails(lambda: provider.create(DESCRIBED))
    assert router.running == before


@pytest.mark.promise("P10", "P15", "F1")
def test_half_pushed_router_is_remembered(start: Start, lab: Lab, router: RouterServer) -> None:
    provider = start()
    before = router.running
    gone = False

    async def away(_: int, __: object, text: str) -> Fault | None:
        nonlocal gone
        gone = gone or text.strip() == "interface Tunnel30"
        return Fault(drop=True) if gone else None

    router.faults = away
    status = status_pb2.Status()
    with pytest.raises(grpc.RpcError) as failure:
        provider.create(DESCRIBED)
    assert isinstance(failure.value, grpc.Call)
    assert "could NOT be put back" in (failure.value.details() or "")
    metadata = dict(failure.value.trailing_metadata() or ())
    status.ParseFromString(metadata["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    state = json_format.MessageToDict(detail.properties)
    assert state["running"] == "left between two configurations by a push that failed"
    assert state["secretFingerprints"] == {}
    assert router.running != before
    router.faults = no_faults
    assert "running" in changed(provider.diff(state, DESCRIBED))
    provider.delete(provider.update(state, DESCRIBED))
    assert router.running == before
    del lab


def test_import_is_refused(provider: Provider) -> None:
    assert "cannot be imported" in fails(lambda: provider.read({}, {}))
