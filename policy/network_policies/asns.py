"""Autonomous system numbers: which ones a VPN gateway, a router and a circuit's peering may have.

Azure's lists for VPN gateways and for ExpressRoute differ, and 65516 is where it shows: Microsoft's own test
setup has it on a VPN gateway, and ExpressRoute refuses it. So there is one list for each.
"""

from __future__ import annotations

from network_policies.rules import Case, Finding, Findings, Level, Rule

VPN_FAQ = "https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-vpn-faq"
EXPRESSROUTE_ROUTING = "https://learn.microsoft.com/azure/expressroute/expressroute-routing"

PEERING = "azure-native:network:ExpressRouteCircuitPeering"


def _circuit_peering(case: Case) -> Findings:
    asn = case.resource.number("peerASN")
    if asn is not None and 65515 <= asn <= 65520:
        yield Finding(wrong=f"peerASN {asn} is reserved for Azure", mend="Set another")


RULES = (
    Rule(
        name="circuit-peering-asn",
        level=Level.MANDATORY,
        holds="A circuit's peering has an ASN that ExpressRoute accepts.",
        kinds=(PEERING,),
        sources=("ASN-6",),
        page=EXPRESSROUTE_ROUTING,
        check=_circuit_peering,
    ),
)
