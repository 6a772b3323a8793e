"""Resource ids: the paths by which Azure Resource Manager names everything."""

from __future__ import annotations

import re
from dataclasses import dataclass

RESOURCE_GROUPS = "resourceGroups"
NETWORK = "Microsoft.Network"

_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"(?:/providers/Microsoft\.Network/(?P<rest>[^/]+/[^/]+(?:/[^/]+/[^/]+)*))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceId:
    """The id of a resource group, or of a network resource in one.

    `type` is the path of the type without its namespace, such as `virtualNetworks/subnets`; `names` has one
    name for each part of it (none for a resource group).
    """

    subscription: str
    group: str
    type: str = RESOURCE_GROUPS
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.names[-1] if self.names else self.group

    @property
    def key(self) -> str:
        """What two spellings of one id share: Azure ignores case."""
        return str(self).lower()

    @property
    def group_id(self) -> ResourceId:
        """The id of the resource group it is in."""
        return ResourceId(subscription=self.subscription, group=self.group)

    @property
    def parent(self) -> ResourceId:
        """The resource it is a child of, else its resource group."""
        if len(self.names) < 2:  # noqa: PLR2004 -- one name: a resource that is nobody's child
            return self.group_id
        return ResourceId(
            subscription=self.subscription,
            group=self.group,
            type=self.type.rpartition("/")[0],
            names=self.names[:-1],
        )

    @property
    def full_type(self) -> str:
        """The type with its namespace."""
        return "Microsoft.Resources/resourceGroups" if not self.names else f"{NETWORK}/{self.type}"

    def child(self, type_name: str, name: str) -> ResourceId:
        """The id of a child."""
        return ResourceId(
            subscription=self.subscription,
            group=self.group,
            type=f"{self.type}/{type_name}",
            names=(*self.names, name),
        )

    def __str__(self) -> str:
        root = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        if not self.names:
            return root
        parts = (f"{kind}/{name}" for kind, name in zip(self.type.split("/"), self.names, strict=True))
        return f"{root}/providers/{NETWORK}/{'/'.join(parts)}"


def parse_resource_id(text: str) -> ResourceId | None:
    """The id in a text, or None if it is none.

    >>> parse_resource_id("/subscriptions/s/resourcegroups/g").key
    '/subscriptions/s/resourcegroups/g'
    """
    match = _ID.fullmatch(text)
    if match is None:
        return None
    subscription, group, rest = match["subscription"], match["group"], match["rest"]
    if rest is None:
        return ResourceId(subscription=subscription, group=group)
    parts = rest.split("/")
    return ResourceId(
        subscription=subscription, group=group, type="/".join(parts[::2]), names=tuple(parts[1::2])
    )
