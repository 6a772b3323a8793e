"""The Pulumi provider `iosxe`: one resource, a router's configuration. It translates; `resource` decides.

The server is that of `pulumi.provider.experimental`, with what it lacks: `Attach`, an executor that is large
enough for a hundred routers at once, messages that are bound to a resource, and errors in one sentence.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime import rpc
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from onprem.errors import OnPremisesError
from onprem.fleet import Rules
from onprem.fleet_gate import FleetGate
from onprem.inputs import LONGEST, UNKNOWN, Inputs, Mode, Unknown, find_flaws
from onprem.previewed import JOURNAL, PreviewRecord
from onprem.process import leave_no_core_file
from onprem.push import Pushed, Safeguards
from onprem.rendered import is_rendered, remove_rendered, rendered_file, rendered_text, write_rendered
from onprem.resource import (
    Comparison,
    Login,
    Message,
    Outcome,
    Severity,
    State,
    apply,
    compare_with,
    forget_saved,
    refresh,
    remove,
)

VERSION = "0.1.0"
TYPE = "iosxe:index:Configuration"
_PERCENT = 100
_THREADS = 128
"""At most so many routers at once; each thread waits for its router nearly all the time."""
_LOOK_FOR_ENGINE = 2.0
"""Seconds between two looks whether the engine, the parent process, is still there."""
_KINDS = {
    "add": sdk.PropertyDiffKind.ADD,
    "update": sdk.PropertyDiffKind.UPDATE,
    "delete": sdk.PropertyDiffKind.DELETE,
    "replace": sdk.PropertyDiffKind.UPDATE_REPLACE,
}
_INPUTS = (
    "router",
    "host",
    "hostKey",
    "serial",
    "site",
    "revertMinutes",
    "mode",
    "lines",
    "values",
    "secrets",
)
Properties = Mapping[str, PropertyValue]
ResultT = TypeVar("ResultT")


class RouterProvider(sdk.Provider):
    """Answers the engine; every call that may wait for a router runs in a thread of its own."""

    def __init__(self, engine: EngineLog) -> None:
        self._engine = engine
        self._login = Login()
        self._cancelled = threading.Event()
        self._fleet = FleetGate(Rules(canary=False, wave=_THREADS, stop_share=1.0))

    async def get_schema(self, request: sdk.GetSchemaRequest) -> sdk.GetSchemaResponse:
        """Returns the schema of the resource."""
        del request
        return sdk.GetSchemaResponse(schema=json.dumps(_schema()))

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        """Takes `iosxe:username` and `iosxe:password`, or else IOSXE_USERNAME and IOSXE_PASSWORD."""
        given = {name: _plain(value) for name, value in request.args.items()}
        given |= {name.rpartition(":")[2]: value for name, value in request.variables.items()}
        self._login = Login(
            username=str(given.get("username") or os.environ.get("IOSXE_USERNAME", "")),
            password=str(given.get("password") or os.environ.get("IOSXE_PASSWORD", "")),
            ssh_config=_path(os.environ.get("IOSXE_SSH_CONFIG")),
            compare_with_state=os.environ.get("IOSXE_COMPARE") == "state",
            safeguards=_safeguards(given),
            approved=_approved(given.get("approved") or os.environ.get("IOSXE_APPROVED")),
        )
        self._fleet = FleetGate(_rules(given))
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True, accept_outputs=False)

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        """Refuses inputs that must not reach a router."""
        unknown = sorted(set(request.new_inputs) - set(_INPUTS) - {"__defaults"})
        failures = [sdk.CheckFailure(name, f"is not an input: {', '.join(_INPUTS)}") for name in unknown]
        try:
            flaws = find_flaws(_inputs(request.new_inputs))
            failures += [sdk.CheckFailure(flaw.input, flaw.says) for flaw in flaws]
        except OnPremisesError as error:
            failures.append(sdk.CheckFailure("", str(error)))
        return sdk.CheckResponse(inputs=request.new_inputs, failures=failures)

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """Compares inputs with the state, and the router with the inputs."""
        inputs, state = _inputs(request.new_inputs), _state(request.old_state)
        found = await self._compare(inputs, state, request.urn)
        detailed = {path: sdk.PropertyDiff(_KINDS[kind], path != "running") for path, kind in found.items()}
        return sdk.DiffResponse(
            changes=bool(found),
            diffs=sorted({path.partition("[")[0].partition(".")[0] for path in found}),
            detailed_diff=detailed,
            replaces=[path for path, kind in found.items() if kind == "replace"],
        )

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        """Pushes for the first time; in a preview only compares."""
        inputs = _inputs(request.properties)
        if request.preview:
            await self._compare(inputs, None, request.urn)
            return sdk.CreateResponse(properties=_foreseen(request.properties))
        outcome = await self._apply(inputs, None, request.urn)
        properties = _properties(outcome.state, request.properties)
        if outcome.failure:
            raise _HalfDoneError(inputs.router, properties, request.properties, outcome.failure)
        return sdk.CreateResponse(resource_id=inputs.router, properties=properties)

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Pushes; in a preview does nothing, as `diff` has compared already."""
        if request.preview:
            return sdk.UpdateResponse(properties=_foreseen(request.news))
        outcome = await self._apply(_inputs(request.news), _state(request.olds), request.urn)
        properties = _properties(outcome.state, request.news)
        if outcome.failure:
            raise _HalfDoneError(request.resource_id, properties, request.news, outcome.failure)
        return sdk.UpdateResponse(properties=properties)

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """Compares the router with what was pushed last; does not import."""
        if not request.properties:
            raise OnPremisesError(
                f"{request.resource_id}: a router's configuration cannot be imported, because nothing on it"
                " tells whose lines are whose; describe the router and run 'pulumi up': what is there stays"
            )
        outcome = await asyncio.to_thread(_refreshed, _state(request.properties), self._login_of(request.urn))
        await self._say(outcome.messages, request.urn)
        properties = _properties(outcome.state, request.properties)
        return sdk.ReadResponse(request.resource_id, properties, dict(request.inputs))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Takes the lines off the router that were pushed to it."""
        state = _state(request.properties)
        async with self._fleet.turn(state.router, state.site, pushes=state.mode == Mode.PUSH):
            messages = await asyncio.to_thread(
                remove, state, self._login_of(request.urn), self._cancelled.is_set
            )
        await self._say(messages, request.urn)
        if state.mode == Mode.RENDER:
            remove_rendered(self._file(state.router, request.urn))

    async def cancel(self) -> None:
        """Has running pushes stop at their next step, and undo."""
        self._cancelled.set()

    async def _compare(self, inputs: Inputs, state: State | None, urn: str) -> dict[str, str]:
        found: Comparison = await asyncio.to_thread(_compared, inputs, state, self._login_of(urn))
        record = PreviewRecord(_project_root(), urn)
        trouble = ""
        if found.properties or state is None:
            trouble = record.write(found.seen)
        else:
            record.forget()
        await self._say(found.messages, urn)
        if trouble:
            await self._say((Message(severity=Severity.WARNING, text=trouble),), urn)
        properties = dict(found.properties)
        if inputs.mode == Mode.RENDER:
            text = rendered_text(inputs, _stack(urn))
            if not is_rendered(self._file(inputs.router, urn), text):
                properties["running"] = "update"
        return properties

    async def _apply(self, inputs: Inputs, state: State | None, urn: str) -> Outcome:
        async with self._fleet.turn(inputs.router, inputs.site, pushes=inputs.mode == Mode.PUSH) as turn:
            outcome = await self._apply_alone(inputs, state, urn)
            turn.failed = bool(outcome.failure)
        file = self._file(inputs.router, urn)
        if inputs.mode == Mode.RENDER:
            write_rendered(file, rendered_text(inputs, _stack(urn)))
        elif state is not None and state.mode == Mode.RENDER:
            remove_rendered(file)
        await self._say(outcome.messages, urn)
        return outcome

    async def _apply_alone(self, inputs: Inputs, state: State | None, urn: str) -> Outcome:
        """Pushes while it has its turn; what the preview showed is forgotten, whatever comes of it."""
        record = PreviewRecord(_project_root(), urn)
        try:
            return await asyncio.to_thread(
                apply, inputs, state, self._login_of(urn), self._cancelled.is_set, record.read()
            )
        finally:
            record.forget()

    def _login_of(self, urn: str) -> Login:
        """The login for a resource, whose pushes are noted as its stack's."""
        return replace(self._login, safeguards=replace(self._login.safeguards, stack=_stack(urn)))

    async def _say(self, messages: tuple[Message, ...], urn: str) -> None:
        for message in messages:
            await self._engine.say(message, urn)

    @staticmethod
    def _file(router: str, urn: str) -> Path:
        return rendered_file(_project_root(), _stack(urn), router)


