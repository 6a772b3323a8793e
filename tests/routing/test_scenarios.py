"""Every ordered pair in designs that differ from the test stack, as tables that were worked out by hand.

How to read them is in sketches.py: p is the peering, 1 to 3 are the circuits, b and v the tunnels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from routing import Path
from tests.routing.sketches import BASE, cells, sketch

Pair = tuple[str, str]
Predict = Callable[..., dict[Pair, Path]]
Changes = Mapping[str, Any]

WITHOUT_CIRCUIT1 = """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       x       v          2
spoke       p    -      p.b     x       p.v        p.2
branch      b    b.p    -       x       b.v        x
remote      x    x      x       -       x          x
location1   v    v.p    v.b     x       -          x
location2   2    2.p    x       x       x          -
"""
"""What is left of the test stack: VPN stands in for the hub and its spoke, and for nobody else."""


def third_circuit(*, preference: int) -> Changes:
    """Return two circuits with weights: expressroute3, by location1's other router, is the backup."""
    port = {"interface": "TenGigabitEthernet0/0/0"}
    return {
        "circuits": {
            "expressroute3": {
                "provider": "Equinix",
                "peeringLocation": "Chicago",
                "bandwidth": 50,
                "privatePeering": {
                    "peerAsn": 65021,
                    "vlanId": 301,
                    "primary": {"prefix": "192.168.30.24/30", "router": "location1-ce2", **port},
                    "secondary": {
                        "prefix": "192.168.30.28/30",
                        "router": "location1-ce1",
                        **port,
                        "enabled": False,
                    },
                },
            }
        },
        "connections": {
            "expressroute1-hub": {"weight": 100},
            "expressroute3-hub": {"circuit": "expressroute3", "virtualNetwork": "hub", "weight": 50},
        },
        "routers": {"location1-ce2": {"bgp": {"expressRouteLocalPreference": preference}}},
    }


WEIGHTS = third_circuit(preference=150)
WEIGHTS_ON_AZURES_SIDE_ONLY = third_circuit(preference=200)
BOTH_LINKS = {"circuits": {"expressroute1": {"privatePeering": {"secondary": {"enabled": True}}}}}
LONGER_OVER_VPN = {"tunnels": {"hub-location1": {"router": {"advertisedPrefixes": ["10.2.30.0/26"]}}}}
NO_ROUTE_MAP = {"routers": {"location1-ce1": {"bgp": {"expressRouteLocalPreference": None}}}}
ROUTE_SERVER: dict[str, Any] = {
    "virtualNetworks": {
        "hub": {
            "routeServer": {},
            "vpnGateway": {"activeActive": True},
            "subnets": {
                "GatewaySubnet": {"prefix": "10.10.30.128/26"},
                "RouteServerSubnet": {"prefix": "10.10.30.192/26"},
            },
        }
    },
    "tunnels": {"hub-location1": {"router": {"tunnelNumbers": [30, 31]}}},
}
GLOBAL_REACH = {
    "globalReach": {"one-two": {"circuits": ["expressroute1", "expressroute2"], "prefix": "192.168.99.0/29"}}
}

