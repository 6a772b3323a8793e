"""What must fit between the two ends of a VPN connection that speaks BGP.

Asked when the connection changes and when either end does.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from lab.azure.change import Change
from lab.azure.families.virtual_networks import address_space
from lab.azure.refusal import Refusal
from lab.azure.state import Resource, State

CONNECTIONS = "connections"


def refuse_bad_pairs(change: Change) -> None:
    """Refuse a change of a gateway that one of its connections does not stand."""
    for connection in change.state.list_referrers(change.id, CONNECTIONS):
        refuse_bad_pair(change.state, connection)


def refuse_bad_pair(state: State, connection: Resource) -> None:
    """Refuse a connection whose ends cannot speak BGP with one another."""
    if connection.properties["connectionType"] == "ExpressRoute" or not connection.properties["enableBgp"]:
        return
    near, far = connection_ends(state, connection)
    for end in (near, far):
        speaks = end.properties.get("enableBgp", "bgpSettings" in end.properties)
        if not speaks:
            raise Refusal(
                "BgpNotEnabledOnGateway",
                f"Connection {connection.id.name} has enableBgp, but {end.id} does not speak BGP.",
                rule="VPN-7",
            )
    if near.properties["bgpSettings"]["asn"] == far.properties["bgpSettings"]["asn"]:
        raise Refusal(
            "ConnectionAsnsMustDiffer",
            f"Connection {connection.id.name} cannot use BGP: {near.id} and {far.id} both have ASN "
            f"{near.properties['bgpSettings']['asn']}.",
            rule="ASN-8",
        )
    peer_address = far.properties["bgpSettings"].get("bgpPeeringAddress")
    if peer_address and any(IPv4Address(peer_address) in space for space in _spaces(state, near)):
        raise Refusal(
            "InvalidBgpPeeringAddress",
            f"Connection {connection.id.name}: the BGP peering address {peer_address} of {far.id} is "
            "inside the gateway's own virtual network.",
            rule="VPN-3",
        )


def connection_ends(state: State, connection: Resource) -> tuple[Resource, Resource]:
    """The gateway of a VPN connection, and what it connects to."""
    properties = connection.properties
    far = properties.get("localNetworkGateway2") or properties["virtualNetworkGateway2"]
    ends = state.find(properties["virtualNetworkGateway1"]["id"]), state.find(far["id"])
    assert ends[0] is not None
    assert ends[1] is not None
    return ends[0], ends[1]


def virtual_network_of(state: State, gateway: Resource) -> Resource:
    """The virtual network that a gateway is in."""
    subnet = state.find(gateway.properties["ipConfigurations"][0]["properties"]["subnet"]["id"])
    assert subnet is not None
    virtual_network = state.find(subnet.id.parent)
    assert virtual_network is not None
    return virtual_network


def _spaces(state: State, gateway: Resource) -> tuple[IPv4Network, ...]:
    return address_space(virtual_network_of(state, gateway))
