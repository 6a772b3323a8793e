"""ExpressRoute circuits: what is ordered, its private peering's links and VLAN, and who may use it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from network_policies import pages
from network_policies.address_spaces import address_spaces
from network_policies.attachments import attachments, circuit_of, expressroute_gateways, private_peerings
from network_policies.azure_types import CIRCUIT, CIRCUIT_PEERING, PRIVATE_PEERING, prefix_of, word
from network_policies.geography import geopolitical_region
from network_policies.resource import NotProvenError, Path, Resource, spell
from network_policies.rules import Case, Doubt, Finding, Findings, Level, Rule, Scope
from network_policies.values import REDACTED, UNKNOWN, reveal

_PROVIDER_MBPS = (50, 100, 200, 500, 1000, 2000, 5000, 10000)
_DIRECT_GBPS = (1, 2, 5, 10, 40, 100)
_TIERS = ("Basic", "Local", "Standard", "Premium")
_LINK_LENGTH = 30
_LONGEST_KEY = 25
_STANDARD_CONNECTIONS = 10
_PREMIUM_CONNECTIONS = (
    (50, 20),
    (200, 25),
    (500, 40),
    (1000, 50),
    (2000, 60),
    (5000, 75),
    (100_000, 100),
)
"""Up to a bandwidth in Mbps: so many connections (ER-10)."""


def _sku(case: Case) -> Findings:
    circuit = case.resource
    tier, family = circuit.text("sku", "tier"), circuit.text("sku", "family")
    name = circuit.text("sku", "name")
    if tier is None or family is None or name is None:
        return
    if tier.casefold() not in [known.casefold() for known in _TIERS]:
        yield Finding(
            wrong=f"sku.tier of {circuit.name} is {tier}, which no circuit has",
            mend=f"Set it to one of {', '.join(_TIERS)}",
        )
    elif name.casefold() != f"{tier}_{family}".casefold():
        yield Finding(
            wrong=f"sku.name of {circuit.name} is {name}, but its tier and family are {tier} and {family}",
            mend=f"Set sku.name to {tier}_{family}",
        )


def _bandwidth(case: Case) -> Findings:
    megabits = case.resource.number("serviceProviderProperties", "bandwidthInMbps")
    if megabits is not None and megabits not in _PROVIDER_MBPS:
        yield Finding(
            wrong=f"bandwidthInMbps of {case.resource.name} is {megabits}, which no provider's circuit has",
            mend=f"Set it to one of {', '.join(map(str, _PROVIDER_MBPS))}",
        )
    gigabits = case.resource.number("bandwidthInGbps")
    if gigabits is not None and gigabits not in _DIRECT_GBPS:
        yield Finding(
            wrong=f"bandwidthInGbps of {case.resource.name} is {gigabits}, which no circuit on a port has",
            mend=f"Set it to one of {', '.join(map(str, _DIRECT_GBPS))}",
        )


def _provisioned(case: Case) -> Findings:
    """Judge the circuits that something in the stack uses already."""
    circuit, attached = case.resource, attachments(case.stack)
    key = circuit.urn
    if not (attached.circuit_peerings.get(key) or attached.to_circuit.get(key)):
        return
    if circuit.peek("serviceProviderProperties") is None:
        return  # on an ExpressRoute Direct port no provider has a part in it
    if circuit.is_new:
        raise NotProvenError(
            f"serviceProviderProvisioningState of {circuit.name}: it is ordered in this run, and what uses "
            "it needs it Provisioned"
        )
    state = circuit.text("serviceProviderProvisioningState")
    if state is not None and state.casefold() != "provisioned":
        yield Finding(
            wrong=f"{circuit.name} is {state} on its provider's side, and its peering or a connection is in "
            "this stack already",
            mend="Give the provider its service key, and add the rest once the circuit is Provisioned",
        )


def _reach(case: Case) -> Findings:
    """Compare where a circuit starts with where the gateways are that it is connected to."""
    circuit = case.resource
    location = circuit.text("serviceProviderProperties", "peeringLocation")
    if location is None or word(circuit, "sku", "tier") == "premium":
        return
    for gateway in expressroute_gateways(case.stack, circuit.urn):
        region = gateway.text("location")
        if region is None:
            continue
        here, there = geopolitical_region(location), geopolitical_region(region)
        if here is None or there is None:
            place = location if here is None else region
            raise NotProvenError(
                f"whether {circuit.name} reaches {region}: {place} is not in this pack's list"
            )
        if here != there:
            yield Finding(
                wrong=f"{circuit.name} starts in {location} ({here}) and is connected to {gateway.name} in "
                f"{region} ({there}), which its tier {circuit.text('sku', 'tier')} does not reach",
                mend="Set sku.tier to Premium, and sku.name with it",
            )


def _connections(case: Case) -> Findings:
    circuit, attached = case.resource, attachments(case.stack)
    count = len(attached.to_circuit.get(circuit.urn, ())) + len(attached.global_reach.get(circuit.urn, ()))
    limit = _connection_limit(circuit)
    if count > limit:
        yield Finding(
            wrong=f"{circuit.name} has {count} connections, Global Reach among them; it takes {limit}",
            mend="Take some to another circuit, or set sku.tier to Premium and a larger bandwidth",
        )


def _connection_limit(circuit: Resource) -> int:
    if word(circuit, "sku", "tier") != "premium":
        return _STANDARD_CONNECTIONS
    megabits = circuit.number("serviceProviderProperties", "bandwidthInMbps")
    if megabits is None:
        megabits = 1000 * (circuit.number("bandwidthInGbps") or 100)
    return next(limit for upto, limit in _PREMIUM_CONNECTIONS if megabits <= upto)


# --- peerings -----------------------------------------------------------------------------------------


def _each_peering(resource: Resource) -> Iterator[Path]:
    """Yield where peerings stand: a resource is one itself, or a circuit was given some.

    What Azure shows of a circuit's peerings in its outputs are the same ones again.
    """
    if resource.kind == CIRCUIT_PEERING:
        yield ()
    elif resource.inputs.get("peerings") is not None or not resource.has_inputs:
        yield from (("peerings", index) for index, _ in enumerate(resource.elements("peerings")))


def _private(resource: Resource) -> Iterator[Path]:
    return (
        path for path in _each_peering(resource) if word(resource, *path, "peeringType") == PRIVATE_PEERING
    )


_LINKS = ("primaryPeerAddressPrefix", "secondaryPeerAddressPrefix")


def _links(case: Case) -> Findings:
    peering = case.resource
    for path in _private(peering):
        if peering.peek(*path, "ipv6PeeringConfig") is not None and not any(
            peering.peek(*path, name) for name in _LINKS
        ):
            raise NotProvenError(f"the links of {peering.name} with IPv6 alone, which are not judged")
        for name in _LINKS:
            if peering.text(*path, name) is None:
                yield Finding(
                    wrong=f"{peering.name} has no {name}, so one of its two BGP sessions is missing, and "
                    "with it the circuit's SLA",
                    mend=f"Set {name} to a /{_LINK_LENGTH} of your own",
                )


def _link_prefixes(case: Case) -> Findings:
    peering = case.resource
    for path in _private(peering):
        texts = {name: peering.text(*path, name) for name in _LINKS}
        prefixes = {name: prefix_of(text) for name, text in texts.items()}
        for name, text in texts.items():
            prefix = prefixes[name]
            if text is not None and (prefix is None or prefix.prefixlen != _LINK_LENGTH):
                yield Finding(
                    wrong=f"{name} of {peering.name} is {text}, which is no IPv4 /{_LINK_LENGTH}",
                    mend=f"Set it to a /{_LINK_LENGTH}: the router takes its first address, Microsoft the "
                    "second",
                )
        first, second = (prefixes[name] for name in _LINKS)
        if first is not None and second is not None and first.overlaps(second):
            yield Finding(
                wrong=f"both links of {peering.name} have addresses of {first}",
                mend=f"Set {_LINKS[1]} to another /{_LINK_LENGTH}",
            )


def _links_apart(case: Case) -> Findings:
    """Compare the links with all VNets of the stack: Azure wants them outside every one of them."""
    peering = case.resource
    links = [
        prefix
        for path in _private(peering)
        for name in _LINKS
        if (prefix := prefix_of(peering.text(*path, name)))
    ]
    spaces = address_spaces(case.stack)
    for link in links:
        for space, network in spaces.overlapping(link):
            yield Finding(
                wrong=f"link {link} of {peering.name} overlaps {space} of {network.name}",
                mend="Set the link to a prefix that no VNet has",
            )
    if links and spaces.unknown:
        raise NotProvenError(spaces.unknown[0])


def _vlan(case: Case) -> Findings:
    for path in _each_peering(case.resource):
        vlan = case.resource.number(*path, "vlanId")
        is_private = word(case.resource, *path, "peeringType") == PRIVATE_PEERING
        if (vlan is None and is_private) or (vlan is not None and vlan not in range(1, 4095)):
            yield Finding(
                wrong=f"{spell((*path, 'vlanId'))} of {case.resource.name} is "
                + ("not set" if vlan is None else f"{vlan}, which is no VLAN"),
                mend="Set it to what the provider gives, 1 to 4094",
            )


def _key(case: Case) -> Findings:
    peering = case.resource
    for path in _each_peering(peering):
        key = reveal(peering.peek(*path, "sharedKey"))
        if key is UNKNOWN:
            yield Doubt(what=f"{spell((*path, 'sharedKey'))} of {peering.name} is not known yet")
        elif isinstance(key, str) and key == REDACTED:
            yield Doubt(what=f"{spell((*path, 'sharedKey'))} of {peering.name} cannot be decrypted here")
        elif isinstance(key, str) and not (key.isascii() and key.isalnum() and len(key) <= _LONGEST_KEY):
            yield Finding(
                wrong=f"{spell((*path, 'sharedKey'))} of {peering.name} is longer than {_LONGEST_KEY} "
                "characters, or not of letters and digits alone",
                mend=f"Let RandomPassword make one of {_LONGEST_KEY}, with special set to false",
            )


def _vlan_unique(case: Case) -> Findings:
    peering = case.resource
    vlan = peering.number("vlanId")
    if vlan is None:
        return
    circuit = circuit_of(case.stack, peering)
    for other in attachments(case.stack).circuit_peerings.get(circuit.key, ()):
        if other.urn < peering.urn and other.number("vlanId") == vlan:
            yield Finding(
                wrong=f"{peering.name} and {other.name}, peerings of one circuit, both have VLAN {vlan}",
                mend=f"Set vlanId of {peering.name} to another",
            )


def _inline_mixed(case: Case) -> Findings:
    """Find a private peering written twice: as a resource, and inside its circuit."""
    has_inline = case.resource.has_inputs and any(True for _ in _private(case.resource))
    for peering in private_peerings(case.stack, case.resource.urn) if has_inline else ():
        yield Finding(
            wrong=f"{case.resource.name} has a private peering of its own, and {peering.name} is one too; "
            "each update of the one undoes the other",
            mend="Keep one of the two",
        )


_circuit = partial(Rule, kinds=(CIRCUIT,), level=Level.MANDATORY)
_peering = partial(
    Rule, kinds=(CIRCUIT_PEERING, CIRCUIT), level=Level.MANDATORY, page=pages.EXPRESSROUTE_PEERING
)

RULES = (
    _circuit(
        name="circuit-sku",
        holds="A circuit's SKU is one tier and one family, and its name says the same.",
        sources=("ER-10", "ER-14"),
        page=pages.CIRCUIT_PEERINGS,
        check=_sku,
    ),
    _circuit(
        name="circuit-bandwidth",
        holds="A circuit has a bandwidth that is on offer.",
        sources=("ER-15",),
        page=pages.EXPRESSROUTE_FAQ,
        check=_bandwidth,
    ),
    _circuit(
        name="circuit-provisioned",
        holds="A circuit is provisioned by its provider before anything uses it.",
        sources=("ER-1",),
        page=pages.CIRCUIT_WORKFLOW,
        scope=Scope.STACK,
        check=_provisioned,
    ),
    _circuit(
        name="circuit-reach",
        holds="A circuit that is not Premium stays within its geopolitical region.",
        sources=("ER-11",),
        page=pages.EXPRESSROUTE_FAQ,
        scope=Scope.STACK,
        check=_reach,
    ),
    _circuit(
        name="circuit-connections",
        holds="A circuit has no more connections than its tier and bandwidth take.",
        sources=("ER-10",),
        page=pages.LIMITS,
        scope=Scope.STACK,
        check=_connections,
    ),
    _circuit(
        name="circuit-peering-once",
        holds="A private peering is written once: inside its circuit, or as a resource of its own.",
        sources=("ER-1",),
        page=pages.PULUMI_CIRCUIT_PEERING,
        scope=Scope.STACK,
        check=_inline_mixed,
    ),
    _peering(
        name="circuit-peering-links",
        holds="A private peering has both its links.",
        sources=("ER-7",),
        page=pages.EXPRESSROUTE_ROUTING,
        check=_links,
    ),
    _peering(
        name="circuit-peering-link-prefix",
        holds="Each link of a private peering has a /30 of its own.",
        sources=("ER-3",),
        check=_link_prefixes,
    ),
    _peering(
        name="circuit-peering-link-apart",
        holds="No link of a private peering overlaps a VNet.",
        sources=("ER-3",),
        scope=Scope.STACK,
        check=_links_apart,
    ),
    _peering(
        name="circuit-peering-vlan",
        holds="A circuit's peering has a VLAN.",
        sources=("ER-4",),
        check=_vlan,
    ),
    _peering(
        name="circuit-peering-key-form",
        holds="A peering's MD5 key is at most 25 letters and digits.",
        sources=("ER-6",),
        check=_key,
    ),
    _peering(
        name="circuit-peering-vlan-unique",
        kinds=(CIRCUIT_PEERING,),
        holds="No two peerings of a circuit have one VLAN.",
        sources=("ER-4",),
        scope=Scope.STACK,
        check=_vlan_unique,
    ),
)
