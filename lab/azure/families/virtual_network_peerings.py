"""VNet peerings: two halves, each a child of its own virtual network."""

from __future__ import annotations

from dataclasses import replace

from lab.azure.change import Change
from lab.azure.declaration import ResourceType, boolean, ignored, reference
from lab.azure.families.virtual_networks import GATEWAY_SUBNET, VIRTUAL_NETWORKS, address_space
from lab.azure.refusal import Refusal
from lab.azure.resource_id import ResourceId
from lab.azure.state import Properties, Resource, State

PEERINGS = "virtualNetworks/virtualNetworkPeerings"
GATEWAYS = "virtualNetworkGateways"

_SYNC_LEVELS = {
    (False, False): "FullyInSync",
    (True, False): "LocalNotInSync",
    (False, True): "RemoteNotInSync",
    (True, True): "LocalAndRemoteNotInSync",
}
"""By whether this half lags behind the other side's network, and the other half behind this one.

A network grew: its own half is RemoteNotInSync, the other one LocalNotInSync, and to sync that one mends both
(Azure/azure-powershell, src/Network/Network.Test/ScenarioTests/VirtualNetworkTests.ps1, run against Azure;
ansible-collections/azure#1025 syncs what is LocalNotInSync).
"""


def list_gateways(state: State, virtual_network: ResourceId) -> list[Resource]:
    """The gateways of a virtual network."""
    return state.list_referrers(virtual_network.child("subnets", GATEWAY_SUBNET), GATEWAYS)


def list_borrowers(state: State, virtual_network: ResourceId) -> list[Resource]:
    """The halves of other virtual networks that use the gateways of this one."""
    others = (_other_half(state, half) for half in state.list_children(virtual_network, PEERINGS))
    return [other for other in others if other is not None and other.properties["useRemoteGateways"]]


def find_use_of_remote_gateways(
    state: State, virtual_network: ResourceId, *, but: ResourceId | None = None
) -> Resource | None:
    """The peering by which a virtual network uses another's gateways."""
    for half in state.list_children(virtual_network, PEERINGS):
        if half.properties["useRemoteGateways"] and half.id != but:
            return half
    return None


def _remote_key(half: Resource | Change) -> str:
    return str(half.properties["remoteVirtualNetwork"]["id"]).lower()


def _other_half(state: State, half: Resource | Change) -> Resource | None:
    remote = state.find(_remote_key(half))
    if remote is None:
        return None
    halves = state.list_children(remote.id, PEERINGS)
    return next((other for other in halves if _remote_key(other) == half.id.parent.key), None)


def _space(virtual_network: Resource) -> Properties:
    return {"addressPrefixes": [str(prefix) for prefix in address_space(virtual_network)]}


def _fill(change: Change) -> None:
    """Settle the state of both halves (PEER-8), and note the other side's address space as it is now.

    That space is noted again only when the request asks to (`syncRemoteAddressSpace`): until then a peering
    whose other side grew is not in sync. The space that the request's body names counts for nothing: whoever
    reads a peering, changes a flag and writes it back sends the old one.
    """
    remote = change.target(change.properties["remoteVirtualNetwork"])
    other = _other_half(change.state, change)
    if other is None:
        change.hidden["state"] = "Initiated"
    elif change.is_new and other.hidden["state"] == "Disconnected":
        raise Refusal(
            "RemotePeeringIsDisconnected",
            f"Cannot create or update peering {change.id} because remote peering {other.id} referencing "
            f"parent virtual network {change.id.parent} is in Disconnected state. Update or re-create the "
            "remote peering to get it back to Initiated state. Peering gets Disconnected when remote vnet "
            "or remote peering is deleted and re-created.",
            rule="PEER-8",
        )
    else:
        change.hidden["state"] = "Connected"
        change.state.put(replace(other, hidden={**other.hidden, "state": "Connected"}))
    if change.is_new or change.query.get("syncRemoteAddressSpace", "").lower() == "true":
        change.hidden["remoteSpace"] = _space(remote)


def _disconnect(state: State, removed: Resource) -> None:
    other = _other_half(state, removed)
    if other is not None:
        state.put(replace(other, hidden={**other.hidden, "state": "Disconnected"}))


def _describe(state: State, half: Resource) -> Properties:
    other = _other_half(state, half)
    remote = state.find(_remote_key(half))
    local = state.find(half.id.parent)
    assert local is not None
    described: Properties = {
        "peeringState": half.hidden["state"],
        "remoteAddressSpace": half.hidden["remoteSpace"],
        "resourceGuid": half.guid,
        "peeringSyncLevel": "FullyInSync",
    }
    if remote is not None:
        described["remoteVirtualNetworkAddressSpace"] = _space(remote)
        local_lags = half.hidden["remoteSpace"] != _space(remote)
        remote_lags = other is not None and other.hidden["remoteSpace"] != _space(local)
        described["peeringSyncLevel"] = _SYNC_LEVELS[local_lags, remote_lags]
    return described


