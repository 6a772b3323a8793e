"""What tests and the lab ask of the emulator beside Azure's own API: `/lab/...`.

- `GET /lab/resources`: the ids of all that there is.
- `GET /lab/requests`: what Azure's clients have sent, in order, secrets masked; `DELETE` forgets it.
- `POST /lab/faults`: the next requests that match fail, or are slow: `{"method", "path_pattern", "status",
  "code", "message", "times", "delay", "operation"}`; without `status` they are only delayed. `operation` is
  `"slow"` or `"failed"`: the change is taken, but its operation lasts for `delay` seconds, and fails at its
  end, with what was changed left behind in state Failed. `DELETE` ends all faults.
- `POST /lab/provision/{circuit id}` and `/lab/deprovision/{circuit id}`: play the connectivity provider.
- `POST /lab/shared-key/{connection id}`: `{"value": key}`; answers `{"matches": bool}`: is it the one?
- `PUT /lab/provider-delay`: `{"seconds": number}` that a provider takes from now on, also for circuits that
  are not provisioned yet.
- `PUT /lab/provider-deprovisions`: `{"enabled": bool}`, whether the provider gives up a circuit when Azure is
  asked to delete it (as it would have been told to, beforehand).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from aiohttp import web
from pydantic import ConfigDict, TypeAdapter, ValidationError

from lab.azure.arm import OPERATION, Operation
from lab.azure.families import provider
from lab.azure.families.connection_rules import CONNECTIONS
from lab.azure.families.shared_keys import has_shared_key
from lab.azure.refusal import Refusal
from lab.azure.resource_id import parse_resource_id
from lab.azure.state import Resource, State

_REMEMBERED_REQUESTS = 20_000
_MASK = "***"
_SECRETS = {"sharedkey", "authorizationkey", "client_secret", "password", "servicekey"}


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong with the next `times` requests of a method to a path; `delay` is in seconds.

    With `operation`, it goes wrong with what the request starts, not with the request.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    path_pattern: str
    method: str = ""
    status: int | None = None
    code: str = "OrderedFault"
    message: str = "a fault that the lab was told to show"
    times: int = 1
    delay: float = 0.0
    operation: Literal["slow", "failed"] | None = None

    def matches(self, request: web.Request) -> bool:
        """Whether a request is one of those."""
        if self.operation is not None and request.method not in {"PUT", "DELETE"}:
            return False  # nothing else starts one
        same_method = not self.method or self.method.upper() == request.method
        return self.times > 0 and same_method and re.search(self.path_pattern, request.path) is not None


class LabControl:
    """The journal and the faults of one server."""

    def __init__(self, state: State, provider_delay: float) -> None:
        self._state = state
        state.provider_delay = provider_delay
        self._journal: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED_REQUESTS)
        self._faults: list[Fault] = []

    def routes(self) -> list[web.RouteDef]:
        """Where each of them is served."""
        return [
            web.get("/lab/resources", self._list_resources),
            web.get("/lab/requests", self._list_requests),
            web.delete("/lab/requests", self._forget_requests),
            web.post("/lab/faults", self._add_fault),
            web.delete("/lab/faults", self._remove_faults),
            web.post("/lab/provision/{circuit:.+}", self._provision),
            web.post("/lab/deprovision/{circuit:.+}", self._deprovision),
            web.post("/lab/shared-key/{connection:.+}", self._compare_shared_key),
            web.put("/lab/provider-delay", self._set_provider_delay),
            web.put("/lab/provider-deprovisions", self._set_provider_deprovisions),
        ]

    async def note(self, request: web.Request, status: int) -> None:
        """Add a request to the journal."""
        entry: dict[str, Any] = {"method": request.method, "path": request.path, "status": status}
        if request.method in {"PUT", "PATCH"}:
            entry["body"] = _mask(_read_json(await request.text()))
        self._journal.append(entry)

    async def bend(self, request: web.Request) -> web.Response | None:
        """Delay a request or answer it wrongly, if somebody asked for that."""
        fault = next((fault for fault in self._faults if fault.matches(request)), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.operation is not None:
            failure = None
            if fault.operation == "failed":
                failure = Refusal(fault.code, fault.message, status=fault.status or 400)
            request[OPERATION] = Operation(seconds=fault.delay, failure=failure)
            return None
        await asyncio.sleep(fault.delay)
        if fault.status is None:
            return None
        refusal = Refusal(fault.code, fault.message, status=fault.status)
        return web.json_response(refusal.as_body(), status=fault.status)

    async def _list_resources(self, _request: web.Request) -> web.Response:
        return web.json_response([str(resource.id) for resource in self._state.list_all()])

    async def _list_requests(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self._journal))

    async def _forget_requests(self, _request: web.Request) -> web.Response:
        self._journal.clear()
        return web.Response(status=204)

    async def _add_fault(self, request: web.Request) -> web.Response:
        given = await _read_object(request)
        try:
            fault = TypeAdapter(Fault).validate_python(given)
            re.compile(fault.path_pattern)
        except (ValidationError, re.error) as error:
            raise Refusal("InvalidFault", f"Not a fault: {error}.") from error
        self._faults.append(fault)
        return web.json_response(asdict(fault), status=201)

    async def _remove_faults(self, _request: web.Request) -> web.Response:
        self._faults.clear()
        return web.Response(status=204)

    async def _provision(self, request: web.Request) -> web.Response:
        return self._play_provider(request, provider.PROVISIONED)

    async def _deprovision(self, request: web.Request) -> web.Response:
        return self._play_provider(request, provider.NOT_PROVISIONED)

    def _play_provider(self, request: web.Request, state: str) -> web.Response:
        circuit = self._find(request.match_info["circuit"], provider.CIRCUITS)
        with self._state.transaction():
            provider.set_provider_state(self._state, circuit, state)
        return web.json_response({"id": str(circuit.id), "serviceProviderProvisioningState": state})

    async def _compare_shared_key(self, request: web.Request) -> web.Response:
        connection = self._find(request.match_info["connection"], CONNECTIONS)
        value = (await _read_object(request)).get("value")
        return web.json_response({"matches": has_shared_key(self._state, connection, value)})

    def _find(self, path: str, type_path: str) -> Resource:
        resource_id = parse_resource_id(f"/{path.lstrip('/')}")
        found = self._state.find(resource_id) if resource_id is not None else None
        if found is None or found.id.type != type_path:
            raise Refusal(
                "ResourceNotFound", f"There is no resource /{path} of type {type_path}.", status=404
            )
        return found

    async def _set_provider_delay(self, request: web.Request) -> web.Response:
        seconds = (await _read_object(request)).get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise Refusal("InvalidProviderDelay", 'The provider delay is {"seconds": a number of 0 or more}.')
        self._state.provider_delay = float(seconds)
        return web.json_response({"seconds": seconds})

    async def _set_provider_deprovisions(self, request: web.Request) -> web.Response:
        enabled = (await _read_object(request)).get("enabled")
        if not isinstance(enabled, bool):
            raise Refusal("InvalidProviderSetting", 'The setting is {"enabled": true or false}.')
        self._state.provider_deprovisions = enabled
        return web.json_response({"enabled": enabled})


async def _read_object(request: web.Request) -> dict[str, Any]:
    given = _read_json(await request.text())
    if not isinstance(given, dict):
        raise Refusal("InvalidRequestContent", f"{request.path} takes an object.")
    return given


def _read_json(text: str) -> object:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return _MASK


def _mask(value: Any) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, Mapping):
        return {
            n: _MASK if n.lower() in _SECRETS and part is not None else _mask(part)
            for n, part in value.items()
        }
    return [_mask(part) for part in value] if isinstance(value, list) else value
