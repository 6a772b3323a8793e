"""What of the emulated Azure has an end on the wire: tunnels of VPN gateways, and circuits' private peerings.

The emulator moves no packet; whoever brings a network to life reads here what Azure holds at the moment. A
gateway joins each of its instances with each address at the far end (GW-14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.azure.families.circuit_peerings import peering_prefixes
from lab.azure.families.circuits import PRIVATE_PEERING
from lab.azure.families.connection_rules import CONNECTIONS
from lab.azure.families.gateways import describe_bgp
from lab.azure.families.provider import CIRCUITS
from lab.azure.families.shared_keys import shared_key
from lab.azure.state import Resource, State

Facts = dict[str, list[dict[str, Any]]]
"""`connections` and `peerings`, in JSON and in Azure's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    """Where a tunnel ends: its BGP address, public address and AS."""

    bgp: str
    public: str
    asn: int


def read_wires(state: State) -> Facts:
    """Return every end that there is, the oldest first."""
    connections = state.list_all(CONNECTIONS)
    peerings = (
        peering
        for circuit in state.list_all(CIRCUITS)
        for peering in state.list_children(circuit.id)
        if peering.id.name == PRIVATE_PEERING and peering.properties["state"] == "Enabled"
    )
    return {
        "connections": [end for one in connections for end in _ends(state, one)],
        "peerings": [
            {
                "prefixes": [str(prefix) for prefix in peering_prefixes(peering)],
                "vlanId": peering.properties["vlanId"],
                "peerAsn": peering.properties["peerASN"],
            }
            for peering in peerings
        ],
    }


def _ends(state: State, connection: Resource) -> Iterator[dict[str, Any]]:
    """Yield a connection's ends; without BGP or a key it has none."""
    given = connection.properties
    if given["connectionType"] == "ExpressRoute" or not given["enableBgp"]:
        return
    key = shared_key(state, connection)
    near = _instances(state, given["virtualNetworkGateway1"]["id"])
    for one in near if key is not None else ():
        for other in _far(state, given):
            yield {
                "name": connection.id.name,
                "bgpAddress": one.bgp,
                "publicAddress": one.public,
                "peerBgpAddress": other.bgp,
                "peerPublicAddress": other.public,
                "peerAsn": other.asn,
                "policy": next(iter(given["ipsecPolicies"]), None),
                "key": key,
            }


def _far(state: State, given: dict[str, Any]) -> tuple[_Address, ...]:
    if "virtualNetworkGateway2" in given:
        return _instances(state, given["virtualNetworkGateway2"]["id"])
    gateway = state.find(given["localNetworkGateway2"]["id"])
    assert gateway is not None
    bgp, public = gateway.properties.get("bgpSettings"), gateway.properties.get("gatewayIpAddress")
    if bgp is None or public is None:
        return ()
    return (_Address(bgp=bgp["bgpPeeringAddress"], public=public, asn=bgp["asn"]),)


def _instances(state: State, gateway_id: str) -> tuple[_Address, ...]:
    gateway = state.find(gateway_id)
    assert gateway is not None
    bgp = describe_bgp(state, gateway)
    return tuple(
        _Address(
            bgp=(one["customBgpIpAddresses"] or one["defaultBgpIpAddresses"])[0],
            public=one["tunnelIpAddresses"][0],
            asn=bgp["asn"],
        )
        for one in bgp["bgpPeeringAddresses"]
        if one["tunnelIpAddresses"]
    )
