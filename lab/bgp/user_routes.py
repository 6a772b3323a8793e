"""Route tables and the appliances that they lead to, as Linux's policy routing has them.

- A subnet's traffic looks into its own table first: rules by where a packet comes in, of which each user
  route has two. A longer route of the system or of BGP goes before it, an equal one behind (PATH-5, "How
  Azure selects a route").
- An appliance is a node that forwards. Azure carries packets to a next hop without asking any network on the
  way, so that each place has a wire of its own to it; what it forwards goes by its own subnet's table.
- What comes over a peering has to be from the network at its other end, unless the peering lets pass what
  appliances forward; what a gateway sends needs no such leave (PEER-11).
- A route whose next hop does not work drops packets; Azure falls back to no other ("Next hop types").
- Out of a gateway, GatewaySubnet's table decides what is for the networks that the gateway serves. What it
  does to anything else is not documented: that is not brought to life, and said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.bgp.addressing import INNER
from lab.bgp.azure import AzureSide
from lab.bgp.blueprint import KernelRoute, NodeKind, Port, Wire
from lab.bgp.configuration import StaticRoute
from lab.bgp.draft import Draft, NodeDraft, port_address, port_of
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.premises import host_length
from topology import (
    GATEWAY_SUBNET,
    SERVICE_SUBNETS,
    Network,
    NextHopType,
    Peering,
    RouteTable,
    Subnet,
    UserRoute,
    VirtualNetwork,
)

_SYSTEM_TABLE = 100
"""What the system alone knows, for subnets that keep gateways' routes out."""
_FIRST_TABLE = 101
_LAST_RESORT = f"metric {2**32 - 1}"
_EVERYTHING = IPv4Network("0.0.0.0/0")

_Appliance = tuple[str, IPv4Address]
"""Its virtual network and address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Who looks into a route table: what comes in at a port of a node, or all that the node sends."""

    node: NodeDraft
    vnet: VirtualNetwork
    table: RouteTable
    port: str | None
    serves: tuple[IPv4Network, ...] = (_EVERYTHING,)
    """The destinations that the table is asked about."""

    @property
    def inside(self) -> tuple[IPv4Network, ...]:
        """Where nothing goes before a user route: the system has these spaces whole, the node their parts."""
        return self.vnet.address_space if self.port else self.serves

    @property
    def packets(self) -> str:
        """Which packets, in the words of a rule."""
        return f"iif {self.port}" if self.port else "from all"

    @property
    def others(self) -> str:
        """The table with what the place knows besides its user routes."""
        return "main" if self.table.propagate_gateway_routes else str(_SYSTEM_TABLE)


