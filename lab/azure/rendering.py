"""How a resource looks in an answer: what is stored, what follows from others, and its children."""

from __future__ import annotations

from typing import Any

from lab.azure.control_plane import ControlPlane
from lab.azure.declaration import Kind, Property
from lab.azure.resource_id import RESOURCE_GROUPS
from lab.azure.state import Resource, State


def render(plane: ControlPlane, resource: Resource, now: float) -> dict[str, Any]:
    """The resource in the shape of API version 2024-05-01 (resource groups: 2024-03-01)."""
    declared = plane.type_of(resource.id)
    settled = now >= resource.settles or not resource.id.names
    state = "Updating" if not settled else "Failed" if resource.failed else "Succeeded"
    properties: dict[str, Any] = {"provisioningState": state}
    for name, value in resource.properties.items():
        member = declared.properties[name]
        rendered = _spell_ids(plane.state, member, value)
        properties[name] = _complete_parts(resource, name, rendered, state) if _is_named(member) else rendered
    properties |= declared.describe(plane.state, resource)
    for name, type_name in declared.inline.items():
        children = plane.state.list_children(resource.id, f"{declared.path}/{type_name}")
        properties[name] = [render(plane, child, now) for child in children]
    answer: dict[str, Any] = {
        "name": resource.id.name,
        "id": str(resource.id),
        "etag": None if declared.path == RESOURCE_GROUPS else resource.etag,
        "type": resource.id.full_type,
        "location": resource.location,
        "tags": resource.tags,
        **resource.top,
        "properties": properties,
    }
    return {name: value for name, value in answer.items() if value is not None}


def _is_named(declared: Property) -> bool:
    return declared.item is not None and {"name", "properties"} <= declared.item.members.keys()


def _complete_parts(
    resource: Resource, list_name: str, parts: list[dict[str, Any]], state: str
) -> list[dict[str, Any]]:
    """Give each named part the id, etag and state that Azure gives it."""
    return [
        {
            **part,
            "id": f"{resource.id}/{list_name}/{part['name']}",
            "etag": resource.etag,
            "type": f"{resource.id.full_type}/{list_name}",
            "properties": {"provisioningState": state, **part.get("properties", {})},
        }
        for part in parts
    ]


def _spell_ids(state: State, declared: Property, value: Any) -> Any:  # noqa: ANN401 -- JSON
    """Write each reference as its target spells its id, whatever the case in which it was given."""
    if declared.kind is Kind.REFERENCE:
        target = state.find(value["id"])
        return {"id": str(target.id)} if target is not None else value
    if declared.kind is Kind.OBJECT:
        members = declared.members
        return {n: _spell_ids(state, members[n], part) if n in members else part for n, part in value.items()}
    if declared.kind is Kind.LIST and declared.item is not None:
        return [_spell_ids(state, declared.item, part) for part in value]
    return value
