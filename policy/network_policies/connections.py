"""Connections: what they join, how they are weighted, and what both ends of a tunnel must share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from network_policies import pages
from network_policies.attachments import Connection, attachments, connection_of
from network_policies.azure_types import CONNECTION, is_expressroute, is_vpn, sku_name, word
from network_policies.resource import NotProvenError, Resource
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.values import REDACTED, UNKNOWN, reveal

_WEIGHTS = range(32001)
_DPD_SECONDS = range(9, 3601)

_ENDS_OF = {
    "ipsec": ("local_gateway", "localNetworkGateway2"),
    "vnet2vnet": ("remote_gateway", "virtualNetworkGateway2"),
    "expressroute": ("circuit", "peer"),
}


def _ends(case: Case) -> Findings:
    connection = connection_of(case.stack, case.resource)
    if connection.kind not in _ENDS_OF:
        return
    end, name = _ENDS_OF[connection.kind]
    if getattr(connection, end) is None:
        yield Finding(
            wrong=f"{case.resource.name} is of type {case.resource.text('connectionType')} and has no {name}",
            mend=f"Set {name}.id",
        )
    gateway = connection.gateway.resource if connection.gateway else None
    if gateway is not None and not _fits(connection, gateway):
        yield Finding(
            wrong=f"{case.resource.name} is of type {case.resource.text('connectionType')}, and "
            f"{gateway.name} is a gateway for {gateway.text('gatewayType')}",
            mend="Set virtualNetworkGateway1.id to a gateway of the connection's kind",
        )


def _fits(connection: Connection, gateway: Resource) -> bool:
    return is_expressroute(gateway) if connection.kind == "expressroute" else is_vpn(gateway)


def _weight(case: Case) -> Findings:
    weight = case.resource.number("routingWeight")
    if weight is not None and weight not in _WEIGHTS:
        yield Finding(
            wrong=f"routingWeight of {case.resource.name} is {weight}",
            mend="Set it to 0 to 32000; the greater one is preferred",
        )


def _weight_without_effect(case: Case) -> Findings:
    if word(case.resource, "connectionType") in ("ipsec", "vnet2vnet") and case.resource.number(
        "routingWeight"
    ):
        yield Finding(
            wrong=f"{case.resource.name} is a VPN connection and has a routingWeight, which only "
            "ExpressRoute looks at",
            mend="Take it away; prepend the router's AS number on the way that is to be avoided",
        )


def _other_half(case: Case, connection: Connection) -> Connection | None:
    """Return the connection from the other gateway back to this one."""
    if connection.gateway is None or connection.remote_gateway is None:
        return None
    for other in attachments(case.stack).to_gateway.get(connection.remote_gateway.key, ()):
        if other.remote_gateway is not None and other.remote_gateway.key == connection.gateway.key:
            return other
    return None


def _half(case: Case) -> tuple[Connection, Connection | None] | None:
    if word(case.resource, "connectionType") != "vnet2vnet":
        return None
    connection = connection_of(case.stack, case.resource)
    return connection, _other_half(case, connection)


def _both_halves(case: Case) -> Findings:
    pair = _half(case)
    if pair is None or pair[1] is not None or pair[0].remote_gateway is None or pair[0].gateway is None:
        return
    near, far = pair[0].gateway, pair[0].remote_gateway
    if far.resource is None:
        raise NotProvenError(f"whether {far.name}, which is not in this stack, has a connection back")
    yield Finding(
        wrong=f"{case.resource.name} joins {near.name} to {far.name}, and nothing joins {far.name} to "
        f"{near.name}",
        mend=f"Add a Vnet2Vnet connection from {far.name}, with the same key and policy",
    )


def _pairs(case: Case) -> Iterator[tuple[Resource, Resource]]:
    """Yield a connection and its other half, in one of the two turns only."""
    pair = _half(case)
    if pair is not None and pair[1] is not None and pair[1].resource.urn < case.resource.urn:
        yield case.resource, pair[1].resource


def _halves_agree(case: Case) -> Findings:
    for near, far in _pairs(case):
        if near.flag("enableBgp") != far.flag("enableBgp"):
            yield Finding(
                wrong=f"{near.name} and {far.name}, the two halves of one tunnel, do not both have enableBgp",
                mend="Set enableBgp on both",
            )
        if _policies(near) != _policies(far):
            yield Finding(
                wrong=f"{near.name} and {far.name}, the two halves of one tunnel, have different "
                "ipsecPolicies",
                mend="Give both the same one",
            )
        if _keys_differ(near, far):
            yield Finding(
                wrong=f"{near.name} and {far.name}, the two halves of one tunnel, have different shared keys",
                mend="Give both the same sharedKey",
            )


def _policies(connection: Resource) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {name: str(connection.read("ipsecPolicies", index, name)).casefold() for name in policy}
        for index, policy in enumerate(connection.elements("ipsecPolicies"))
        if isinstance(policy, Mapping)
    )


def _keys_differ(near: Resource, far: Resource) -> bool:
    first, second = (reveal(connection.peek("sharedKey")) for connection in (near, far))
    if REDACTED in (first, second) or None in (first, second):
        return False
    if first is UNKNOWN or second is UNKNOWN:
        makers = [set(connection.property_dependencies.get("sharedKey", ())) for connection in (near, far)]
        return all(makers) and not makers[0] & makers[1]
    return first != second


def _bgp_ends(case: Case) -> Findings:
    """Find BGP on a connection whose local network gateway has no BGP address or ASN."""
    connection = connection_of(case.stack, case.resource)
    local = connection.local_gateway
    if not connection.has_bgp or local is None:
        return
    if local.resource is None:
        raise NotProvenError(f"the BGP settings of {local.name}, which is not in this stack")
    missing = [
        name for name in ("asn", "bgpPeeringAddress") if local.resource.peek("bgpSettings", name) is None
    ]
    if missing:
        yield Finding(
            wrong=f"{case.resource.name} has BGP, and {local.name} has no bgpSettings.{missing[0]}",
            mend=f"Set bgpSettings.{missing[0]} of {local.name} to the router's",
        )


def _bgp_gateways(case: Case) -> Findings:
    connection = connection_of(case.stack, case.resource)
    if not connection.has_bgp or connection.kind == "expressroute":
        return
    for end in (connection.gateway, connection.remote_gateway):
        if end is not None and end.resource is not None and not end.resource.flag("enableBgp"):
            yield Finding(
                wrong=f"{case.resource.name} has BGP, and its gateway {end.name} has no enableBgp",
                mend=f"Set enableBgp on {end.name}",
            )


def _policy_sku(case: Case) -> Findings:
    connection = connection_of(case.stack, case.resource)
    for end in (connection.gateway, connection.remote_gateway):
        if _policies(case.resource) and end and end.resource and sku_name(end.resource) == "basic":
            yield Finding(
                wrong=f"{case.resource.name} has ipsecPolicies, and {end.name} has SKU Basic, which takes "
                "none",
                mend=f"Set sku.name and sku.tier of {end.name} to VpnGw1AZ or larger",
            )


def _dead_peer_detection(case: Case) -> Findings:
    seconds = case.resource.number("dpdTimeoutSeconds")
    if seconds and seconds not in _DPD_SECONDS:
        yield Finding(
            wrong=f"dpdTimeoutSeconds of {case.resource.name} is {seconds}",
            mend="Set it to 9 to 3600, or leave it at Azure's 45",
        )


_connection = partial(Rule, kinds=(CONNECTION,), level=Level.MANDATORY, scope=Scope.STACK)

RULES = (
    _connection(
        name="connection-ends",
        holds="A connection has the ends of its type.",
        sources=("ER-1", "VPN-7"),
        page=pages.VPN_SETTINGS,
        check=_ends,
    ),
    _connection(
        name="connection-weight",
        holds="A connection's routing weight is 0 to 32000.",
        sources=("ER-13",),
        page=pages.OPTIMIZE_ROUTING,
        scope=Scope.RESOURCE,
        check=_weight,
    ),
    _connection(
        name="connection-weight-vpn",
        level=Level.ADVISORY,
        holds="A routing weight is set on ExpressRoute connections only.",
        sources=("VPN-14",),
        page=pages.VPN_FAQ,
        scope=Scope.RESOURCE,
        check=_weight_without_effect,
    ),
    _connection(
        name="connection-both-halves",
        holds="A tunnel between two VNets has a connection from each side.",
        sources=("VPN-7",),
        page=pages.BGP_HOWTO,
        check=_both_halves,
    ),
    _connection(
        name="connection-halves-agree",
        holds="Both halves of a tunnel between VNets have one key, one IPsec policy, and BGP alike.",
        sources=("VPN-7", "IPSEC-2"),
        page=pages.IPSEC_POLICY,
        check=_halves_agree,
    ),
    _connection(
        name="connection-bgp-peer",
        holds="A connection with BGP ends at a local network gateway with an ASN and a BGP address.",
        sources=("VPN-7",),
        page=pages.BGP_HOWTO,
        check=_bgp_ends,
    ),
    _connection(
        name="connection-bgp-gateway",
        holds="A connection with BGP is on a gateway with BGP.",
        sources=("VPN-7",),
        page=pages.BGP_HOWTO,
        check=_bgp_gateways,
    ),
    _connection(
        name="connection-policy-sku",
        holds="A connection with an IPsec policy of its own is on a gateway that takes one.",
        sources=("IPSEC-2",),
        page=pages.IPSEC_POLICY,
        check=_policy_sku,
    ),
    _connection(
        name="connection-dead-peer-detection",
        holds="Dead peer detection waits 9 to 3600 seconds.",
        sources=("IPSEC-5",),
        page=pages.CRYPTOGRAPHY,
        scope=Scope.RESOURCE,
        check=_dead_peer_detection,
    ),
)
