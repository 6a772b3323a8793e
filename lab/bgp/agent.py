"""Takes routers' configurations and Azure's connections into the living network, and answers for it.

It listens at a socket in the lab's directory, for its owner only. A request is a line of JSON, and so is its
answer: `{"answer": ...}`, or `{"error": "..."}` with a sentence.
"""

from __future__ import annotations

import json
import os
import socketserver
import threading
import traceback
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from pydantic import ValidationError

from lab.bgp.blueprint import Blueprint, NodeKind
from lab.bgp.directory import Directory, socket_path
from lab.bgp.errors import LivingLabError
from lab.bgp.living_azure import GatewayEnd, LivingAzure
from lab.bgp.living_circuits import LivingCircuits, PrivatePeering
from lab.bgp.living_router import LivingRouter
from lab.bgp.questions import Questions
from lab.bgp.tunnels import Tunnels
from topology import IpsecPolicy

_Json = Mapping[str, Any]

_QUESTIONS: Mapping[str, Callable[[Questions], Any]] = {
    "bgp": Questions.bgp,
    "routes": Questions.routes,
    "ospf": Questions.ospf,
    "bfd": Questions.bfd,
    "ike": Questions.ike,
    "down": Questions.down,
}
"""What can be asked about a router."""


class Agent:
    """Everything in the living network that can be told something, or asked."""

    def __init__(self, described: Blueprint, bare: Blueprint) -> None:
        self.tunnels = Tunnels(carrier=True)
        self._azure = LivingAzure(described, bare, self.tunnels)
        self._circuits = LivingCircuits(described, bare)
        self._routers = {
            node.name.removeprefix(f"{NodeKind.ROUTER}."): LivingRouter(bare, node.name, self.tunnels)
            for node in bare.nodes.values()
            if node.kind is NodeKind.ROUTER
        }
        self._lock = threading.Lock()
        """Held while something changes: two cores gain nothing by changing two routers at once."""

    def restore_routes(self) -> None:
        """Have the kernel know again what it forgot while an interface was down."""
        self._azure.restore_routes()
        for router in self._routers.values():
            router.restore_routes()

    def respond(self, request: _Json) -> Any:  # noqa: ANN401 (JSON)
        """Do what is requested, and return the answer.

        Raises:
            LivingLabError: if it cannot be done.
        """
        match request:
            case {"azure": {"connections": list(connections), "peerings": list(peerings)}}:
                return self._hold(connections, peerings)
            case {"switched": _}:
                return {name: router.switched for name, router in self._routers.items()}
            case {"router": str(name)} if name in self._routers:
                return self._ask(self._routers[name], request)
        raise LivingLabError(f"nobody here understands {sorted(request)}")

    def _ask(self, router: LivingRouter, request: _Json) -> Any:  # noqa: ANN401 (JSON)
        match request:
            case {"configuration": str(text)}:
                with self._lock:
                    return router.configure(text)
            case {"power": bool(on)}:
                with self._lock:
                    return router.start_anew() if on else router.lose_power()
            case {"clear": str(neighbor), "direction": str(direction)}:
                return router.frr.clear(str(IPv4Address(neighbor)), direction)
            case {"question": str(question)} if question in _QUESTIONS:
                return _QUESTIONS[question](Questions(router))
        raise LivingLabError(f"nobody here understands {sorted(request)}")

    def _hold(self, connections: list[_Json], peerings: list[_Json]) -> tuple[str, ...]:
        ends, remarks = [], []
        for one in connections:
            try:
                ends.append(read_end(one))
            except LivingLabError as error:
                remarks.append(str(error))
        with self._lock:
            self._circuits.hold(read_peering(one) for one in peerings)
            for router in self._routers.values():
                router.plug(self._circuits.jacks_of(router.node))
            return (*remarks, *self._azure.hold(ends))


def read_peering(given: _Json) -> PrivatePeering:
    """Read a private peering as it was sent."""
    return PrivatePeering(
        prefixes=tuple(map(IPv4Network, given["prefixes"])), vlan=given["vlanId"], peer_asn=given["peerAsn"]
    )


def read_end(given: _Json) -> GatewayEnd:
    """Read one end of a tunnel as it was sent; the policy in Azure's own names and words.

    Raises:
        LivingLabError: if a value is none that the lab knows.
    """
    policy = given["policy"]
    try:
        return GatewayEnd(
            name=given["name"],
            bgp_address=IPv4Address(given["bgpAddress"]),
            public_address=IPv4Address(given["publicAddress"]),
            peer_bgp_address=IPv4Address(given["peerBgpAddress"]),
            peer_public_address=IPv4Address(given["peerPublicAddress"]),
            peer_asn=int(given["peerAsn"]),
            policy=_policy(policy) if policy else None,
            key=given["key"],
        )
    except ValidationError as error:
        wrong = ", ".join(str(one["input"]) for one in error.errors())
        raise LivingLabError(
            f"connection {given['name']} is not brought to life: {wrong} is unknown here"
        ) from None


def _policy(given: _Json) -> IpsecPolicy:
    named = {_POLICY_NAMES.get(name, name): value for name, value in given.items()}
    return IpsecPolicy.model_validate_json(json.dumps(named))


_POLICY_NAMES = {"saLifeTimeSeconds": "saLifetimeSeconds"}
"""Azure's names where the description has others."""


class _Handler(socketserver.StreamRequestHandler):
    server: AgentServer

    def handle(self) -> None:
        for line in self.rfile:
            try:
                reply = {"answer": self.server.agent.respond(json.loads(line))}
            except LivingLabError as error:
                reply = {"error": str(error)}
            except Exception as error:  # noqa: BLE001 (whatever it is, whoever asked is to hear of it)
                traceback.print_exc()
                reply = {"error": f"the agent failed: {type(error).__name__}; its log says where"}
            self.wfile.write(json.dumps(reply).encode() + b"\n")


class AgentServer(socketserver.ThreadingUnixStreamServer):
    """Serves an agent at its directory's socket, each connection in a thread of its own."""

    daemon_threads = True

    def __init__(self, agent: Agent, directory: Directory) -> None:
        self.agent = agent
        directory.socket_file.unlink(missing_ok=True)
        before = os.umask(0o177)  # from its first moment on the socket is its owner's alone
        try:
            with socket_path(directory.path) as path:
                super().__init__(path, _Handler)
        finally:
            os.umask(before)
        threading.Thread(target=self.serve_forever, daemon=True).start()
