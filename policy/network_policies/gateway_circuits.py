"""ExpressRoute gateways: the circuits that they are connected to, and what they tell those."""

from __future__ import annotations

from collections import Counter
from functools import partial

from network_policies import pages
from network_policies.attachments import Connection, attachments, network_of
from network_policies.azure_types import GATEWAY, is_expressroute, sku_name
from network_policies.resource import Resource
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import Target
from network_policies.subnets import gateway_subnet
from network_policies.values import reveal

_CIRCUITS = {
    **dict.fromkeys(("standard", "ergw1az"), 4),
    **dict.fromkeys(("highperformance", "ergw2az"), 8),
    **dict.fromkeys(("ultraperformance", "ergw3az"), 16),
}
_CIRCUITS_OF_UNITS = ((10, 16), (2, 8), (-(2**63), 4))
"""From so many scale units on, the fewest that it may have."""

_CIRCUITS_OF_ONE_LOCATION = 4
_PREFIXES = {4: 1000, 6: 100}
_PREFIXES_OF_NEW = 200
_PEERED_NETWORKS = 500


def _connections(case: Case) -> tuple[Connection, ...]:
    """Return the connections of an ExpressRoute gateway to circuits."""
    return tuple(
        connection
        for connection in attachments(case.stack).to_gateway.get(case.resource.urn, ())
        if connection.circuit is not None and is_expressroute(case.resource)
    )


def _circuits(case: Case) -> Findings:
    gateway = case.resource
    circuits = {end.key: end for connection in _connections(case) if (end := connection.circuit)}
    limit = _circuit_limit(gateway)
    if limit is not None and len(circuits) > limit:
        yield Finding(
            wrong=f"{gateway.name} is connected to {len(circuits)} circuits; SKU "
            f"{gateway.text('sku', 'name')} takes {limit}",
            mend="Set sku.name and sku.tier to a larger one",
        )
    places = Counter(
        location
        for circuit in circuits.values()
        if circuit.resource and (location := _location(circuit.resource))
    )
    for location, count in places.items():
        if count > _CIRCUITS_OF_ONE_LOCATION:
            yield Finding(
                wrong=f"{gateway.name} is connected to {count} circuits from {location}; any SKU takes "
                f"{_CIRCUITS_OF_ONE_LOCATION} from one peering location",
                mend="Order one of them in another peering location",
            )


def _circuit_limit(gateway: Resource) -> int | None:
    """Return how many circuits a gateway takes; None where that is not known."""
    if sku_name(gateway) != "ergwscale":
        return _CIRCUITS.get(sku_name(gateway))
    units = gateway.number("autoScaleConfiguration", "bounds", "min")
    return None if units is None else next(limit for start, limit in _CIRCUITS_OF_UNITS if units >= start)


def _location(circuit: Resource) -> str | None:
    return circuit.text("serviceProviderProperties", "peeringLocation")


def _locations(case: Case) -> Findings:
    """Advise a second peering location, but not where there is no ExpressRoute at all yet."""
    circuits = [end.resource for connection in _connections(case) if (end := connection.circuit)]
    known = [_location(circuit) for circuit in circuits if circuit is not None]
    if known and len(known) == len(circuits) and len(set(known)) == 1 and known[0] is not None:
        yield Finding(
            wrong=f"{case.resource.name} has circuits from {known[0]} alone, so that place takes it down",
            mend="Connect a circuit from another peering location",
        )


def _remote_traffic(case: Case, *, others_have_it: bool) -> Findings:
    """Look at the gateways on the other ends of a gateway's circuits, be these in the stack or not."""
    gateway, attached = case.resource, attachments(case.stack)
    if not is_expressroute(gateway) or gateway.flag("allowRemoteVnetTraffic"):
        return
    own = network_of(case.stack, Target(key=gateway.urn, name=gateway.name, resource=gateway))
    for connection in _connections(case):
        assert connection.circuit is not None
        for other in attached.to_circuit.get(connection.circuit.key, ()):
            far = other.gateway.resource if other.gateway else None
            if far is None or far.urn == gateway.urn or far.flag("allowRemoteVnetTraffic") != others_have_it:
                continue
            network = network_of(case.stack, other.gateway)
            if own and network and network.key in attached.neighbors.get(own.key, frozenset()):
                continue  # they reach each other by peering
            yield Finding(
                wrong=f"{gateway.name} and {far.name} are connected to {connection.circuit.name}, and "
                f"{gateway.name} has no allowRemoteVnetTraffic, so their VNets do not reach each other",
                mend=f"Set allowRemoteVnetTraffic on {gateway.name}"
                + ("" if others_have_it else f" and on {far.name}, or peer their VNets"),
            )
            return


