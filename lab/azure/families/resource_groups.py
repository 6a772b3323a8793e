"""Resource groups: their location cannot change, and deleting one deletes what is in it."""

from __future__ import annotations

from lab.azure.declaration import ResourceType, text
from lab.azure.resource_id import RESOURCE_GROUPS

TYPES = (
    ResourceType(
        path=RESOURCE_GROUPS,
        properties={},
        top={"managedBy": text(fixed=True)},
        name_rule=r"[\w.()-]*[\w()-]",
        longest=90,
    ),
)
