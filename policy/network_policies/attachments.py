"""What a stack's connections and peerings attach to what: looked up once for all rules.

What one reference leaves unknown is left out here and said in that resource's own turn, so that it hides
nothing about the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from network_policies.azure_types import (
    CIRCUIT,
    CIRCUIT_PEERING,
    CONNECTION,
    GATEWAY,
    GLOBAL_REACH,
    LOCAL_GATEWAY,
    PRIVATE_PEERING,
    is_expressroute,
    word,
)
from network_policies.peering_halves import halves
from network_policies.resource import NotProvenError, Path, Resource
from network_policies.stack import Stack, Target
from network_policies.subnets import gateway_subnet, standing_gateways


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection and its ends, as far as they are set."""

    resource: Resource
    gateway: Target | None
    remote_gateway: Target | None
    local_gateway: Target | None
    circuit: Target | None

    @property
    def kind(self) -> str:
        """Its type in small letters: `ipsec`, `vnet2vnet`, `expressroute`, `vpnclient`."""
        return word(self.resource, "connectionType")

    @property
    def has_bgp(self) -> bool:
        """Whether BGP runs over it."""
        return self.resource.flag("enableBgp")


_ENDS: tuple[tuple[Path, str], ...] = (
    (("virtualNetworkGateway1", "id"), GATEWAY),
    (("virtualNetworkGateway2", "id"), GATEWAY),
    (("localNetworkGateway2", "id"), LOCAL_GATEWAY),
    (("peer", "id"), CIRCUIT),
)


def connection_of(stack: Stack, connection: Resource) -> Connection:
    """Follow a connection's ends. Raises NotProvenError if one leads nowhere yet."""
    gateway, remote, local, circuit = (stack.target(connection, path, kind) for path, kind in _ENDS)
    return Connection(
        resource=connection,
        gateway=gateway,
        remote_gateway=remote,
        local_gateway=local,
        circuit=circuit,
    )


def circuit_of(stack: Stack, part: Resource) -> Target:
    """Return the circuit that a peering, an authorization or a Global Reach connection belongs to.

    Raises:
        NotProvenError: It has no id yet, and the circuit's name or group is not known.
    """
    if part.id and part.kind == GLOBAL_REACH:
        return stack.by_id(part.id.rsplit("/", 4)[0])
    return stack.owner(part, CIRCUIT, "circuitName")


@dataclass(frozen=True, slots=True)
class Attachments:
    """Who is attached to whom, by the key of the `Target`."""

    to_gateway: Mapping[str, tuple[Connection, ...]]
    to_circuit: Mapping[str, tuple[Connection, ...]]
    to_local_gateway: Mapping[str, tuple[Connection, ...]]
    circuit_peerings: Mapping[str, tuple[Resource, ...]]
    global_reach: Mapping[str, tuple[Resource, ...]]
    gateways: Mapping[str, tuple[Resource, ...]]
    """By the VNet that they stand in."""
    spokes: Mapping[str, tuple[Target, ...]]
    """By hub: the VNets that use its gateways."""
    neighbors: Mapping[str, frozenset[str]]
    """By VNet: the keys of the VNets that it peers with."""


@lru_cache(maxsize=2)
def attachments(stack: Stack) -> Attachments:
    """Return all that is attached in a stack, as far as it is known."""
    by: dict[str, dict[str, list[Connection]]] = {"gateway": {}, "circuit": {}, "local_gateway": {}}
    for connection in _known_connections(stack):
        for end, found in by.items():
            target: Target | None = getattr(connection, end)
            if target is not None:
                found.setdefault(target.key, []).append(connection)
    spokes, neighbors = _peered(stack)
    return Attachments(
        to_gateway=_frozen(by["gateway"]),
        to_circuit=_frozen(by["circuit"]),
        to_local_gateway=_frozen(by["local_gateway"]),
        circuit_peerings=_parts(stack, CIRCUIT_PEERING),
        global_reach=_reaches(stack),
        gateways=standing_gateways(stack).by_network,
        spokes=spokes,
        neighbors=neighbors,
    )


