"""Autonomous system numbers: which ones a VPN gateway, a router and a circuit's peering may have.

Azure's lists for VPN gateways and for ExpressRoute differ, and 65516 is where it shows: Microsoft's own test
setup has it on a VPN gateway, and ExpressRoute refuses it. So there is one list for each.
"""

from __future__ import annotations

from itertools import pairwise

from network_policies.bgp import VPN_GATEWAY_ASN, own_asns, with_unread
from network_policies.resource import NotProvenError, Resource
from network_policies.router_lines import CONFIGURATION, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope

VPN_FAQ = "https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-vpn-faq"
EXPRESSROUTE_PEERING = (
    "https://learn.microsoft.com/azure/expressroute/expressroute-howto-routing-portal-resource-manager"
)

CIRCUIT = "azure-native:network:ExpressRouteCircuit"
CIRCUIT_PEERING = "azure-native:network:ExpressRouteCircuitPeering"
GATEWAY = "azure-native:network:VirtualNetworkGateway"
LOCAL_GATEWAY = "azure-native:network:LocalNetworkGateway"
CONNECTION = "azure-native:network:VirtualNetworkGatewayConnection"

_PUBLIC = frozenset({8074, 8075, 12076})
_NO_ASN = frozenset({0, 23456, 65535, 4294967295})
"""Nobody's: RFC 7607, RFC 6793, RFC 7300."""

RESERVED_FOR_VPN = (
    _PUBLIC
    | {VPN_GATEWAY_ASN, *range(65517, 65521)}
    | _NO_ASN
    | {*range(64496, 64512), *range(65535, 65552), 429496729}
)
"""ASN-1, ASN-2 and ASN-3; 429496729 is how Azure's page writes the last."""

_FOUR_BYTES = range(1, 2**32)

GREY_FOR_VPN = 65516
"""Neither reserved nor listed as usable (ASN-5)."""

RESERVED_FOR_EXPRESSROUTE = _PUBLIC | frozenset(range(65515, 65521)) | _NO_ASN
"""ASN-6; Microsoft's own as a customer's would be a loop (ASN-10)."""

_USABLE = "64512 to 65514, 65521 to 65534, or a public ASN of your own"


def _is_vpn(gateway: Resource) -> bool:
    return (gateway.text("gatewayType") or "").casefold() == "vpn"


def gateway_asn(gateway: Resource) -> int:
    """Return a gateway's ASN; 65515 unless it is set (ASN-7)."""
    asn = gateway.number("bgpSettings", "asn")
    return VPN_GATEWAY_ASN if asn is None else asn


def _vpn_gateway_reserved(case: Case) -> Findings:
    if not _is_vpn(case.resource):
        return
    asn = gateway_asn(case.resource)
    if (asn in RESERVED_FOR_VPN and asn != VPN_GATEWAY_ASN) or asn not in _FOUR_BYTES:
        yield Finding(
            wrong=f"bgpSettings.asn of {case.resource.name} is {asn}, which is reserved",
            mend=f"Set bgpSettings.asn to 65515 (Azure's default), {_USABLE}",
        )


def _vpn_gateway_grey(case: Case) -> Findings:
    if _is_vpn(case.resource) and gateway_asn(case.resource) == GREY_FOR_VPN:
        yield Finding(
            wrong=f"bgpSettings.asn of {case.resource.name} is {GREY_FOR_VPN}, which Azure lists neither as "
            "reserved nor as usable",
            mend=f"Set bgpSettings.asn to {_USABLE}, or keep it where it works already",
        )


def _local_gateway_reserved(case: Case) -> Findings:
    asn = case.resource.number("bgpSettings", "asn")
    if asn is not None and (asn in RESERVED_FOR_VPN or asn not in _FOUR_BYTES):
        yield Finding(
            wrong=f"bgpSettings.asn of {case.resource.name} is {asn}, which no on-premises device may have",
            mend=f"Set bgpSettings.asn, and the router's own, to {_USABLE}",
        )


def _router_reserved(case: Case) -> Findings:
    for asn, what in own_asns(router_lines(case.resource)).items():
        if asn in RESERVED_FOR_VPN:
            yield Finding(
                wrong=f"{what} gives the router ASN {asn}, which no on-premises device may have",
                mend=f"Set it to {_USABLE}",
            )


def _circuit_peering_reserved(case: Case) -> Findings:
    asn = case.resource.number("peerASN")
    if asn is not None:
        yield from _expressroute_findings(asn, "peerASN", case.resource)


