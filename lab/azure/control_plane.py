"""What PUT, PATCH and DELETE do to any type of resource: Azure's common rules; each type adds its own.

A change is made whole or not at all. Two things are simpler than in Azure, where they take minutes and could
be seen half done: a change takes effect at once, and only its *operation* takes a moment; a resource is gone
as soon as its deletion is accepted. Azure refuses with 429 what touches a resource that is still being
updated; the emulator does not, since clients would only wait.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lab.azure.change import Change, missing_reference
from lab.azure.common_rules import canonical_location, is_in_region, refuse_fixed, shape_tags
from lab.azure.declaration import ResourceType
from lab.azure.refusal import Refusal, malformed
from lab.azure.resource_id import ResourceId
from lab.azure.shape import list_references, shape_object
from lab.azure.state import Resource, State

_IGNORED_TOP = {"id", "name", "type", "etag", "systemData"}
_COMMON_TOP = {"location", "tags", "properties"}

SETTLING = 0.02
"""Seconds for which a changed resource says that it is being updated."""


class ControlPlane:
    """Changes the state as Azure Resource Manager would."""

    def __init__(
        self,
        state: State,
        types: Mapping[str, ResourceType],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.state = state
        self.types = types
        self._by_lower = {path.lower(): declared for path, declared in types.items()}
        self._clock = clock

    def type_of(self, resource_id: ResourceId) -> ResourceType:
        """The declaration of an id's type."""
        declared = self._by_lower.get(resource_id.type.lower())
        if declared is None:
            raise Refusal(
                "InvalidResourceType",
                f"The resource type '{resource_id.type}' could not be found in the namespace "
                "'Microsoft.Network': the emulator does not have it.",
                status=404,
            )
        return declared

    def read(self, resource_id: ResourceId) -> Resource:
        """The resource of an id; 404 if there is none."""
        self.type_of(resource_id)
        found = self.state.find(resource_id)
        if found is not None:
            return found
        self._require_group(resource_id)
        raise Refusal(
            "ResourceNotFound",
            f"The Resource '{resource_id.full_type}/{'/'.join(resource_id.names)}' under resource group "
            f"'{resource_id.group}' was not found.",
            status=404,
        )

    def put(self, resource_id: ResourceId, body: object, query: Mapping[str, str]) -> tuple[Resource, bool]:
        """Create or update a resource; returns it, and whether it is new."""
        with self.state.transaction():
            return self._put(resource_id, body, query)

    def settle(self, resource: Resource, seconds: float, *, failed: bool) -> Resource:
        """Let a change take that long, and fail at its end; what was changed stays, in state Failed."""
        changed = replace(resource, settles=self._clock() + seconds, failed=failed)
        with self.state.transaction():
            self.state.put(changed)
        return changed

    def tag(self, resource_id: ResourceId, body: object) -> Resource:
        """Replace a resource's tags."""
        resource = self.read(resource_id)
        given = body if isinstance(body, Mapping) else {}
        changed = replace(resource, tags=shape_tags(given.get("tags")), etag=_new_etag())
        with self.state.transaction():
            self.state.put(changed)
        return changed

    def remove(self, resource_id: ResourceId) -> bool:
        """Delete a resource with all that is in it; returns whether there was one."""
        self.type_of(resource_id)
        resource = self.state.find(resource_id)
        if resource is None:
            self._require_group(resource_id)
            return False
        with self.state.transaction():
            self._remove_tree(resource)
        return True

    def _put(self, given_id: ResourceId, body: object, query: Mapping[str, str]) -> tuple[Resource, bool]:
        declared = self.type_of(given_id)
        before = self.state.find(given_id)
        resource_id = before.id if before else replace(given_id, type=declared.path)
        self._require_name(declared, resource_id)
        self._require_parent(resource_id)
        if not isinstance(body, Mapping):
            raise Refusal("InvalidRequestContent", "The request content was invalid: an object is expected.")
        change = self._shape(declared, resource_id, before, body, query)
        references = self._resolve(declared, change)
        declared.fill(change)
        refuse_fixed(declared, change)
        resource = Resource(
            id=resource_id,
            location=change.location,
            tags=shape_tags(body.get("tags")),
            top=change.top,
            properties=change.properties,
            etag=_new_etag(),
            guid=change.guid,
            created=before.created if before else change.now,
            hidden=change.hidden,
            references=references,
            settles=change.now + SETTLING,
        )
        self.state.put(resource)
        self._put_inline(declared, resource_id, change.given, query)
        for check in declared.checks:
            check(change)
        return resource, before is None

    def _shape(
        self,
        declared: ResourceType,
        resource_id: ResourceId,
        before: Resource | None,
        body: Mapping[str, Any],
        query: Mapping[str, str],
    ) -> Change:
        top = {name: value for name, value in body.items() if name not in _IGNORED_TOP | _COMMON_TOP}
        given = body.get("properties") or {}
        if not isinstance(given, Mapping):
            raise malformed("properties", "An object is expected.")
        own = {name: value for name, value in given.items() if name not in declared.inline}
        return Change(
            state=self.state,
            id=resource_id,
            before=before,
            location=canonical_location(declared, resource_id, before, body.get("location")),
            given=given,
            properties=shape_object(declared.properties, own, "properties"),
            top=shape_object(declared.top, top, "$"),
            hidden=dict(before.hidden) if before else {},
            guid=before.guid if before else str(uuid.uuid4()),
            now=self._clock(),
            query=query,
        )

    def _put_inline(
        self,
        declared: ResourceType,
        resource_id: ResourceId,
        given: Mapping[str, object],
        query: Mapping[str, str],
    ) -> None:
        """Create, update and delete the children that a resource lists; a list left out changes none.

        Known for `subnets`: Azure keeps them from API version 2023-09-01 on (Azure networking blog, "Azure
        Virtual Network now supports updates without subnet property"; in use since 2023-11-01,
        bicep-types-az#1687), and an explicit empty list deletes them. Not known for other lists: the emulator
        treats them alike.
        """
        for name, type_name in declared.inline.items():
            listed = given.get(name)
            if listed is None:
                continue
            if not isinstance(listed, list) or not all(isinstance(child, Mapping) for child in listed):
                raise malformed(f"properties.{name}", "A list of objects is expected.")
            wanted = [resource_id.child(type_name, str(child.get("name", ""))) for child in listed]
            kept = {child_id.key for child_id in wanted}
            for child in self.state.list_children(resource_id, f"{resource_id.type}/{type_name}"):
                if child.id.key not in kept:
                    self._remove_tree(child)
            for child_id, child_body in zip(wanted, listed, strict=True):
                self._put(child_id, child_body, query)

    def _resolve(self, declared: ResourceType, change: Change) -> tuple[str, ...]:
        """Check that all references lead somewhere; returns the keys of those that hold their target."""
        held = []
        for place, stored in ((declared.properties, change.properties), (declared.top, change.top)):
            for member, target_id in list_references(place, stored):
                target = self.state.find(target_id)
                if target is None or (member.near and not is_in_region(self.state, target, change.location)):
                    raise missing_reference(target_id, change.id)
                if target.failed:
                    raise Refusal(
                        "ReferencedResourceNotProvisioned",
                        f"Cannot proceed with operation because resource {target.id} used by resource "
                        f"{change.id} is not in Succeeded state. Resource is in Failed state.",
                    )
                if not member.weak:
                    held.append(target.id.key)
        return tuple(dict.fromkeys(held))

    def _remove_tree(self, root: Resource) -> None:
        """Delete a resource and all below it, unless something outside refers into it."""
        doomed = self.state.list_tree(root.id)
        keys = {resource.id.key for resource in doomed}
        for resource in doomed:
            users = [user for user in self.state.list_referrers(resource.id) if user.id.key not in keys]
            if users:
                self._refuse_in_use(root, resource, users[0])
            for refusal in self.type_of(resource.id).removal:
                refusal(self.state, resource, root.id)
        for resource in doomed:
            self.state.remove(resource.id)
        for resource in doomed:
            self.type_of(resource.id).removed(self.state, resource)

    def _refuse_in_use(self, root: Resource, resource: Resource, user: Resource) -> None:
        if not root.id.names:
            raise Refusal(
                "ResourceGroupDeletionBlocked",
                f"Deletion of resource group '{root.id.name}' failed as {resource.id} is in use by "
                f"{user.id}.",
                status=409,
            )
        declared = self.type_of(resource.id)
        raise Refusal(
            declared.in_use,
            f"{resource.id.type} {resource.id} is in use by {user.id} and cannot be deleted. In order to "
            "delete it, delete what uses it first.",
            rule=declared.in_use_rule,
        )

    def _require_name(self, declared: ResourceType, resource_id: ResourceId) -> None:
        if declared.names and resource_id.name not in declared.names:
            raise Refusal(
                "InvalidResourceName",
                f"Resource name {resource_id.name} is invalid: it is one of {', '.join(declared.names)}.",
            )
        too_long = len(resource_id.name) > declared.longest
        if too_long or not re.fullmatch(declared.name_rule, resource_id.name):
            raise Refusal(
                "InvalidResourceName",
                f"Resource name {resource_id.name} is invalid. The name can be up to {declared.longest} "
                "characters long. "
                "It must begin with a word character, and it must end with a word character or with '_'. "
                "The name may contain word characters or '.', '-', '_'.",
            )

    def _require_group(self, resource_id: ResourceId) -> None:
        if self.state.find(resource_id.group_id) is None:
            raise Refusal(
                "ResourceGroupNotFound",
                f"Resource group '{resource_id.group}' could not be found.",
                status=404,
            )

    def _require_parent(self, resource_id: ResourceId) -> None:
        if not resource_id.names:
            return
        self._require_group(resource_id)
        parent = resource_id.parent
        if self.state.find(parent) is None:
            raise Refusal(
                "ParentResourceNotFound",
                f"Can not perform requested operation on nested resource. Parent resource '{parent.name}' "
                "not found.",
                status=404,
            )


def _new_etag() -> str:
    return f'W/"{uuid.uuid4()}"'
