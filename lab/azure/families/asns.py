"""Which AS numbers Azure takes, and where. VPN and ExpressRoute have different lists (ASN-5, ASN-6)."""

from __future__ import annotations

from lab.azure.refusal import Refusal

AZURE_DEFAULT = 65515
"""What every gateway has unless it is told otherwise (ASN-7)."""

MICROSOFT = 12076
"""Microsoft's side of a circuit's peerings (ASN-10)."""

HIGHEST = 2**32 - 1

_RESERVED = (
    ("ASN-1", frozenset({8074, 8075, MICROSOFT})),
    ("ASN-2", frozenset({AZURE_DEFAULT, *range(65517, 65521)})),
    ("ASN-3", frozenset({23456, *range(64496, 64512), *range(65535, 65552), HIGHEST})),
)


def refuse_reserved(asn: int, owner: str, *, rule: str = "") -> None:
    """Refuse an ASN that VPN gateways and their peers may not use; `rule` is cited in place of the list's."""
    for list_rule, numbers in _RESERVED:
        if asn in numbers:
            raise Refusal(
                "InvalidBgpAsn", f"{owner} cannot use ASN {asn}: it is reserved.", rule=rule or list_rule
            )


def refuse_for_gateway(asn: int, owner: str) -> None:
    """Refuse an ASN for a VPN gateway.

    65515 is its default, and 65516 is taken: Microsoft's own interoperability setup uses it (ASN-5).
    """
    if asn != AZURE_DEFAULT:
        refuse_reserved(asn, owner)


def refuse_for_circuit(asn: int, owner: str) -> None:
    """Refuse a customer's ASN for a circuit's private peering."""
    if asn in range(65515, 65521) or asn == 0:
        raise Refusal(
            "InvalidPeerAsn",
            f"{owner} cannot use peer ASN {asn}: private ones may be used except 65515 to 65520.",
            rule="ASN-6",
        )
