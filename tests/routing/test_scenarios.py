"""Every ordered pair in designs that differ from the test stack, as tables that were worked out by hand.

How to read them is in sketches.py: p is the peering, 1 to 3 are the circuits, b and v the tunnels.
"""

from __future__ import annotations

import pytest

from tests.routing.changes import BOTH_LINKS, GLOBAL_REACH, ROUTE_SERVER, Changes, third_circuit
from tests.routing.segments import Predict
from tests.routing.sketches import BASE, cells, sketch

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


WEIGHTS_ON_AZURES_SIDE_ONLY = third_circuit(first_weight=100, weight=50)
WEIGHTS = {
    **WEIGHTS_ON_AZURES_SIDE_ONLY,
    "routers": {"location1-ce2": {"bgp": {"expressRouteLocalPreference": 150}}},
}
"""Two circuits: expressroute3, by location1's other router, is the backup in both directions."""
NO_ROUTE_MAP = {"routers": {"location1-ce1": {"bgp": {"expressRouteLocalPreference": None}}}}
LONGER_OVER_VPN = {"tunnels": {"hub-location1": {"router": {"advertisedPrefixes": ["10.2.30.0/26"]}}}}

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