class UserRoutes:
    """Draws appliances, and lets every place look into its table."""

    def __init__(self, draft: Draft, azure: AzureSide) -> None:
        self._draft, self._network, self._azure = draft, draft.network, azure
        self._appliances: dict[_Appliance, NodeDraft] = {}
        self._ways: dict[tuple[str, str], Wire] = {}
        """From a place's node to an appliance's."""
        for vnet, address in _find_appliances(self._network):
            self._add_appliance(vnet, address)
        if self._appliances:
            self._guard_peerings()
        for place in self._places():
            self._instruct(place)

    def _add_appliance(self, vnet: str, address: IPv4Address) -> None:
        """Add a node that forwards, with one way out: its own virtual network."""
        if address == self._network.virtual_networks[vnet].host:
            raise UnsupportedDesignError(
                f"{vnet}: the appliance {address} is its host as well, which is not brought to life here"
            )
        fabric = self._azure.virtual_networks[vnet]
        node = self._draft.add(NodeKind.APPLIANCE, f"{vnet}.{address}", element=f"appliance:{vnet}/{address}")
        wire = self._draft.join(fabric, node)
        node.loopbacks.append(host_length(address))
        port, via = port_of(wire, node).interface, port_address(wire, fabric)
        node.routes.append(KernelRoute(destination=_EVERYTHING, interface=port, via=via))
        there = str(port_address(wire, node))
        fabric.static_routes.append(StaticRoute(destination=IPv4Network(address), via=there))
        self._appliances[vnet, address] = node
        self._ways[fabric.name, node.name] = wire

    # --- peerings ------------------------------------------------------------------------------------

    def _guard_peerings(self) -> None:
        for peering in self._network.peerings.values():
            for wire in self._over(peering):
                for port, other in (wire.ends, wire.ends[::-1]):
                    if self._draft.nodes[other.node].kind is NodeKind.VIRTUAL_NETWORK:
                        self._guard(peering, port, other.node)

    def _over(self, peering: Peering) -> tuple[Wire, ...]:
        return tuple(wire for wire in self._draft.wires if f"peering:{peering.name}" in wire.elements)

    def _guard(self, peering: Peering, port: Port, other: str) -> None:
        """Let in at a port what is from a virtual network itself, and what Azure's own nodes say."""
        if peering.allow_forwarded_traffic:
            return
        node = self._draft.nodes[port.node]
        sources = (*self._vnet_of(other).address_space, INNER)
        passed = node.next_rule + len(sources) + 1
        for source in sources:
            node.rule(f"iif {port.interface} from {source} goto {passed}")
        node.rule(f"iif {port.interface} blackhole")
        node.rule(f"iif {port.interface} lookup default")  # knows nothing: the next rule is asked

    def _vnet_of(self, fabric: str) -> VirtualNetwork:
        return self._network.virtual_networks[fabric.removeprefix(f"{NodeKind.VIRTUAL_NETWORK}.")]

    # --- places --------------------------------------------------------------------------------------

    def _places(self) -> Iterator[_Place]:
        for vnet in self._network.virtual_networks.values():
            fabric = self._azure.virtual_networks[vnet.name]
            if table := _table(self._network, _site_subnet(vnet)):
                host = self._draft.nodes[self._draft.sites[vnet.name].host_node]
                port = port_of(self._between(fabric, host), fabric).interface
                yield _Place(node=fabric, vnet=vnet, table=table, port=port)
            if vnet.has_gateway and (table := _table(self._network, vnet.subnets.get(GATEWAY_SUBNET))):
                yield from self._gateway_places(vnet, table)
        for (name, address), node in self._appliances.items():
            vnet, fabric = self._network.virtual_networks[name], self._azure.virtual_networks[name]
            if table := _table(self._network, _subnet_of(vnet, address)):
                port = port_of(self._ways[fabric.name, node.name], fabric).interface
                yield _Place(node=fabric, vnet=vnet, table=table, port=port)

    def _gateway_places(self, vnet: VirtualNetwork, table: RouteTable) -> Iterator[_Place]:
        spokes = (
            one.spoke for one in self._network.peerings_by_hub.get(vnet.name, ()) if one.gateway_transit
        )
        served = tuple(
            space
            for name in (vnet.name, *spokes)
            for space in self._network.virtual_networks[name].address_space
        )
        for name, route in table.routes.items():
            if not any(route.prefix.subnet_of(space) for space in served):
                self._draft.limits.append(
                    f"{vnet.name}'s {GATEWAY_SUBNET}: what Azure does by route {name} of {table.name} with "
                    f"what is for no virtual network here ({route.prefix}) is not documented, and not done"
                )
        gateways = list(self._azure.vpn_gateways.get(vnet.name, ()))
        if vnet.name in self._azure.express_route_gateways:
            gateways.append(self._azure.express_route_gateways[vnet.name])
        for gateway in gateways:
            yield _Place(node=gateway, vnet=vnet, table=table, port=None, serves=served)

    def _between(self, first: NodeDraft, second: NodeDraft) -> Wire:
        ends = {first.name, second.name}
        return next(wire for wire in self._draft.wires if {port.node for port in wire.ends} == ends)

    # --- routes --------------------------------------------------------------------------------------

    def _instruct(self, place: _Place) -> None:
        """Add rules for each user route, the longest first, and at the end for what they leave."""
        node, packets, others = place.node, place.packets, place.others
        if others != "main":
            self._know_the_system(place)
        for route in sorted(place.table.routes.values(), key=lambda route: -route.prefix.prefixlen):
            if not any(route.prefix.subnet_of(space) for space in place.serves):
                continue
            table = node.next_table(_FIRST_TABLE)
            if not any(route.prefix.subnet_of(space) for space in place.inside):
                length = route.prefix.prefixlen
                node.rule(f"{packets} to {route.prefix} lookup {others} suppress_prefixlength {length}")
            if route.next_hop is NextHopType.VNET_LOCAL:
                for part in _overlaps(route.prefix, place.vnet.address_space):
                    node.rule(f"{packets} to {part} lookup {others}")
            node.rule(f"{packets} to {route.prefix} lookup {table}")
            node.table_routes.append(f"blackhole {route.prefix} {_LAST_RESORT} table {table}")
            if hops := " ".join(f"nexthop {hop}" for hop in self._hops(place, route)):
                node.table_routes.append(f"{route.prefix} table {table} {hops}")
        if others != "main":
            node.rule(f"{packets} lookup {others}")
            node.rule(f"{packets} blackhole")

    def _hops(self, place: _Place, route: UserRoute) -> Iterator[str]:
        """Yield where a route leads; nothing for what it drops: on the Internet nobody has such addresses."""
        match route.next_hop:
            case NextHopType.VIRTUAL_APPLIANCE:
                assert route.address is not None  # the loader asks for it
                if (near := _near(self._network, place.vnet, route.address)) is not None:
                    owner, peering = near
                    appliance = self._appliances[owner, route.address]
                    yield _hop(self._way(place, appliance, peering), place.node, appliance)
            case NextHopType.VIRTUAL_NETWORK_GATEWAY:
                for gateway in self._vpn_gateways(place.vnet):
                    if place.port is not None:
                        yield _hop(self._between(gateway, place.node), place.node, gateway)

    def _way(self, place: _Place, appliance: NodeDraft, peering: Peering | None) -> Wire:
        """Return a place's wire to an appliance, which is over the peering, if it is in another network."""
        key = (place.node.name, appliance.name)
        if key not in self._ways:
            elements = (f"peering:{peering.name}",) if peering else ()
            segment = ("peering", peering.name) if peering else None
            wire = self._ways[key] = self._draft.join(
                place.node, appliance, elements=elements, segment=segment
            )
            if peering and place.node.kind is NodeKind.VIRTUAL_NETWORK:
                self._guard(peering, port_of(wire, appliance), place.node.name)
        return self._ways[key]

    def _vpn_gateways(self, vnet: VirtualNetwork) -> tuple[NodeDraft, ...]:
        """Return the instances of the VPN gateway that a virtual network has or uses (GW-6)."""
        owner = vnet.name
        if not vnet.has_gateway:
            lent = (one for one in self._network.peerings.values() if one.spoke == vnet.name)
            owner = next((one.hub for one in lent if one.gateway_transit), owner)
        return self._azure.vpn_gateways.get(owner, ())

    def _know_the_system(self, place: _Place) -> None:
        """Fill a virtual network's table of what the system knows: itself, and its peers."""
        fabric = place.node
        suffix = f"table {_SYSTEM_TABLE}"
        if any(line.endswith(suffix) for line in fabric.table_routes):
            return
        host = self._draft.nodes[self._draft.sites[place.vnet.name].host_node]
        port = port_of(self._between(fabric, host), fabric)
        lines = [f"{port.addresses[0].network} dev {port.interface}"]
        lines += [f"blackhole {space} {_LAST_RESORT}" for space in place.vnet.address_space]
        for (vnet, address), node in self._appliances.items():
            if vnet == place.vnet.name:
                hop = _hop(self._ways[fabric.name, node.name], fabric, node)
                lines.append(f"{address}/32 {hop}")
        for other, peering in _peers(self._network, place.vnet):
            peer = self._azure.virtual_networks[other.name]
            wire = next(one for one in self._over(peering) if {fabric.name, peer.name} == _nodes(one))
            lines += [f"{space} {_hop(wire, fabric, peer)}" for space in other.address_space]
        fabric.table_routes += [f"{line} {suffix}" for line in lines]