# --- limits ------------------------------------------------------------------------------------------------


def _prefixes(case: Case) -> Findings:
    """Count what a gateway tells a circuit: its VNet's address space, and those of the VNets that use it."""
    if not is_expressroute(case.resource) or not _connections(case):
        return
    network = gateway_subnet(case.stack, case.resource).network
    networks = (network, *attachments(case.stack).spokes.get(network.key, ()))
    prefixes = [
        prefix
        for one in networks
        if one.resource is not None
        for prefix in one.resource.elements("addressSpace", "addressPrefixes")
    ]
    count = {6: sum(":" in str(reveal(prefix)) for prefix in prefixes)}
    count[4] = len(prefixes) - count[6]
    is_new = any(connection.resource.is_new for connection in _connections(case))
    for version, limit in _PREFIXES.items():
        if count[version] > limit:
            yield Finding(
                wrong=f"{case.resource.name} tells its circuits {count[version]} IPv{version} prefixes of "
                f"VNets; beyond {limit} the connection is dropped",
                mend="Give the VNets fewer, larger prefixes",
            )
    if is_new and _PREFIXES_OF_NEW < count[4] <= _PREFIXES[4]:
        yield Finding(
            wrong=f"{case.resource.name} would tell a new connection {count[4]} prefixes of VNets; only "
            f"{_PREFIXES_OF_NEW} may be there when it is created",
            mend="Create the connection first, and add prefixes afterwards",
        )


def _peered_networks(case: Case) -> Findings:
    if not is_expressroute(case.resource):
        return
    network = gateway_subnet(case.stack, case.resource).network
    count = len(attachments(case.stack).neighbors.get(network.key, ()))
    if count > _PEERED_NETWORKS:
        yield Finding(
            wrong=f"{network.name} peers with {count} VNets; with {case.resource.name} in it, it may with "
            f"{_PEERED_NETWORKS}",
            mend="Move some behind another hub",
        )


_gateway = partial(Rule, kinds=(GATEWAY,), level=Level.MANDATORY)

RULES = (
    _gateway(
        name="expressroute-gateway-circuits",
        holds="An ExpressRoute gateway has no more circuits than its SKU takes, and four from one place.",
        sources=("GW-8",),
        page=pages.LIMITS,
        scope=Scope.STACK,
        check=_circuits,
    ),
    _gateway(
        name="expressroute-gateway-locations",
        level=Level.ADVISORY,
        holds="An ExpressRoute gateway has circuits from two peering locations.",
        sources=("ER-19", "APRL:d37db635"),
        page=pages.EXPRESSROUTE_RESILIENCY,
        scope=Scope.STACK,
        check=_locations,
    ),
    _gateway(
        name="expressroute-gateway-remote-traffic-agreed",
        holds="Of two gateways on one circuit, either both let the other VNet's traffic in or neither does.",
        sources=("ER-17", "PATH-10"),
        page=pages.ADD_EXPRESSROUTE_GATEWAY,
        scope=Scope.STACK,
        check=partial(_remote_traffic, others_have_it=True),
    ),
    _gateway(
        name="expressroute-gateway-remote-traffic",
        level=Level.ADVISORY,
        holds="VNets on one circuit reach each other, by the circuit or by peering.",
        sources=("ER-17", "PATH-10"),
        page=pages.ADD_EXPRESSROUTE_GATEWAY,
        scope=Scope.STACK,
        check=partial(_remote_traffic, others_have_it=False),
    ),
    _gateway(
        name="expressroute-gateway-prefixes",
        holds="An ExpressRoute gateway tells its circuits 1000 IPv4 and 100 IPv6 prefixes at most, at first "
        "200.",
        sources=("ER-9", "PEER-13"),
        page=pages.LIMITS,
        scope=Scope.STACK,
        check=_prefixes,
    ),
    _gateway(
        name="expressroute-gateway-peered-networks",
        holds="A VNet with an ExpressRoute gateway peers with 500 VNets at most.",
        sources=("PEER-12",),
        page=pages.EXPRESSROUTE_GATEWAYS,
        scope=Scope.STACK,
        check=_peered_networks,
    ),
)