def _known_connections(stack: Stack) -> Iterator[Connection]:
    for connection in stack.of(CONNECTION):
        with suppress(NotProvenError):
            yield connection_of(stack, connection)


def _frozen(found: Mapping[str, list[Connection]]) -> Mapping[str, tuple[Connection, ...]]:
    return {key: tuple(several) for key, several in found.items()}


def _parts(stack: Stack, kind: str) -> Mapping[str, tuple[Resource, ...]]:
    found: dict[str, list[Resource]] = {}
    for part in stack.of(kind):
        with suppress(NotProvenError):
            found.setdefault(circuit_of(stack, part).key, []).append(part)
    return {key: tuple(several) for key, several in found.items()}


def _reaches(stack: Stack) -> Mapping[str, tuple[Resource, ...]]:
    """Return Global Reach by circuit, for either of the two that it joins."""
    found: dict[str, list[Resource]] = {}
    for reach in stack.of(GLOBAL_REACH):
        with suppress(NotProvenError):
            for circuit in reach_ends(stack, reach):
                found.setdefault(circuit.key, []).append(reach)
    return {key: tuple(several) for key, several in found.items()}


def reach_ends(stack: Stack, reach: Resource) -> tuple[Target, ...]:
    """Return the two circuits that Global Reach joins. Raises NotProvenError if one is not known yet."""
    return circuit_of(stack, reach), _peer_circuit(stack, reach)


def _peer_circuit(stack: Stack, reach: Resource) -> Target:
    path = ("peerExpressRouteCircuitPeering", "id")
    peering_id = reach.peek(*path)
    if isinstance(peering_id, str):
        return stack.by_id(peering_id.rsplit("/", 2)[0])
    found = stack.target(reach, path, CIRCUIT, CIRCUIT_PEERING)
    if found is None or found.resource is None:
        raise NotProvenError(f"peerExpressRouteCircuitPeering.id of {reach.name} is not known yet")
    if found.resource.kind == CIRCUIT_PEERING:
        return circuit_of(stack, found.resource)
    return found


def _peered(stack: Stack) -> tuple[Mapping[str, tuple[Target, ...]], Mapping[str, frozenset[str]]]:
    spokes: dict[str, list[Target]] = {}
    neighbors: dict[str, set[str]] = {}
    for several in halves(stack).by_local.values():
        for half in several:
            neighbors.setdefault(half.local.key, set()).add(half.remote.key)
            with suppress(NotProvenError):
                if half.uses_gateways:
                    spokes.setdefault(half.remote.key, []).append(half.local)
    return (
        {key: tuple(several) for key, several in spokes.items()},
        {key: frozenset(several) for key, several in neighbors.items()},
    )


def network_of(stack: Stack, gateway: Target | None) -> Target | None:
    """Return the VNet of a connection's gateway; None if the gateway is outside the stack.

    Raises:
        NotProvenError: Its subnet is not known yet.
    """
    if gateway is None or gateway.resource is None:
        return None
    return gateway_subnet(stack, gateway.resource).network


def private_peerings(stack: Stack, circuit: str) -> tuple[Resource, ...]:
    """Return the private peerings that are resources of their own, by their circuit's key."""
    return tuple(
        peering
        for peering in attachments(stack).circuit_peerings.get(circuit, ())
        if word(peering, "peeringType") == PRIVATE_PEERING
    )


def expressroute_gateways(stack: Stack, circuit: str) -> tuple[Resource, ...]:
    """Return the stack's gateways that a circuit, given by its key, is connected to, each once."""
    found = {
        connection.gateway.key: connection.gateway.resource
        for connection in attachments(stack).to_circuit.get(circuit, ())
        if connection.gateway is not None and connection.gateway.resource is not None
    }
    return tuple(gateway for gateway in found.values() if is_expressroute(gateway))
