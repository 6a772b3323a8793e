"""Connections of virtual network gateways: IPsec, VNet-to-VNet and ExpressRoute."""

from __future__ import annotations

from lab.azure.change import Change
from lab.azure.declaration import (
    ResourceType,
    address,
    boolean,
    ignored,
    integer,
    items,
    one_of,
    prefix,
    reference,
    secret,
    structure,
    text,
)
from lab.azure.families import circuits
from lab.azure.families.circuit_peerings import refuse_overlap_with_networks
from lab.azure.families.connection_rules import CONNECTIONS, refuse_bad_pair
from lab.azure.families.gateways import GATEWAYS
from lab.azure.families.ipsec_policies import IPSEC_POLICY
from lab.azure.families.local_network_gateways import LOCAL_NETWORK_GATEWAYS
from lab.azure.families.provider import CIRCUITS, PROVISIONED, provider_state
from lab.azure.families.shared_keys import no_key_for_express_route, seal_key, shared_key
from lab.azure.refusal import Refusal
from lab.azure.state import Properties, Resource, State

_MOST_CIRCUITS = {
    **dict.fromkeys(("Standard", "ErGw1AZ"), 4),
    **dict.fromkeys(("HighPerformance", "ErGw2AZ"), 8),
    **dict.fromkeys(("UltraPerformance", "ErGw3AZ", "ErGwScale"), 16),
}
_MOST_CIRCUITS_OF_ONE_LOCATION = 4
_FAST_PATH_SKUS = ("UltraPerformance", "ErGw3AZ", "ErGwScale")


def _fill(change: Change) -> None:
    given = change.given.get("sharedKey")
    if change.properties["connectionType"] == "ExpressRoute":
        if given is not None:
            raise no_key_for_express_route(change.id)
        _use_authorization(change)
        return
    change.properties.setdefault("connectionProtocol", "IKEv2")
    if given is not None:
        sealed = seal_key(change.state, change.id, given)
        change.hidden.setdefault("key", sealed)


def _use_authorization(change: Change) -> None:
    """Redeem an authorization key: needed from another subscription, each for one connection (ER-12)."""
    peer = change.properties.get("peer")
    given = change.given.get("authorizationKey")
    if peer is None or (given is None and change.hidden.get("authorization")):
        return
    circuit = change.target(peer)
    if given is None:
        if circuit.id.subscription.lower() != change.id.subscription.lower():
            raise Refusal(
                "AuthorizationKeyRequired",
                f"Connection {change.id} needs an authorizationKey: circuit {circuit.id} is in another "
                "subscription.",
                rule="ER-12",
            )
        return
    offered = change.state.list_children(circuit.id, circuits.AUTHORIZATIONS)
    found = next((one for one in offered if one.hidden["key"] == given), None)
    links = change.state.list_referrers(circuit.id, CONNECTIONS)
    taken = {link.hidden.get("authorization") for link in links if link.id != change.id}
    if found is None or found.id.key in taken:
        raise Refusal(
            "InvalidAuthorizationKey",
            f"Connection {change.id}: its authorizationKey is none of circuit {circuit.id}, or is in use.",
            rule="ER-12",
        )
    change.hidden["authorization"] = found.id.key


def _describe(state: State, connection: Resource) -> Properties:
    return {
        "resourceGuid": connection.guid,
        "connectionStatus": _connection_status(state, connection),
        "ingressBytesTransferred": 0,
        "egressBytesTransferred": 0,
    }


