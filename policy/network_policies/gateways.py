"""Gateways: what they are made of, what they stand beside, and how many circuits they take."""

from __future__ import annotations

from collections import Counter
from functools import partial

from network_policies import pages
from network_policies.attachments import Connection, attachments, network_of
from network_policies.azure_types import (
    CONNECTION,
    GATEWAY,
    PUBLIC_IP,
    VIRTUAL_HUB_ADDRESS,
    is_expressroute,
    is_vpn,
    sku_name,
    word,
)
from network_policies.bgp import VPN_GATEWAY_ASN
from network_policies.geography import may_have_zones
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import NotProvenError, Resource, Target
from network_policies.subnets import gateway_subnet, subnet_at
from network_policies.values import reveal

_EXPRESSROUTE_SKUS = (
    *("Standard", "HighPerformance", "UltraPerformance"),
    *("ErGw1AZ", "ErGw2AZ", "ErGw3AZ", "ErGwScale"),
)
_VPN_SKUS = (
    *("Basic", "Standard", "HighPerformance"),
    *(f"VpnGw{size}" for size in range(1, 6)),
    *(f"VpnGw{size}AZ" for size in range(1, 6)),
)
_FASTPATH_SKUS = frozenset({"ultraperformance", "ergw3az", "ergwscale"})
_DEPRECATED_VPN_SKUS = frozenset({"standard", "highperformance"})
_CIRCUITS = {
    **dict.fromkeys(("standard", "ergw1az"), 4),
    **dict.fromkeys(("highperformance", "ergw2az"), 8),
    **dict.fromkeys(("ultraperformance", "ergw3az"), 16),
}
_CIRCUITS_OF_UNITS = ((10, 16), (2, 8), (-(2**63), 4))
"""From so many scale units on, the fewest that it may have."""

_CIRCUITS_OF_ONE_LOCATION = 4
_FASTPATH_UNITS = 10
_SCALE_UNITS = range(1, 41)
_PREFIXES = {4: 1000, 6: 100}
_PREFIXES_OF_NEW = 200
_PEERED_NETWORKS = 500


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


# --- beside one another -------------------------------------------------------------------------------


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


# --- addresses of their own ---------------------------------------------------------------------------


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


# --- circuits -----------------------------------------------------------------------------------------


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


def _fastpath(case: Case) -> Findings:
    connection = case.resource
    if not connection.flag("expressRouteGatewayBypass"):
        return
    target = case.stack.target(connection, ("virtualNetworkGateway1", "id"), GATEWAY)
    if target is None or target.resource is None:
        raise NotProvenError(f"the SKU of the gateway of {connection.name}, which is not in this stack")
    gateway = target.resource
    if sku_name(gateway) not in _FASTPATH_SKUS:
        yield Finding(
            wrong=f"{connection.name} has expressRouteGatewayBypass, and {gateway.name} has SKU "
            f"{gateway.text('sku', 'name')}",
            mend="Set the gateway's sku.name and sku.tier to ErGw3AZ, or take expressRouteGatewayBypass away",
        )
    units = gateway.number("autoScaleConfiguration", "bounds", "min")
    if sku_name(gateway) == "ergwscale" and units is not None and units < _FASTPATH_UNITS:
        yield Finding(
            wrong=f"{connection.name} has expressRouteGatewayBypass, and {gateway.name} may have only "
            f"{units} scale units",
            mend=f"Set autoScaleConfiguration.bounds.min of {gateway.name} to {_FASTPATH_UNITS}, or take "
            "expressRouteGatewayBypass away",
        )
    subnet = gateway_subnet(case.stack, gateway)
    if subnet.resource is not None and subnet.resource.peek(*subnet.path, "routeTable") is not None:
        yield Finding(
            wrong=f"{connection.name} has expressRouteGatewayBypass, and {subnet.name} of "
            f"{subnet.network.name} has a route table, past which FastPath sends",
            mend=f"Take routeTable off {subnet.name}, or expressRouteGatewayBypass away",
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


# --- limits and neighbours ----------------------------------------------------------------------------


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
    _gateway(
        name="vpn-gateway-route-server",
        holds="A VPN gateway whose routes a Route Server passes on is active-active with ASN 65515.",
        sources=("ASN-12",),
        page=pages.ROUTE_SERVER,
        scope=Scope.STACK,
        check=_route_server,
    ),
    _gateway(
        name="connection-fastpath-sku",
        kinds=(CONNECTION,),
        holds="A connection with FastPath is on a gateway that has it.",
        sources=("GW-10",),
        page=pages.FASTPATH,
        scope=Scope.STACK,
        check=_fastpath,
    ),
)
