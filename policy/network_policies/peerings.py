"""VNet peerings: both halves there, and the flags on them in pairs.

The hub's half lends its gateways (`allowGatewayTransit`), the spoke's half uses them (`useRemoteGateways`).
Each half is a resource of its own, so what is wrong shows only in the pair.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from network_policies import pages
from network_policies.azure_types import VIRTUAL_NETWORK, VNET_PEERING, address_space
from network_policies.peering_halves import Half, half_at, halves, places
from network_policies.resource import NotProvenError, Path, Resource
from network_policies.rules import Case, Check, Doubt, Finding, Findings, Level, Rule, Scope, each
from network_policies.stack import Target
from network_policies.subnets import standing_gateways
from network_policies.values import reveal


def _of_each_half(check: Callable[[Case, Half], Findings]) -> Check:
    """Judge every half that a resource is or holds."""

    def run(case: Case) -> Findings:
        def judge(path: Path) -> Findings:
            yield from check(case, half_at(case.stack, case.resource, path))

        yield from each(places(case.resource), judge)

    return run


def _other_half(case: Case, half: Half) -> Half | None:
    return halves(case.stack).by_ends.get((half.remote.key, half.local.key))


def _both_halves(case: Case, half: Half) -> Findings:
    if _other_half(case, half) is not None:
        return
    if not half.is_read_only:
        yield Finding(
            wrong=f"{half.local.name} peers with {half.remote.name}, but not {half.remote.name} with "
            f"{half.local.name}, so the peering stays Initiated",
            mend=f"Add a VirtualNetworkPeering from {half.remote.name} to {half.local.name}",
        )
    elif half.path or reveal(case.resource.outputs.get("peeringState")) != "Connected":
        raise NotProvenError(f"whether {half.remote.name}, which is not in this stack, has its half")


def _gateways_lent(case: Case, half: Half) -> Findings:
    if not half.uses_gateways:
        return
    other = _other_half(case, half)
    if other is None and half.is_read_only:
        raise NotProvenError(f"allowGatewayTransit of {half.remote.name}, which is not in this stack")
    if other is None or not other.lends_gateways:
        other_name = f"{half.remote.name} to {half.local.name}" if other is None else other.name
        yield Finding(
            wrong=f"{half.name} has useRemoteGateways, but the other half, {other_name}, has no "
            "allowGatewayTransit",
            mend=f"Set allowGatewayTransit on {other_name}, and have it created first",
        )


def _transit_used(case: Case, half: Half) -> Findings:
    other = _other_half(case, half) if half.lends_gateways else None
    if other is not None and not other.uses_gateways and not other.lends_gateways:
        yield Finding(
            wrong=f"{half.name} has allowGatewayTransit, but the other half, {other.name}, has no "
            "useRemoteGateways, so nothing behind the gateways reaches it",
            mend=f"Set useRemoteGateways on {other.name}, or take allowGatewayTransit away",
        )


def _flags_agree(case: Case) -> Findings:
    def judge(path: Path) -> Findings:
        flags = [case.resource.flag(*path, name) for name in ("allowGatewayTransit", "useRemoteGateways")]
        if all(flags):
            yield Finding(
                wrong=f"{case.resource.name} has both allowGatewayTransit and useRemoteGateways, so its VNet "
                "would have gateways of its own and use another's",
                mend="Set allowGatewayTransit alone on the hub's half, useRemoteGateways alone on the "
                "spoke's",
            )

    yield from each(places(case.resource), judge)


def _single_remote_gateway(case: Case, half: Half) -> Findings:
    if not half.uses_gateways:
        return
    unknown = []
    rivals = []
    for other in halves(case.stack).by_local[half.local.key]:
        if (other.resource.urn, other.path) == (half.resource.urn, half.path):
            continue
        try:
            rivals += [other.name] if other.uses_gateways else []
        except NotProvenError as missing:
            unknown.append(missing.what)
    if rivals:
        yield Finding(
            wrong=f"{half.local.name} uses the gateways of several VNets, by {half.name} and by "
            f"{', '.join(sorted(rivals))}",
            mend="Keep useRemoteGateways on one of them",
        )
    yield from (Doubt(what=what) for what in unknown)


def _no_own_gateway(case: Case, half: Half) -> Findings:
    if not half.uses_gateways:
        return
    own = _gateways_in(case, half.local)
    for gateway in own:
        yield Finding(
            wrong=f"{half.name} has useRemoteGateways, but {half.local.name} has a gateway of its own, "
            f"{gateway.name}",
            mend="Set allowGatewayTransit instead where this is the hub's half, or remove the gateway",
        )
    if not own:
        yield from (Doubt(what=what) for what in standing_gateways(case.stack).unknown)


def _remote_gateway_exists(case: Case, half: Half) -> Findings:
    if not half.uses_gateways or _gateways_in(case, half.remote):
        return
    for what in standing_gateways(case.stack).unknown:
        raise NotProvenError(what)
    if half.remote.resource is None or not half.remote.resource.has_inputs:
        raise NotProvenError(f"whether {half.remote.name}, which is not in this stack, has a gateway")
    yield Finding(
        wrong=f"{half.name} has useRemoteGateways, but {half.remote.name} has no gateway",
        mend=f"Add a VPN or ExpressRoute gateway to {half.remote.name}, or take useRemoteGateways away",
    )


def _addresses_apart(_case: Case, half: Half) -> Findings:
    if half.remote.resource is None or half.local.resource is None:
        outside = half.remote if half.remote.resource is None else half.local
        raise NotProvenError(f"the address space of {outside.name}, which is not in this stack")
    for own in address_space(half.local.resource):
        for other in address_space(half.remote.resource):
            if own.overlaps(other):
                yield Finding(
                    wrong=f"{half.name} peers {half.local.name} and {half.remote.name}, which share "
                    f"{own if own.prefixlen > other.prefixlen else other}",
                    mend="Give one of them another address space",
                )


def _gateways_in(case: Case, network: Target) -> tuple[Resource, ...]:
    return standing_gateways(case.stack).by_network.get(network.key, ())


_half = partial(
    Rule,
    kinds=(VNET_PEERING, VIRTUAL_NETWORK),
    level=Level.MANDATORY,
    scope=Scope.STACK,
    page=pages.MANAGE_PEERING,
)

RULES = (
    _half(
        name="peering-both-halves",
        holds="A peering has both its halves.",
        sources=("PEER-8",),
        check=_of_each_half(_both_halves),
    ),
    _half(
        name="peering-gateways-lent",
        holds="Where one half uses the other side's gateways, the other half lends them.",
        sources=("PEER-1", "PEER-4"),
        check=_of_each_half(_gateways_lent),
    ),
    _half(
        name="peering-transit-used",
        level=Level.ADVISORY,
        holds="Where one half lends its gateways, the other half uses them.",
        sources=("PEER-1", "PEER-6"),
        check=_of_each_half(_transit_used),
    ),
    _half(
        name="peering-flags-agree",
        holds="No half both lends gateways and uses the other side's.",
        sources=("PEER-2", "PEER-6"),
        scope=Scope.RESOURCE,
        check=_flags_agree,
    ),
    _half(
        name="peering-single-remote-gateway",
        holds="A VNet uses the gateways of one other VNet at most.",
        sources=("PEER-5",),
        check=_of_each_half(_single_remote_gateway),
    ),
    _half(
        name="peering-no-own-gateway",
        holds="A VNet that uses another's gateways has none of its own.",
        sources=("PEER-2",),
        check=_of_each_half(_no_own_gateway),
    ),
    _half(
        name="peering-remote-gateway-exists",
        holds="A VNet whose gateways another one uses has a gateway.",
        sources=("PEER-3",),
        check=_of_each_half(_remote_gateway_exists),
    ),
    _half(
        name="peering-addresses-apart",
        holds="VNets that peer do not overlap.",
        sources=("PEER-7",),
        check=_of_each_half(_addresses_apart),
    ),
)
