"""Prefixes, addresses and ASNs as the stack file writes them, and the addresses that follow by rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema


def _parse_prefix(value: Any) -> Any:  # noqa: ANN401 (pydantic hands over raw input)
    if not isinstance(value, str):
        return value
    interface = _interface(value, "is no IPv4 prefix such as 10.10.30.0/24", length=24)
    if interface.ip != interface.network.network_address:
        raise ValueError(f"{value!r} has host bits set: the prefix is {interface.network}")
    return value


def _parse_address(value: Any) -> Any:  # noqa: ANN401 (pydantic hands over raw input)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            IPv4Address(str(value))
        except ValueError:
            raise ValueError(f"{value!r} is no IPv4 address such as 10.10.30.4") from None
    return value


def _parse_area(value: Any) -> Any:  # noqa: ANN401 (pydantic hands over raw input)
    """Write an area dotted: IOS takes it as a number, too (`network ... area 0`)."""
    if isinstance(value, IPv4Address):
        return value
    written = str(value) if isinstance(value, bool) else value  # true is no area 1
    try:
        return str(IPv4Address(int(written) if re.fullmatch(_AREA_NUMBER, str(written)) else written))
    except ValueError:
        raise ValueError(f"{value!r} is no OSPF area such as 0 or 0.0.0.0") from None


def _parse_interface(value: Any) -> Any:  # noqa: ANN401 (pydantic hands over raw input)
    if isinstance(value, str):
        check_host(_interface(value, "is no address with a length such as 192.168.30.0/31", length=31))
    return value


def _interface(value: str, refusal: str, length: int) -> IPv4Interface:
    """Read an address with a length, written in the one way that the JSON Schema takes too."""
    try:
        interface = IPv4Interface(value)
    except ValueError:
        raise ValueError(f"{value!r} {refusal}") from None
    if "/" not in value:
        raise ValueError(f"{value!r} lacks its length: write it as {value}/{length} or the like")
    if value != str(interface):
        raise ValueError(f"{value!r} is to be written as {interface}")
    return interface


def check_host(interface: IPv4Interface) -> None:
    """Raise ValueError for a network or broadcast address; both ends of a /31 are hosts (RFC 3021)."""
    network = interface.network
    if network.prefixlen < 31 and interface.ip in (network.network_address, network.broadcast_address):  # noqa: PLR2004 (RFC 3021)
        raise ValueError(f"{interface} is the network's own or its broadcast address, not a host's")


_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_ADDRESS = rf"({_OCTET}\.){{3}}{_OCTET}"
_LENGTH = "(3[0-2]|[12]?[0-9])"


_AREA_NUMBER = "(0|[1-9][0-9]{0,8})"


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example]})


Prefix = Annotated[
    IPv4Network, BeforeValidator(_parse_prefix), _text(f"{_ADDRESS}/{_LENGTH}", "10.10.30.0/24")
]
Address = Annotated[IPv4Address, BeforeValidator(_parse_address), _text(_ADDRESS, "10.10.30.4")]
InterfaceAddress = Annotated[
    IPv4Interface, BeforeValidator(_parse_interface), _text(f"{_ADDRESS}/{_LENGTH}", "192.168.30.0/31")
]

OspfArea = Annotated[
    IPv4Address,
    BeforeValidator(_parse_area),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
                {"type": "string", "pattern": f"^({_ADDRESS}|{_AREA_NUMBER})$", "examples": ["0.0.0.0"]},  # noqa: S104 (an area)
            ]
        }
    ),
]

Asn = Annotated[int, Field(ge=1, le=4294967294)]
"""An autonomous system number in decimal, 2 or 4 bytes (0 and 4294967295 are reserved, RFC 7300)."""

MICROSOFT_EDGE_ASN = 12076
"""What a customer edge router peers with on every circuit (ASN-10)."""

AZURE_GATEWAY_ASN = 65515
"""Every ExpressRoute gateway's ASN, and a VPN gateway's unless set otherwise (ASN-7)."""

AZURE_RESERVED_ASNS = frozenset({8074, 8075, 12076, 65515, 65517, 65518, 65519, 65520})
"""Neither a VPN gateway of another ASN nor an on-premises device may use these (ASN-1, ASN-2, ASN-4)."""

IANA_RESERVED_ASNS = frozenset({23456, *range(64496, 64512), *range(65535, 65552)})
"""Reserved for documentation and transition (ASN-3)."""

CIRCUIT_RESERVED_ASNS = frozenset(range(65515, 65521))
"""Private ASNs that a circuit's peering refuses (ASN-6); 65516 is here, and not in the set for VPN."""


def is_reserved(asn: int) -> bool:
    """Return whether no device on premises may have an ASN (ASN-4)."""
    return asn in AZURE_RESERVED_ASNS | IANA_RESERVED_ASNS


Label = TypeVar("Label")


def overlapping(prefixes: Iterable[tuple[Label, IPv4Network]]) -> list[tuple[Label, Label]]:
    """Return the labels of each two prefixes that share addresses, in their order.

    Two prefixes are nested or disjoint, so those around a prefix are all that lie open when it is reached.
    """
    labelled = list(prefixes)
    order = sorted(range(len(labelled)), key=lambda index: (*_extent(labelled[index][1]), index))
    pairs: list[tuple[int, int]] = []
    around: list[int] = []
    for index in order:
        first = int(labelled[index][1].network_address)
        while around and int(labelled[around[-1]][1].broadcast_address) < first:
            around.pop()
        pairs += [(min(outer, index), max(outer, index)) for outer in around]
        around.append(index)
    return [(labelled[first][0], labelled[second][0]) for first, second in sorted(pairs)]


def _extent(prefix: IPv4Network) -> tuple[int, int]:
    return int(prefix.network_address), prefix.prefixlen


def inside(prefix: IPv4Network, spaces: Iterable[IPv4Network]) -> bool:
    """Return whether one of the spaces holds a whole prefix."""
    return any(prefix.subnet_of(space) for space in spaces)


def outside(
    prefixes: Iterable[IPv4Network] | None, spaces: tuple[IPv4Network, ...]
) -> Iterator[tuple[int, IPv4Network]]:
    """Yield the prefixes, with their numbers in the list, that none of the spaces holds whole.

    A default route among the spaces is the way to everything else, and holds nothing but itself.
    """
    networks = tuple(space for space in spaces if space.prefixlen)
    for index, prefix in enumerate(prefixes or ()):
        if not inside(prefix, networks if prefix.prefixlen else spaces):
            yield index, prefix


def host_address(subnet: IPv4Network, number: int) -> IPv4Address:
    """Return the subnet's address of that number, counted from its network address."""
    return subnet.network_address + number
