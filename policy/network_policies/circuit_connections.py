"""Connections to circuits: what must be there before them, whose leave they need, and FastPath."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial

from network_policies import pages
from network_policies.attachments import attachments, connection_of
from network_policies.azure_types import AUTHORIZATION, CONNECTION, GATEWAY, PRIVATE_PEERING, sku_name, word
from network_policies.resource import NotProvenError, Resource
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import Stack, Target, subscription_of
from network_policies.subnets import gateway_subnet
from network_policies.values import REDACTED, reveal

_FASTPATH_SKUS = frozenset({"ultraperformance", "ergw3az", "ergwscale"})
_FASTPATH_UNITS = 10


def _circuit_peering(case: Case) -> Findings:
    """Find a connection to a circuit of this stack that has no private peering."""
    circuit = connection_of(case.stack, case.resource).circuit
    if circuit is None or circuit.resource is None:
        return
    own = attachments(case.stack).circuit_peerings.get(circuit.key, ())
    inline = [("peerings", index) for index, _ in enumerate(circuit.resource.elements("peerings"))]
    types = [word(peering, "peeringType") for peering in own]
    types += [word(circuit.resource, *path, "peeringType") for path in inline]
    if PRIVATE_PEERING not in types:
        yield Finding(
            wrong=f"{case.resource.name} connects {circuit.name}, which has no private peering",
            mend=f"Give {circuit.name} an AzurePrivatePeering, and create it before the connection",
        )


def _authorization(case: Case) -> Findings:
    connection = connection_of(case.stack, case.resource)
    if connection.circuit is None or connection.gateway is None:
        return
    has_key = case.resource.peek("authorizationKey") is not None
    apart = _in_different_subscriptions(case.resource, connection.gateway, connection.circuit)
    if apart and not has_key:
        yield Finding(
            wrong=f"{case.resource.name} joins {connection.circuit.name} to {connection.gateway.name} in "
            "another subscription, and has no authorizationKey",
            mend="Have the circuit's owner issue an authorization, and set authorizationKey as a secret",
        )


def _authorization_needless(case: Case) -> Findings:
    connection = connection_of(case.stack, case.resource)
    if connection.circuit is None or connection.gateway is None:
        return
    if case.resource.peek("authorizationKey") is None:
        return
    if not _in_different_subscriptions(case.resource, connection.gateway, connection.circuit):
        yield Finding(
            wrong=f"{case.resource.name} has an authorizationKey, but {connection.circuit.name} is in the "
            "subscription of its gateway",
            mend="Take authorizationKey away, and the authorization with it",
        )


def _in_different_subscriptions(connection: Resource, gateway: Target, circuit: Target) -> bool:
    """Compare by id or, while one is unknown, by the provider that deploys it."""
    gateways = _subscription(connection, gateway, "virtualNetworkGateway1")
    circuits = _subscription(connection, circuit, "peer")
    if gateways is not None and circuits is not None:
        return gateways != circuits
    resources = (gateway.resource, circuit.resource)
    if None not in resources and len({each.provider for each in resources if each is not None}) == 1:
        return False
    raise NotProvenError(f"whether {circuit.name} and {gateway.name} are in one subscription")


def _subscription(connection: Resource, target: Target, reference: str) -> str | None:
    known = target.resource.id if target.resource is not None else None
    known = known or connection.text(reference, "id") if target.resource is None else known
    found = subscription_of(known or "")
    if found:
        return found
    own = target.resource.subscription if target.resource is not None else None
    return own.casefold() if own else None


def _authorization_single(case: Case) -> Findings:
    """Find a second connection with the same authorization: each admits one."""
    users = _users(case.stack)
    for authorization in sorted(_authorizations(case.stack, case.resource)):
        others = [other for other in users[authorization] if other.urn < case.resource.urn]
        if others:
            yield Finding(
                wrong=f"{case.resource.name} and {others[0].name} have one authorization; it admits one "
                "connection",
                mend=f"Have the circuit's owner issue another one for {case.resource.name}",
            )
            return


@lru_cache(maxsize=2)
def _users(stack: Stack) -> Mapping[str, list[Resource]]:
    """Return the connections by what marks their authorizations."""
    found: dict[str, list[Resource]] = {}
    for connection in stack.of(CONNECTION):
        for authorization in _authorizations(stack, connection):
            found.setdefault(authorization, []).append(connection)
    return found


def _authorizations(stack: Stack, connection: Resource) -> frozenset[str]:
    """Return what marks a connection's authorization: its key, or the resource that will make the key."""
    made_by = {a.urn for a in stack.dependencies(connection, ("authorizationKey",), AUTHORIZATION)}
    key = reveal(connection.peek("authorizationKey"))
    if isinstance(key, str) and key != REDACTED:
        made_by.add(key)
    return frozenset(made_by)


