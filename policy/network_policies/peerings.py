"""VNet peerings: both halves there, and the flags on them in pairs.

The hub's half lends its gateways (`allowGatewayTransit`), the spoke's half uses them (`useRemoteGateways`).
Each half is a resource of its own, so what is wrong shows only in the pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from network_policies.azure_types import address_space
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import NotProvenError, Resource, Stack, Target
from network_policies.subnets import gateways_by_network
from network_policies.values import reveal

MANAGE_PEERING = "https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering"

PEERING = "azure-native:network:VirtualNetworkPeering"
VIRTUAL_NETWORK = "azure-native:network:VirtualNetwork"


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a peering: whose it is, and where it leads."""

    resource: Resource
    local: Target
    remote: Target

    @property
    def uses_gateways(self) -> bool:
        """Whether it uses the other side's gateways."""
        return self.resource.flag("useRemoteGateways")

    @property
    def lends_gateways(self) -> bool:
        """Whether it lets the other side use its gateways."""
        return self.resource.flag("allowGatewayTransit")


def half_of(stack: Stack, peering: Resource) -> Half:
    """Follow both references of a half. Raises NotProvenError if one leads nowhere yet."""
    remote = stack.target(peering, ("remoteVirtualNetwork", "id"), VIRTUAL_NETWORK)
    if remote is None:
        raise NotProvenError(f"{peering.name} names no remoteVirtualNetwork")
    return Half(peering, stack.owner(peering, VIRTUAL_NETWORK, "virtualNetworkName"), remote)


@dataclass(frozen=True, slots=True)
class _Halves:
    """The halves of a stack, as far as they are known: what is unknown of one is said in its own turn."""

    by_ends: Mapping[tuple[str, str], Half]
    by_local: Mapping[str, tuple[Half, ...]]


@lru_cache(maxsize=2)
def _halves(stack: Stack) -> _Halves:
    by_ends: dict[tuple[str, str], Half] = {}
    by_local: dict[str, list[Half]] = {}
    for peering in stack.of(PEERING):
        with suppress(NotProvenError):
            half = half_of(stack, peering)
            by_ends[half.local.key, half.remote.key] = half
            by_local.setdefault(half.local.key, []).append(half)
    return _Halves(by_ends, {local: tuple(halves) for local, halves in by_local.items()})


def _other_half(case: Case, half: Half) -> Half | None:
    return _halves(case.stack).by_ends.get((half.remote.key, half.local.key))


def _both_halves(case: Case) -> Findings:
    half = half_of(case.stack, case.resource)
    if _other_half(case, half) is not None:
        return
    if half.remote.resource is not None:
        yield Finding(
            wrong=f"{half.local.name} peers with {half.remote.name}, but not {half.remote.name} with "
            f"{half.local.name}, so the peering stays Initiated",
            mend=f"Add a VirtualNetworkPeering from {half.remote.name} to {half.local.name}",
        )
    elif reveal(case.resource.outputs.get("peeringState")) != "Connected":
        raise NotProvenError(f"whether {half.remote.name}, which is not in this stack, has its half")


def _gateways_lent(case: Case) -> Findings:
    half = half_of(case.stack, case.resource)
    if not half.uses_gateways:
        return
    other = _other_half(case, half)
    if other is None:
        if half.remote.resource is None:
            raise NotProvenError(f"allowGatewayTransit of {half.remote.name}, which is not in this stack")
        lends, other_name = False, f"{half.remote.name} to {half.local.name}"
    else:
        lends, other_name = other.lends_gateways, other.resource.name
    if not lends:
        yield Finding(
            wrong=f"{case.resource.name} has useRemoteGateways, but the other half, {other_name}, has no "
            "allowGatewayTransit",
            mend=f"Set allowGatewayTransit on {other_name}, and have it created first",
        )


def _transit_used(case: Case) -> Findings:
    half = half_of(case.stack, case.resource)
    if not half.lends_gateways:
        return
    other = _other_half(case, half)
    if other is not None and not other.uses_gateways and not other.lends_gateways:
        yield Finding(
            wrong=f"{case.resource.name} has allowGatewayTransit, but the other half, {other.resource.name}, "
            "has no useRemoteGateways, so nothing behind the gateways reaches it",
            mend=f"Set useRemoteGateways on {other.resource.name}, or take allowGatewayTransit away",
        )


