"""ExpressRoute circuits of a connectivity provider, and authorizations to use them.

ExpressRoute Direct (circuits on one's own ports) is not emulated, nor whether a provider serves a location.
"""

from __future__ import annotations

import uuid

from lab.azure.change import Change
from lab.azure.declaration import ResourceType, boolean, ignored, integer, one_of, structure, text
from lab.azure.families.geography import are_apart
from lab.azure.families.provider import CIRCUITS, NOT_PROVISIONED, provider_state
from lab.azure.refusal import Refusal
from lab.azure.resource_id import ResourceId
from lab.azure.state import Properties, Resource, State

AUTHORIZATIONS = "expressRouteCircuits/authorizations"
CIRCUIT_PEERINGS = "expressRouteCircuits/peerings"
CIRCUIT_CONNECTIONS = "expressRouteCircuits/peerings/connections"
CONNECTIONS = "connections"
PRIVATE_PEERING = "AzurePrivatePeering"

BANDWIDTHS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
"""Mbps."""

_MOST_LINKS = 10
_MOST_LINKS_PREMIUM = {50: 20, 100: 25, 200: 25, 500: 40, 1000: 50, 2000: 60, 5000: 75, 10_000: 100}


def find_private_peering(state: State, circuit: Resource) -> Resource | None:
    """A circuit's private peering."""
    return state.find(circuit.id.child("peerings", PRIVATE_PEERING))


def list_links(state: State, circuit: ResourceId) -> list[Resource]:
    """The connections and Global Reach links of a circuit; each counts (ER-10)."""
    peering = circuit.child("peerings", PRIVATE_PEERING)
    reach = [
        *state.list_children(peering, CIRCUIT_CONNECTIONS),
        *state.list_referrers(peering, CIRCUIT_CONNECTIONS),
    ]
    return [*state.list_referrers(circuit, CONNECTIONS), *{link.id: link for link in reach}.values()]


def refuse_too_many_links(state: State, circuit: Resource) -> None:
    """Refuse more virtual networks on a circuit than its SKU has room for."""
    most = _MOST_LINKS
    if circuit.top["sku"]["tier"] == "Premium":
        most = _MOST_LINKS_PREMIUM[circuit.properties["serviceProviderProperties"]["bandwidthInMbps"]]
    if len(list_links(state, circuit.id)) > most:
        raise Refusal(
            "ExpressRouteCircuitLinkLimitReached",
            f"Circuit {circuit.id} of SKU {circuit.top['sku']['name']} can be linked to {most} virtual "
            "networks.",
            rule="ER-10",
        )


def refuse_too_far(circuit: Resource, other: str) -> None:
    """Refuse to reach a region or peering location in another geopolitical region without Premium."""
    location = circuit.properties["serviceProviderProperties"]["peeringLocation"]
    if circuit.top["sku"]["tier"] != "Premium" and are_apart(location, other):
        raise Refusal(
            "ExpressRoutePremiumRequired",
            f"Circuit {circuit.id} in {location} needs tier Premium to reach {other}: it is in another "
            "geopolitical region.",
            rule="ER-11",
        )


def _fill_circuit(change: Change) -> None:
    change.hidden.setdefault("serviceKey", str(uuid.uuid4()))


def _describe_circuit(state: State, circuit: Resource) -> Properties:
    peering = find_private_peering(state, circuit)
    reach = peering is not None and bool(state.list_children(peering.id, CIRCUIT_CONNECTIONS))
    return {
        "serviceKey": circuit.hidden["serviceKey"],
        "circuitProvisioningState": "Enabled",
        "serviceProviderProvisioningState": provider_state(state, circuit),
        "globalReachEnabled": reach,
        "gatewayManagerEtag": "",
    }


def _refuse_wrong_sku(change: Change) -> None:
    sku = change.top["sku"]
    if sku["name"] != f"{sku['tier']}_{sku['family']}":
        raise Refusal(
            "InvalidCircuitSku",
            f"Circuit {change.id.name}: sku.name {sku['name']} is not {sku['tier']}_{sku['family']}, as "
            "its tier and family say.",
        )
    before = change.before.top["sku"]["family"] if change.before is not None else ""
    if (before, sku["family"]) == ("UnlimitedData", "MeteredData"):
        raise Refusal(
            "CircuitFamilyChangeNotAllowed",
            f"Circuit {change.id.name} cannot change from UnlimitedData to MeteredData.",
            rule="ER-14",
        )


