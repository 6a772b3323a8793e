"""Gateways: their SKUs, and what they stand beside in a VNet."""

from __future__ import annotations

from functools import partial

from network_policies import pages
from network_policies.attachments import attachments
from network_policies.azure_types import GATEWAY, VIRTUAL_HUB_ADDRESS, is_expressroute, is_vpn, sku_name, word
from network_policies.bgp import VPN_GATEWAY_ASN
from network_policies.geography import may_have_zones
from network_policies.resource import Resource
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.subnets import gateway_subnet, subnet_at

_EXPRESSROUTE_SKUS = (
    *("Standard", "HighPerformance", "UltraPerformance"),
    *("ErGw1AZ", "ErGw2AZ", "ErGw3AZ", "ErGwScale"),
)
_VPN_SKUS = (
    *("Basic", "Standard", "HighPerformance"),
    *(f"VpnGw{size}" for size in range(1, 6)),
    *(f"VpnGw{size}AZ" for size in range(1, 6)),
)
_DEPRECATED_VPN_SKUS = frozenset({"standard", "highperformance"})
_SCALE_UNITS = range(1, 41)


def _sku(case: Case) -> Findings:
    gateway, sku = case.resource, case.resource.text("sku", "name")
    known = _VPN_SKUS if is_vpn(gateway) else _EXPRESSROUTE_SKUS if is_expressroute(gateway) else ()
    if sku is not None and known and sku.casefold() not in [name.casefold() for name in known]:
        yield Finding(
            wrong=f"sku.name of {gateway.name} is {sku}, which no {gateway.text('gatewayType')} gateway has",
            mend=f"Set it to one of {', '.join(known)}",
        )


def _sku_deprecated(case: Case) -> Findings:
    if is_vpn(case.resource) and sku_name(case.resource) in _DEPRECATED_VPN_SKUS:
        yield Finding(
            wrong=f"{case.resource.name} has VPN SKU {case.resource.text('sku', 'name')}, which Azure "
            "retired on 2025-09-30",
            mend="Set sku.name and sku.tier to VpnGw1AZ or larger",
        )


def _zone_redundant(case: Case) -> Findings:
    gateway, region = case.resource, case.resource.text("location")
    sku = sku_name(gateway)
    if not sku or region is None or not may_have_zones(region):
        return
    if (is_vpn(gateway) or is_expressroute(gateway)) and not sku.endswith(("az", "ergwscale")):
        yield Finding(
            wrong=f"{gateway.name} in {region} has SKU {gateway.text('sku', 'name')}, which one zone takes "
            "down",
            mend=f"Set sku.name and sku.tier to {'VpnGw1AZ' if is_vpn(gateway) else 'ErGw1AZ'} or larger",
        )


def _scale_units(case: Case) -> Findings:
    bounds = ("autoScaleConfiguration", "bounds")
    low, high = (case.resource.number(*bounds, end) for end in ("min", "max"))
    if low is None or high is None:
        return
    if low not in _SCALE_UNITS or high not in _SCALE_UNITS or low > high or low == 1 < high:
        yield Finding(
            wrong=f"autoScaleConfiguration.bounds of {case.resource.name} is {low} to {high}",
            mend="Set min and max to one number from 1 to 40, or min to 2 or more and max above it",
        )


# --- beside one another ------------------------------------------------------------------------------------


def _siblings(case: Case) -> tuple[Resource, ...]:
    """Return the other gateways of a gateway's VNet. Raises NotProvenError if the VNet is not known yet."""
    network = gateway_subnet(case.stack, case.resource).network
    gateways = attachments(case.stack).gateways.get(network.key, ())
    return tuple(gateway for gateway in gateways if gateway.urn != case.resource.urn)


def _single_per_type(case: Case) -> Findings:
    own = word(case.resource, "gatewayType")
    for other in _siblings(case):
        if other.urn < case.resource.urn and word(other, "gatewayType") == own:
            yield Finding(
                wrong=f"{case.resource.name} and {other.name} are both {case.resource.text('gatewayType')} "
                "gateways of one VNet, which takes one of each type",
                mend="Keep one of them",
            )


def _coexistence_sku(case: Case) -> Findings:
    others = [other for other in _siblings(case) if word(other, "gatewayType") != _type(case.resource)]
    if others and sku_name(case.resource) == "basic":
        yield Finding(
            wrong=f"{case.resource.name} has SKU Basic and stands beside {others[0].name}",
            mend="Set sku.name and sku.tier to a larger one: Basic gateways stand alone",
        )


def _type(gateway: Resource) -> str:
    return word(gateway, "gatewayType")


