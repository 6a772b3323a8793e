"""Where everything goes: into a resource group for each region, or beside what exists already."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import resources

import topology
from components.naming import Placement, physical_name
from components.references import ResourceId, Subscriptions


class Placements:
    """Hands out placements; a region's resource group is created when something goes there first."""

    def __init__(
        self,
        network: topology.Network,
        environment: str,
        subscriptions: Subscriptions,
        opts: pulumi.ResourceOptions,
    ) -> None:
        self._network, self._environment, self._opts = network, environment, opts
        self._subscriptions = subscriptions
        self._tags = {"environment": environment, **network.tags}
        self._of_regions: dict[str, Placement] = {}

    def in_region(self, region: str) -> Placement:
        """Return where things of a region go."""
        if region not in self._of_regions:
            name = physical_name("rg", self._network.workload, self._environment, region)
            group = resources.ResourceGroup(
                f"resource-group-{region}",
                resource_group_name=name,
                location=region,
                tags=self._tags,
                opts=pulumi.ResourceOptions.merge(
                    self._opts, pulumi.ResourceOptions(protect=self._network.protect)
                ),
            )
            self._of_regions[region] = Placement(
                environment=self._environment,
                region=region,
                resource_group=name,
                resource_group_name=group.name,
                tags=self._tags,
                protect=self._network.protect,
            )
        return self._of_regions[region]

    def beside(self, found: ResourceId, region: str) -> Placement:
        """Return where things go that belong to what exists already: into its group, as Azure wants it."""
        subscription = self._subscriptions.other(found.subscription)
        return Placement(
            environment=self._environment,
            region=region,
            resource_group=found.resource_group,
            resource_group_name=found.resource_group,
            tags=self._tags,
            protect=self._network.protect,
            subscription=subscription,
            provider=self._subscriptions.provider(subscription),
        )
