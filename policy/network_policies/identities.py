"""Ids that the preview of an update leaves out.

There, azure-native shows every output as unknown that is no input, but for name and location: of a resource
that gets another tag not even the id is known. It is told by others nonetheless: by the references that the
program made of the resource, and by the ids of its children; the engine records what a property was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from network_policies.resource import Resource
from network_policies.values import reveal, texts


def with_known_ids(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Return resources with the ids that others tell of them."""
    all_of_them = tuple(resources)
    wanted = {r.urn: r for r in all_of_them if r.kind.startswith("azure-native:") and r.id is None}
    told: dict[str, set[str]] = {}
    for teller in all_of_them if wanted else ():
        for urn, resource_id in _told_by(teller, wanted):
            told.setdefault(urn, set()).add(resource_id)
    known = {urn: next(iter(ids)) for urn, ids in told.items() if len({i.casefold() for i in ids}) == 1}
    return tuple(
        replace(r, outputs=MappingProxyType({**r.outputs, "id": known[r.urn]})) if r.urn in known else r
        for r in all_of_them
    )


def _told_by(teller: Resource, wanted: Mapping[str, Resource]) -> Iterator[tuple[str, str]]:
    for property_, urns in teller.property_dependencies.items():
        for urn in urns:
            resource = wanted.get(urn)
            name = reveal(resource.outputs.get("name")) if resource else None
            if not isinstance(name, str):
                continue
            for text in (found.text for found in texts(teller.inputs.get(property_))):
                if text.startswith("/subscriptions/") and text.rpartition("/")[2] == name:
                    yield urn, text
                elif text == name and teller.id and _parent(teller.id).rpartition("/")[2] == name:
                    yield urn, _parent(teller.id)


def _parent(resource_id: str) -> str:
    return resource_id.rsplit("/", 2)[0]
