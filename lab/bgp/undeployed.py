"""The living network before anything is deployed: bare routers, no tunnel, no link from a router to Azure.

Virtual networks and their gateways' sessions inside, Microsoft's edges, LANs and the Internet are there. A
router has its cables, a program for each protocol, and no word of what to do with them.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from ipaddress import IPv4Address

from lab.bgp.blueprint import Blueprint, Node, NodeKind, Port, Wire
from lab.bgp.configuration import RoutingConfiguration
from lab.bgp.construction import draw_blueprint
from topology import Network

_ALL_PROTOCOLS = ("staticd", "bfdd", "ospfd", "bgpd")


def without_deployment(blueprint: Blueprint) -> Blueprint:
    """Return what of a blueprint is there before a deployment."""
    gateways = {
        end.public_address
        for wire in blueprint.tunnels
        for end in wire.crypto
        if owner_of(blueprint, end.public_node).kind is NodeKind.VPN_GATEWAY
    }
    return replace(
        blueprint,
        nodes={name: _node(blueprint, node, gateways) for name, node in blueprint.nodes.items()},
        wires=tuple(_wire(blueprint, wire) for wire in blueprint.cables),
    )


def undeployed_fingerprint(network: Network) -> str:
    """Return what tells one living network from another, where both live by routers' lines and by Azure.

    A description may change in what only lines carry, as preferences, metrics and prepending.

    Raises:
        UnsupportedDesignError: if it has something that this lab does not bring to life.
    """
    described = draw_blueprint(network)
    places = tuple((node.name, node.kind, node.routes) for node in described.nodes.values())
    parts = (without_deployment(described), described.wires, places)
    return sha256(repr(parts).encode()).hexdigest()


def owner_of(blueprint: Blueprint, public_node: str) -> Node:
    """Return the router or gateway that a public node belongs to."""
    return blueprint.nodes[public_node.partition(".")[2]]


def _node(blueprint: Blueprint, node: Node, gateways: set[IPv4Address]) -> Node:
    match node.kind:
        case NodeKind.ROUTER:
            return replace(
                node, routing=RoutingConfiguration(spare_daemons=_ALL_PROTOCOLS), loopbacks=(), routes=()
            )
        case NodeKind.VPN_GATEWAY:
            return replace(node, routing=_without_tunnels(blueprint, node))
        case NodeKind.PUBLIC:
            return replace(node, loopbacks=(), routes=tuple(one for one in node.routes if one.via is None))
        case NodeKind.INTERNET:
            kept = (one for one in node.routes if one.destination.network_address not in gateways)
            return replace(node, routes=tuple(kept))
    return node


def _without_tunnels(blueprint: Blueprint, node: Node) -> RoutingConfiguration:
    assert node.routing is not None
    assert node.routing.bgp is not None
    interfaces = {
        port.interface for wire in blueprint.tunnels for port in wire.ends if port.node == node.name
    }
    inside = tuple(one for one in node.routing.bgp.neighbors if one.update_source not in interfaces)
    return replace(node.routing, bgp=replace(node.routing.bgp, neighbors=inside))


def _wire(blueprint: Blueprint, wire: Wire) -> Wire:
    """Leave a router's end bare, and Microsoft's end of its links off."""
    first, second = (_port(blueprint, port, other) for port, other in (wire.ends, wire.ends[::-1]))
    return replace(wire, first=first, second=second)


def _port(blueprint: Blueprint, port: Port, other: Port) -> Port:
    kind, far = blueprint.nodes[port.node].kind, blueprint.nodes[other.node].kind
    if kind is NodeKind.ROUTER:
        return replace(port, addresses=(), enabled=False)
    if kind is NodeKind.MICROSOFT_EDGE and far is NodeKind.ROUTER:
        return replace(port, enabled=False)
    return port
