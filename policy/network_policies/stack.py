"""A stack's resources as the rules see them: frozen, found by kind, id and URN, with references followed.

A reference is followed by id or, while the id is unknown, by the dependency that the engine recorded for the
property.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from network_policies.identities import with_known_ids
from network_policies.resource import NotProvenError, Path, Resource, spell
from network_policies.values import reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a reference leads to: a resource of the stack, or an id outside it."""

    key: str
    """Equal for two references to one thing."""
    name: str
    resource: Resource | None


@dataclass(frozen=True, eq=False)
class Stack:
    """The resources of a stack; compared by identity, so that what is made of it can be cached."""

    resources: tuple[Resource, ...]

    @cached_property
    def _by_urn(self) -> Mapping[str, Resource]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def _by_id(self) -> Mapping[str, tuple[Resource, ...]]:
        """By id from the resource group on; two subscriptions may each have one of the same name there.

        Azure's resources only: a component may well give out the id of what it holds as its own output.
        """
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            if resource.kind.startswith("azure-native:") and resource.id:
                found.setdefault(canonical_id(resource.id), []).append(resource)
        return {key: tuple(several) for key, several in found.items()}

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Resource, ...]]:
        kinds: dict[str, list[Resource]] = {}
        for resource in self.resources:
            kinds.setdefault(resource.kind, []).append(resource)
        return {kind: tuple(found) for kind, found in kinds.items()}

    def of(self, *kinds: str) -> Iterator[Resource]:
        """Yield the resources of some kinds."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def with_id(self, resource_id: str) -> Resource | None:
        """Return the resource with an id of Azure's, in any case.

        An id without a subscription, made of group and name, leads to the only resource that it can mean.
        """
        found = self._by_id.get(canonical_id(resource_id), ())
        subscription = subscription_of(resource_id)
        if subscription is not None:
            found = tuple(one for one in found if subscription_of(one.id or "") in (subscription, None))
        return found[0] if len({one.id for one in found}) == 1 else None

    def target(self, resource: Resource, path: Path, *kinds: str) -> Target | None:
        """Follow a reference by id to one of some kinds; None if it is not set.

        Raises:
            NotProvenError: The id is unknown, and no single dependency of the property says what it will be.
        """
        value = reveal(resource.peek(*path))
        if value is None:
            return None
        if isinstance(value, str):
            return self.by_id(value)
        found = tuple(self.dependencies(resource, path, *kinds))
        if len(found) != 1:
            raise NotProvenError(f"{spell(path)} of {resource.name} is not known yet")
        return Target(key=found[0].urn, name=found[0].name, resource=found[0])

    def owner(self, resource: Resource, kind: str, name_property: str) -> Target:
        """Return the resource that a child belongs to: its id's parent, or what its URL would name.

        Raises:
            NotProvenError: The child has no id yet, and the owner's name or group is not known.
        """
        if resource.id:
            return self.by_id(resource.id.rsplit("/", 2)[0])
        found = tuple(self.dependencies(resource, (name_property,), kind))
        if len(found) == 1:
            return Target(key=found[0].urn, name=found[0].name, resource=found[0])
        group, name = resource.text("resourceGroupName"), resource.text(name_property)
        collection = kind.rpartition(":")[2]
        collection = f"{collection[0].lower()}{collection[1:]}s"
        start = f"/subscriptions/{resource.subscription}" if resource.subscription else ""
        return self.by_id(f"{start}/resourceGroups/{group}/providers/Microsoft.Network/{collection}/{name}")

    def dependencies(self, resource: Resource, path: Path, *kinds: str) -> Iterator[Resource]:
        """Yield what the property at the start of a path was made of, of some kinds only."""
        for urn in resource.property_dependencies.get(str(path[0]), ()):
            dependency = self._by_urn.get(urn)
            if dependency is not None and dependency.kind in kinds:
                yield dependency

    def by_id(self, resource_id: str) -> Target:
        """Return what an id leads to, be it in the stack or not."""
        resource = self.with_id(resource_id)
        if resource is not None:
            return Target(key=resource.urn, name=resource.name, resource=resource)
        return Target(key=self._outside(resource_id), name=resource_id.rpartition("/")[2], resource=None)

    def _outside(self, resource_id: str) -> str:
        """Return the key of what is not in the stack.

        It has no subscription, as one that is named by group and name says none, unless that key would be
        that of something in the stack. A circuit is always named by its id, and keeps its subscription.
        """
        key = canonical_id(resource_id)
        needs_subscription = key in self._by_id or "/expressroutecircuits/" in key
        subscription = subscription_of(resource_id) if needs_subscription else None
        return f"/subscriptions/{subscription}{key}" if subscription else key


def canonical_id(resource_id: str) -> str:
    """Return an id from its resource group on, in the form in which two spellings are equal."""
    folded = resource_id.casefold()
    return folded[max(folded.find("/resourcegroups/"), 0) :]


def subscription_of(resource_id: str) -> str | None:
    """Return the subscription in an id of Azure's, in small letters.

    >>> subscription_of("/Subscriptions/AB-1/resourceGroups/rg")
    'ab-1'
    """
    _, found, rest = resource_id.casefold().partition("/subscriptions/")
    return rest.partition("/")[0] if found else None


def stack_of(resources: Iterable[Resource]) -> Stack:
    """Gather resources into a stack, with the ids that they tell of each other."""
    return Stack(with_known_ids(resources))
