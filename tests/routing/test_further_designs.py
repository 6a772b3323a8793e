"""Every ordered pair in further designs: how each differs from a table that is known, worked out by hand.

How to read the tables is in sketches.py. A difference has the two sites and the cells there and back.
"""

from __future__ import annotations

import pytest

from tests.routing.changes import GLOBAL_REACH, ROUTE_SERVER, Changes
from tests.routing.segments import Pair, Predict
from tests.routing.sketches import BASE, cells, sketch
from tests.routing.test_scenarios import SCENARIOS, WITHOUT_CIRCUIT1


def but(table: str, *differences: str) -> dict[Pair, str]:
    """Return a table's cells with some changed: `hub remote 1~ x~` is the way there, then the way back."""
    changed = cells(table)
    for line in differences:
        source, to, there, back = line.split()
        assert (source, to) in changed
        changed[source, to], changed[to, source] = there, back
    return changed


def location1(**bgp: int) -> Changes:
    return {"routers": {"location1-ce1": {"bgp": bgp}}}


def advertised(prefixes: list[str] | None, over_vpn: list[str] | None = None) -> Changes:
    """Return what location1's router tells Azure over ExpressRoute and over VPN; None is all that it has."""
    link, end = ({} if told is None else {"advertisedPrefixes": told} for told in (prefixes, over_vpn))
    return {
        "circuits": {"expressroute1": {"privatePeering": {"primary": link}}},
        "tunnels": {"hub-location1": {"router": end}},
    }


def prefixes(site: str, *more: str) -> Changes:
    own = {"location1": "10.2.30.0/25", "location2": "10.1.31.0/25"}[site]
    return {"locations": {site: {"prefixes": [own, *more]}}}


def ospf(router: str, **changes: object) -> Changes:
    return {"routers": {router: {"ospf": changes}}}


REMOTE_ON_BOTH: Changes = {
    "connections": {"expressroute2-remote": {"circuit": "expressroute2", "virtualNetwork": "remote"}}
}
"""remote on both circuits; the hub is on both anyway."""

NO_CIRCUITS: Changes = {
    "circuits": None,
    "connections": None,
    "locations": {"location2": None},
    "routers": {"location1-ce2": None, "location2-ce1": None, "location2-ce2": None},
}
ONE_AS: Changes = {
    "locations": {"location2": {"asn": 65021}},
    "circuits": {"expressroute2": {"privatePeering": {"peerAsn": 65021}}},
}
ACTIVE_ACTIVE: Changes = {
    "virtualNetworks": {
        "hub": {"vpnGateway": {"activeActive": True}},
        "branch": {"vpnGateway": {"activeActive": True}},
    },
    "tunnels": {"hub-location1": {"router": {"tunnelNumbers": [30, 31]}}},
}
NO_BRANCH_TO_BRANCH: Changes = {
    **ROUTE_SERVER,
    "virtualNetworks": {
        "hub": {**ROUTE_SERVER["virtualNetworks"]["hub"], "routeServer": {"branchToBranch": False}}
    },
}
EXISTING = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/"
)

GLOBAL_REACHED = SCENARIOS["Global Reach"][2]