class EngineLog:
    """The engine's log, which shows a message with the resource it is about."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def say(self, message: Message, urn: str) -> None:
        """Shows a message."""
        severity = {Severity.INFO: engine_pb2.INFO, Severity.WARNING: engine_pb2.WARNING}[message.severity]
        request = engine_pb2.LogRequest(severity=severity, message=message.text, urn=urn)
        async with grpc.aio.insecure_channel(self.address, options=_GRPC_CHANNEL_OPTIONS) as channel:
            try:
                await engine_pb2_grpc.EngineStub(channel).Log(request)
            except grpc.aio.AioRpcError:  # no engine listens: what is said must not get lost
                sys.stderr.write(f"{message.severity}: {message.text}\n")


class _HalfDoneError(Exception):
    """A resource that failed after it had changed something: the engine remembers its state all the same."""

    def __init__(self, resource_id: str, properties: Properties, inputs: Properties, why: str) -> None:
        super().__init__(why)
        self._detail = provider_pb2.ErrorResourceInitFailed(
            id=resource_id,
            properties=PropertyValue.marshal_map(dict(properties)),
            inputs=PropertyValue.marshal_map(dict(inputs)),
            reasons=[why],
        )

    def metadata(self) -> tuple[tuple[str, bytes], ...]:
        """The failure as gRPC carries it beside the status."""
        status = status_pb2.Status(code=grpc.StatusCode.FAILED_PRECONDITION.value[0], message=str(self))
        status.details.add().Pack(self._detail)
        return (("grpc-status-details-bin", status.SerializeToString()),)


def _in_one_sentence(
    call: Callable[..., Coroutine[Any, Any, ResultT]],
) -> Callable[..., Coroutine[Any, Any, ResultT]]:
    """Turn our errors into the call's status; of others only the kind is told: their text may hold a key."""

    @wraps(call)
    async def answer(servicer: object, request: object, context: Any) -> ResultT:  # noqa: ANN401 (gRPC's)
        metadata: tuple[tuple[str, bytes], ...] = ()
        try:
            return await call(servicer, request, context)
        except _HalfDoneError as error:
            says, code, metadata = str(error), grpc.StatusCode.FAILED_PRECONDITION, error.metadata()
        except OnPremisesError as error:
            says, code = str(error), grpc.StatusCode.FAILED_PRECONDITION
        except NotImplementedError as error:
            says, code = str(error), grpc.StatusCode.UNIMPLEMENTED
        except Exception as error:  # noqa: BLE001 (the last place before the engine prints it)
            says, code = f"defect in the iosxe provider: {_where(error)}", grpc.StatusCode.INTERNAL
        await context.abort(code, says, metadata)
        raise AssertionError("abort does not return")

    return answer


