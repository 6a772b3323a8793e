"""Which spokes differ in nothing but their names, and the smaller network in which two stand for all of them.

- Alike are virtual networks that have nothing but one peering, as spokes of the same hub under the same
  terms, the same route table, and prefixes that overlap with no other site's. Nobody's traffic goes through
  them.
- Two of each kind are left, because two may talk to each other: what holds between the two holds between any.
- The two have made-up names, of characters that no real name contains, so that sentences about them can be
  read with real names in their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from routing.appliances import UserRouting
from topology import Network, Peering, RouteTable, Subnet, VirtualNetwork, overlapping

_FEWEST = 3
"""Of how many spokes two may stand for all."""

_PRIVATE_USE = 0xE000
"""Where Unicode's characters begin that nobody gives a meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """A spoke that the network describes."""

    site: str
    peering: str
    prefix: str
    """The one that its host is in."""
    table: str | None
    """The route table that its host's traffic looks into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """One of two that stand for spokes: the made-up names of its site, its peering and its prefix."""

    site: str
    peering: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Spokes that are alike, in the order of the file, and the two that stand for them."""

    spokes: tuple[Spoke, ...]
    first: StandIn
    second: StandIn

    @property
    def stand_ins(self) -> tuple[StandIn, StandIn]:
        """The two."""
        return self.first, self.second


class NamedPrefix(IPv4Network):
    """A prefix that sentences write by a made-up name."""

    name = ""

    def __str__(self) -> str:
        return self.name


# --- who is alike ----------------------------------------------------------------------------------------


def find_groups(network: Network, apart: frozenset[str]) -> tuple[Group, ...]:
    """Return the spokes of which enough are alike; those `apart` are to be worked out by themselves."""
    by_terms: dict[tuple[object, ...], list[Spoke]] = {}
    routing = UserRouting(network)
    unlike, led_by = _compare_prefixes(network)
    unlike |= apart | {appliance.virtual_network for appliance in routing.appliances}
    for peering in _sole_peerings(network):
        vnet = network.virtual_networks[peering.spoke]
        if vnet.name in unlike or vnet.has_gateway or vnet.route_server is not None:
            continue
        table = routing.host_table(vnet)
        terms = (
            peering.hub,
            peering.gateway_transit,
            peering.allow_forwarded_traffic,
            table.name if table else None,
            led_by.get(vnet.name, frozenset()),
        )
        by_terms.setdefault(terms, []).append(_spoke(vnet, peering, table))
    enough = [spokes for spokes in by_terms.values() if len(spokes) >= _FEWEST]
    return tuple(
        Group(spokes=tuple(spokes), first=_stand_in(2 * number), second=_stand_in(2 * number + 1))
        for number, spokes in enumerate(enough)
    )


def _sole_peerings(network: Network) -> Iterator[Peering]:
    """Yield the peerings of spokes that are joined to nothing else."""
    joined = Counter(name for peering in network.peerings.values() for name in (peering.hub, peering.spoke))
    return (peering for peering in network.peerings.values() if joined[peering.spoke] == 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """Who has a prefix: a site, or a user-defined route, by its table and its name."""

    site: str | None = None
    route: tuple[str, str] | None = None
    prefix: IPv4Network


def _compare_prefixes(network: Network) -> tuple[set[str], dict[str, frozenset[tuple[str, str]]]]:
    """Return the sites whose prefixes make them like no other, and the user routes that lead to the others.

    Like no other is a site whose prefixes overlap with another site's, or of which a user route leads to a
    part only: to less than a prefix, or to some prefixes and not to all.
    """
    claims = [
        *(
            _Claim(site=site, prefix=prefix)
            for site in network.sites
            for prefix in network.site_prefixes(site)
        ),
        *(
            _Claim(route=(table.name, name), prefix=route.prefix)
            for table in network.route_tables.values()
            for name, route in table.routes.items()
        ),
    ]
    unlike: set[str] = set()
    led_by: dict[str, Counter[tuple[str, str]]] = {}
    for pair in overlapping((claim, claim.prefix) for claim in claims):
        for own, other in (pair, pair[::-1]):
            if own.site is None or own.site == other.site:
                continue
            if other.route and other.prefix.prefixlen <= own.prefix.prefixlen:
                led_by.setdefault(own.site, Counter())[other.route] += 1
            else:
                unlike.add(own.site)
    for site, routes in led_by.items():
        if min(routes.values()) < len(network.site_prefixes(site)):
            unlike.add(site)
    return unlike, {site: frozenset(routes) for site, routes in led_by.items()}


def _spoke(vnet: VirtualNetwork, peering: Peering, table: RouteTable | None) -> Spoke:
    host = vnet.host
    prefix = next((each for each in vnet.prefixes if host and host in each), vnet.prefixes[0])
    name = table.name if table else None
    return Spoke(site=vnet.name, peering=peering.name, prefix=str(prefix), table=name)


def _stand_in(number: int) -> StandIn:
    site, peering, prefix = (chr(_PRIVATE_USE + 3 * number + part) for part in range(3))
    return StandIn(site=site, peering=peering, prefix=prefix)


# --- what is left of them --------------------------------------------------------------------------------


def reduce_network(network: Network, groups: tuple[Group, ...]) -> Network:
    """Return the network with two in the place of each group, made as the first two of its spokes are."""
    gone = {spoke.site for group in groups for spoke in group.spokes}
    virtual_networks = {name: vnet for name, vnet in network.virtual_networks.items() if name not in gone}
    peerings = {name: each for name, each in network.peerings.items() if each.spoke not in gone}
    for group in groups:
        for stand_in, spoke in zip(group.stand_ins, group.spokes, strict=False):
            vnet = network.virtual_networks[spoke.site]
            prefix = NamedPrefix(spoke.prefix)
            prefix.name = stand_in.prefix
            subnets = {"workload": Subnet(prefix=prefix, route_table=spoke.table)}
            virtual_networks[stand_in.site] = vnet.model_copy(
                update={"name": stand_in.site, "address_space": (prefix,), "host": None, "subnets": subnets}
            )
            peerings[stand_in.peering] = network.peerings[spoke.peering].model_copy(
                update={"name": stand_in.peering, "spoke": stand_in.site}
            )
    sections = {"virtual_networks": virtual_networks, "peerings": peerings}
    fields = {name: getattr(network, name) for name in Network.model_fields}
    return Network.model_construct(**{**fields, **sections})  # nothing that the other one has worked out