def _refuse_second(change: Change) -> None:
    if _remote_key(change) == change.id.parent.key:
        raise Refusal(
            "CannotPeerVnetWithItself", f"Virtual network {change.id.parent} cannot peer with itself."
        )
    for half in change.state.list_children(change.id.parent, PEERINGS):
        if half.id != change.id and _remote_key(half) == _remote_key(change):
            raise Refusal(
                "AnotherPeeringAlreadyReferencesRemoteVnet",
                f"Peering {change.id} cannot be created or updated because the virtual network already has "
                f"the peering {half.id} to the same remote virtual network.",
            )


def _refuse_overlap(change: Change) -> None:
    local = change.parent()
    remote = change.target(change.properties["remoteVirtualNetwork"])
    _refuse_overlap_of(change, local, remote, "VnetAddressSpacesOverlap")
    for half in change.state.list_children(remote.id, PEERINGS):
        third = change.state.find(_remote_key(half))
        if third is not None and third.id != local.id:
            _refuse_overlap_of(change, local, third, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet")


def _refuse_overlap_of(change: Change, one: Resource, other: Resource, code: str) -> None:
    overlapping = [str(p) for p in address_space(one) if any(p.overlaps(q) for q in address_space(other))]
    if overlapping:
        raise Refusal(
            code,
            f"Cannot create or update peering {change.id}: the address space of virtual network {one.id} "
            f"overlaps with that of virtual network {other.id}. Overlapping address prefixes: "
            f"{', '.join(overlapping)}.",
            rule="PEER-7",
        )


def _refuse_remote_gateways(change: Change) -> None:
    """Hold `useRemoteGateways` to its conditions (PEER-2 to PEER-5).

    Azure's answer where the other half is not there yet is not known; it is refused as if that half said no.
    """
    if not change.properties["useRemoteGateways"]:
        return
    remote = change.target(change.properties["remoteVirtualNetwork"])
    start = f"Peering {change.id} cannot have UseRemoteGateways flag set to true"
    own = list_gateways(change.state, change.id.parent)
    if own:
        raise Refusal(
            "VnetHasGatewayAndUseRemoteGateways",
            f"{start} because the virtual network {change.id.parent} has the gateway {own[0].id} of its own.",
            rule="PEER-2",
        )
    second = find_use_of_remote_gateways(change.state, change.id.parent, but=change.id)
    if second is not None:
        raise Refusal(
            "PeeringsOnVnetCannotHaveMultipleUseRemoteGateways",
            f"{start} because peering {second.id} of the same virtual network already has it.",
            rule="PEER-5",
        )
    if not change.properties["doNotVerifyRemoteGateways"] and not list_gateways(change.state, remote.id):
        raise Refusal(
            "RemoteVnetHasNoGateways",
            f"{start} because remote virtual network {remote.id} referenced by the peering does not have "
            "any gateways.",
            rule="PEER-3",
        )
    other = _other_half(change.state, change)
    if other is None or not other.properties["allowGatewayTransit"]:
        raise Refusal(
            "RemotePeeringDoesNotAllowGatewayTransit",
            f"{start}, because corresponding remote peering {other.id if other else f'of {remote.id}'} has "
            "AllowGatewayTransit flag set to false.",
            rule="PEER-4",
        )


def _refuse_end_of_transit(change: Change) -> None:
    """Refuse to take gateway transit from under the other half: assumed from PEER-4, not published."""
    other = _other_half(change.state, change)
    if (
        other is not None
        and other.properties["useRemoteGateways"]
        and not change.properties["allowGatewayTransit"]
    ):
        raise Refusal(
            "RemotePeeringUsesRemoteGateways",
            f"Peering {change.id} cannot have AllowGatewayTransit flag set to false, because corresponding "
            f"remote peering {other.id} has UseRemoteGateways flag set to true.",
            rule="PEER-4",
        )


TYPES = (
    ResourceType(
        path=PEERINGS,
        properties={
            "remoteVirtualNetwork": reference(VIRTUAL_NETWORKS, required=True, weak=True, fixed=True),
            "allowVirtualNetworkAccess": boolean(default=True),
            "allowForwardedTraffic": boolean(default=False),
            "allowGatewayTransit": boolean(default=False),
            "useRemoteGateways": boolean(default=False),
            "doNotVerifyRemoteGateways": boolean(default=False),
            "peerCompleteVnets": boolean(default=True),
            "remoteAddressSpace": ignored(),
            "remoteVirtualNetworkAddressSpace": ignored(),
            "peeringState": ignored(),
            "peeringSyncLevel": ignored(),
            "remoteBgpCommunities": ignored(),
            "remoteVirtualNetworkEncryption": ignored(),
            "resourceGuid": ignored(),
            "provisioningState": ignored(),
        },
        located=False,
        fill=_fill,
        checks=(_refuse_second, _refuse_overlap, _refuse_remote_gateways, _refuse_end_of_transit),
        removed=_disconnect,
        describe=_describe,
    ),
)
