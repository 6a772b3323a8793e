"""Physical names of Azure resources: `<abbreviation>-<item>-<environment>-<region>[-nn]`.

The abbreviations are those of Microsoft's Cloud Adoption Framework. Names are fixed rather than generated,
so that a circuit or a gateway can be looked up by name before Pulumi knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

_LONGEST = {"rg": 90, "vnet": 64}
"""Characters that Azure takes, by abbreviation; else 80 (Microsoft, "Naming rules for resources")."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a component's resources go, what they are called after, and what is put on them."""

    environment: str
    region: str
    resource_group: str
    """The resource group's name, for look-ups; `resource_group_name` waits until the group is there."""
    resource_group_name: pulumi.Input[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    subscription: str | None = None
    """Another than the stack's own."""
    provider: pulumi.ProviderResource | None = None
    """That subscription's."""

    def name(self, abbreviation: str, item: str, number: int | None = None) -> str:
        """Return an item's physical name, such as `vgw-hub-test-eastus` or `pip-hub-vpn-test-eastus-01`."""
        return physical_name(abbreviation, item, self.environment, self.region, number)


def physical_name(
    abbreviation: str, item: str, environment: str, region: str, number: int | None = None
) -> str:
    """Return `<abbreviation>-<item>-<environment>-<region>[-nn]`, the region in lower case without spaces.

    Raises:
        pulumi.RunError: if Azure would not take a name of that length.
    """
    parts = [abbreviation, item, environment, region.replace(" ", "").lower()]
    if number is not None:
        parts.append(f"{number:02}")
    name = "-".join(parts)
    if len(name) > (longest := _LONGEST.get(abbreviation, 80)):
        raise pulumi.RunError(
            f"{name} has {len(name)} characters, and Azure takes {longest}: shorten {item}'s name in the "
            "stack file, or the stack's own"
        )
    return name
