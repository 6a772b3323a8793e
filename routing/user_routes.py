"""What user-defined routes do to packets, laid over the routes that nodes learn.

- They bear on where a subnet's packets go, and on nothing that BGP tells.
- Whoever looks into a route table has its routes, the longest prefix first, each with the way that it leads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from routing.appliances import UserRouting
from routing.elements import ElementKind, element_name
from routing.graph import Graph
from routing.instructions import Instruction, Instructions
from routing.nodes import (
    Adjacency,
    ApplianceNode,
    Node,
    Segment,
    SegmentKind,
    Terms,
    VirtualNetworkNode,
    VpnGatewayNode,
)
from topology import Network, NextHopType, Peering, RouteTable, UserRoute


def user_instructions(
    network: Network,
    graph: Graph,
    virtual_networks: Mapping[str, VirtualNetworkNode],
    gateways: Mapping[str, Sequence[Node]],
) -> dict[Node, Instructions]:
    """Return what each place's route table says: virtual networks', gateways' and appliances'.

    Args:
        network: Whose they are.
        graph: Gets the ways that they lead.
        virtual_networks: By name.
        gateways: Those of each virtual network.
    """
    if not network.route_tables:
        return {}
    return dict(_Laying(network, graph, virtual_networks, gateways).all())


class _Laying:
    """The places that look into route tables, while they are being found."""

    def __init__(
        self,
        network: Network,
        graph: Graph,
        virtual_networks: Mapping[str, VirtualNetworkNode],
        gateways: Mapping[str, Sequence[Node]],
    ) -> None:
        self._network, self._graph = network, graph
        self._virtual_networks, self._gateways = virtual_networks, gateways
        self._routing = UserRouting(network)
        self._appliances = {
            each: ApplianceNode(
                name=f"the appliance {each.address}",
                element=element_name(ElementKind.APPLIANCE, each.name),
                virtual_network=virtual_networks[each.virtual_network],
            )
            for each in self._routing.appliances
        }

    def all(self) -> Iterator[tuple[Node, Instructions]]:
        """Yield each place with what its table says; appliances without a table have nothing to look into."""
        for vnet in self._network.virtual_networks.values():
            yield from self._at(vnet.name, self._virtual_networks[vnet.name], self._routing.host_table(vnet))
            for gateway in self._gateways[vnet.name]:
                yield from self._at(vnet.name, gateway, self._routing.gateway_table(vnet))
        for appliance, node in self._appliances.items():
            yield from self._at(appliance.virtual_network, node, self._routing.appliance_table(appliance))

    def _at(self, vnet: str, node: Node, table: RouteTable | None) -> Iterator[tuple[Node, Instructions]]:
        if table is None:
            return
        routes = [
            Instruction(
                table=table.name,
                name=name,
                prefix=route.prefix,
                next_hop=route.next_hop,
                address=route.appliance,
                over=self._way(vnet, node, route),
            )
            for name, route in table.routes.items()
        ]
        routes.sort(key=lambda route: -route.prefix.prefixlen)
        yield (
            node,
            Instructions(table=table.name, learns=table.propagate_gateway_routes, routes=tuple(routes)),
        )

    def _way(self, vnet: str, node: Node, route: UserRoute) -> Adjacency | None:
        match route.next_hop:
            case NextHopType.VIRTUAL_APPLIANCE:
                near = self._routing.appliance_at(vnet, route.appliance) if route.appliance else None
                return self._lead(self._appliances[near[0]], node, near[1]) if near else None
            case NextHopType.VIRTUAL_NETWORK_GATEWAY:
                return self._to_gateway(vnet, node)
            case NextHopType.VNET_LOCAL:
                return self._lead(self._virtual_networks[vnet], node, None)
            case _:
                return None

    def _to_gateway(self, vnet: str, node: Node) -> Adjacency | None:
        """Return the way to the VPN gateway that a virtual network has, or uses: never another (GW-6)."""
        ways: list[tuple[str, Peering | None]] = [(vnet, None)]
        if not self._gateways[vnet]:
            lent = (each for each in self._network.peerings.values() if each.spoke == vnet)
            ways = [(each.hub, each) for each in lent if each.gateway_transit]
        for owner, peering in ways:
            for gateway in self._gateways[owner]:
                if isinstance(gateway, VpnGatewayNode):
                    return self._lead(gateway, node, peering)
        return None

    def _lead(self, hop: Node, node: Node, peering: Peering | None) -> Adjacency:
        if peering is None:
            return self._graph.lead(hop, node)
        return self._graph.lead(
            hop,
            node,
            elements=(element_name(ElementKind.PEERING, peering.name),),
            segment=Segment(kind=SegmentKind.PEERING, over=peering.name),
            terms=Terms(forwards=peering.allow_forwarded_traffic),
        )
