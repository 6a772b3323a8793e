"""The life cycle of the resource, as the engine calls it, in terms of `resource`."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path

from pulumi.provider.experimental import provider as sdk

from onprem.errors import OnPremisesError
from onprem.fleet.turns import FleetGate
from onprem.fleet.waves import Rules
from onprem.provider.engine import EngineLog, HalfDoneError
from onprem.provider.properties import (
    INPUTS,
    foreseen_outputs,
    inputs_of,
    outputs_of,
    plain_value,
    state_of,
)
from onprem.provider.schema import package_schema
from onprem.resource.application import apply, remove
from onprem.resource.comparison import compare_with, forget_saved, refresh
from onprem.resource.inputs import Inputs, Mode, find_flaws
from onprem.resource.login import Login
from onprem.resource.previewed import PreviewRecord
from onprem.resource.rendered import (
    is_rendered,
    remove_rendered,
    rendered_file,
    rendered_text,
    write_rendered,
)
from onprem.resource.results import Comparison, Message, Outcome, Severity
from onprem.resource.settings import AT_ONCE, project_root, read_login, read_rules
from onprem.resource.state import State

_KINDS = {
    "add": sdk.PropertyDiffKind.ADD,
    "update": sdk.PropertyDiffKind.UPDATE,
    "delete": sdk.PropertyDiffKind.DELETE,
    "replace": sdk.PropertyDiffKind.UPDATE_REPLACE,
}


class RouterProvider(sdk.Provider):
    """Answers the engine; every call that may wait for a router runs in a thread of its own."""

    def __init__(self, engine: EngineLog) -> None:
        self._engine = engine
        self._login = Login()
        self._cancelled = threading.Event()
        self._taken_over: set[str] = set()
        """Resources whose state has been read anew in this run and is not saved yet, by URN."""
        self._fleet = FleetGate(Rules(canary=False, wave=AT_ONCE, stop_share=1.0))

    async def get_schema(self, request: sdk.GetSchemaRequest) -> sdk.GetSchemaResponse:
        """Returns the schema of the resource."""
        del request
        return sdk.GetSchemaResponse(schema=json.dumps(package_schema()))

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        """Takes the settings: `iosxe:...`, or else the environment."""
        given = {name: plain_value(value) for name, value in request.args.items()}
        given |= {name.rpartition(":")[2]: value for name, value in request.variables.items()}
        self._login = read_login(given, project_root())
        self._fleet = FleetGate(read_rules(given))
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True, accept_outputs=False)

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        """Refuses inputs that must not reach a router."""
        unknown = sorted(set(request.new_inputs) - set(INPUTS) - {"__defaults"})
        failures = [sdk.CheckFailure(name, f"is not an input: {', '.join(INPUTS)}") for name in unknown]
        try:
            flaws = find_flaws(inputs_of(request.new_inputs))
            failures += [sdk.CheckFailure(flaw.input, flaw.says) for flaw in flaws]
        except OnPremisesError as error:
            failures.append(sdk.CheckFailure("", str(error)))
        return sdk.CheckResponse(inputs=request.new_inputs, failures=failures)

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """Compares inputs with the state, and the router with the inputs."""
        inputs, state = inputs_of(request.new_inputs), state_of(request.old_state)
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
        inputs = inputs_of(request.properties)
        if request.preview:
            await self._compare(inputs, None, request.urn)
            return sdk.CreateResponse(properties=foreseen_outputs(request.properties))
        outcome = await self._apply(inputs, None, request.urn)
        properties = outputs_of(outcome.state, request.properties)
        if outcome.failure:
            raise HalfDoneError(inputs.router, properties, request.properties, outcome.failure)
        return sdk.CreateResponse(resource_id=inputs.router, properties=properties)

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Pushes; in a preview does nothing, as `diff` has compared already."""
        if request.preview:
            return sdk.UpdateResponse(properties=foreseen_outputs(request.news))
        outcome = await self._apply(inputs_of(request.news), state_of(request.olds), request.urn)
        properties = outputs_of(outcome.state, request.news)
        if outcome.failure:
            raise HalfDoneError(request.resource_id, properties, request.news, outcome.failure)
        return sdk.UpdateResponse(properties=properties)

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """Compares the router with what was pushed last; does not import."""
        if not request.properties:
            raise OnPremisesError(
                f"{request.resource_id}: a router's configuration cannot be imported, because nothing on it"
                " tells whose lines are whose; describe the router and run 'pulumi up': what is there stays"
            )
        state = state_of(request.properties)
        outcome = await asyncio.to_thread(_refreshed, state, self._login_of(request.urn))
        if outcome.state.pushed != state.pushed:
            self._taken_over.add(request.urn)
        await self._say(outcome.messages, request.urn)
        properties = outputs_of(outcome.state, request.properties)
        return sdk.ReadResponse(request.resource_id, properties, dict(request.inputs))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Takes the lines off the router that were pushed to it."""
        state = state_of(request.properties)
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
        login, is_saved = self._login_of(urn), urn not in self._taken_over
        found: Comparison = await asyncio.to_thread(_compared, inputs, state, login, is_saved=is_saved)
        record = PreviewRecord(project_root(), urn)
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
        self._taken_over.discard(urn)
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
        record = PreviewRecord(project_root(), urn)
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
        return rendered_file(project_root(), _stack(urn), router)


def _compared(inputs: Inputs, state: State | None, login: Login, *, is_saved: bool) -> Comparison:
    """Compares; what the saved state is seen to have needs no note any more."""
    if is_saved:
        forget_saved(state, inputs, login)
    return compare_with(inputs, state, login)


def _refreshed(state: State, login: Login) -> Outcome:
    forget_saved(state, state, login)
    return refresh(state, login)


def _stack(urn: str) -> str:
    return urn.partition("::")[0].rpartition(":")[2]
