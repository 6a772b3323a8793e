"""Which addresses stand for a site: one for each part of it that routing may treat in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from routing.forwarding import Destination
from routing.graph import LanNode, VirtualNetworkNode


def destinations(
    site: VirtualNetworkNode | LanNode, host: IPv4Address | None, known: Iterable[IPv4Network]
) -> tuple[Destination, ...]:
    """Return a site's destinations, the host's part first.

    Args:
        site: Where they are.
        host: The address that stands for the site in probes, if it has one.
        known: Every prefix that any node has a route to.
    """
    prefixes = tuple(known)
    parts: dict[tuple[IPv4Network, ...], Destination] = {}
    for address in (*((host,) if host else ()), *_samples(site.prefixes)):
        holding = tuple(
            sorted((p for p in prefixes if address in p), key=lambda prefix: prefix.prefixlen, reverse=True)
        )
        parts.setdefault(holding, Destination(site=site, address=address, prefixes=holding))
    return tuple(parts.values())


def _samples(prefixes: tuple[IPv4Network, ...]) -> Iterator[IPv4Address]:
    """Yield an address of each prefix that lies in no longer one of them, if there is one."""
    for prefix in prefixes:
        inner = [other for other in prefixes if other != prefix and other.subnet_of(prefix)]
        if remaining := _outside(prefix, inner):
            yield remaining.network_address + min(1, remaining.num_addresses - 1)


def _outside(prefix: IPv4Network, inner: Iterable[IPv4Network]) -> IPv4Network | None:
    """Return a part of a prefix that none of the inner ones overlaps."""
    remaining = [prefix]
    for taken in inner:
        kept = [part for part in remaining if not part.overlaps(taken)]
        split = [part for part in remaining if part != taken and taken.subnet_of(part)]
        remaining = [*kept, *(left for part in split for left in part.address_exclude(taken))]
    return min(remaining, default=None)
