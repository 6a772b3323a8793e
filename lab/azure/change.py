"""One change of one resource, as the families' rules see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.azure.refusal import Refusal
from lab.azure.resource_id import ResourceId
from lab.azure.state import Properties, Resource, State


@dataclass(slots=True, kw_only=True)
class Change:
    """A resource that is being created (`before` is None) or updated.

    `given` is the request's `properties` as they came, secrets included; `properties` is what will be stored,
    and `hidden` what will be kept unseen: both are the change's own and may be filled in. `query` holds the
    request's parameters.
    """

    state: State
    id: ResourceId
    before: Resource | None
    location: str | None
    given: Mapping[str, object]
    properties: Properties
    top: Properties
    hidden: Properties
    guid: str
    now: float
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether the resource is being created."""
        return self.before is None

    def target(self, reference: Mapping[str, str]) -> Resource:
        """The resource that a reference names; references are known to resolve before any rule is asked."""
        found = self.state.find(reference["id"])
        if found is None:
            raise missing_reference(reference["id"], self.id)
        return found

    def parent(self) -> Resource:
        """The resource this one is a child of."""
        found = self.state.find(self.id.parent)
        assert found is not None
        return found


def missing_reference(target: str, by: ResourceId) -> Refusal:
    """What Azure says of a reference into the void, or into another region."""
    return Refusal(
        "InvalidResourceReference",
        f"Resource {target} referenced by resource {by} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region.",
    )
