"""Which addresses stand for a site: one for each part of it that routing may treat in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from routing.forwarding import Destination
from routing.nodes import LanNode, VirtualNetworkNode
from routing.origins import Origin

_BITS = 32


class AddressBook:
    """Every prefix of a network, by the addresses that it holds."""

    def __init__(self, origins: Iterable[Origin], cuts: Iterable[IPv4Network] = ()) -> None:
        self.cuts = tuple(dict.fromkeys(cuts))
        """The prefixes of user-defined routes: they part a site in two, though nobody learns them."""
        self._by_length: dict[int, dict[int, tuple[IPv4Network, Origin]]] = {}
        for origin in origins:
            for prefix in origin.prefixes:
                named = self._by_length.setdefault(prefix.prefixlen, {})
                named[int(prefix.network_address)] = (prefix, origin)
        self._lengths = sorted(self._by_length, reverse=True)

    def matches(self, address: IPv4Address) -> tuple[tuple[IPv4Network, Origin], ...]:
        """Return every prefix that holds an address, the longest first."""
        number = int(address)
        found = (
            self._by_length[length].get(number >> (_BITS - length) << (_BITS - length))
            for length in self._lengths
        )
        return tuple(match for match in found if match)

    def inside(self, prefix: IPv4Network) -> Iterator[IPv4Network]:
        """Yield every longer prefix that a prefix holds."""
        for length in self._lengths:
            if length > prefix.prefixlen:
                for other, _ in self._by_length[length].values():
                    if other.subnet_of(prefix):
                        yield other
        yield from self.cuts_inside(prefix)

    def cuts_inside(self, prefix: IPv4Network) -> Iterator[IPv4Network]:
        """Yield every longer prefix of a user-defined route that a prefix holds."""
        return (cut for cut in self.cuts if cut.prefixlen > prefix.prefixlen and cut.subnet_of(prefix))


def destinations(
    site: VirtualNetworkNode | LanNode, host: IPv4Address | None, book: AddressBook
) -> tuple[Destination, ...]:
    """Return a site's destinations, the host's part first.

    Args:
        site: Where they are.
        host: The address that stands for the site in probes, if it has one.
        book: Every prefix that any node has a route to.
    """
    parts: dict[tuple[object, ...], Destination] = {}
    cuts = [cut for prefix in site.prefixes for cut in book.cuts_inside(prefix)]
    for address in (*((host,) if host else ()), *_samples(site.prefixes, book)):
        matches = book.matches(address)
        numbered = tuple((prefix, origin.number) for prefix, origin in matches)
        cut = max((cut for cut in cuts if address in cut), key=_length, default=None)
        tables = tuple(number for _, number in numbered)
        part = Destination(site=site, address=address, matches=numbered, cut=cut)
        parts.setdefault((cut, *tables), part)
    return tuple(parts.values())


def _samples(prefixes: tuple[IPv4Network, ...], book: AddressBook) -> Iterator[IPv4Address]:
    """Yield an address of each prefix that lies in no longer one, if there is one.

    The default route is no part of a site: it is the way to everything else.
    """
    cuts = (cut for prefix in prefixes if prefix.prefixlen for cut in book.cuts_inside(prefix))
    for prefix in (*prefixes, *cuts):
        if not prefix.prefixlen:
            continue
        crowded = len(prefixes) > 1 or bool(book.cuts) or _overlaps(prefix, book)
        inner = book.inside(prefix) if crowded else ()
        if remaining := _outside(prefix, inner):
            yield remaining.network_address + min(1, remaining.num_addresses - 1)


def _length(prefix: IPv4Network) -> int:
    return prefix.prefixlen


def _overlaps(prefix: IPv4Network, book: AddressBook) -> bool:
    return any(origin.overlaps for other, origin in book.matches(prefix.network_address) if other == prefix)


def _outside(prefix: IPv4Network, inner: Iterable[IPv4Network]) -> IPv4Network | None:
    """Return a part of a prefix that none of the inner ones overlaps."""
    remaining = [prefix]
    for taken in inner:
        kept = [part for part in remaining if not part.overlaps(taken)]
        split = [part for part in remaining if part != taken and taken.subnet_of(part)]
        remaining = [*kept, *(left for part in split for left in part.address_exclude(taken))]
    return min(remaining, default=None)