class Servicer(ProviderServicer):
    """The SDK's server, with `Attach` and with errors for people."""

    def __init__(self, engine: EngineLog) -> None:
        self._engine = engine
        super().__init__([], VERSION, RouterProvider(engine), engine.address)

    async def cancel(self) -> None:
        """Has running pushes undone."""
        await self._provider.cancel()

    async def Attach(self, request: plugin_pb2.PluginAttach, context: object) -> empty_pb2.Empty:  # noqa: N802
        """Tells a provider that was started by hand (PULUMI_DEBUG_PROVIDERS) where the engine is."""
        del context
        self._engine.address = self._engine_address = request.address
        return empty_pb2.Empty()

    Check = _in_one_sentence(ProviderServicer.Check)
    Diff = _in_one_sentence(ProviderServicer.Diff)
    Create = _in_one_sentence(ProviderServicer.Create)
    Read = _in_one_sentence(ProviderServicer.Read)
    Update = _in_one_sentence(ProviderServicer.Update)
    Delete = _in_one_sentence(ProviderServicer.Delete)
    Configure = _in_one_sentence(ProviderServicer.Configure)
    Invoke = _in_one_sentence(ProviderServicer.Invoke)
    Construct = _in_one_sentence(ProviderServicer.Construct)
    Call = _in_one_sentence(ProviderServicer.Call)
    Parameterize = _in_one_sentence(ProviderServicer.Parameterize)


