"""Route tables with their routes, and what Azure refuses of them on a subnet."""

from __future__ import annotations

from lab.azure.change import Change
from lab.azure.declaration import ResourceType, address, boolean, ignored, named, one_of, prefix
from lab.azure.refusal import Refusal
from lab.azure.state import Properties, Resource, State

ROUTE_TABLES = "routeTables"

_APPLIANCE = "VirtualAppliance"


def _describe(state: State, table: Resource) -> Properties:
    """Azure shows a table's subnets, and each route with its state."""
    users = [{"id": str(user.id)} for user in state.list_referrers(table.id)]
    return {"resourceGuid": table.guid, **({"subnets": users} if users else {})}


def _refuse_bad_next_hops(change: Change) -> None:
    for route in change.properties["routes"]:
        kind, given = route["properties"]["nextHopType"], route["properties"].get("nextHopIpAddress")
        if (kind == _APPLIANCE) != (given is not None):
            needs = "needs" if kind == _APPLIANCE else "cannot have"
            raise Refusal(
                "InvalidNextHopIpAddress",
                f"Route {route['name']} of {change.id.name} with next hop type {kind} {needs} a next hop "
                "IP address.",
            )


def _refuse_twice(change: Change) -> None:
    for key, code in (("name", "DuplicateResourceName"), ("addressPrefix", "RouteConflict")):
        seen: set[str] = set()
        for route in change.properties["routes"]:
            value = route["name"].lower() if key == "name" else route["properties"][key]
            if value in seen:
                raise Refusal(code, f"Route table {change.id.name} has two routes with {key} {value}.")
            seen.add(value)


TYPES = (
    ResourceType(
        path=ROUTE_TABLES,
        properties={
            "disableBgpRoutePropagation": boolean(default=False),
            "routes": named(
                {
                    "addressPrefix": prefix(required=True),
                    "nextHopType": one_of(
                        _APPLIANCE, "VirtualNetworkGateway", "VnetLocal", "Internet", "None", required=True
                    ),
                    "nextHopIpAddress": address(),
                    "hasBgpOverride": ignored(),
                    "provisioningState": ignored(),
                },
                default=(),
            ),
            "subnets": ignored(),
            "resourceGuid": ignored(),
            "provisioningState": ignored(),
        },
        checks=(_refuse_bad_next_hops, _refuse_twice),
        describe=_describe,
        in_use="InUseRouteTableCannotBeDeleted",
    ),
)