def _circuit_inline_peering_reserved(case: Case) -> Findings:
    for index, _ in enumerate(case.resource.elements("peerings")):
        asn = case.resource.number("peerings", index, "peerASN")
        if asn is not None:
            yield from _expressroute_findings(asn, f"peerings[{index}].peerASN", case.resource)


def _expressroute_findings(asn: int, where: str, resource: Resource) -> Findings:
    if asn in RESERVED_FOR_EXPRESSROUTE or asn not in _FOUR_BYTES:
        yield Finding(
            wrong=f"{where} of {resource.name} is {asn}, which ExpressRoute does not accept from a customer",
            mend=f"Set {where} to {_USABLE}",
        )


def _connection_distinct(case: Case) -> Findings:
    """Compare the two ends of one connection; over the whole stack, equal ASNs are normal (ASN-8, ASN-9)."""
    if not case.resource.flag("enableBgp"):
        return
    ends = [_end_asn(case, name, kind) for name, kind in _ENDS]
    known = [end for end in ends if end is not None]
    for (near, own), (far, asn) in pairwise(known):
        if asn == own:
            yield Finding(
                wrong=f"{near} and {far}, joined by {case.resource.name} with BGP, both have ASN {asn}",
                mend=f"Set bgpSettings.asn of one of them to another: {_USABLE}",
            )


_ENDS = (
    ("virtualNetworkGateway1", GATEWAY),
    ("virtualNetworkGateway2", GATEWAY),
    ("localNetworkGateway2", LOCAL_GATEWAY),
)


def _end_asn(case: Case, name: str, kind: str) -> tuple[str, int] | None:
    """Return one end's name and ASN; None where the connection has no such end, or the end no BGP."""
    target = case.stack.target(case.resource, (name, "id"), kind)
    if target is None:
        return None
    if target.resource is None:
        repeated = case.resource.number(name, "bgpSettings", "asn")  # Azure repeats the end in the connection
        if repeated is None:
            raise NotProvenError(f"the ASN of {target.name}, which is not in this stack")
        return target.name, repeated
    if kind == GATEWAY:
        return target.name, gateway_asn(target.resource)
    asn = target.resource.number("bgpSettings", "asn")
    return None if asn is None else (target.name, asn)


RULES = (
    Rule(
        name="vpn-gateway-asn-reserved",
        level=Level.MANDATORY,
        holds="A VPN gateway has an ASN that nobody reserves.",
        kinds=(GATEWAY,),
        sources=("ASN-1", "ASN-2", "ASN-3", "ASN-7"),
        page=VPN_FAQ,
        check=_vpn_gateway_reserved,
    ),
    Rule(
        name="vpn-gateway-asn-grey",
        level=Level.ADVISORY,
        holds="A VPN gateway has an ASN that Azure lists as usable.",
        kinds=(GATEWAY,),
        sources=("ASN-5",),
        page=VPN_FAQ,
        check=_vpn_gateway_grey,
    ),
    Rule(
        name="local-network-gateway-asn-reserved",
        level=Level.MANDATORY,
        holds="An on-premises device has an ASN that nobody reserves.",
        kinds=(LOCAL_GATEWAY,),
        sources=("ASN-4", "ASN-9"),
        page=VPN_FAQ,
        check=_local_gateway_reserved,
    ),
    Rule(
        name="router-asn-reserved",
        level=Level.MANDATORY,
        holds="A router has an ASN that nobody reserves.",
        kinds=(CONFIGURATION,),
        sources=("ASN-4", "ASN-9"),
        page=VPN_FAQ,
        check=with_unread(_router_reserved),
    ),
    Rule(
        name="circuit-peering-asn-reserved",
        level=Level.MANDATORY,
        holds="A circuit's peering has an ASN that ExpressRoute accepts.",
        kinds=(CIRCUIT_PEERING,),
        sources=("ASN-6", "ASN-10"),
        page=EXPRESSROUTE_PEERING,
        check=_circuit_peering_reserved,
    ),
    Rule(
        name="circuit-inline-peering-asn-reserved",
        level=Level.MANDATORY,
        holds="A peering written inside its circuit has an ASN that ExpressRoute accepts.",
        kinds=(CIRCUIT,),
        sources=("ASN-6", "ASN-10"),
        page=EXPRESSROUTE_PEERING,
        check=_circuit_inline_peering_reserved,
    ),
    Rule(
        name="connection-asn-distinct",
        level=Level.MANDATORY,
        holds="The two ends of a connection with BGP have different ASNs.",
        kinds=(CONNECTION,),
        sources=("ASN-8",),
        page=VPN_FAQ,
        scope=Scope.STACK,
        check=_connection_distinct,
    ),
)
