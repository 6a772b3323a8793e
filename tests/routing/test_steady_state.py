"""Every pair of sites of the test stack, as Microsoft's articles on the same setup trace it.

"Data plane analysis" shows a traceroute or a failed ping for each pair; what it shows is noted at each row.
"""

from __future__ import annotations

import pytest

from tests.routing.segments import BACKUP, BRANCH, ER1, ER2, PEERING, Over, Pair, Predict

STEADY = {
    ("hub", "spoke"): (PEERING, "hub-spoke"),  # one hop
    ("hub", "branch"): (BRANCH, "no other way"),  # first hop is the VPN gateway
    ("hub", "remote"): (ER1, "ER-17"),  # first hop is the ExpressRoute gateway, second one remote's
    ("hub", "location1"): (ER1, "PATH-2"),  # first hop is the ExpressRoute gateway, though VPN has the prefix
    ("hub", "location2"): (ER2, "PATH-6"),  # 75 ms by the ExpressRoute gateway
    ("spoke", "hub"): (PEERING, "hub-spoke"),
    ("spoke", "branch"): (f"{PEERING} {BRANCH}", "no other way"),  # first hop is the hub's VPN gateway
    ("spoke", "remote"): (f"{PEERING} {ER1}", "ER-17"),
    ("spoke", "location1"): (f"{PEERING} {ER1}", "PATH-2"),
    ("spoke", "location2"): (f"{PEERING} {ER2}", "PATH-6"),
    ("branch", "hub"): (BRANCH, "no other way"),
    ("branch", "spoke"): (f"{BRANCH} {PEERING}", "no other way"),
    ("branch", "remote"): ("none", "PATH-8"),  # ping fails
    ("branch", "location1"): (f"{BRANCH} {BACKUP}", "PATH-11"),  # third hop is 10.2.30.125, the tunnel's end
    ("branch", "location2"): ("none", "PATH-8"),  # ping fails
    ("remote", "hub"): (ER1, "ER-17"),
    ("remote", "spoke"): (f"{ER1} {PEERING}", "ER-17"),
    ("remote", "branch"): ("none", "PATH-8"),  # no visibility
    ("remote", "location1"): (ER1, "no other way"),  # by the circuit that the two share
    ("remote", "location2"): ("none", "PATH-9"),  # no visibility: another circuit
    ("location1", "hub"): (ER1, "PATH-4"),  # third hop is 192.168.30.18, the Microsoft edge
    ("location1", "spoke"): (f"{ER1} {PEERING}", "PATH-4"),
    ("location1", "branch"): (f"{BACKUP} {BRANCH}", "PATH-11"),  # from the router straight to the branch
    ("location1", "remote"): (ER1, "no other way"),
    ("location1", "location2"): ("none", "PATH-9"),  # ping fails
    ("location2", "hub"): (ER2, "RFC 2328"),  # here by 192.168.31.22, the secondary Microsoft edge
    ("location2", "spoke"): (f"{ER2} {PEERING}", "RFC 2328"),  # here by 192.168.31.18, the primary one
    ("location2", "branch"): ("none", "PATH-8"),  # no visibility
    ("location2", "location1"): ("none", "PATH-9"),
    ("location2", "remote"): ("none", "PATH-9"),
}


@pytest.mark.parametrize(("pair", "expected"), STEADY.items(), ids=lambda value: "-".join(value)[:60])
def test_each_pair_takes_the_path_that_microsoft_traced(
    pair: Pair, expected: tuple[str, str], paths: Predict, over: Over
) -> None:
    segments, rule = expected
    path = paths()[pair]
    assert over(path.forward) == segments
    assert rule in path.reason
    assert path.reachable == (segments != "none")
    assert path.determined


def test_the_table_has_every_ordered_pair_once(paths: Predict) -> None:
    assert set(paths()) == set(STEADY)


@pytest.mark.parametrize("pair", STEADY, ids="-".join)
def test_every_way_back_crosses_the_same_segments(pair: Pair, paths: Predict, over: Over) -> None:
    path = paths()[pair]
    assert path.symmetric
    assert " ".join(reversed(over(path.back).split())) == over(path.forward)


def test_hops_name_every_element_on_the_way_without_the_two_ends(paths: Predict) -> None:
    assert paths()["spoke", "location1"].forward.hops == (
        (
            "peering:hub-spoke",
            "gateway:hub/expressroute",
            "connection:expressroute1-hub",
            "circuit:expressroute1",
            "link:expressroute1/primary",
            "router:location1-ce1",
        ),
    )


def test_a_tunnel_of_two_gateways_lies_between_them_in_the_hops(paths: Predict) -> None:
    assert paths()["branch", "location1"].forward.hops == (
        (
            "gateway:branch/vpn",
            "tunnel:hub-branch",
            "gateway:hub/vpn",
            "tunnel:hub-location1",
            "router:location1-ce1",
        ),
    )


@pytest.mark.parametrize("pair", [("hub", "location2"), ("location2", "hub")], ids="-".join)
def test_both_links_of_expressroute2_are_used(pair: Pair, paths: Predict) -> None:
    ways = paths()[pair].forward.hops
    links = [{hop for hop in way if hop.startswith(("link:", "router:"))} for way in ways]
    assert links == [
        {"link:expressroute2/primary", "router:location2-ce1"},
        {"link:expressroute2/secondary", "router:location2-ce2"},
    ]


def test_a_disabled_link_is_not_used(paths: Predict) -> None:
    used = {hop for path in paths().values() for way in path.forward.hops for hop in way}
    assert "link:expressroute1/primary" in used
    assert "link:expressroute1/secondary" not in used
    assert "router:location1-ce2" not in used


@pytest.mark.parametrize(
    ("pair", "via", "circuits"),
    [
        (("hub", "spoke"), "peering", ()),
        (("spoke", "location1"), "expressroute", ("expressroute1",)),
        (("branch", "location1"), "vpn", ()),
        (("branch", "location2"), "none", ()),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_via_is_short_for_people(pair: Pair, via: str, circuits: tuple[str, ...], paths: Predict) -> None:
    path = paths()[pair]
    assert (path.forward.via, path.forward.circuits) == (via, circuits)
