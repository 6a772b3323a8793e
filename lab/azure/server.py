"""The emulated Azure as a server: HTTPS on 127.0.0.1, its state in a directory."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from lab.azure import login
from lab.azure.arm import ArmService
from lab.azure.certificate import ensure_certificate
from lab.azure.control_plane import ControlPlane
from lab.azure.families import TYPES
from lab.azure.lab_control import LabControl
from lab.azure.refusal import Refusal
from lab.azure.state import State
from lab.azure.subscriptions import SUBSCRIPTION
from lab.azure.wires import Facts, read_wires

HOST = "127.0.0.1"
"""For what exists already, and belongs to somebody else."""

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AzureServer:
    """An emulated Azure.

    Args:
        directory: Where its state (`azure.json`), certificate (`cert.pem`) and key are kept; made if missing.
        subscription: The id of its subscription.
        provider_delay: Seconds after which a connectivity provider has provisioned an ordered circuit;
            `math.inf` leaves that to `POST /lab/provision`.
        port: The port to listen on; 0 takes the one of last time if it is free, else any.
        further_subscriptions: Ids of more subscriptions that it has.
    """

    def __init__(
        self,
        directory: Path,
        *,
        subscription: str = SUBSCRIPTION,
        provider_delay: float = 0.0,
        port: int = 0,
        further_subscriptions: tuple[str, ...] = (),
    ) -> None:
        self.subscription = subscription
        self._directory = directory
        self._provider_delay = provider_delay
        self._port = port
        self._subscriptions = (subscription, *further_subscriptions)
        self._runner: web.AppRunner | None = None
        self._state: State | None = None

    @property
    def endpoint(self) -> str:
        """Where it listens, as `127.0.0.1:PORT`; only while it is started."""
        if self._state is None:
            raise RuntimeError("the emulated Azure is not started: call start() first")
        return f"{HOST}:{self._state.port}"

    @property
    def certificate(self) -> Path:
        """The certificate that its clients have to trust."""
        return self._directory / "cert.pem"

    def wires(self) -> Facts:
        """What of it has an end on the wire, keys in clear; nothing while it is not started."""
        return read_wires(self._state) if self._state is not None else {"connections": [], "peerings": []}

    async def start(self) -> None:
        """Load the state and listen; it answers as soon as this returns."""
        self._directory.mkdir(parents=True, exist_ok=True)
        _, context = ensure_certificate(self._directory)
        state = State(self._directory / "azure.json", asyncio.get_running_loop().call_later)
        app = _create_app(state, self._subscriptions, self._provider_delay)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        port = self._port or state.port
        try:
            site = web.TCPSite(runner, HOST, port, ssl_context=context)
            await site.start()
        except OSError as error:
            if self._port or error.errno != errno.EADDRINUSE:
                await runner.cleanup()
                raise
            site = web.TCPSite(runner, HOST, 0, ssl_context=context)
            await site.start()
        state.port = runner.addresses[0][1]
        state.save()
        self._runner, self._state = runner, state

    async def stop(self) -> None:
        """Stop listening and write what is not yet written."""
        if self._runner is None or self._state is None:
            return
        await self._runner.cleanup()
        self._state.flush()
        self._runner = self._state = None


def _create_app(state: State, subscriptions: tuple[str, ...], provider_delay: float) -> web.Application:
    plane = ControlPlane(state, TYPES)
    control = LabControl(state, provider_delay if math.isfinite(provider_delay) else math.inf)
    service = ArmService(plane, subscriptions)

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            return _refused(refusal)
        except web.HTTPException as error:
            return _refused(Refusal("NotFound", f"{request.path}: {error.reason}.", status=error.status))
        except Exception as error:
            # never 5xx: Azure's clients would retry it for minutes
            logger.exception("the emulator failed at %s %s", request.method, request.path)
            return _refused(Refusal("EmulatorFailed", f"the emulator failed: {type(error).__name__}"))

    async def answer_arm(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse | None = await control.bend(request)
        try:
            response = response or await service.answer(request)
        except Refusal as refusal:
            response = _refused(refusal)
        await control.note(request, response.status)
        return response

    app = web.Application(middlewares=[refuse], client_max_size=16 * 2**20)
    app.add_routes(control.routes())
    app.add_routes(login.routes)
    app.router.add_route("*", "/subscriptions{rest:.*}", answer_arm)
    return app


def _refused(refusal: Refusal) -> web.Response:
    headers = {"x-ms-failure-cause": "emulator"}
    if refusal.status == web.HTTPUnauthorized.status_code:
        headers["WWW-Authenticate"] = 'Bearer authorization_uri="https://127.0.0.1/", error="invalid_token"'
    return web.json_response(refusal.as_body(), status=refusal.status, headers=headers)