def _connection_status(state: State, connection: Resource) -> str:
    """Whether a connection works, as far as Azure's side decides it.

    The emulator has no tunnels, so an IPsec connection's status is not known here.
    """
    match connection.properties["connectionType"]:
        case "IPsec":
            return "Unknown"
        case "Vnet2Vnet":
            other = _other_half(state, connection)
            keys = {shared_key(state, half) for half in (connection, other) if half is not None}
            fits = (
                other is not None and len(keys) == 1 and None not in keys and _same_policy(connection, other)
            )
            return "Connected" if fits else "NotConnected"
    authorization = connection.hidden.get("authorization")
    revoked = authorization is not None and state.find(authorization) is None
    circuit = state.find(connection.properties["peer"]["id"])
    peering = circuits.find_private_peering(state, circuit) if circuit is not None else None
    up = peering is not None and peering.properties["state"] == "Enabled" and not revoked
    return "Connected" if up else "NotConnected"


def _same_policy(one: Resource, other: Resource) -> bool:
    return bool(one.properties["ipsecPolicies"] == other.properties["ipsecPolicies"])


def _other_half(state: State, connection: Resource) -> Resource | None:
    near, far = (connection.properties[f"virtualNetworkGateway{n}"]["id"].lower() for n in (1, 2))
    for other in state.list_all(CONNECTIONS):
        ends = [other.properties.get(f"virtualNetworkGateway{n}", {}).get("id", "").lower() for n in (1, 2)]
        if ends == [far, near]:
            return other
    return None


def _refuse_wrong_ends(change: Change) -> None:
    kind = change.properties["connectionType"]
    far = {"IPsec": "localNetworkGateway2", "Vnet2Vnet": "virtualNetworkGateway2", "ExpressRoute": "peer"}
    for connection_type, name in far.items():
        if (kind == connection_type) != (name in change.properties):
            rule = "ER-1" if name == "peer" else ""
            verb = "needs" if kind == connection_type else "cannot have"
            raise Refusal(
                "InvalidConnectionEnd", f"Connection {change.id} of type {kind} {verb} {name}.", rule=rule
            )
    wanted = "ExpressRoute" if kind == "ExpressRoute" else "Vpn"
    for name in ("virtualNetworkGateway1", "virtualNetworkGateway2"):
        gateway = change.target(change.properties[name]) if name in change.properties else None
        if gateway is not None and gateway.properties["gatewayType"] != wanted:
            raise Refusal(
                "ConnectionTypeDoesNotMatchGateway",
                f"Connection {change.id} of type {kind} needs a {wanted} gateway: {gateway.id} is "
                f"{gateway.properties['gatewayType']}.",
            )


def _refuse_duplicate(change: Change) -> None:
    far = next(
        change.properties[name]["id"].lower()
        for name in ("localNetworkGateway2", "virtualNetworkGateway2", "peer")
        if name in change.properties
    )
    near = change.target(change.properties["virtualNetworkGateway1"])
    for other in change.state.list_referrers(near.id, CONNECTIONS):
        ends = [value["id"].lower() for value in other.properties.values() if isinstance(value, dict)]
        if other.id != change.id and ends[0] == near.id.key and far in ends[1:]:
            raise Refusal(
                "ConnectionAlreadyExists",
                f"Connection {change.id}: {other.id} already joins the same two ends.",
            )


def _refuse_wrong_circuit(change: Change) -> None:
    if change.properties["connectionType"] != "ExpressRoute":
        return
    circuit = change.target(change.properties["peer"])
    state = provider_state(change.state, circuit)
    if change.is_new and (
        state != PROVISIONED or circuits.find_private_peering(change.state, circuit) is None
    ):
        raise Refusal(
            "ExpressRouteCircuitNotReady",
            f"Connection {change.id} cannot be created: circuit {circuit.id} is {state} and must be "
            f"Provisioned and have {circuits.PRIVATE_PEERING}.",
            rule="ER-1",
        )
    circuits.refuse_too_far(circuit, str(change.location))
    circuits.refuse_too_many_links(change.state, circuit)
    refuse_overlap_with_networks(change.state, circuit)
    _refuse_full_gateway(change)