def main() -> None:
    """Serve until the engine ends the process: prints the port, as the engine expects."""
    leave_no_core_file()
    parent = os.getppid()
    address = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    with contextlib.suppress(KeyboardInterrupt):  # the engine cancels first, and waits
        asyncio.run(_serve(EngineLog(address), parent))


async def _serve(engine: EngineLog, parent: int) -> None:
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="router") as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        servicer = Servicer(engine)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        orphaned = asyncio.create_task(_stop_without_engine(parent, server, servicer))
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await server.wait_for_termination()
        orphaned.cancel()


async def _stop_without_engine(engine: int, server: grpc.aio.Server, servicer: Servicer) -> None:
    """End after the engine ended without a word: a running push is undone, as nobody will remember it."""
    while os.getppid() == engine:  # noqa: ASYNC110 (nothing tells of a parent's end)
        await asyncio.sleep(_LOOK_FOR_ENGINE)
    await servicer.cancel()
    await server.stop(grace=None)


def _safeguards(given: Mapping[str, object]) -> Safeguards:
    """What pushes rely on, from `iosxe:revertMinutes`, `settleSeconds`, `requireSessions` or the environment.

    Raises:
        OnPremisesError: a value that is none.
    """
    minutes = _number(given, "revertMinutes", "IOSXE_REVERT_MINUTES", 5)
    if not 0 <= minutes <= LONGEST:
        raise OnPremisesError(f"iosxe:revertMinutes must be from 0 to {LONGEST}, not {minutes}")
    required = str(given.get("requireSessions") or os.environ.get("IOSXE_REQUIRE_SESSIONS", "")).lower()
    return Safeguards(
        revert_minutes=minutes,
        settle=_number(given, "settleSeconds", "IOSXE_SETTLE_SECONDS", 60),
        require_sessions=required in {"true", "1", "yes"},
        journal=_project_root() / JOURNAL,
    )


def _number(given: Mapping[str, object], name: str, variable: str, default: int) -> int:
    text = given.get(name)
    text = os.environ.get(variable) if text in {None, ""} else text
    try:
        return default if text in {None, ""} else int(float(str(text)))
    except ValueError:
        raise OnPremisesError(f"iosxe:{name} ({variable}) must be a whole number, not {text!r}") from None


def _rules(given: Mapping[str, object]) -> Rules:
    """How pushes follow one another, from `iosxe:canary`, `wave`, `stopShare` or the environment.

    Raises:
        OnPremisesError: a value that is none.
    """
    wave = _number(given, "wave", "IOSXE_WAVE", _THREADS)
    share = _number(given, "stopShare", "IOSXE_STOP_SHARE", 100)
    if wave < 1 or not 0 <= share <= _PERCENT:
        raise OnPremisesError("iosxe:wave must be at least 1, iosxe:stopShare a percentage from 0 to 100")
    first = str(given.get("canary") or os.environ.get("IOSXE_CANARY", "")).lower() in {"true", "1", "yes"}
    return Rules(canary=first, wave=wave, stop_share=share / _PERCENT)


