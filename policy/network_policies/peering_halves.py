"""The halves of VNet peerings, written as resources of their own or inside their VNet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from network_policies.azure_types import VIRTUAL_NETWORK, VNET_PEERING
from network_policies.resource import NotProvenError, Path, Resource
from network_policies.stack import Stack, Target

INLINE = "virtualNetworkPeerings"


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a peering: whose it is, and where it leads."""

    resource: Resource
    path: Path
    """Where it stands in its VNet; empty for a resource of its own."""
    name: str
    local: Target
    remote: Target

    @property
    def uses_gateways(self) -> bool:
        """Whether it uses the other side's gateways."""
        return self.resource.flag(*self.path, "useRemoteGateways")

    @property
    def lends_gateways(self) -> bool:
        """Whether it lets the other side use its gateways."""
        return self.resource.flag(*self.path, "allowGatewayTransit")

    @property
    def is_read_only(self) -> bool:
        """Whether one of the two VNets is only looked up by this stack, or outside it."""
        ends = (self.local.resource, self.remote.resource)
        return any(end is None or not end.has_inputs for end in ends)


def places(resource: Resource) -> Iterator[Path]:
    """Yield where a resource has halves. What Azure shows in a VNet's outputs are the same ones again."""
    if resource.kind == VNET_PEERING:
        yield ()
    elif resource.inputs.get(INLINE) is not None:
        yield from ((INLINE, index) for index, _ in enumerate(resource.elements(INLINE)))


def half_at(stack: Stack, resource: Resource, path: Path) -> Half:
    """Follow both references of a half. Raises NotProvenError if one leads nowhere yet."""
    name = resource.name if not path else f"{resource.text(*path, 'name') or path[-1]} of {resource.name}"
    remote = stack.target(resource, (*path, "remoteVirtualNetwork", "id"), VIRTUAL_NETWORK)
    if remote is None:
        raise NotProvenError(f"{name} names no remoteVirtualNetwork")
    if path:
        local = Target(key=resource.urn, name=resource.name, resource=resource)
    else:
        local = stack.owner(resource, VIRTUAL_NETWORK, "virtualNetworkName")
    return Half(resource, path, name, local, remote)


@dataclass(frozen=True, slots=True)
class Halves:
    """The halves of a stack, as far as they are known: what is unknown of one is said in its own turn."""

    by_ends: Mapping[tuple[str, str], Half]
    by_local: Mapping[str, tuple[Half, ...]]


@lru_cache(maxsize=2)
def halves(stack: Stack) -> Halves:
    """Return all halves of a stack."""
    by_ends: dict[tuple[str, str], Half] = {}
    by_local: dict[str, list[Half]] = {}
    for half in _known(stack):
        by_ends[half.local.key, half.remote.key] = half
        by_local.setdefault(half.local.key, []).append(half)
    return Halves(by_ends, {local: tuple(several) for local, several in by_local.items()})


def _known(stack: Stack) -> Iterator[Half]:
    for resource in stack.of(VNET_PEERING, VIRTUAL_NETWORK):
        try:
            paths = tuple(places(resource))
        except NotProvenError:
            continue
        for path in paths:
            try:
                half = half_at(stack, resource, path)
            except NotProvenError:
                continue
            yield half
