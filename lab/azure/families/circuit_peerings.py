"""A circuit's peerings, and Global Reach links between private peerings.

IPv6 peerings and route filters are not emulated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from lab.azure.change import Change
from lab.azure.declaration import (
    ResourceType,
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
from lab.azure.families import asns, circuits
from lab.azure.families.connection_rules import virtual_network_of
from lab.azure.families.provider import PROVISIONED, provider_state
from lab.azure.families.virtual_networks import address_space
from lab.azure.refusal import Refusal
from lab.azure.resource_id import ResourceId
from lab.azure.state import Properties, Resource, State

_PEERING_TYPES = (circuits.PRIVATE_PEERING, "MicrosoftPeering")
_LINK_LENGTH = 30
_GLOBAL_REACH_LENGTH = 29
_MD5_KEY = re.compile(r"[A-Za-z0-9]{1,25}")


def peering_prefixes(peering: Resource) -> tuple[IPv4Network, IPv4Network]:
    """The networks of a peering's primary and secondary link."""
    given = peering.properties
    return IPv4Network(given["primaryPeerAddressPrefix"]), IPv4Network(given["secondaryPeerAddressPrefix"])


def refuse_overlap_with_networks(state: State, circuit: Resource) -> None:
    """Refuse a private peering whose links overlap with a virtual network on its circuit (ER-3)."""
    peering = circuits.find_private_peering(state, circuit)
    if peering is None:
        return
    for link, network, owner in _pair_with_networks(state, circuit, peering_prefixes(peering)):
        raise Refusal(
            "PeeringPrefixOverlapsVirtualNetwork",
            f"Prefix {link} of {peering.id} overlaps with {network} of virtual network {owner}.",
            rule="ER-3",
        )


def _pair_with_networks(
    state: State, circuit: Resource, prefixes: tuple[IPv4Network, ...]
) -> Iterator[tuple[IPv4Network, IPv4Network, ResourceId]]:
    for connection in state.list_referrers(circuit.id, circuits.CONNECTIONS):
        gateway = state.find(connection.properties["virtualNetworkGateway1"]["id"])
        assert gateway is not None
        virtual_network = virtual_network_of(state, gateway)
        for link in prefixes:
            for space in address_space(virtual_network):
                if link.overlaps(space):
                    yield link, space, virtual_network.id


def _describe_peering(state: State, peering: Resource) -> Properties:
    circuit = peering.id.parent.name
    return {
        "azureASN": asns.MICROSOFT,
        "primaryAzurePort": f"emulated-{circuit}-primary",
        "secondaryAzurePort": f"emulated-{circuit}-secondary",
        "lastModifiedBy": "Customer",
        "gatewayManagerEtag": "",
        "peeredConnections": [{"id": str(link.id)} for link in state.list_referrers(peering.id)],
    }


def _refuse_wrong_type(change: Change) -> None:
    peering_type = change.properties["peeringType"]
    if change.id.name != peering_type:
        raise Refusal(
            "InvalidPeeringName",
            f"Peering {change.id} must have its peeringType, {peering_type}, as its name.",
        )
    if peering_type == "MicrosoftPeering" and not change.properties.get("microsoftPeeringConfig"):
        raise Refusal("MicrosoftPeeringConfigRequired", f"Peering {change.id} needs microsoftPeeringConfig.")


def _refuse_unprovisioned(change: Change) -> None:
    state = provider_state(change.state, change.parent())
    if change.is_new and state != PROVISIONED:
        raise Refusal(
            "ExpressRouteCircuitNotProvisioned",
            f"Peering {change.id} cannot be created: the circuit's ServiceProviderProvisioningState is "
            f"{state}. Give the service key to the provider and wait until it is Provisioned.",
            rule="ER-1",
        )


def _refuse_wrong_links(change: Change) -> None:
    peering = change.state.find(change.id)
    assert peering is not None
    links = peering_prefixes(peering)
    for link in links:
        if link.prefixlen != _LINK_LENGTH:
            raise Refusal(
                "InvalidPeerAddressPrefix",
                f"Peering {change.id}: {link} is not a /{_LINK_LENGTH}.",
                rule="ER-3",
            )
    if links[0].overlaps(links[1]):
        raise Refusal(
            "InvalidPeerAddressPrefix",
            f"Peering {change.id}: primary and secondary link are both {links[0]}.",
            rule="ER-3",
        )
    for other in change.state.list_children(change.id.parent, circuits.CIRCUIT_PEERINGS):
        if other.id != change.id and other.properties["vlanId"] == change.properties["vlanId"]:
            raise Refusal(
                "VlanIdInUse",
                f"Peering {change.id} cannot use VLAN {change.properties['vlanId']}: {other.id} has it.",
                rule="ER-4",
            )
    refuse_overlap_with_networks(change.state, change.parent())


def _refuse_wrong_asn(change: Change) -> None:
    if change.properties["peeringType"] == circuits.PRIVATE_PEERING:
        asns.refuse_for_circuit(change.properties["peerASN"], f"Peering {change.id}")


def _refuse_wrong_key(change: Change) -> None:
    given = change.given.get("sharedKey")
    if isinstance(given, str) and not _MD5_KEY.fullmatch(given):
        raise Refusal(
            "InvalidPeeringSharedKey",
            f"Peering {change.id}: an MD5 key has 1 to 25 letters and digits, nothing else.",
            rule="ER-6",
        )


