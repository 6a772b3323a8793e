"""What the pack costs: its start, and its time per resource (`make bench`).

The pack runs as the engine starts it and gets the engine's messages: a resource's inputs one by one, then the
whole stack. A resource's share is the two together; JSON and gRPC on this side are in it.
"""

from __future__ import annotations

import copy
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc

from tests.policy.deployments import PACK, Deployment, Hidden, Planned, Ref
from tests.policy.sound_deployment import azure, everything

SIZES = (300, 3000)


def network_of(size: int) -> Deployment:
    """Repeat the test deployment's Azure side under other names until it has so many resources."""
    resources: dict[str, Planned] = {}
    copies = 0
    while len(resources) < size:
        copies += 1
        for name, planned in (everything() if copies == 1 else azure()).items():
            resources[f"{name}-{copies}"] = _renamed(planned, copies)
    return Deployment(resources)


def _renamed(planned: Planned, copies: int) -> Planned:
    renamed = copy.deepcopy(planned)
    renamed.inputs = _renamed_references(renamed.inputs, copies)
    parts = renamed.path.split("/")
    if len(parts) > 1:
        parts[1] += f"-{copies}"
    renamed.path = "/".join(parts)
    return renamed


def _renamed_references(value: Any, copies: int) -> Any:
    if isinstance(value, Ref):
        return Ref(f"{value.name}-{copies}", value.output)
    if isinstance(value, Hidden):
        return Hidden(_renamed_references(value.value, copies))
    if isinstance(value, dict):
        return {key: _renamed_references(each, copies) for key, each in value.items()}
    return [_renamed_references(each, copies) for each in value] if isinstance(value, list) else value


@contextmanager
def running_pack() -> Iterator[tuple[analyzer_pb2_grpc.AnalyzerStub, float]]:
    """Start the pack; yield it with the seconds until it had listed its rules."""
    began = time.perf_counter()
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(PACK)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            pack = analyzer_pb2_grpc.AnalyzerStub(channel)
            pack.GetAnalyzerInfo(empty_pb2.Empty(), timeout=30)
            yield pack, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(timeout=10)


def main() -> None:
    """Print the figures."""
    starts = []
    for _ in range(3):
        with running_pack() as (_, seconds):
            starts.append(seconds)
    sys.stdout.write(f"policy pack, start: {statistics.median(starts):.2f} s (wanted: at most 1.5)\n")
    costs: dict[str, list[float]] = {}
    for size in SIZES:
        deployment = network_of(size)
        for shape in ("preview", "up"):
            inputs, whole = deployment.requests(shape)
            with running_pack() as (pack, _):
                began = time.perf_counter()
                said = sum(len(pack.Analyze(each, timeout=60).diagnostics) for each in inputs)
                between = time.perf_counter()
                said += len(pack.AnalyzeStack(whole, timeout=600).diagnostics)
                ended = time.perf_counter()
            count = len(inputs)
            each, before, after = (
                span / count * 1000 for span in (ended - began, between - began, ended - between)
            )
            costs.setdefault(shape, []).append(each)
            sys.stdout.write(
                f"policy pack, {count} resources, {shape}: {each:.2f} ms each ({before:.2f} before, "
                f"{after:.2f} at the end; wanted: at most 5), {said} findings\n"
            )
    for shape, (few, many) in costs.items():
        sys.stdout.write(
            f"policy pack, a resource of many, {shape}: {many / few:.2f} times its cost of few\n"
        )


if __name__ == "__main__":
    main()
