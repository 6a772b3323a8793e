"""The network as a picture has it: cards in four layers, chips on them, and the lines between.

- Layers, from the far end of Azure to the far end of the premises: virtual networks that only use others'
  gateways; virtual networks with gateways; circuits and tunnels; locations.
- Chips are what stands inside a site and can fail by itself: gateways, route servers, appliances, routers.
- Within a layer, cards stand near what they are joined to; where nothing tells, in the stack file's order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean

from routing.appliances import Appliance, UserRouting
from routing.elements import ElementKind, GatewayKind, element_name, gateway_element, link_element
from routing.graph import Graph
from routing.nodes import AdjacencyKind, RouterNode
from topology import Circuit, Link, LinkName, Network, VirtualNetwork


class CardKind(StrEnum):
    """What a card stands for."""

    VIRTUAL_NETWORK = "virtual-network"
    CIRCUIT = "circuit"
    TUNNEL = "tunnel"
    LOCATION = "location"
    SOMEBODY_ELSE = "somebody-else"
    """Who ends a link is neither described nor clear."""


class LineKind(StrEnum):
    """What a line stands for."""

    PEERING = "peering"
    CONNECTION = "connection"
    LINK = "link"
    TUNNEL = "tunnel"
    GLOBAL_REACH = "global-reach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """Something inside a site."""

    key: str
    """Its element's name; for a router that nobody describes, a name of its own."""
    label: str
    element: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A site, a circuit or a tunnel."""

    key: str
    """`site:NAME`, or its element's name."""
    kind: CardKind
    label: str
    notes: tuple[str, ...] = ()
    """Small print, such as prefixes."""
    element: str | None = None
    chips: tuple[Chip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What joins two cards or chips."""

    kind: LineKind
    element: str
    label: str
    ends: tuple[str, str]
    """Keys of cards or chips; the one on Azure's side first."""
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """All cards by layer, and all lines."""

    layers: tuple[tuple[Card, ...], ...]
    """None is empty."""
    lines: tuple[Line, ...]

    @property
    def cards(self) -> Iterator[Card]:
        """Every card, layer by layer."""
        return (card for layer in self.layers for card in layer)


def site_key(site: str) -> str:
    """Return the key of a site's card."""
    return f"site:{site}"


def draw_up(network: Network, graph: Graph) -> Diagram:
    """Return the diagram of a network; `graph` knows whom a link belongs to that names no router."""
    strangers = {
        link_element(circuit.name, name): _owner(graph, link_element(circuit.name, name))
        for circuit, name, link in network.links
        if link.router is None
    }
    hubs = {peering.hub for peering in network.peerings.values()}
    appliances = UserRouting(network).appliances
    virtual_networks = [_virtual_network(vnet, appliances) for vnet in network.virtual_networks.values()]
    layers = [
        [card for card in virtual_networks if not (card.chips or card.label in hubs)],
        [card for card in virtual_networks if card.chips or card.label in hubs],
        [*map(_circuit, network.circuits.values()), *map(_tunnel, network.tunnels)],
        [*_locations(network, strangers), *_somebody_else(strangers)],
    ]
    lines = tuple(_lines(network))
    return Diagram(layers=_arranged([layer for layer in layers if layer], lines), lines=lines)


def united(before: Diagram, after: Diagram) -> Diagram:
    """Return a diagram with the cards, chips and lines of two versions, each once."""
    known = {card.key: card for card in before.cards}
    cards = [_with_chips_of(card, known.get(card.key)) for card in after.cards]
    kept = {card.key for card in cards}
    gone = [card for card in before.cards if card.key not in kept]
    lines = {(line.element, line.ends): line for line in (*before.lines, *after.lines)}
    return Diagram(layers=((*cards, *gone),), lines=tuple(lines.values()))


def _with_chips_of(card: Card, other: Card | None) -> Card:
    chips = {chip.key: chip for chip in (*card.chips, *(other.chips if other else ()))}
    return replace(card, chips=tuple(chips.values()))


# --- cards -----------------------------------------------------------------------------------------------


def _virtual_network(vnet: VirtualNetwork, appliances: Iterable[Appliance]) -> Card:
    own = (appliance for appliance in appliances if appliance.virtual_network == vnet.name)
    return Card(
        key=site_key(vnet.name),
        kind=CardKind.VIRTUAL_NETWORK,
        label=vnet.name,
        notes=tuple(map(str, vnet.address_space)),
        chips=(*_gateways(vnet), *map(_appliance, own)),
    )


def _gateways(vnet: VirtualNetwork) -> Iterator[Chip]:
    found = (
        (vnet.express_route_gateway, gateway_element(vnet.name, GatewayKind.EXPRESS_ROUTE), "ExpressRoute"),
        (vnet.route_server, element_name(ElementKind.ROUTE_SERVER, vnet.name), "Route Server"),
        (vnet.vpn_gateway, gateway_element(vnet.name, GatewayKind.VPN), "VPN"),
    )
    for described, element, label in found:
        if described is not None:
            yield Chip(key=element, label=label, element=element)


def _appliance(appliance: Appliance) -> Chip:
    element = element_name(ElementKind.APPLIANCE, appliance.name)
    return Chip(key=element, label=str(appliance.address), element=element)


def _circuit(circuit: Circuit) -> Card:
    element = element_name(ElementKind.CIRCUIT, circuit.name)
    return Card(key=element, kind=CardKind.CIRCUIT, label=circuit.name, notes=("circuit",), element=element)


def _tunnel(name: str) -> Card:
    element = element_name(ElementKind.TUNNEL, name)
    return Card(key=element, kind=CardKind.TUNNEL, label=name, notes=("VPN tunnel",), element=element)


def _locations(network: Network, strangers: dict[str, str | None]) -> Iterator[Card]:
    for location in network.locations.values():
        described = [router.name for router in network.routers.values() if router.location == location.name]
        yield Card(
            key=site_key(location.name),
            kind=CardKind.LOCATION,
            label=location.name,
            notes=(f"AS {location.asn}", *map(str, location.prefixes)),
            chips=(
                *(Chip(key=(key := f"router:{name}"), label=name, element=key) for name in described),
                *(_stranger(link) for link, owner in strangers.items() if owner == location.name),
            ),
        )


def _somebody_else(strangers: dict[str, str | None]) -> Iterator[Card]:
    for link, owner in strangers.items():
        if owner is None:
            yield Card(
                key=_stranger(link).key,
                kind=CardKind.SOMEBODY_ELSE,
                label="not described",
                notes=(f"ends {link}",),
            )


def _stranger(link: str) -> Chip:
    return Chip(key=f"end of {link}", label="not described", element=None)


def _owner(graph: Graph, link: str) -> str | None:
    for adjacency in graph.by_element.get(link, ()):
        for end in (adjacency.sender, adjacency.receiver):
            if isinstance(end, RouterNode):
                lans = (other for other in graph.told.get(end, ()) if other.kind is AdjacencyKind.LAN)
                return next((other.receiver.name for other in lans), None)
    return None


# --- lines -----------------------------------------------------------------------------------------------


def _lines(network: Network) -> Iterator[Line]:
    for peering in network.peerings.values():
        yield _line(LineKind.PEERING, peering.name, site_key(peering.spoke), site_key(peering.hub))
    for connection in network.connections.values():
        gateway = gateway_element(connection.virtual_network, GatewayKind.EXPRESS_ROUTE)
        circuit = element_name(ElementKind.CIRCUIT, connection.circuit)
        yield _line(LineKind.CONNECTION, connection.name, gateway, circuit)
    for reach in network.global_reach.values():
        first, second = (element_name(ElementKind.CIRCUIT, circuit) for circuit in reach.circuits)
        yield _line(LineKind.GLOBAL_REACH, reach.name, first, second)
    for owner, name, link in network.links:
        yield _link(owner, name, link)
    for tunnel in network.tunnels.values():
        middle = element_name(ElementKind.TUNNEL, tunnel.name)
        near = gateway_element(tunnel.virtual_network, GatewayKind.VPN)
        if tunnel.router:
            far = element_name(ElementKind.ROUTER, tunnel.router.name)
        else:
            assert tunnel.remote_virtual_network  # the loader lets no tunnel pass with neither end
            far = gateway_element(tunnel.remote_virtual_network, GatewayKind.VPN)
        yield _line(LineKind.TUNNEL, tunnel.name, near, middle)
        yield _line(LineKind.TUNNEL, tunnel.name, middle, far)


def _line(kind: LineKind, name: str, *ends: str) -> Line:
    first, second = ends
    return Line(kind=kind, element=element_name(ElementKind(kind), name), label=name, ends=(first, second))


def _link(circuit: Circuit, name: LinkName, link: Link) -> Line:
    element = link_element(circuit.name, name)
    return Line(
        kind=LineKind.LINK,
        element=element,
        label=name if link.enabled else f"{name}, off",
        ends=(
            element_name(ElementKind.CIRCUIT, circuit.name),
            f"router:{link.router}" if link.router else _stranger(element).key,
        ),
        enabled=link.enabled,
    )


# --- order -----------------------------------------------------------------------------------------------


def _arranged(layers: list[list[Card]], lines: Iterable[Line]) -> tuple[tuple[Card, ...], ...]:
    """Order each layer by the mean position of what its cards are joined to, twice there and back."""
    owner = {key: card.key for layer in layers for card in layer for key in _keys(card)}
    joined: dict[str, list[str]] = {}
    for line in lines:
        first, second = (owner[end] for end in line.ends)
        joined.setdefault(first, []).append(second)
        joined.setdefault(second, []).append(first)
    position = {card.key: _share(index, layer) for layer in layers for index, card in enumerate(layer)}
    for layer in (*layers, *reversed(layers)) * 2:
        inside = {card.key for card in layer}
        mean = {
            key: fmean(
                [position[other] for other in joined.get(key, ()) if other not in inside] or [position[key]]
            )
            for key in inside
        }
        layer.sort(key=lambda card: mean[card.key])
        position |= {card.key: _share(index, layer) for index, card in enumerate(layer)}
    return tuple(tuple(layer) for layer in layers)


def _share(index: int, layer: list[Card]) -> float:
    """Return a place within a layer as a part of its length, so that layers of any length compare."""
    return (index + 0.5) / len(layer)


def _keys(card: Card) -> Iterator[str]:
    yield card.key
    yield from (chip.key for chip in card.chips)
