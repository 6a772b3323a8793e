"""The router provider as the engine runs it: a process of its own, spoken to over gRPC."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

ROOT = Path(__file__).parents[2]
LAUNCHER = ROOT / "onprem/iosxe_plugin/pulumi-resource-iosxe"
URN = "urn:pulumi:test::hybrid::iosxe:index:Configuration::location1-ce1"
_AS_THE_ENGINE = [(f"grpc.{kind}max_metadata_size", 16 << 20) for kind in ("", "absolute_")]
"""Go's client takes so many bytes beside an answer, Python's by default 8 KiB."""
SIGNATURE, SECRET = rpc._special_sig_key, rpc._special_secret_sig
UNKNOWN = rpc.UNKNOWN


class Engine(engine_pb2_grpc.EngineServicer):
    """The part of the engine that a provider speaks to: its log."""

    def __init__(self) -> None:
        self.messages: list[engine_pb2.LogRequest] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Log(self, request: engine_pb2.LogRequest, context: object) -> Any:  # noqa: N802 (gRPC's name)
        del context
        self.messages.append(request)
        return empty_pb2.Empty()

    def stop(self) -> None:
        self._server.stop(None).wait(10)


def secret(value: object) -> dict[str, object]:
    """A secret, as the engine marks it."""
    return {SIGNATURE: SECRET, "value": value}


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(values), struct_pb2.Struct())


def _dict(values: struct_pb2.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = json_format.MessageToDict(values)
    return plain


class Provider:
    """One provider process with the calls that the engine makes; all that it printed is in `output`."""

    def __init__(self, project: Path, environment: Mapping[str, str], config: Mapping[str, Any]) -> None:
        self.engine = Engine()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("IOSXE_")}
        self._process = subprocess.Popen(
            [LAUNCHER, self.engine.address],
            cwd=project,
            env={**clean, **environment, "PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        port = self._process.stdout.readline().strip()
        self._errors: list[str] = []
        self._reader = threading.Thread(target=self._errors.extend, args=(self._process.stderr,), daemon=True)
        self._reader.start()
        assert port.isdecimal(), self.output
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_AS_THE_ENGINE)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.stub.Configure(
            provider_pb2.ConfigureRequest(args=struct(config), acceptSecrets=True), timeout=60
        )

    @property
    def output(self) -> str:
        """What it wrote beside its answers, and what it told the engine's log."""
        return "".join(self._errors) + "".join(message.message for message in self.engine.messages)

    def said(self) -> list[str]:
        """The messages since the last call, each with its severity."""
        said = [
            f"{engine_pb2.LogSeverity.Name(message.severity)} {message.message}"
            for message in self.engine.messages
        ]
        assert all(message.urn == URN for message in self.engine.messages)
        self.engine.messages.clear()
        return said

    def check(self, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
        request = provider_pb2.CheckRequest(urn=URN, news=struct(inputs))
        return [
            (failure.property, failure.reason) for failure in self.stub.Check(request, timeout=60).failures
        ]

    def diff(self, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(
            urn=URN, id="location1-ce1", olds=struct(state), news=struct(inputs)
        )
        return self.stub.Diff(request, timeout=60)

    def create(self, inputs: Mapping[str, Any], *, preview: bool = False) -> dict[str, Any]:
        request = provider_pb2.CreateRequest(urn=URN, properties=struct(inputs), preview=preview)
        return _dict(self.stub.Create(request, timeout=60).properties)

    def update(
        self, state: Mapping[str, Any], inputs: Mapping[str, Any], *, preview: bool = False
    ) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            urn=URN, id="location1-ce1", olds=struct(state), news=struct(inputs), preview=preview
        )
        return _dict(self.stub.Update(request, timeout=60).properties)

    def read(
        self, state: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        request = provider_pb2.ReadRequest(
            urn=URN, id="location1-ce1", properties=struct(state), inputs=struct(inputs)
        )
        answer = self.stub.Read(request, timeout=60)
        return _dict(answer.properties), _dict(answer.inputs)

    def delete(self, state: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(urn=URN, id="location1-ce1", properties=struct(state))
        self.stub.Delete(request, timeout=60)

    def stop(self) -> None:
        self._channel.close()
        self._process.terminate()
        self._process.wait(20)
        self._reader.join(10)
        self.engine.stop()