def _hop(wire: Wire, node: NodeDraft, other: NodeDraft) -> str:
    return f"via {port_address(wire, other)} dev {port_of(wire, node).interface} onlink"


def _nodes(wire: Wire) -> set[str]:
    return {port.node for port in wire.ends}


def _overlaps(prefix: IPv4Network, spaces: tuple[IPv4Network, ...]) -> Iterator[IPv4Network]:
    for space in spaces:
        if space.overlaps(prefix):
            yield max(space, prefix, key=lambda part: part.prefixlen)


# --- what the description says ---------------------------------------------------------------------------


def _find_appliances(network: Network) -> tuple[_Appliance, ...]:
    """Return the appliances that packets between sites may be handed to, each once."""
    found: dict[_Appliance, None] = {}
    waiting = [
        (vnet, table)
        for vnet in network.virtual_networks.values()
        for subnet in (_site_subnet(vnet), vnet.subnets.get(GATEWAY_SUBNET) if vnet.has_gateway else None)
        if (table := _table(network, subnet))
    ]
    while waiting:
        vnet, table = waiting.pop(0)
        for address in filter(None, (route.appliance for route in table.routes.values())):
            near = _near(network, vnet, address)
            if near is None or (near[0], address) in found:
                continue
            found[near[0], address] = None
            owner = network.virtual_networks[near[0]]
            if next_table := _table(network, _subnet_of(owner, address)):
                waiting.append((owner, next_table))
    return tuple(found)


def _near(network: Network, vnet: VirtualNetwork, address: IPv4Address) -> tuple[str, Peering | None] | None:
    """Return the virtual network that has an appliance, and the peering to it, if it is another's."""
    if any(address in space for space in vnet.address_space):
        return vnet.name, None
    return next(
        (
            (peer.name, peering)
            for peer, peering in _peers(network, vnet)
            if any(address in space for space in peer.address_space)
        ),
        None,
    )


def _peers(network: Network, vnet: VirtualNetwork) -> Iterator[tuple[VirtualNetwork, Peering]]:
    for peering in network.peerings.values():
        for own, other in ((peering.hub, peering.spoke), (peering.spoke, peering.hub)):
            if own == vnet.name:
                yield network.virtual_networks[other], peering


def _table(network: Network, subnet: Subnet | None) -> RouteTable | None:
    return network.route_tables.get(subnet.route_table or "") if subnet else None


def _subnet_of(vnet: VirtualNetwork, address: IPv4Address) -> Subnet | None:
    return next((subnet for subnet in vnet.subnets.values() if address in subnet.prefix), None)


def _site_subnet(vnet: VirtualNetwork) -> Subnet | None:
    """Return the subnet of a site's host; without one, the first that is not a service's (docs/paths.md)."""
    if vnet.host is not None:
        return _subnet_of(vnet, vnet.host)
    return next((subnet for name, subnet in vnet.subnets.items() if name not in SERVICE_SUBNETS), None)
