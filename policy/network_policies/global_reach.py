"""Global Reach: which circuits it may join, and the prefix that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from network_policies import pages
from network_policies.attachments import private_peerings, reach_ends
from network_policies.azure_types import GLOBAL_REACH, VIRTUAL_NETWORK, address_space, prefix_of, word
from network_policies.geography import geopolitical_region
from network_policies.resource import NotProvenError, Resource
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope

_LENGTH = 29


def _circuits(case: Case) -> tuple[Resource, Resource]:
    """Return the two circuits. Raises NotProvenError if one is not in the stack."""
    first, second = reach_ends(case.stack, case.resource)
    for end in (first, second):
        if end.resource is None:
            raise NotProvenError(f"what {end.name}, which is not in this stack, is like")
    assert first.resource is not None
    assert second.resource is not None
    return first.resource, second.resource


def _location(circuit: Resource) -> str | None:
    return circuit.text("serviceProviderProperties", "peeringLocation")


def _locations(case: Case) -> Findings:
    first, second = _circuits(case)
    if _location(first) is not None and _location(first) == _location(second):
        yield Finding(
            wrong=f"{case.resource.name} joins {first.name} and {second.name}, both from {_location(first)}",
            mend="Join circuits from different peering locations",
        )


def _tier(case: Case) -> Findings:
    circuits = _circuits(case)
    places = [_location(circuit) for circuit in circuits]
    if None in places:
        raise NotProvenError(f"the peering locations that {case.resource.name} joins")
    regions = [geopolitical_region(str(place)) for place in places]
    if None in regions:
        unlisted = places[regions.index(None)]
        raise NotProvenError(f"the geopolitical region of {unlisted}, which is not in this pack's list")
    if regions[0] == regions[1]:
        return
    for circuit in circuits:
        if word(circuit, "sku", "tier") != "premium":
            yield Finding(
                wrong=f"{case.resource.name} joins {regions[0]} and {regions[1]}, and {circuit.name} has "
                f"tier {circuit.text('sku', 'tier')}",
                mend=f"Set sku.tier of {circuit.name} to Premium, and sku.name with it",
            )


def _prefix(case: Case) -> Findings:
    text = case.resource.text("addressPrefix")
    prefix = prefix_of(text)
    if text is None:
        return
    if prefix is None or prefix.prefixlen != _LENGTH:
        yield Finding(
            wrong=f"addressPrefix of {case.resource.name} is {text}, which is no IPv4 /{_LENGTH}",
            mend=f"Set it to a /{_LENGTH} that nothing else uses",
        )
        return
    for other, what in _used(case):
        taken = prefix_of(other)
        if taken is not None and taken.overlaps(prefix):
            yield Finding(
                wrong=f"addressPrefix {prefix} of {case.resource.name} overlaps {taken} of {what}",
                mend=f"Set it to a /{_LENGTH} that nothing else uses",
            )


def _used(case: Case) -> Iterator[tuple[str, str]]:
    for network in case.stack.of(VIRTUAL_NETWORK):
        yield from ((str(space), network.name) for space in address_space(network))
    for circuit in _circuits(case):
        for peering in private_peerings(case.stack, circuit.urn):
            for name in ("primaryPeerAddressPrefix", "secondaryPeerAddressPrefix"):
                yield peering.text(name) or "", peering.name
    for reach in case.stack.of(GLOBAL_REACH):
        if reach.urn < case.resource.urn:
            yield reach.text("addressPrefix") or "", reach.name


_reach = partial(
    Rule, kinds=(GLOBAL_REACH,), level=Level.MANDATORY, scope=Scope.STACK, page=pages.GLOBAL_REACH
)

RULES = (
    _reach(
        name="global-reach-locations",
        holds="Global Reach joins circuits from different peering locations.",
        sources=("ER-16",),
        check=_locations,
    ),
    _reach(
        name="global-reach-tier",
        holds="Global Reach between geopolitical regions joins Premium circuits.",
        sources=("ER-11",),
        check=_tier,
    ),
    _reach(
        name="global-reach-prefix",
        holds="Global Reach has a /29 that nothing else uses.",
        sources=("ER-16",),
        check=_prefix,
    ),
)