def _refuse_full_gateway(change: Change) -> None:
    gateway = change.target(change.properties["virtualNetworkGateway1"])
    sku = gateway.properties["sku"]["name"]
    if change.properties["expressRouteGatewayBypass"] and sku not in _FAST_PATH_SKUS:
        raise Refusal(
            "FastPathNotSupported",
            f"Connection {change.id}: gateway SKU {sku} has no FastPath (expressRouteGatewayBypass).",
            rule="GW-10",
        )
    peers = [
        change.target(connection.properties["peer"])
        for connection in change.state.list_referrers(gateway.id, CONNECTIONS)
    ]
    locations = [peer.properties["serviceProviderProperties"]["peeringLocation"] for peer in peers]
    busiest = max(map(locations.count, locations))
    if len(peers) > _MOST_CIRCUITS[sku] or busiest > _MOST_CIRCUITS_OF_ONE_LOCATION:
        raise Refusal(
            "GatewayCircuitLimitReached",
            f"Connection {change.id}: a gateway of SKU {sku} has room for {_MOST_CIRCUITS[sku]} circuits, "
            f"{_MOST_CIRCUITS_OF_ONE_LOCATION} of them from one peering location.",
            rule="GW-8",
        )


def _refuse_second_policy(change: Change) -> None:
    if len(change.properties["ipsecPolicies"]) > 1:
        raise Refusal(
            "OnlyOneIpsecPolicyAllowed", f"Connection {change.id} can have one IPsec policy.", rule="IPSEC-2"
        )


def _refuse_bad_pair(change: Change) -> None:
    connection = change.state.find(change.id)
    assert connection is not None
    refuse_bad_pair(change.state, connection)


_PEER = reference(CIRCUITS, fixed=True, fixed_code="ExpressRouteConnectionPeerCannotBeChanged")

TYPES = (
    ResourceType(
        path=CONNECTIONS,
        properties={
            "virtualNetworkGateway1": reference(GATEWAYS, required=True, fixed=True, near=True),
            "virtualNetworkGateway2": reference(GATEWAYS, fixed=True),
            "localNetworkGateway2": reference(LOCAL_NETWORK_GATEWAYS, fixed=True),
            "peer": _PEER,
            "connectionType": one_of("IPsec", "Vnet2Vnet", "ExpressRoute", required=True, fixed=True),
            "connectionProtocol": one_of("IKEv2", "IKEv1", fixed=True, rule="IPSEC-7"),
            "connectionMode": one_of("Default", "ResponderOnly", "InitiatorOnly", default="Default"),
            "sharedKey": secret(rule="IPSEC-1"),
            "authorizationKey": secret(rule="ER-12"),
            "routingWeight": integer(0, 32_000, default=0, rule="ER-13"),
            "enableBgp": boolean(default=False),
            "usePolicyBasedTrafficSelectors": boolean(default=False),
            "ipsecPolicies": items(IPSEC_POLICY, default=()),
            "trafficSelectorPolicies": items(
                structure({"localAddressRanges": items(prefix()), "remoteAddressRanges": items(prefix())}),
                default=(),
            ),
            "gatewayCustomBgpIpAddresses": items(
                structure(
                    {"ipConfigurationId": text(required=True), "customBgpIpAddress": address(required=True)}
                )
            ),
            "dpdTimeoutSeconds": integer(9, 3600, rule="IPSEC-5"),
            "expressRouteGatewayBypass": boolean(default=False, rule="GW-10"),
            "enablePrivateLinkFastPath": boolean(default=False),
            "useLocalAzureIpAddress": boolean(default=False),
            "connectionStatus": ignored(),
            "egressBytesTransferred": ignored(),
            "ingressBytesTransferred": ignored(),
            "tunnelConnectionStatus": ignored(),
            "resourceGuid": ignored(),
            "provisioningState": ignored(),
        },
        fill=_fill,
        checks=(
            _refuse_wrong_ends,
            _refuse_duplicate,
            _refuse_second_policy,
            _refuse_bad_pair,
            _refuse_wrong_circuit,
        ),
        describe=_describe,
    ),
)
