"""Contradictions on premises, and of the tunnels from there."""

from __future__ import annotations

from tests.topology.changes import (
    ACTIVE,
    CE1,
    CE2,
    HUB,
    LINK,
    TO_ROUTER,
    Table,
    addresses,
    at,
    both,
    second_tunnel,
)

TUNNELS: Table = {
    "a tunnel with two far ends": (
        at("tunnels.hub-location1.remoteVirtualNetwork", "branch"),
        (
            ("tunnels.hub-location1", "needs exactly one other end: router or remoteVirtualNetwork"),
            ("tunnels.hub-location1", "joins the same two gateways as hub-branch"),
        ),
    ),
    "a tunnel without a far end": (
        at("tunnels.hub-branch.remoteVirtualNetwork", ...),
        (("tunnels.hub-branch", "needs exactly one other end"),),
    ),
    "a tunnel without a gateway": (
        at("tunnels.hub-branch.remoteVirtualNetwork", "remote"),
        (("tunnels.hub-branch.remoteVirtualNetwork", "remote has no vpnGateway"),),
    ),
    "a tunnel to itself": (
        at("tunnels.hub-branch.remoteVirtualNetwork", "hub"),
        (("tunnels.hub-branch", "joins a virtual network to itself"),),
    ),
    "two gateways of one ASN": (
        at("virtualNetworks.branch.vpnGateway.asn", 65515),
        (("tunnels.hub-branch", "both gateways are in AS 65515"),),
    ),
    "two tunnels between two gateways": (
        at("tunnels.branch-hub", {"virtualNetwork": "branch", "remoteVirtualNetwork": "hub"}),
        (("tunnels.branch-hub", "joins the same two gateways as hub-branch"),),
    ),
    "one address for BGP and the Internet": (
        at(f"{TO_ROUTER}.bgpAddress", "66.198.12.106"),
        ((f"{TO_ROUTER}.bgpAddress", "must differ from the public address (VPN-3)"),),
    ),
    "a BGP address within the virtual network": (
        at(f"{TO_ROUTER}.bgpAddress", "10.10.30.9"),
        ((f"{TO_ROUTER}.bgpAddress", "10.10.30.9 is inside hub's address space (VPN-3)"),),
    ),
    "bgp address of a host": (
        at("locations.location1.host", "10.2.30.125"),
        ((f"{TO_ROUTER}.bgpAddress", "10.2.30.125 is the host of location1 already (VPN-5)"),),
    ),
    "bgp address of the LAN's gateway": (
        at("locations.location1.defaultGateway", "10.2.30.125"),
        ((f"{TO_ROUTER}.bgpAddress", "10.2.30.125 is the defaultGateway of location1 already (VPN-5)"),),
    ),
    "a link-local BGP address": (
        at(f"{TO_ROUTER}.bgpAddress", "169.254.21.2"),
        ((f"{TO_ROUTER}.bgpAddress", "169.254.21.2 is of 169.254.0.0/16"),),
    ),
    "too few tunnel interfaces": (
        at(f"{HUB}.vpnGateway.activeActive", True),
        ((f"{TO_ROUTER}.tunnelNumbers", "needs 2, one for each instance of the VPN gateway"),),
    ),
    "one tunnel interface twice": (
        both(ACTIVE, at(f"{TO_ROUTER}.tunnelNumbers", [30, 30])),
        ((f"{TO_ROUTER}.tunnelNumbers.1", "Tunnel30 of location1-ce1 is hub-location1's already"),),
    ),
    "no way to the Internet": (
        at(f"{CE1}.internetNextHop", ...),
        ((f"{CE1}.internetNextHop", "is missing: the way from location1-ce1"),),
    ),
    "a gateway in the location's AS": (
        both(
            at(f"{HUB}.vpnGateway.asn", 65021),
        ),
        ((TO_ROUTER, "location1 and hub's VPN gateway are both in AS 65021 (ASN-8)"),),
    ),
    "somebody else's prefix in a tunnel": (
        at(f"{TO_ROUTER}.advertisedPrefixes", ["10.1.31.0/25"]),
        ((f"{TO_ROUTER}.advertisedPrefixes.0", "10.1.31.0/25 is not in location1's prefixes"),),
    ),
    "two tunnels from one gateway to one router": (
        both(second_tunnel(), at("tunnels.second.virtualNetwork", "hub")),
        (("tunnels.second.router", "location1-ce1 ends hub-location1 from hub already"),),
    ),
    "one tunnel interface for two tunnels": (
        second_tunnel(tunnelNumbers=[30]),
        (("tunnels.second.router.tunnelNumbers.0", "Tunnel30 of location1-ce1 is hub-location1's already"),),
    ),
    "one loopback with two addresses": (
        second_tunnel(publicAddress="66.198.12.107"),
        (("tunnels.second.router.loopbackNumber", "Loopback30 of location1-ce1 has 66.198.12.106 already"),),
    ),
    "one address on two loopbacks": (
        second_tunnel(loopbackNumber=33),
        (("tunnels.second.router.loopbackNumber", "66.198.12.106 is on Loopback30 of location1-ce1"),),
    ),
    "two routers with one public address": (
        both(second_tunnel(name="location1-ce2"), at(f"{CE2}.internetNextHop", "66.198.12.105")),
        (("tunnels.second.router.publicAddress", "66.198.12.106 is location1-ce1's in hub-location1"),),
    ),
    "two routers with one BGP address": (
        both(
            second_tunnel(name="location1-ce2", publicAddress="66.198.12.107", bgpAddress="10.2.30.125"),
            at(f"{CE2}.internetNextHop", "66.198.12.105"),
        ),
        (("tunnels.second.router.bgpAddress", "10.2.30.125 is location1-ce1's in hub-location1 (VPN-15)"),),
    ),
    "GCM encryption with another integrity": (
        at("tunnels.hub-branch.ipsecPolicy", {"ipsecIntegrity": "SHA256"}),
        (
            (
                "tunnels.hub-branch.ipsecPolicy.ipsecIntegrity",
                "ipsecEncryption GCMAES256 does not go with ipsecIntegrity SHA256",
            ),
        ),
    ),
    "GCM integrity with another encryption": (
        at("tunnels.hub-branch.ipsecPolicy", {"ipsecEncryption": "AES256"}),
        (("tunnels.hub-branch.ipsecPolicy.ipsecEncryption", "does not go with ipsecIntegrity GCMAES256"),),
    ),
    "a data size too small for a router": (
        at("tunnels.hub-location1.ipsecPolicy", {"saDataSizeKilobytes": 2559}),
        (
            (
                "tunnels.hub-location1.ipsecPolicy.saDataSizeKilobytes",
                "2559 is too small for a router: 2560 or more",
            ),
        ),
    ),
    "more prefixes than a circuit takes": (
        at("locations.location2", {"prefixes": ["10.1.31.0/25", *addresses(4000, 200)]}),
        (
            ("circuits.expressroute2.privatePeering.primary", "carries 4001 prefixes of location2; Standard"),
            ("circuits.expressroute2.privatePeering.secondary", "takes 4000 (ER-8)"),
        ),
    ),
    "more prefixes than a gateway may advertise": (
        at("virtualNetworks.spoke.addressSpace", ["10.11.30.0/26", *addresses(999, 200)]),
        ((f"{HUB}.expressRouteGateway", "advertises 1001 prefixes with its spokes; a circuit takes 1000"),),
    ),
    "more prefixes than a VPN gateway takes": (
        both(
            at("locations.location1", {"prefixes": ["10.2.30.0/25", *addresses(4000, 200)]}),
            at(f"{LINK}.advertisedPrefixes", []),
            at("circuits.expressroute1.privatePeering.secondary.advertisedPrefixes", []),
        ),
        ((f"{HUB}.vpnGateway", "learns 4001 prefixes through its tunnels; 4000 is the most (VPN-8)"),),
    ),
}