def _route_based(case: Case) -> Findings:
    gateway = case.resource
    if not is_vpn(gateway) or word(gateway, "vpnType") != "policybased":
        return
    reasons = ["it has BGP"] if gateway.flag("enableBgp") else []
    reasons += [f"it stands beside {other.name}" for other in _siblings(case) if is_expressroute(other)]
    if reasons:
        yield Finding(
            wrong=f"{gateway.name} is policy-based, but {' and '.join(reasons)}",
            mend="Set vpnType to RouteBased; the gateway is made anew",
        )


def _bgp_sku(case: Case) -> Findings:
    if is_vpn(case.resource) and case.resource.flag("enableBgp") and sku_name(case.resource) == "basic":
        yield Finding(
            wrong=f"{case.resource.name} has BGP, which SKU Basic does not offer",
            mend="Set sku.name and sku.tier to VpnGw1AZ or larger",
        )


def _route_server(case: Case) -> Findings:
    """Find a VPN gateway beside a Route Server that passes routes between it and ExpressRoute."""
    gateway = case.resource
    if not is_vpn(gateway):
        return
    network = gateway_subnet(case.stack, gateway).network
    for address in case.stack.of(VIRTUAL_HUB_ADDRESS):
        hub = case.stack.owner(address, "azure-native:network:VirtualHub", "virtualHubName").resource
        if hub is None or not hub.flag("allowBranchToBranchTraffic"):
            continue
        subnet = subnet_at(case.stack, address, ("subnet", "id"), "RouteServerSubnet")
        if subnet.network.key != network.key:
            continue
        asn = gateway.number("bgpSettings", "asn")
        if not gateway.flag("activeActive") or asn not in (None, VPN_GATEWAY_ASN):
            yield Finding(
                wrong=f"{hub.name} passes routes between branches, but {gateway.name} is not active-active "
                f"with ASN {VPN_GATEWAY_ASN}",
                mend=f"Set activeActive, and bgpSettings.asn to {VPN_GATEWAY_ASN}",
            )


_gateway = partial(Rule, kinds=(GATEWAY,), level=Level.MANDATORY)

RULES = (
    _gateway(
        name="gateway-sku",
        holds="A gateway has a SKU of its type.",
        sources=("GW-7", "GW-9", "GW-11"),
        page=pages.EXPRESSROUTE_GATEWAYS,
        check=_sku,
    ),
    _gateway(
        name="vpn-gateway-sku-retired",
        level=Level.ADVISORY,
        holds="No VPN gateway has a SKU that Azure has retired.",
        sources=("GW-13",),
        page=pages.VPN_FAQ,
        check=_sku_deprecated,
    ),
    _gateway(
        name="gateway-zone-redundant",
        level=Level.ADVISORY,
        holds="A gateway outlives the loss of a zone, where its region has zones.",
        sources=("GW-11", "APRL:bbe668b7", "APRL:5b1933a6"),
        page=pages.ZONE_REDUNDANT_GATEWAYS,
        check=_zone_redundant,
    ),
    _gateway(
        name="gateway-scale-units",
        holds="A scalable gateway has 1 to 40 scale units, and 2 at least where it scales by itself.",
        sources=("GW-9",),
        page=pages.SCALABLE_GATEWAY,
        check=_scale_units,
    ),
    _gateway(
        name="gateway-single-per-type",
        holds="A VNet has one gateway of each type at most.",
        sources=("GW-1",),
        page=pages.EXPRESSROUTE_GATEWAYS,
        scope=Scope.STACK,
        check=_single_per_type,
    ),
    _gateway(
        name="gateway-coexistence-sku",
        holds="Where an ExpressRoute and a VPN gateway stand together, neither is Basic.",
        sources=("GW-4",),
        page=pages.COEXISTENCE,
        scope=Scope.STACK,
        check=_coexistence_sku,
    ),
    _gateway(
        name="vpn-gateway-route-based",
        holds="A VPN gateway with BGP, or beside an ExpressRoute gateway, is route-based.",
        sources=("GW-4", "VPN-1"),
        page=pages.COEXISTENCE,
        scope=Scope.STACK,
        check=_route_based,
    ),
    _gateway(
        name="vpn-gateway-bgp-sku",
        holds="A VPN gateway with BGP is not Basic.",
        sources=("VPN-1",),
        page=pages.VPN_FAQ,
        check=_bgp_sku,
    ),
    _gateway(
        name="vpn-gateway-route-server",
        holds="A VPN gateway whose routes a Route Server passes on is active-active with ASN 65515.",
        sources=("ASN-12",),
        page=pages.ROUTE_SERVER,
        scope=Scope.STACK,
        check=_route_server,
    ),
)
