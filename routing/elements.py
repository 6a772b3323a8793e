"""What can fail on its own, by its name `kind:name`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

from routing.appliances import UserRouting
from topology import LinkName, Network, VirtualNetwork


class ElementKind(StrEnum):
    """The part of an element's name before the colon."""

    CIRCUIT = "circuit"
    LINK = "link"
    CONNECTION = "connection"
    GLOBAL_REACH = "global-reach"
    GATEWAY = "gateway"
    GATEWAY_INSTANCE = "gateway-instance"
    """Of an active-active VPN gateway, whose instances have tunnels of their own."""
    ROUTE_SERVER = "route-server"
    PEERING = "peering"
    APPLIANCE = "appliance"
    """What user-defined routes hand traffic to, by its virtual network and address."""
    TUNNEL = "tunnel"
    ROUTER = "router"


class GatewayKind(StrEnum):
    """Which of a virtual network's gateways; the last part of a gateway's element name."""

    EXPRESS_ROUTE = "expressroute"
    VPN = "vpn"


class RoutingError(Exception):
    """Root of this package's errors."""


class UnknownElementError(RoutingError):
    """A failure was asked for of something that the network does not have."""

    def __init__(self, element: str, known: tuple[str, ...]) -> None:
        close = _of_name(element, known) or get_close_matches(element, known, n=1)
        meant = f" Did you mean {' or '.join(close)}?" if close else ""
        super().__init__(
            f"{element!r} is no element of this network.{meant} It has: {', '.join(known) or 'none'}"
        )


def _of_name(name: str, known: tuple[str, ...]) -> list[str]:
    """Return the elements that a name without a kind may stand for, or whose owner has that name."""
    read = ((each, read_element(each)) for each in known)
    return [each for each, element in read if name in {element.name, element.owner}]


class UnknownSiteError(RoutingError):
    """A path was asked for from or to something that is no site of the network, or to itself."""

    def __init__(self, site: str, known: tuple[str, ...]) -> None:
        close = get_close_matches(site, known, n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        super().__init__(f"{site!r} is no site of this network.{meant} It has: {', '.join(known) or 'none'}")


def check_sites(network: Network, source: str, destination: str) -> None:
    """Raise UnknownSiteError, or RoutingError if both are the same site."""
    for site in (source, destination):
        if site not in network.sites:
            raise UnknownSiteError(site, network.sites)
    if source == destination:
        raise RoutingError(f"{source} is both ends: a path leads from one site to another")


def element_name(kind: ElementKind, name: str) -> str:
    """Return an element's name; a gateway's and a link's `name` has the form `owner/part`."""
    return f"{kind}:{name}"


class Element(NamedTuple):
    """What an element's name says."""

    kind: ElementKind
    name: str
    """Without the kind."""
    owner: str
    """Whose part it is; the same as `name` where it is nobody's."""
    part: str


def read_element(element: str) -> Element:
    """Take an element's name apart."""
    kind, _, name = element.partition(":")
    owner, _, part = name.partition("/")
    return Element(ElementKind(kind), name, owner, part)


def gateway_element(virtual_network: str, kind: GatewayKind) -> str:
    """Return the name of a virtual network's gateway."""
    return element_name(ElementKind.GATEWAY, f"{virtual_network}/{kind}")


def instance_elements(virtual_network: VirtualNetwork) -> tuple[str, ...]:
    """Return the names of a VPN gateway's instances; none where one stands in for the other.

    Of an active-standby gateway the other instance takes over addresses and tunnels, and each instance of an
    ExpressRoute gateway has a session with both edges: when all has settled, nothing has changed.
    """
    gateway = virtual_network.vpn_gateway
    if gateway is None or not gateway.active_active:
        return ()
    name = f"{virtual_network.name}/{GatewayKind.VPN}"
    return tuple(
        element_name(ElementKind.GATEWAY_INSTANCE, f"{name}/{number}")
        for number in range(gateway.instance_count)
    )


def link_element(circuit: str, link: LinkName) -> str:
    """Return the name of one of a circuit's links."""
    return element_name(ElementKind.LINK, f"{circuit}/{link}")


def element_names(network: Network) -> tuple[str, ...]:
    """Return every element of a network, by kind, in the order of the stack file."""
    return tuple(_element_names(network))


def check_elements(network: Network, elements: Iterable[str]) -> None:
    """Raise UnknownElementError for the first element that the network does not have."""
    known = element_names(network)
    for element in elements:
        if element not in known:
            raise UnknownElementError(element, known)


def described_at(element: str) -> tuple[str, ...]:
    """Return where the stack file describes an element: its path inside the network, keys as written."""
    kind, _, owner, part = read_element(element)
    gateway = "vpnGateway" if part == GatewayKind.VPN else "expressRouteGateway"
    paths: dict[ElementKind, tuple[str, ...]] = {
        ElementKind.LINK: ("circuits", owner, "privatePeering", part),
        ElementKind.GATEWAY: ("virtualNetworks", owner, gateway),
        ElementKind.GATEWAY_INSTANCE: ("virtualNetworks", owner, "vpnGateway", "activeActive"),
        ElementKind.ROUTE_SERVER: ("virtualNetworks", owner, "routeServer"),
        ElementKind.APPLIANCE: ("virtualNetworks", owner),
        ElementKind.GLOBAL_REACH: ("globalReach", owner),
    }
    return paths.get(kind, (f"{kind}s", owner))


def _element_names(network: Network) -> Iterator[str]:
    for circuit in network.circuits.values():
        yield element_name(ElementKind.CIRCUIT, circuit.name)
        yield from (link_element(circuit.name, link) for link in LinkName)
    yield from _of_kind(ElementKind.CONNECTION, network.connections)
    yield from _of_kind(ElementKind.GLOBAL_REACH, network.global_reach)
    for vnet in network.virtual_networks.values():
        if vnet.express_route_gateway:
            yield gateway_element(vnet.name, GatewayKind.EXPRESS_ROUTE)
        if vnet.vpn_gateway:
            yield gateway_element(vnet.name, GatewayKind.VPN)
            yield from instance_elements(vnet)
        if vnet.route_server:
            yield element_name(ElementKind.ROUTE_SERVER, vnet.name)
    yield from _of_kind(ElementKind.PEERING, network.peerings)
    yield from _of_kind(ElementKind.APPLIANCE, (each.name for each in UserRouting(network).appliances))
    yield from _of_kind(ElementKind.TUNNEL, network.tunnels)
    yield from _of_kind(ElementKind.ROUTER, network.routers)


def _of_kind(kind: ElementKind, names: Iterable[str]) -> Iterator[str]:
    return (element_name(kind, name) for name in names)