def _fastpath(case: Case) -> Findings:
    connection = case.resource
    if not connection.flag("expressRouteGatewayBypass"):
        return
    target = case.stack.target(connection, ("virtualNetworkGateway1", "id"), GATEWAY)
    if target is None or target.resource is None:
        raise NotProvenError(f"the SKU of the gateway of {connection.name}, which is not in this stack")
    gateway = target.resource
    if sku_name(gateway) not in _FASTPATH_SKUS:
        yield Finding(
            wrong=f"{connection.name} has expressRouteGatewayBypass, and {gateway.name} has SKU "
            f"{gateway.text('sku', 'name')}",
            mend="Set the gateway's sku.name and sku.tier to ErGw3AZ, or take expressRouteGatewayBypass away",
        )
    units = gateway.number("autoScaleConfiguration", "bounds", "min")
    if sku_name(gateway) == "ergwscale" and units is not None and units < _FASTPATH_UNITS:
        yield Finding(
            wrong=f"{connection.name} has expressRouteGatewayBypass, and {gateway.name} may have only "
            f"{units} scale units",
            mend=f"Set autoScaleConfiguration.bounds.min of {gateway.name} to {_FASTPATH_UNITS}, or take "
            "expressRouteGatewayBypass away",
        )
    subnet = gateway_subnet(case.stack, gateway)
    if subnet.resource is not None and subnet.resource.peek(*subnet.path, "routeTable") is not None:
        yield Finding(
            wrong=f"{connection.name} has expressRouteGatewayBypass, and {subnet.name} of "
            f"{subnet.network.name} has a route table, past which FastPath sends",
            mend=f"Take routeTable off {subnet.name}, or expressRouteGatewayBypass away",
        )


_connection = partial(Rule, kinds=(CONNECTION,), level=Level.MANDATORY, scope=Scope.STACK)

RULES = (
    _connection(
        name="connection-circuit-peering",
        holds="A circuit has a private peering before it is connected.",
        sources=("ER-1",),
        page=pages.LINK_CIRCUIT,
        check=_circuit_peering,
    ),
    _connection(
        name="connection-authorization",
        holds="A connection has an authorization if its circuit is in another subscription.",
        sources=("ER-12",),
        page=pages.LINK_CIRCUIT,
        check=_authorization,
    ),
    _connection(
        name="connection-authorization-needless",
        level=Level.ADVISORY,
        holds="A connection within one subscription has no authorization.",
        sources=("ER-12",),
        page=pages.LINK_CIRCUIT,
        check=_authorization_needless,
    ),
    _connection(
        name="connection-authorization-single",
        holds="Each connection has an authorization of its own.",
        sources=("ER-12",),
        page=pages.LINK_CIRCUIT,
        check=_authorization_single,
    ),
    _connection(
        name="connection-fastpath-sku",
        holds="A connection with FastPath is on a gateway that has it.",
        sources=("GW-10",),
        page=pages.FASTPATH,
        check=_fastpath,
    ),
)