def _keep_used(state: State, peering: Resource, root: ResourceId) -> None:
    if root != peering.id or peering.id.name != circuits.PRIVATE_PEERING:
        return
    links = circuits.list_links(state, peering.id.parent)
    if links:
        raise Refusal(
            "ExpressRoutePeeringInUse",
            f"Peering {peering.id} cannot be deleted: {links[0].id} uses it.",
            status=409,
            rule="ER-2",
        )


def _describe_reach(_state: State, _link: Resource) -> Properties:
    return {"circuitConnectionStatus": "Connected"}


def _refuse_wrong_reach(change: Change) -> None:
    here, there = change.parent(), change.target(change.properties["peerExpressRouteCircuitPeering"])
    ends = [change.state.find(peering.id.parent) for peering in (here, there)]
    locations = [
        end.properties["serviceProviderProperties"]["peeringLocation"] for end in ends if end is not None
    ]
    reasons = {
        "both ends must be private peerings": {here.id.name, there.id.name} != {circuits.PRIVATE_PEERING},
        "the circuits must be in different peering locations": len(set(locations)) < len(ends),
        "both circuits must be provisioned": any(
            provider_state(change.state, end) != PROVISIONED for end in ends if end is not None
        ),
    }
    wrong = [reason for reason, broken in reasons.items() if broken]
    if wrong:
        raise Refusal("GlobalReachNotPossible", f"Link {change.id}: {' and '.join(wrong)}.", rule="ER-16")
    _refuse_wrong_reach_prefix(change, (here, there))
    for end, far in zip(ends, reversed(locations), strict=True):
        assert end is not None
        circuits.refuse_too_far(end, far)
        circuits.refuse_too_many_links(change.state, end)


def _refuse_wrong_reach_prefix(change: Change, peerings: tuple[Resource, Resource]) -> None:
    own = IPv4Network(change.properties["addressPrefix"])
    taken = [link for peering in peerings for link in peering_prefixes(peering)]
    if own.prefixlen != _GLOBAL_REACH_LENGTH or any(own.overlaps(link) for link in taken):
        raise Refusal(
            "InvalidGlobalReachAddressPrefix",
            f"Link {change.id}: {own} is not a /{_GLOBAL_REACH_LENGTH} that is unused elsewhere.",
            rule="ER-16",
        )


def _refuse_unauthorized_reach(change: Change) -> None:
    there = change.target(change.properties["peerExpressRouteCircuitPeering"])
    given = change.given.get("authorizationKey")
    if there.id.subscription.lower() == change.id.subscription.lower() or (
        not change.is_new and given is None
    ):
        return
    authorizations = change.state.list_children(there.id.parent, circuits.AUTHORIZATIONS)
    if all(authorization.hidden["key"] != given for authorization in authorizations):
        raise Refusal(
            "InvalidAuthorizationKey",
            f"Link {change.id} needs an authorizationKey of circuit {there.id.parent}, which is in another "
            "subscription.",
            rule="ER-12",
        )


TYPES = (
    ResourceType(
        path=circuits.CIRCUIT_PEERINGS,
        properties={
            "peeringType": one_of(*_PEERING_TYPES, required=True, fixed=True),
            "state": one_of("Enabled", "Disabled", default="Enabled"),
            "peerASN": integer(1, asns.HIGHEST, required=True, rule="ASN-6"),
            "primaryPeerAddressPrefix": prefix(required=True, rule="ER-3"),
            "secondaryPeerAddressPrefix": prefix(required=True, rule="ER-3"),
            "vlanId": integer(1, 4094, required=True, rule="ER-4"),
            "sharedKey": secret(rule="ER-6"),
            "microsoftPeeringConfig": structure(
                {
                    "advertisedPublicPrefixes": items(text()),
                    "advertisedCommunities": items(text()),
                    "advertisedPublicPrefixesState": ignored(),
                    "customerASN": integer(0, asns.HIGHEST),
                    "routingRegistryName": text(),
                    "legacyMode": integer(),
                }
            ),
            "azureASN": ignored(),
            "primaryAzurePort": ignored(),
            "secondaryAzurePort": ignored(),
            "lastModifiedBy": ignored(),
            "gatewayManagerEtag": ignored(),
            "peeredConnections": ignored(),
            "stats": ignored(),
            "provisioningState": ignored(),
        },
        inline={"connections": "connections"},
        located=False,
        names=_PEERING_TYPES,
        checks=(
            _refuse_wrong_type,
            _refuse_unprovisioned,
            _refuse_wrong_asn,
            _refuse_wrong_links,
            _refuse_wrong_key,
        ),
        removal=(_keep_used,),
        describe=_describe_peering,
        in_use="InUseExpressRouteCircuitPeeringCannotBeDeleted",
        in_use_rule="ER-2",
    ),
    ResourceType(
        path=circuits.CIRCUIT_CONNECTIONS,
        properties={
            "expressRouteCircuitPeering": reference(circuits.CIRCUIT_PEERINGS, weak=True, fixed=True),
            "peerExpressRouteCircuitPeering": reference(circuits.CIRCUIT_PEERINGS, required=True, fixed=True),
            "addressPrefix": prefix(required=True, fixed=True, rule="ER-16"),
            "authorizationKey": secret(),
            "circuitConnectionStatus": ignored(),
            "ipv6CircuitConnectionConfig": ignored(),
            "provisioningState": ignored(),
        },
        located=False,
        checks=(_refuse_wrong_reach, _refuse_unauthorized_reach),
        describe=_describe_reach,
    ),
)
