"""Azure Resource Manager's HTTP: paths, API versions, tokens, long-running operations, lists.

Operations follow ARM: a PUT answers 201 or 200 with `Azure-AsyncOperation`, a DELETE 202 with that and
`Location`; both are polled until they succeed, and `Retry-After` keeps polling short. Resource groups are
created at once and have `Location` only, as in Azure.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from lab.azure.control_plane import SETTLING, ControlPlane
from lab.azure.families.shared_keys import set_shared_key
from lab.azure.login import root_of
from lab.azure.refusal import Refusal
from lab.azure.rendering import render
from lab.azure.resource_id import RESOURCE_GROUPS, ResourceId, parse_resource_id
from lab.azure.state import Resource

_POLL_HEADERS = {"Retry-After": "0", "x-ms-retry-after-ms": "10"}

_OLDEST = {"network": "2023-11-01", "resources": "2020-06-01"}
"""Older network API versions differ in what a PUT without `subnets` does, so they are not served."""

_COLLECTION = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)(?:/resourceGroups/(?P<group>[^/]+))?"
    r"/providers/Microsoft\.Network/(?P<rest>[^/]+(?:/[^/]+/[^/]+)*)",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups", re.IGNORECASE)
_GROUP_CONTENT = re.compile(r"(?P<group>/subscriptions/[^/]+/resourceGroups/[^/]+)/resources", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"/subscriptions(?:/(?P<subscription>[^/]+))?", re.IGNORECASE)
_SHARED_KEY = re.compile(r"(?P<connection>.+/connections/[^/]+)/sharedkey", re.IGNORECASE)
_OPERATION = re.compile(
    r"/subscriptions/[^/]+(?:/providers/Microsoft\.Network/locations/[^/]+)?"
    r"/(?P<kind>operations|operationResults)/(?P<operation>[^/]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A long-running operation: how long it takes, and how it fails, if it does."""

    seconds: float = SETTLING
    failure: Refusal | None = None
    started: float = field(default_factory=time.time)

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end."""
        return time.time() >= self.started + self.seconds


OPERATION = web.RequestKey("operation", Operation)
"""Where a request carries what becomes of the operation that it starts, if the lab was told to bend that."""


class ArmService:
    """Answers the requests of Azure's clients."""

    def __init__(self, plane: ControlPlane, subscriptions: tuple[str, ...]) -> None:
        self._plane = plane
        self._subscriptions = {subscription.lower(): subscription for subscription in subscriptions}
        self._operations: dict[str, Operation] = {}

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request; what is wrong with it is raised as a `Refusal`."""
        path = request.path.rstrip("/")
        self._require_token(request)
        self._require_api_version(request, path)
        if path.lower() != "/subscriptions":
            self._require_subscription(path)
        if (match := _SHARED_KEY.fullmatch(path)) is not None:
            return await self._answer_shared_key(request, _require_id(match["connection"]))
        match request.method:
            case "PUT":
                return self._put(request, _require_id(path), await _read_body(request))
            case "PATCH":
                resource = self._plane.tag(_require_id(path), await _read_body(request))
                return self._show(resource)
            case "DELETE":
                return self._delete(request, _require_id(path))
            case "GET":
                return self._read(path)
            case "HEAD":
                found = self._plane.state.find(_require_id(path)) is not None
                return web.Response(status=204 if found else 404)
        raise Refusal(
            "HttpMethodNotSupported", f"The HTTP method '{request.method}' is not supported here.", status=405
        )

    async def _answer_shared_key(self, request: web.Request, connection_id: ResourceId) -> web.Response:
        """Take a VPN connection's new key, and show none: Azure, too, needs a right of its own for that."""
        connection = self._plane.read(connection_id)
        if request.method != "PUT":
            raise Refusal(
                "AuthorizationFailed",
                f"The shared key of {connection.id} is not shown: the emulator keeps a hash of it only.",
                status=403,
            )
        body = await _read_body(request)
        set_shared_key(self._plane.state, connection, body.get("value") if isinstance(body, dict) else None)
        headers = self._start(request, connection, "operations", "Azure-AsyncOperation")
        return web.json_response({"id": f"{connection.id}/sharedkey"}, headers=headers)

    def _put(self, request: web.Request, resource_id: ResourceId, body: object) -> web.Response:
        self._require_match(request, resource_id)
        resource, is_new = self._plane.put(resource_id, body, dict(request.query))
        if (operation := request.get(OPERATION)) is not None:
            resource = self._plane.settle(resource, operation.seconds, failed=operation.failure is not None)
        headers = {}
        if resource.id.names:
            headers = self._start(request, resource, "operations", "Azure-AsyncOperation")
        return self._show(resource, status=201 if is_new else 200, headers=headers)

    def _delete(self, request: web.Request, resource_id: ResourceId) -> web.Response:
        self._require_match(request, resource_id)
        resource = self._plane.state.find(resource_id)
        if not self._plane.remove(resource_id) or resource is None:
            return web.Response(status=204)
        headers = self._start(request, resource, "operationResults", "Location")
        if resource.id.names:
            headers |= self._start(request, resource, "operations", "Azure-AsyncOperation")
        return web.Response(status=202, headers=headers)

    def _read(self, path: str) -> web.Response:
        if (match := _OPERATION.fullmatch(path)) is not None:
            return self._poll(match["operation"], match["kind"].lower())
        if (match := _GROUPS.fullmatch(path)) is not None:
            return self._show_list(self._of_subscription(RESOURCE_GROUPS, match["subscription"]))
        if (match := _GROUP_CONTENT.fullmatch(path)) is not None:
            return self._show_list(self._of_group(_require_id(match["group"])))
        if (match := _SUBSCRIPTION.fullmatch(path)) is not None:
            return self._show_subscriptions(match["subscription"])
        resource_id = parse_resource_id(path)
        if resource_id is not None:
            return self._show(self._plane.read(resource_id))
        if (match := _COLLECTION.fullmatch(path)) is not None:
            return self._show_list(self._collection(match))
        raise _nowhere(path)

    def _collection(self, match: re.Match[str]) -> list[Resource]:
        parts = match["rest"].split("/")
        subscription, group = match["subscription"], match["group"] or ""
        declared = self._plane.type_of(
            ResourceId(subscription=subscription, group=group, type="/".join(parts[::2]))
        )
        if len(parts) > 1:
            parent = parse_resource_id(match[0].rpartition("/")[0])
            if parent is None:
                raise _nowhere(match[0])
            return self._plane.state.list_children(self._plane.read(parent).id, declared.path)
        if not group:
            return self._of_subscription(declared.path, subscription)
        group_id = self._plane.read(ResourceId(subscription=subscription, group=group)).id
        return self._plane.state.list_children(group_id, declared.path)

    def _of_subscription(self, type_path: str, subscription: str) -> list[Resource]:
        found = self._plane.state.list_all(type_path)
        return [resource for resource in found if resource.id.subscription.lower() == subscription.lower()]

    def _of_group(self, group: ResourceId) -> list[Resource]:
        return self._plane.state.list_children(self._plane.read(group).id)

    def _show(
        self, resource: Resource, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> web.Response:
        body = render(self._plane, resource, time.time())
        return web.json_response(body, status=status, headers=headers or {})

    def _show_list(self, resources: list[Resource]) -> web.Response:
        now = time.time()
        return web.json_response({"value": [render(self._plane, resource, now) for resource in resources]})

    def _show_subscriptions(self, only: str | None) -> web.Response:
        shown = [
            {
                "id": f"/subscriptions/{subscription}",
                "subscriptionId": subscription,
                "displayName": "emulated Azure",
                "state": "Enabled",
            }
            for key, subscription in self._subscriptions.items()
            if only is None or key == only.lower()
        ]
        return web.json_response({"value": shown} if only is None else shown[0])

    def _start(self, request: web.Request, resource: Resource, kind: str, header: str) -> dict[str, str]:
        """Start an operation; returns the headers by which a client follows it."""
        operation = str(uuid.uuid4())
        ordered = request.get(OPERATION) or Operation()
        self._operations[operation] = replace(ordered, started=time.time())  # not over before the change is
        where = f"/subscriptions/{resource.id.subscription}"
        if resource.id.names:
            where += f"/providers/Microsoft.Network/locations/{resource.location or 'global'}"
        version = request.query["api-version"]
        address = f"{root_of(request)}{where}/{kind}/{operation}?api-version={version}"
        return {header: address, **_POLL_HEADERS}

    def _poll(self, operation: str, kind: str) -> web.Response:
        followed = self._operations.get(operation)
        if followed is None:
            raise Refusal("OperationNotFound", f"Operation {operation} not found.", status=404)
        done, failure = followed.is_done, followed.failure
        if kind == "operations":
            body: dict[str, Any] = {"status": "Succeeded" if done else "InProgress"}
            if done and failure is not None:
                body = {"status": "Failed", **failure.as_body()}
            return web.json_response(body, headers=_POLL_HEADERS)
        if done and failure is not None:
            raise failure
        return web.Response(status=200 if done else 202, headers=_POLL_HEADERS)

    def _require_token(self, request: web.Request) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise Refusal(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing or has no bearer token.",
                status=401,
            )

    def _require_api_version(self, request: web.Request, path: str) -> None:
        version = request.query.get("api-version", "")
        if not version:
            raise Refusal(
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        oldest = _OLDEST["network" if "/microsoft.network/" in path.lower() else "resources"]
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", version) or version < oldest:
            raise Refusal(
                "NoRegisteredProviderFound",
                f"The api-version '{version}' is not served by the emulator: it serves {oldest} and newer, "
                "in the shape of 2024-05-01.",
            )

    def _require_subscription(self, path: str) -> None:
        parts = path.split("/")
        if len(parts) < 3 or parts[1].lower() != "subscriptions":  # noqa: PLR2004 -- /subscriptions/ID
            raise _nowhere(path)
        if parts[2].lower() not in self._subscriptions:
            raise Refusal(
                "SubscriptionNotFound", f"The subscription '{parts[2]}' could not be found.", status=404
            )

    def _require_match(self, request: web.Request, resource_id: ResourceId) -> None:
        """Obey `If-Match` and `If-None-Match: *`."""
        found = self._plane.state.find(resource_id)
        wanted = request.headers.get("If-Match")
        differs = wanted not in {None, "*"} and (found is None or found.etag != wanted)
        exists = request.headers.get("If-None-Match") == "*" and found is not None
        if differs or exists:
            raise Refusal(
                "PreconditionFailed",
                f"The condition of the request does not hold for {resource_id}.",
                status=412,
            )


def _nowhere(path: str) -> Refusal:
    return Refusal(
        "NotFound", f"The request path '{path}' leads to nothing that the emulator has.", status=404
    )


def _require_id(path: str) -> ResourceId:
    resource_id = parse_resource_id(path)
    if resource_id is None:
        raise _nowhere(path)
    return resource_id


async def _read_body(request: web.Request) -> object:
    try:
        return await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Refusal(
            "InvalidRequestContent", "The request content was invalid and could not be deserialized."
        ) from error
