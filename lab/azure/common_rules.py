"""Rules that hold for every type of resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.azure.change import Change
from lab.azure.declaration import Property, ResourceType
from lab.azure.refusal import Refusal
from lab.azure.regions import canonical_region
from lab.azure.resource_id import RESOURCE_GROUPS, ResourceId
from lab.azure.shape import list_fixed
from lab.azure.state import Resource, State


def canonical_location(
    declared: ResourceType, resource_id: ResourceId, before: Resource | None, given: object
) -> str | None:
    """The region that a resource is to be in: where it is already, if it exists."""
    if not declared.located:
        return None
    region = canonical_region(given, resource_id.full_type)
    if before is not None and before.location != region:
        code = (
            "InvalidResourceGroupLocation" if declared.path == RESOURCE_GROUPS else "InvalidResourceLocation"
        )
        raise Refusal(
            code,
            f"The resource '{resource_id.name}' already exists in location '{before.location}'. A resource "
            f"with the same name cannot be created in location '{region}'. Please select a new resource "
            "name.",
            status=409,
        )
    return region


def refuse_fixed(declared: ResourceType, change: Change) -> None:
    """Refuse to change in place what cannot change."""
    if change.before is None:
        return
    tables: tuple[tuple[Mapping[str, Property], dict[str, Any], dict[str, Any], str], ...] = (
        (declared.properties, change.before.properties, change.properties, "properties"),
        (declared.top, change.before.top, change.top, "$"),
    )
    for members, before, after, place in tables:
        for where, member, old, new in list_fixed(members, before, after, place):
            raise Refusal(
                member.fixed_code,
                f"Changing property '{where}' is not allowed: {change.id} was created with {old}, and "
                f"{new} was given. Delete the resource and create it anew.",
                rule=member.rule,
            )


def is_in_region(state: State, target: Resource, location: str | None) -> bool:
    """Whether a resource, or the one it is part of, is in a region."""
    while target.location is None:
        parent = state.find(target.id.parent)
        assert parent is not None
        target = parent
    return target.location == location


def shape_tags(given: object) -> dict[str, str] | None:
    """The tags of a request."""
    if given is None:
        return None
    if not isinstance(given, Mapping) or not all(isinstance(value, str) for value in given.values()):
        raise Refusal("InvalidTag", "The tags must be an object whose values are texts.")
    return {str(name): value for name, value in given.items()}