SCENARIOS: dict[str, tuple[Changes, str | None, str]] = {
    "test stack": ({}, None, BASE),
    "test stack without circuit 1": ({}, "circuit:expressroute1", WITHOUT_CIRCUIT1),
    "weights and preferences agree": (WEIGHTS, None, BASE),
    # remote is not on expressroute3, and location1's routers follow iBGP's 150 before VPN's 100
    "weights, without circuit 1": (
        WEIGHTS,
        "circuit:expressroute1",
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       x       3          2
spoke       p    -      p.b     x       p.3        p.2
branch      b    b.p    -       x       b.v        x
remote      x    x      x       -       x          x
location1   3    3.p    v.b     x       -          x
location2   2    2.p    x       x       x          -
""",
    ),
    # each of location1's routers prefers its own circuit at 200, and the LAN shares between the two
    "weights on Azure's side only": (
        WEIGHTS_ON_AZURES_SIDE_ONLY,
        None,
        """
            hub   spoke    branch  remote  location1  location2
hub         -     p        b       1       1~         2
spoke       p     -        p.b     p.1     p.1~       p.2
branch      b     b.p      -       x       b.v        x
remote      1     1.p      x       -       1          x
location1   1.3~  1.3.p~   v.b     1       -          x
location2   2     2.p      x       x       x          -
""",
    ),
    "both links up": (BOTH_LINKS, None, BASE),
    "both links up, one fails": (BOTH_LINKS, "link:expressroute1/primary", BASE),
    # the other router has the circuit, but no VPN: the branch loses location1
    "both links up, without the first router": (
        BOTH_LINKS,
        "router:location1-ce1",
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      p.b     p.1     p.1        p.2
branch      b    b.p    -       x       x          x
remote      1    1.p    x       -       1          x
location1   1    1.p    x       1       -          x
location2   2    2.p    x       x       x          -
""",
    ),
    "both links up, without circuit 1": (BOTH_LINKS, "circuit:expressroute1", WITHOUT_CIRCUIT1),
    # location1's host is in the /26, so that the hub and the spoke send to it over VPN (PATH-1)
    "longer prefix over VPN": (
        LONGER_OVER_VPN,
        None,
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       v~         2
spoke       p    -      p.b     p.1     p.v~       p.2
branch      b    b.p    -       x       b.v        x
remote      1    1.p    x       -       1          x
location1   1~   1.p~   v.b     1       -          x
location2   2    2.p    x       x       x          -
""",
    ),
    "longer prefix over VPN, without the tunnel": (
        LONGER_OVER_VPN,
        "tunnel:hub-location1",
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      p.b     p.1     p.1        p.2
branch      b    b.p    -       x       x          x
remote      1    1.p    x       -       1          x
location1   1    1.p    x       1       -          x
location2   2    2.p    x       x       x          -
""",
    ),
    # 12076 and 65515 are equally long, and nothing else decides (PATH-4); Azure's side is certain
    "missing route map": (
        NO_ROUTE_MAP,
        None,
        """
            hub    spoke    branch  remote  location1  location2
hub         -      p        b       1       1~         2
spoke       p      -        p.b     p.1     p.1~       p.2
branch      b      b.p      -       x       b.v        x
remote      1      1.p      x       -       1          x
location1   1.v?~  1.v.p?~  v.b     1       -          x
location2   2      2.p      x       x       x          -
""",
    ),
    "missing route map, without circuit 1": (NO_ROUTE_MAP, "circuit:expressroute1", WITHOUT_CIRCUIT1),
    # VPN and ExpressRoute learn each other's routes (PATH-8). location1 hears the branch over both, goes by
    # 200; the hub's VPN gateway has 65021 through the tunnel, 12076-65021 from Route Server, and takes the
    # shorter. location1 hears location2 through the tunnel, but its own prefix comes over circuit 1, and so
    # never gets to circuit 2 (PATH-9).
    "Route Server": (
        ROUTE_SERVER,
        None,
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      p.b     p.1     p.1        p.2
branch      b    b.p    -       b.1     b.v~       b.2
remote      1    1.p    1.b     -       1          x
location1   1    1.p    1.b~    1       -          v.2~
location2   2    2.p    2.b     x       x~         -
""",
    ),
    "Route Server fails": (ROUTE_SERVER, "route-server:hub", BASE),
    # the routers' routes and the gateways' pass between the circuits, so that remote reaches location2, too
    "Global Reach": (
        GLOBAL_REACH,
        None,
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      p.b     p.1     p.1        p.2
branch      b    b.p    -       x       b.v        x
remote      1    1.p    x       -       1          1.2
location1   1    1.p    v.b     1       -          1.2
location2   2    2.p    x       2.1     2.1        -
""",
    ),
    "Global Reach fails": (GLOBAL_REACH, "global-reach:one-two", BASE),
    # location1's prefix comes over circuit 2 and Global Reach, and so ExpressRoute still serves the hub
    "Global Reach, without the hub's connection to circuit 1": (
        GLOBAL_REACH,
        "connection:expressroute1-hub",
        """
            hub    spoke    branch  remote  location1  location2
hub         -      p        b       2.1     2.1        2
spoke       p      -        p.b     p.2.1   p.2.1      p.2
branch      b      b.p      -       x       b.v        x
remote      1.2    1.2.p    x       -       1          1.2
location1   1.2    1.2.p    v.b     1       -          1.2
location2   2      2.p      x       2.1     2.1        -
""",
    ),
    # the primary edges have lost location1; that Global Reach runs edge by edge follows from its /29
    "Global Reach, without the first router": (
        GLOBAL_REACH,
        "router:location1-ce1",
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       x          2
spoke       p    -      p.b     p.1     x          p.2
branch      b    b.p    -       x       x          x
remote      1    1.p    x       -       x          1.2
location1   x    x      x       x       -          x
location2   2    2.p    x       2.1     x          -
""",
    ),
    # and so location1, which only the primary edge hears, is cut off from location2; remote is on both edges
    "Global Reach, without circuit 2's first link": (
        GLOBAL_REACH,
        "link:expressroute2/primary",
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      p.b     p.1     p.1        p.2
branch      b    b.p    -       x       b.v        x
remote      1    1.p    x       -       1          1.2
location1   1    1.p    v.b     1       -          x
location2   2    2.p    x       2.1     x          -
""",
    ),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_pair_goes_as_worked_out_by_hand(scenario: str, paths: Predict) -> None:
    changes, failure, table = SCENARIOS[scenario]
    assert sketch(paths(changes, failure)) == cells(table)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_path_has_a_reason_that_names_a_rule_or_the_only_way(scenario: str, paths: Predict) -> None:
    changes, failure, _ = SCENARIOS[scenario]
    for path in paths(changes, failure).values():
        assert path.reason.endswith(".")
        grounds = ("(", "joins", "told of no other way", "carried the only way", "disabled", "advertise")
        assert any(ground in path.reason for ground in grounds), path.reason