def _refuse_wrong_bandwidth(change: Change) -> None:
    bandwidth = change.properties["serviceProviderProperties"]["bandwidthInMbps"]
    if bandwidth not in BANDWIDTHS:
        raise Refusal(
            "InvalidBandwidth",
            f"Circuit {change.id.name}: {bandwidth} Mbps is not one of {', '.join(map(str, BANDWIDTHS))}.",
            rule="ER-15",
        )
    if change.before is None:
        return
    before = change.before.properties["serviceProviderProperties"]["bandwidthInMbps"]
    if bandwidth < before:
        raise Refusal(
            "BandwidthReductionNotAllowed",
            f"Circuit {change.id.name} cannot be reduced from {before} to {bandwidth} Mbps.",
            rule="ER-14",
        )


def _refuse_outgrown_sku(change: Change) -> None:
    circuit = change.state.find(change.id)
    assert circuit is not None
    refuse_too_many_links(change.state, circuit)
    for connection in change.state.list_referrers(change.id, CONNECTIONS):
        refuse_too_far(circuit, str(connection.location))


def _refuse_provisioned(state: State, circuit: Resource, root: ResourceId) -> None:
    """Refuse to delete a circuit that its provider has not given up (ER-2).

    The lab's provider gives it up when it is to be deleted, as it would have been told to beforehand, if
    nothing is peered over it any more; `PUT /lab/provider-deprovisions` makes it wait to be told.
    """
    if provider_state(state, circuit) == NOT_PROVISIONED:
        return
    peered = root == circuit.id and bool(state.list_children(circuit.id, CIRCUIT_PEERINGS))
    if peered or not state.provider_deprovisions:
        raise Refusal(
            "ConflictError",
            "The specified dedicated circuit is not in Deprovisioned state. Please initiate the "
            f"deprovisioning process with your service provider. Circuit {circuit.id}"
            + (" still has peerings: delete them first." if peered else " is provisioned."),
            status=409,
            rule="ER-2",
        )


def _fill_authorization(change: Change) -> None:
    change.hidden.setdefault("key", str(uuid.uuid4()))


def _describe_authorization(state: State, authorization: Resource) -> Properties:
    links = state.list_referrers(authorization.id.parent, CONNECTIONS)
    user = next((link for link in links if link.hidden.get("authorization") == authorization.id.key), None)
    described = {
        "authorizationKey": authorization.hidden["key"],
        "authorizationUseStatus": "Available" if user is None else "InUse",
    }
    return described if user is None else {**described, "connectionResourceUri": str(user.id)}


TYPES = (
    ResourceType(
        path=CIRCUITS,
        properties={
            "serviceProviderProperties": structure(
                {
                    "serviceProviderName": text(required=True, fixed=True),
                    "peeringLocation": text(required=True, fixed=True),
                    "bandwidthInMbps": integer(required=True, rule="ER-15"),
                },
                required=True,
            ),
            "allowClassicOperations": boolean(default=False),
            "serviceProviderNotes": text(),
            "enableDirectPortRateLimit": boolean(),
            "authorizationKey": ignored(),
            "authorizationStatus": ignored(),
            "bandwidthInGbps": ignored(),
            "circuitProvisioningState": ignored(),
            "gatewayManagerEtag": ignored(),
            "globalReachEnabled": ignored(),
            "serviceKey": ignored(),
            "serviceProviderProvisioningState": ignored(),
            "stag": ignored(),
            "provisioningState": ignored(),
        },
        top={
            "sku": structure(
                {
                    "name": text(required=True),
                    "tier": one_of("Standard", "Premium", "Local", required=True),
                    "family": one_of("MeteredData", "UnlimitedData", required=True),
                },
                required=True,
            )
        },
        inline={"peerings": "peerings", "authorizations": "authorizations"},
        fill=_fill_circuit,
        checks=(_refuse_wrong_sku, _refuse_wrong_bandwidth, _refuse_outgrown_sku),
        removal=(_refuse_provisioned,),
        describe=_describe_circuit,
        in_use="InUseExpressRouteCircuitCannotBeDeleted",
        in_use_rule="ER-2",
    ),
    ResourceType(
        path=AUTHORIZATIONS,
        properties={
            "authorizationKey": ignored(),
            "authorizationUseStatus": ignored(),
            "connectionResourceUri": ignored(),
            "provisioningState": ignored(),
        },
        located=False,
        fill=_fill_authorization,
        describe=_describe_authorization,
    ),
)