def _approved(text: object) -> frozenset[str] | None:
    """The approved fingerprints; None if nothing is said about approvals."""
    return frozenset(str(text).replace(",", " ").split()) if text else None


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    return f"{type(error).__name__} in {Path(code.co_filename).name}, {code.co_name}, line {trace.tb_lineno}"


def _compared(inputs: Inputs, state: State | None, login: Login) -> Comparison:
    """Compares; what the state is seen to have needs no note any more."""
    forget_saved(state, inputs, login)
    return compare_with(inputs, state, login)


def _refreshed(state: State, login: Login) -> Outcome:
    forget_saved(state, state, login)
    return refresh(state, login)


def _stack(urn: str) -> str:
    return urn.partition("::")[0].rpartition(":")[2]


def _project_root() -> Path:
    """The folder with Pulumi.yaml: the engine starts providers in it, or below it."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    return Path(__file__).resolve().parents[1]


# --- properties ----------------------------------------------------------------------------------------


def _plain(value: PropertyValue | None) -> Any:  # noqa: ANN401 (whatever the engine sends)
    """A value without its wrapping; what is not known yet arrives as a plain string, the sentinel."""
    inner = None if value is None else value.value
    if inner == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(inner, Mapping):
        return {name: _plain(item) for name, item in inner.items()}
    return [_plain(item) for item in inner] if isinstance(inner, (list, tuple)) else inner


def _wrapped(value: object) -> PropertyValue:
    if isinstance(value, Mapping):
        return PropertyValue({name: _wrapped(item) for name, item in value.items()})
    if isinstance(value, (list, tuple)):
        return PropertyValue([_wrapped(item) for item in value])
    return PropertyValue(value)  # type: ignore[arg-type]


def _inputs(properties: Properties) -> Inputs:
    given = {name: _plain(properties[name]) for name in _INPUTS if name in properties}
    for name in ("router", "lines", "mode"):
        if isinstance(given.get(name), Unknown):
            raise OnPremisesError(
                f"{name} has to be known before the deployment: use <output:NAME> in the lines"
            )
    kinds: dict[str, Any] = {
        "router": str,
        "mode": str,
        "serial": (str, Unknown),
        "site": str,
        "revertMinutes": (int, float),
        "lines": list,
        "values": (dict, Unknown),
        "secrets": (dict, Unknown),
    }
    for name, kind in kinds.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise OnPremisesError(f"{name} is of the wrong type")
    lines = given.get("lines") or []
    values, secrets = given.get("values") or {}, given.get("secrets") or {}
    if isinstance(values, Unknown):
        raise OnPremisesError("values has to be a map whose names are known; only its values may be unknown")
    maps = [*values.items(), *(secrets.items() if isinstance(secrets, dict) else ())]
    for name, value in [*maps, *((f"lines[{place}]", line) for place, line in enumerate(lines))]:
        if not isinstance(value, (str, Unknown)) or (
            isinstance(value, Unknown) and name.startswith("lines[")
        ):
            raise OnPremisesError(f"{name} has to be a string")
    return Inputs(
        router=given.get("router") or "",
        host=given.get("host") or given.get("router") or "",
        host_key=given.get("hostKey"),
        serial=given.get("serial"),
        revert_minutes=_whole(given.get("revertMinutes")),
        site=given.get("site") or "",
        mode=given.get("mode") or Mode.PUSH,
        lines=tuple(lines),
        values=values,
        secrets=None if isinstance(secrets, Unknown) else secrets,
    )


def _whole(number: float | None) -> int | None:
    """A number as the engine sends it, which is always a float; one that is not whole is refused later."""
    return None if number is None else int(number) if number == int(number) else -1


def _state(properties: Properties) -> State:
    given = {name: _plain(value) for name, value in properties.items()}
    pushed = Pushed(
        lines=tuple(given.get("pushedLines") or ()),
        preexisting=tuple(tuple(path) for path in given.get("preexisting") or ()),
        fingerprints=given.get("secretFingerprints") or {},
    )
    return State(
        router=given["router"],
        host=given["host"],
        host_key=given.get("hostKey"),
        serial=given.get("serial"),
        revert_minutes=_whole(given.get("revertMinutes")),
        site=given.get("site") or "",
        mode=given["mode"],
        lines=tuple(given.get("lines") or ()),
        values=given.get("values") or {},
        pushed=pushed,
        running=given.get("running") or "",
        drift=tuple(given.get("drift") or ()),
    )


def _properties(state: State, given: Properties) -> dict[str, PropertyValue]:
    """The resource's outputs: no key is among them, and what was given as a secret stays one."""
    outputs = {
        "router": state.router,
        "host": state.host,
        "hostKey": state.host_key,
        "serial": state.serial,
        "revertMinutes": state.revert_minutes,
        "site": state.site or None,
        "mode": str(state.mode),
        "lines": state.lines,
        "values": state.values,
        "pushedLines": state.pushed.lines,
        "preexisting": state.pushed.preexisting,
        "secretFingerprints": state.pushed.fingerprints,
        "running": str(state.running),
        "drift": state.drift,
    }
    hidden = {
        name for name in _INPUTS if name in given and name != "secrets" and given[name].contains_secret()
    }
    if hidden & {"lines", "values"}:
        hidden |= {"lines", "values", "pushedLines", "drift"}
    return {
        name: _wrapped(value).with_secret(name in hidden)
        for name, value in outputs.items()
        if value is not None
    }