PREMISES: Table = {
    "a location with a reserved ASN": (
        both(
            at("locations.location2.asn", 64500), at("circuits.expressroute2.privatePeering.peerAsn", 64500)
        ),
        (("locations.location2.asn", "64500 is reserved (ASN-1 to ASN-4)"),),
    ),
    "a location with Azure's ASN": (
        at("locations.location1.asn", 65515),
        (("locations.location1.asn", "65515 is reserved (ASN-1 to ASN-4): use 64512-65514 or 65521-65534"),),
    ),
    "a host outside the location": (
        at("locations.location2.host", "10.1.32.10"),
        (("locations.location2.host", "10.1.32.10 is in none of location2's prefixes"),),
    ),
    "no source of the LAN's prefixes": (
        at("routers.location2-ce1.ospf", ...),
        (("routers.location2-ce1", "give ospf or lan.nextHop, one of them"),),
    ),
    "two sources of the LAN's prefixes": (
        at("routers.location2-ce1.lan.nextHop", "192.168.31.1"),
        (("routers.location2-ce1", "give ospf or lan.nextHop, one of them"),),
    ),
    "a next hop beyond the LAN interface": (
        both(at("routers.location2-ce1.ospf", ...), at("routers.location2-ce1.lan.nextHop", "192.168.31.2")),
        (("routers.location2-ce1.lan.nextHop", "192.168.31.2 is not on the LAN interface's network"),),
    ),
    "a next hop that is the router": (
        both(at("routers.location2-ce1.ospf", ...), at("routers.location2-ce1.lan.nextHop", "192.168.31.0")),
        (("routers.location2-ce1.lan.nextHop", "192.168.31.0 is the router's own address"),),
    ),
    "a VLAN on what is no port": (
        both(at(f"{CE1}.lan.interface", "BDI30"), at(f"{CE1}.lan.vlan", 30)),
        ((f"{CE1}.lan.vlan", "BDI30 has no sub-interfaces"),),
    ),
    "two links on one port and VLAN": (
        both(
            at("circuits.expressroute1.privatePeering.secondary.router", "location1-ce1"),
        ),
        (
            (
                "circuits.expressroute1.privatePeering.secondary",
                "the same port and VLAN of location1-ce1 as expressroute1/primary",
            ),
        ),
    ),
    "the LAN's VLAN on a link with one tag": (
        both(
            at(f"{LINK}.outerVlan", ...),
            at(f"{LINK}.interface", "TenGigabitEthernet1/0/0"),
            at(f"{CE1}.lan.vlan", 300),
        ),
        ((LINK, "uses the same port and VLAN of location1-ce1 as lan"),),
    ),
    "a link within the LAN interface's network": (
        at(f"{CE1}.lan.address", "192.168.30.2/27"),
        ((f"{LINK}.prefix", "192.168.30.16/30 overlaps with 192.168.30.0/27"),),
    ),
    "a BGP address within the LAN interface's network": (
        at(f"{CE1}.lan.address", "10.2.30.3/25"),
        ((f"{TO_ROUTER}.bgpAddress", "10.2.30.125 overlaps with 10.2.30.0/25"),),
    ),
    "a BGP address on a link": (
        at(f"{TO_ROUTER}.bgpAddress", "192.168.30.17"),
        ((f"{TO_ROUTER}.bgpAddress", "192.168.30.17 is on the link expressroute1/primary"),),
    ),
    "one way in to two routers": (
        at(f"{CE1}.management", {"host": "location1-ce2"}),
        (
            (f"{CE1}.management.host", "location1-ce2 is the management host of 2 routers"),
            (f"{CE2}.management.host", "location1-ce2 is the management host of 2 routers"),
        ),
    ),
    "one address on two routers": (
        at(f"{CE1}.lan.address", "192.168.30.4/31"),
        (
            (f"{CE1}.lan.address", "192.168.30.4 is another router's too in location1"),
            (f"{CE2}.lan.address", "192.168.30.4 is another router's too in location1"),
        ),
    ),
    "one OSPF router id twice": (
        at(f"{CE1}.ospf.routerId", "10.2.30.254"),
        (
            (f"{CE1}.ospf.routerId", "10.2.30.254 is another router's too"),
            (f"{CE2}.ospf.routerId", "10.2.30.254 is another router's too"),
        ),
    ),
    "a location inside a virtual network": (
        both(
            at("locations.location2.prefixes", ["10.10.30.64/26"]),
            at("locations.location2.host", ...),
            at("locations.location2.defaultGateway", ...),
        ),
        (("locations.location2", "10.10.30.64/26 lies inside 10.10.30.0/24 of hub"),),
    ),
}
