"""Contradictions of circuits, their connections, and Global Reach."""

from __future__ import annotations

from tests.topology.changes import HUB, ID, LINK, REACH, Table, at, both, connected, many_vnets

CIRCUITS: Table = {
    "a circuit to be ordered from nobody": (
        at("circuits.expressroute1.provider", ...),
        (("circuits.expressroute1.provider", "is missing: a circuit to be ordered needs it"),),
    ),
    "a bandwidth that is not on offer": (
        at("circuits.expressroute1.bandwidth", 75),
        (("circuits.expressroute1.bandwidth", "75 Mbps is not on offer: 50, 100"),),
    ),
    "an ASN that circuits refuse": (
        both(
            at("circuits.expressroute1.privatePeering.peerAsn", 65516), at("locations.location1.asn", 65516)
        ),
        (("circuits.expressroute1.privatePeering.peerAsn", "65516 is refused on a circuit's peering"),),
    ),
    "a link that is no /30": (
        at(f"{LINK}.prefix", "192.168.30.16/31"),
        ((f"{LINK}.prefix", "192.168.30.16/31 must be a /30 (ER-3)"),),
    ),
    "a link that ends on no interface": (
        at(f"{LINK}.interface", ...),
        ((f"{LINK}.interface", "is missing: the interface of location1-ce1"),),
    ),
    "a link to a router of another AS": (
        at("circuits.expressroute1.privatePeering.peerAsn", 65022),
        (
            (f"{LINK}.router", "location1-ce1 is in AS 65021, but the peering expects 65022"),
            ("circuits.expressroute1.privatePeering.secondary.router", "location1-ce2 is in AS 65021"),
        ),
    ),
    "somebody else's prefix on a link": (
        at(f"{LINK}.advertisedPrefixes", ["10.2.30.0/26", "10.1.31.0/25"]),
        ((f"{LINK}.advertisedPrefixes.1", "10.1.31.0/25 is not in location1's prefixes"),),
    ),
    "links that overlap": (
        at(f"{LINK}.prefix", "192.168.31.16/30"),
        (("circuits.expressroute2.privatePeering.primary.prefix", "of expressroute1/primary (ER-3)"),),
    ),
    "a link within a virtual network": (
        at(f"{LINK}.prefix", "10.10.30.16/30"),
        ((f"{LINK}.prefix", "10.10.30.16/30 overlaps with 10.10.30.0/24 of hub (ER-3)"),),
    ),
}

CONNECTIONS: Table = {
    "a connection without a gateway": (
        at("connections.expressroute2-hub.virtualNetwork", "branch"),
        (("connections.expressroute2-hub.virtualNetwork", "branch has no expressRouteGateway"),),
    ),
    "a connection twice": (
        at("connections.expressroute1-remote.virtualNetwork", "hub"),
        (
            ("connections.expressroute1-hub", "expressroute1 and hub are connected twice"),
            ("connections.expressroute1-remote", "expressroute1 and hub are connected twice"),
        ),
    ),
    "more circuits than a gateway takes": (
        connected(3),
        ((f"{HUB}.expressRouteGateway", "is connected to 5 circuits; ErGw1AZ takes 4 (GW-8)"),),
    ),
    "more circuits of one peering location": (
        both(
            connected(5, peeringLocation="Chicago"),
            at(f"{HUB}.expressRouteGateway.sku", "ErGw2AZ"),
        ),
        ((f"{HUB}.expressRouteGateway", "is connected to 5 circuits from Chicago; 4 is the most"),),
    ),
    "more connections than a circuit takes": (
        many_vnets(
            9,
            lambda name: ("connections", {"circuit": "expressroute1", "virtualNetwork": name}),
            existing={"id": f"{ID}virtualNetworks/a"},
            expressRouteGateway={},
        ),
        (("circuits.expressroute1", "has 11 connections, with Global Reach; Standard of its size takes 10"),),
    ),
    "Global Reach to itself": (
        both(REACH, at("globalReach.both.circuits", ["expressroute1", "expressroute1"])),
        (("globalReach.both.circuits", "joins a circuit to itself (ER-16)"),),
    ),
    "Global Reach twice": (
        both(
            REACH,
            at(
                "globalReach.again",
                {"circuits": ["expressroute2", "expressroute1"], "prefix": "192.168.98.0/29"},
            ),
        ),
        (
            ("globalReach.both.circuits", "expressroute1 and expressroute2 are joined twice"),
            ("globalReach.again.circuits", "expressroute2 and expressroute1 are joined twice"),
        ),
    ),
    "Global Reach within one peering location": (
        both(REACH, at("circuits.expressroute2.peeringLocation", "Washington DC")),
        (("globalReach.both.circuits", "expressroute1 and expressroute2 are both in Washington DC (ER-16)"),),
    ),
    "Global Reach with a /30": (
        both(REACH, at("globalReach.both.prefix", "192.168.99.0/30")),
        (("globalReach.both.prefix", "192.168.99.0/30 must be a /29 (ER-16)"),),
    ),
    "Global Reach with addresses in use": (
        both(REACH, at("globalReach.both.prefix", "10.1.31.0/29")),
        (("globalReach.both.prefix", "10.1.31.0/29 overlaps with 10.1.31.0/25 of location2 (ER-16)"),),
    ),
}
