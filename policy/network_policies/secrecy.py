"""Which keys a resource holds, wherever they stand: marked as secret, or in clear where they must not be."""

from __future__ import annotations

from collections.abc import Iterator

from network_policies.stack import Resource
from network_policies.values import texts

KEY_PROPERTIES = ("sharedKey", "authorizationKey", "serviceKey")


def clear_keys(resource: Resource) -> Iterator[str]:
    """Yield the keys of a resource, also those that nobody marked as secret."""
    for name in KEY_PROPERTIES:
        for properties in (resource.inputs, resource.outputs):
            yield from (text for text, _ in texts(properties.get(name)))