DESIGNS: dict[str, tuple[Changes, str | None, dict[Pair, str]]] = {
    # remote sends the rest to location1, whose router knows the branch by its tunnel; the hub's VPN gateway
    # tells the branch of no default route (VPN-10), so that nothing comes back
    "a default route from location1": (
        prefixes("location1", "0.0.0.0/0"),
        None,
        but(BASE, "remote branch 1.v.b~ x~"),
    ),
    "a summary of location1 around everything": (
        prefixes("location1", "10.0.0.0/8"),
        None,
        but(BASE, "remote branch 1.v.b~ x~"),
    ),
    # the hub knows everybody by longer prefixes
    "a summary of location2 around everything": (prefixes("location2", "10.0.0.0/8"), None, but(BASE)),
    # but then what is gone falls to location2, which has it not: remote's and location1's prefixes do
    "that summary, without circuit 1": (
        prefixes("location2", "10.0.0.0/8"),
        "circuit:expressroute1",
        but(WITHOUT_CIRCUIT1),
    ),
    "a longer prefix over ExpressRoute": (advertised(["10.2.30.0/26"]), None, but(BASE)),
    # the branch, which knows location1 over VPN only, has no way; nor has location1 after the circuit fails
    "VPN does not carry the prefix": (
        advertised(None, []),
        None,
        but(BASE, "branch location1 x~ v.b~"),
    ),
    "and ExpressRoute fails": (
        advertised(None, []),
        "circuit:expressroute1",
        but(
            WITHOUT_CIRCUIT1,
            "hub location1 x~ v~",
            "spoke location1 x~ v.p~",
            "branch location1 x~ v.b~",
        ),
    ),
    # all that Azure knows of location1 is by VPN; remote is not on it, but location1's LAN still sends there
    "ExpressRoute does not carry the prefix": (
        advertised([]),
        None,
        but(
            BASE,
            "hub location1 v~ 1~",
            "spoke location1 p.v~ 1.p~",
            "remote location1 x~ 1~",
        ),
    ),
    "the router prefers VPN": (
        location1(expressRouteLocalPreference=100, vpnLocalPreference=200),
        None,
        but(BASE, "hub location1 1~ v~", "spoke location1 p.1~ v.p~"),
    ),
    # location1's router may use either; what has one way stays certain
    "equal preferences": (
        location1(expressRouteLocalPreference=150, vpnLocalPreference=150),
        None,
        but(BASE, "hub location1 1~ 1.v?~", "spoke location1 p.1~ 1.v.p?~"),
    ),
    "one gateway does not allow remote virtual networks": (
        {"virtualNetworks": {"remote": {"expressRouteGateway": {"allowRemoteVnetTraffic": False}}}},
        None,
        but(BASE, "hub remote x x", "spoke remote x x"),
    ),
    # each flow between the two takes either circuit, as Azure meets equal paths (PATH-6)
    "a virtual network on two circuits": (
        REMOTE_ON_BOTH,
        None,
        but(BASE, "hub remote 1.2~ 1.2~", "spoke remote p.1.2~ 1.2.p~", "remote location2 2 2"),
    ),
    "a virtual network on two circuits, one of which fails": (
        REMOTE_ON_BOTH,
        "circuit:expressroute1",
        but(
            WITHOUT_CIRCUIT1,
            "hub remote 2 2",
            "spoke remote p.2 2.p",
            "remote location2 2 2",
        ),
    ),
    "a spoke without gateways": (
        {"peerings": {"hub-spoke": {"gatewayTransit": False}}},
        None,
        but(
            BASE,
            *(f"spoke {site} x x" for site in ("branch", "remote", "location1", "location2")),
        ),
    ),
    "no circuits at all": (
        NO_CIRCUITS,
        None,
        {pair: cell for pair, cell in cells(WITHOUT_CIRCUIT1).items() if "location2" not in pair},
    ),
    # the hub tells each of the two that its own AS is on the way to the other (ASN-16, RFC 4271)
    "a branch in location1's AS": (
        {"virtualNetworks": {"branch": {"vpnGateway": {"asn": 65021}}}},
        None,
        but(BASE, "branch location1 x x"),
    ),
    "both locations in one AS": (ONE_AS, None, but(BASE)),
    "both locations in one AS, with Global Reach": (
        {**ONE_AS, **GLOBAL_REACH},
        None,
        but(GLOBAL_REACHED, "location1 location2 x x"),
    ),
    # circuit 2's weight stands before the shorter path of circuit 1; location1 and remote have circuit 1 only
    "a weight that beats Global Reach's longer path": (
        {**GLOBAL_REACH, "connections": {"expressroute2-hub": {"weight": 100}}},
        None,
        but(
            GLOBAL_REACHED,
            "hub location1 2.1~ 1~",
            "spoke location1 p.2.1~ 1.p~",
            "hub remote 2.1~ 1~",
            "spoke remote p.2.1~ 1.p~",
        ),
    ),
    "Route Server without branch-to-branch": (NO_BRANCH_TO_BRANCH, None, but(BASE)),
    # nothing is lost at once, but what location1 cannot reach ends at its routers
    "a router that always offers a default route": (
        ospf("location1-ce1", defaultInformation="always"),
        None,
        but(BASE),
    ),
    # location2's other router knows by OSPF what its companion is only a default route to
    "a router without OSPF": (
        {
            "routers": {
                "location2-ce1": {"ospf": None, "lan": {"nextHop": "192.168.31.1"}},
            }
        },
        None,
        but(BASE),
    ),
    "active-active gateways": (ACTIVE_ACTIVE, None, but(BASE)),
    "active-active gateways, one instance down": (
        ACTIVE_ACTIVE,
        "gateway-instance:hub/vpn/0",
        but(BASE),
    ),
    "active-active gateways, one gateway down": (
        ACTIVE_ACTIVE,
        "gateway:hub/vpn",
        but(
            BASE,
            "hub branch x x",
            "spoke branch x x",
            "branch location1 x x",
        ),
    ),
    "a circuit that exists already": (
        {
            "circuits": {
                "expressroute1": {"existing": {"id": f"{EXISTING}expressRouteCircuits/er1"}},
            }
        },
        None,
        but(BASE),
    ),
}


@pytest.mark.parametrize("design", DESIGNS)
def test_every_pair_goes_as_worked_out_by_hand(design: str, paths: Predict) -> None:
    changes, failure, expected = DESIGNS[design]
    assert sketch(paths(changes, failure)) == expected


def test_either_end_of_a_loop_is_told_by_its_own_rule(paths: Predict) -> None:
    changes, _, _ = DESIGNS["a branch in location1's AS"]
    result = paths(changes)
    assert result["branch", "location1"].reason.endswith("(ASN-16).")
    assert result["location1", "branch"].reason.endswith("(RFC 4271, 9.1.2).")
