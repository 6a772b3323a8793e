"""The address spaces of all VNets of a stack, for the question which of them a prefix overlaps.

Two prefixes overlap only if one holds the other. So those that hold a prefix are found by its at most 33
supernets, those inside it by their order: no question walks through all VNets.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network

from network_policies.azure_types import VIRTUAL_NETWORK, address_space
from network_policies.resource import NotProvenError, Resource
from network_policies.stack import Stack


@dataclass(frozen=True, slots=True)
class AddressSpaces:
    """Prefixes with the VNets that have them."""

    networks: Mapping[IPv4Network, tuple[Resource, ...]]
    ordered: tuple[IPv4Network, ...]
    unknown: tuple[str, ...]
    """Why an address space is not among them."""

    def overlapping(self, prefix: IPv4Network) -> Iterator[tuple[IPv4Network, Resource]]:
        """Yield the prefixes that overlap one, each with its VNet."""
        for length in range(prefix.prefixlen):
            around = prefix.supernet(new_prefix=length)
            yield from ((around, network) for network in self.networks.get(around, ()))
        start = bisect_left(self.ordered, IPv4Network((prefix.network_address, prefix.prefixlen)))
        for inside in self.ordered[start:]:
            if not inside.subnet_of(prefix):
                return
            yield from ((inside, network) for network in self.networks[inside])


@lru_cache(maxsize=2)
def address_spaces(stack: Stack) -> AddressSpaces:
    """Gather the address spaces of a stack's VNets."""
    networks: dict[IPv4Network, list[Resource]] = {}
    unknown: list[str] = []
    for network in stack.of(VIRTUAL_NETWORK):
        try:
            for prefix in address_space(network):
                networks.setdefault(prefix, []).append(network)
        except NotProvenError as missing:
            unknown.append(missing.what)
    return AddressSpaces(
        {prefix: tuple(several) for prefix, several in networks.items()},
        tuple(sorted(networks)),
        tuple(unknown),
    )