def _flags_agree(case: Case) -> Findings:
    if case.resource.flag("allowGatewayTransit") and case.resource.flag("useRemoteGateways"):
        yield Finding(
            wrong=f"{case.resource.name} has both allowGatewayTransit and useRemoteGateways, so its VNet "
            "would have gateways of its own and use another's",
            mend="Set allowGatewayTransit alone on the hub's half, useRemoteGateways alone on the spoke's",
        )


def _single_remote_gateway(case: Case) -> Findings:
    half = half_of(case.stack, case.resource)
    if not half.uses_gateways:
        return
    rivals = sorted(
        other.resource.name
        for other in _halves(case.stack).by_local[half.local.key]
        if other.resource.urn != case.resource.urn and other.uses_gateways
    )
    if rivals:
        yield Finding(
            wrong=f"{half.local.name} uses the gateways of several VNets, by {case.resource.name} and by "
            f"{', '.join(rivals)}",
            mend="Keep useRemoteGateways on one of them",
        )


def _no_own_gateway(case: Case) -> Findings:
    half = half_of(case.stack, case.resource)
    if half.uses_gateways:
        for gateway in _gateways_in(case, half.local):
            yield Finding(
                wrong=f"{case.resource.name} has useRemoteGateways, but {half.local.name} has a gateway of "
                f"its own, {gateway.name}",
                mend="Set allowGatewayTransit instead where this is the hub's half, or remove the gateway",
            )


def _remote_gateway_exists(case: Case) -> Findings:
    half = half_of(case.stack, case.resource)
    if not half.uses_gateways or _gateways_in(case, half.remote):
        return
    if half.remote.resource is None:
        raise NotProvenError(f"whether {half.remote.name}, which is not in this stack, has a gateway")
    yield Finding(
        wrong=f"{case.resource.name} has useRemoteGateways, but {half.remote.name} has no gateway",
        mend=f"Add a VPN or ExpressRoute gateway to {half.remote.name}, or take useRemoteGateways away",
    )


def _addresses_apart(case: Case) -> Findings:
    half = half_of(case.stack, case.resource)
    if half.remote.resource is None or half.local.resource is None:
        outside = half.remote if half.remote.resource is None else half.local
        raise NotProvenError(f"the address space of {outside.name}, which is not in this stack")
    for own in address_space(half.local.resource):
        for other in address_space(half.remote.resource):
            if own.overlaps(other):
                yield Finding(
                    wrong=f"{case.resource.name} peers {half.local.name} and {half.remote.name}, which share "
                    f"{own if own.prefixlen > other.prefixlen else other}",
                    mend="Give one of them another address space",
                )


def _gateways_in(case: Case, network: Target) -> tuple[Resource, ...]:
    return gateways_by_network(case.stack).get(network.key, ())


def _rule(name: str, holds: str, sources: tuple[str, ...], **more: object) -> Rule:
    fields = {"level": Level.MANDATORY, "scope": Scope.STACK, **more}
    return Rule(name=name, holds=holds, kinds=(PEERING,), sources=sources, page=MANAGE_PEERING, **fields)  # type: ignore[arg-type]


RULES = (
    _rule(
        "peering-both-halves",
        "A peering has both its halves.",
        ("PEER-8",),
        check=_both_halves,
    ),
    _rule(
        "peering-gateways-lent",
        "Where one half uses the other side's gateways, the other half lends them.",
        ("PEER-1", "PEER-4"),
        check=_gateways_lent,
    ),
    _rule(
        "peering-transit-used",
        "Where one half lends its gateways, the other half uses them.",
        ("PEER-1", "PEER-6"),
        check=_transit_used,
        level=Level.ADVISORY,
    ),
    _rule(
        "peering-flags-agree",
        "No half both lends gateways and uses the other side's.",
        ("PEER-2", "PEER-6"),
        check=_flags_agree,
        scope=Scope.RESOURCE,
    ),
    _rule(
        "peering-single-remote-gateway",
        "A VNet uses the gateways of one other VNet at most.",
        ("PEER-5",),
        check=_single_remote_gateway,
    ),
    _rule(
        "peering-no-own-gateway",
        "A VNet that uses another's gateways has none of its own.",
        ("PEER-2",),
        check=_no_own_gateway,
    ),
    _rule(
        "peering-remote-gateway-exists",
        "A VNet whose gateways another one uses has a gateway.",
        ("PEER-3",),
        check=_remote_gateway_exists,
    ),
    _rule(
        "peering-addresses-apart",
        "VNets that peer do not overlap.",
        ("PEER-7",),
        check=_addresses_apart,
    ),
)
