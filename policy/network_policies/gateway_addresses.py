"""Gateways: the public IP addresses that they have, or have not, and the pairs of instances behind them."""

from __future__ import annotations

from functools import partial

from network_policies import pages
from network_policies.azure_types import GATEWAY, PUBLIC_IP, is_expressroute, is_vpn, sku_name, word
from network_policies.resource import NotProvenError, Resource
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import Target


def _public_ips(case: Case) -> list[Target | None]:
    gateway = case.resource
    return [
        case.stack.target(gateway, ("ipConfigurations", index, "publicIPAddress", "id"), PUBLIC_IP)
        for index, _ in enumerate(gateway.elements("ipConfigurations"))
        if gateway.peek("ipConfigurations", index, "publicIPAddress") is not None
    ]


def _expressroute_public_ip(case: Case) -> Findings:
    """Judge new gateways only: one that exists keeps the address it was made with."""
    gateway = case.resource
    if not is_expressroute(gateway) or not gateway.is_new:
        return
    for index, _ in enumerate(gateway.elements("ipConfigurations")):
        if gateway.peek("ipConfigurations", index, "publicIPAddress") is not None:
            yield Finding(
                wrong=f"ipConfigurations[{index}].publicIPAddress of {gateway.name} is set, but Azure gives "
                "a new ExpressRoute gateway its address itself",
                mend="Take publicIPAddress away, and the public IP address with it",
            )


def _public_ip_standard(case: Case) -> Findings:
    gateway = case.resource
    if not is_vpn(gateway) or sku_name(gateway) == "basic":
        return
    for address in _own_addresses(case):
        if word(address, "sku", "name") not in ("standard", "standardv2"):
            yield Finding(
                wrong=f"{address.name}, a public IP address of {gateway.name}, is not Standard",
                mend=f"Set sku.name of {address.name} to Standard",
            )
        if word(address, "publicIPAllocationMethod") != "static":
            yield Finding(
                wrong=f"{address.name}, a public IP address of {gateway.name}, is not static",
                mend=f"Set publicIPAllocationMethod of {address.name} to Static",
            )


def _public_ip_zonal(case: Case) -> Findings:
    if not is_vpn(case.resource) or not sku_name(case.resource).endswith("az"):
        return
    for address in _own_addresses(case):
        if len(address.elements("zones")) == 1:
            yield Finding(
                wrong=f"{address.name} stands in one zone, and {case.resource.name} in all",
                mend=f"Set zones of {address.name} to 1, 2 and 3",
            )


def _own_addresses(case: Case) -> list[Resource]:
    """Return the public IP addresses that are in the stack; one outside it cannot be judged."""
    found = _several_by_dependency(case) or [target for target in _public_ips(case) if target is not None]
    for target in found:
        if target.resource is None:
            raise NotProvenError(f"what {target.name}, which is not in this stack, is like")
    return [target.resource for target in found if target.resource is not None]


def _several_by_dependency(case: Case) -> list[Target]:
    """Return the addresses of a gateway with several, whose ids are all unknown, by its dependencies."""
    path = ("ipConfigurations", 0, "publicIPAddress", "id")
    known = list(case.stack.dependencies(case.resource, path, PUBLIC_IP))
    if case.resource.peek(*path) is None or isinstance(case.resource.peek(*path), str):
        return []
    return [Target(key=found.urn, name=found.name, resource=found) for found in known]


def _active_active(case: Case) -> Findings:
    gateway = case.resource
    if is_vpn(gateway) and sku_name(gateway) not in ("basic", "") and not gateway.flag("activeActive"):
        yield Finding(
            wrong=f"{gateway.name} is active-standby: each of its failovers interrupts every tunnel",
            mend="Set activeActive, with two ipConfigurations and a second public IP address; each router "
            "then needs a second tunnel",
        )


def _active_active_addresses(case: Case) -> Findings:
    gateway = case.resource
    if not is_vpn(gateway) or not gateway.flag("activeActive"):
        return
    count = len(gateway.elements("ipConfigurations"))
    known = [
        reference
        for index in range(count)
        if isinstance(reference := gateway.peek("ipConfigurations", index, "publicIPAddress", "id"), str)
    ]
    if count < 2 or len({reference.casefold() for reference in known}) < len(known):  # noqa: PLR2004 (a pair)
        yield Finding(
            wrong=f"{gateway.name} is active-active and has no two public IP addresses",
            mend="Give it two ipConfigurations, each with a public IP address of its own",
        )


_gateway = partial(Rule, kinds=(GATEWAY,), level=Level.MANDATORY)

RULES = (
    _gateway(
        name="expressroute-gateway-public-ip",
        holds="A new ExpressRoute gateway has no public IP address of its own.",
        sources=("GW-15", "Azure/Azure-Landing-Zones#2376"),
        page=pages.ADD_EXPRESSROUTE_GATEWAY,
        scope=Scope.STACK,
        check=_expressroute_public_ip,
    ),
    _gateway(
        name="vpn-gateway-public-ip-standard",
        holds="A VPN gateway's public IP addresses are Standard and static.",
        sources=("GW-12",),
        page=pages.VPN_FAQ,
        scope=Scope.STACK,
        check=_public_ip_standard,
    ),
    _gateway(
        name="vpn-gateway-public-ip-zones",
        level=Level.ADVISORY,
        holds="No public IP address of a zone-redundant VPN gateway stands in one zone.",
        sources=("GW-11", "APRL:4bae5a28"),
        page=pages.ZONE_REDUNDANT_GATEWAYS,
        scope=Scope.STACK,
        check=_public_ip_zonal,
    ),
    _gateway(
        name="vpn-gateway-active-active",
        level=Level.ADVISORY,
        holds="A VPN gateway is active-active.",
        sources=("GW-14", "APRL:281a2713"),
        page=pages.HIGHLY_AVAILABLE_VPN,
        check=_active_active,
    ),
    _gateway(
        name="vpn-gateway-active-active-addresses",
        holds="An active-active VPN gateway has two public IP addresses.",
        sources=("GW-14",),
        page=pages.HIGHLY_AVAILABLE_VPN,
        check=_active_active_addresses,
    ),
)