def _foreseen(properties: Properties) -> dict[str, PropertyValue]:
    """The outputs as far as a preview knows them: the inputs, and the rest unknown."""
    known = {name: value for name, value in properties.items() if name in _INPUTS and name != "secrets"}
    unknown = ("pushedLines", "preexisting", "secretFingerprints", "running", "drift")
    return {**known, **{name: PropertyValue(rpc.UNKNOWN) for name in unknown}}


def _schema() -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string"}
    texts = {"type": "array", "items": text}
    map_of_texts = {"type": "object", "additionalProperties": text}
    inputs = {
        "router": {**text, "description": "The router's hostname.", "willReplaceOnChanges": True},
        "host": {**text, "description": "Where SSH answers; OpenSSH's configuration may map it."},
        "hostKey": {**text, "description": "Its public host key, instead of known_hosts."},
        "serial": {**text, "description": "The chassis' serial number, to be checked before each push."},
        "site": {**text, "description": "Routers of one site are pushed to one after the other."},
        "revertMinutes": {
            "type": "integer",
            "description": "How long the router waits for a push's confirmation; 0 does without its timer.",
        },
        "mode": {**text, "description": f"How far to go: {', '.join(Mode)}."},
        "lines": {
            **texts,
            "description": "The configuration, one blank a level, with <output:NAME>, <secret:NAME>.",
        },
        "values": {**map_of_texts, "description": "The addresses that <output:NAME> stands for."},
        "secrets": {**map_of_texts, "description": "The keys that <secret:NAME> stands for.", "secret": True},
    }
    outputs = {
        **{name: value for name, value in inputs.items() if name != "secrets"},
        "pushedLines": texts,
        "preexisting": {"type": "array", "items": texts},
        "secretFingerprints": map_of_texts,
        "running": text,
        "drift": texts,
    }
    resource = {
        "inputProperties": inputs,
        "requiredInputs": ["router", "host", "lines"],
        "properties": outputs,
        "required": ["router", "host", "lines", "running"],
    }
    config = {
        "username": text,
        "password": {**text, "secret": True},
        "revertMinutes": {"type": "integer", "default": 5},
        "settleSeconds": {"type": "integer", "default": 60},
        "requireSessions": {"type": "boolean", "default": False},
        "canary": {"type": "boolean", "default": False, "description": "One router goes first, alone."},
        "wave": {"type": "integer", "description": "Routers at once, at most."},
        "stopShare": {"type": "integer", "description": "Percentage of failures that ends the run's pushes."},
        "approved": {**text, "description": "Only these pushes are made: fingerprints, or 'none'."},
    }
    return {
        "name": "iosxe",
        "version": VERSION,
        "config": {"variables": config},
        "provider": {"inputProperties": config},
        "resources": {TYPE: resource},
    }
