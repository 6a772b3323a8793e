"""Several links, several circuits, and circuits that Global Reach joins."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.changes import BOTH_LINKS, GLOBAL_REACH, preferences, third_circuit
from tests.routing.segments import ER1, ER2, ER3, Over, Pair, Predict


def test_an_enabled_secondary_link_is_used_alike(paths: Predict) -> None:
    for pair in (("hub", "location1"), ("location1", "hub")):
        path = paths(BOTH_LINKS)[pair]
        assert len(path.forward.hops) == 2
        assert path.symmetric
        assert path.determined


def test_ibgp_keeps_both_routers_on_expressroute_when_one_link_fails(paths: Predict, over: Over) -> None:
    """The router with the VPN knows the other's ExpressRoute by iBGP, at preference 200 against 100."""
    path = paths(BOTH_LINKS, "link:expressroute1/primary")["location1", "hub"]
    assert over(path.forward) == ER1
    assert path.forward.hops[0][0] == "router:location1-ce2"
    assert path.symmetric


def test_ibgp_lends_a_preference_to_a_router_that_sets_none(paths: Predict, over: Over) -> None:
    path = paths({**BOTH_LINKS, **preferences(None)})["location1", "hub"]
    assert over(path.forward) == ER1
    assert path.determined


def test_two_routers_without_any_preference_use_both_kinds_at_once(paths: Predict) -> None:
    changes = {
        **BOTH_LINKS,
        "routers": {
            "location1-ce1": {"bgp": {"expressRouteLocalPreference": None}},
            "location1-ce2": {"bgp": {"expressRouteLocalPreference": None}},
        },
    }
    assert not paths(changes)["location1", "hub"].determined


def test_an_enabled_secondary_link_ends_the_shared_fate(paths: Predict, over: Over) -> None:
    failed = paths(BOTH_LINKS, "router:location1-ce1")
    assert over(failed["hub", "location1"].forward) == ER1
    assert not failed["branch", "location1"].reachable


def test_azure_shares_traffic_between_equal_circuits(paths: Predict, over: Over) -> None:
    path = paths(third_circuit())["hub", "location1"]
    assert over(path.forward) == f"{ER1} {ER3}"
    assert path.forward.circuits == ("expressroute1", "expressroute3")
    assert len(path.forward.hops) == 2
    assert path.determined
    assert not path.symmetric  # a flow may go by one circuit and come back by the other
    assert "PATH-6" in path.reason


@pytest.mark.parametrize(("first", "third", "expected"), [(100, 0, ER1), (0, 100, ER3), (10, 20, ER3)])
def test_the_heavier_connection_wins(
    first: int, third: int, expected: str, paths: Predict, over: Over
) -> None:
    path = paths(third_circuit(weight=third, first_weight=first))["hub", "location1"]
    assert over(path.forward) == expected
    assert "ER-13" in path.reason


def test_weight_is_looked_at_before_the_as_path(paths: Predict, over: Over) -> None:
    path = paths(third_circuit(weight=100, prepend=3))["hub", "location1"]
    assert over(path.forward) == ER3


def test_prepending_turns_azure_to_the_other_circuit(paths: Predict, over: Over) -> None:
    path = paths(third_circuit(prepend=2))["hub", "location1"]
    assert over(path.forward) == ER1
    assert "AS path" in path.reason


def test_prepending_and_a_lower_preference_make_one_circuit_the_backup(paths: Predict, over: Over) -> None:
    changes = {
        **third_circuit(prepend=2),
        "routers": {"location1-ce2": {"bgp": {"expressRouteLocalPreference": 150}}},
    }
    assert over(paths(changes)["location1", "hub"].forward) == ER1
    assert paths(changes)["hub", "location1"].symmetric
    after = paths(changes, "link:expressroute1/primary")["hub", "location1"]
    assert over(after.forward) == ER3
    assert after.symmetric


def test_one_router_with_two_equal_circuits_uses_either_by_chance(paths: Predict, over: Over) -> None:
    """IOS uses one of two equal eBGP paths, the older one."""
    path = paths(third_circuit(router="location1-ce1"))["location1", "hub"]
    assert over(path.forward) == f"{ER1} {ER3}"
    assert not path.determined


@pytest.mark.parametrize("pair", [("location1", "location2"), ("remote", "location2")], ids="-".join)
def test_global_reach_joins_all_that_is_on_two_circuits(pair: Pair, paths: Predict, over: Over) -> None:
    path = paths(GLOBAL_REACH)[pair]
    assert over(path.forward) == f"{ER1} {ER2}"
    assert path.symmetric
    assert "global-reach:one-two" in path.forward.hops[0]
    assert "ER-16" in path.reason


def test_global_reach_stands_in_for_a_connection_before_vpn_does(paths: Predict, over: Over) -> None:
    """The hub then knows location1 over expressroute2, and prefers ExpressRoute, whatever its AS path."""
    path = paths(GLOBAL_REACH, "connection:expressroute1-hub")["hub", "location1"]
    assert over(path.forward) == f"{ER2} {ER1}"
    assert path.symmetric


def test_a_weight_beats_the_longer_path_of_global_reach(paths: Predict, over: Over) -> None:
    """ER-13 comes before the prepending that Microsoft's edge does for Global Reach."""
    changes = {**GLOBAL_REACH, "connections": {"expressroute2-hub": {"weight": 10}}}
    path = paths(changes)["hub", "location1"]
    assert over(path.forward) == f"{ER2} {ER1}"
    assert over(path.back) == ER1
    assert not path.symmetric


def test_global_reach_is_not_transitive(paths: Predict) -> None:
    """From circuit 1 to 2 and from 2 to 3 does not make 1 to 3: the edges speak iBGP."""
    third = third_circuit(router="location2-ce1")["circuits"]["expressroute3"]
    links = {
        "primary": {
            "prefix": "192.168.40.0/30",
            "router": "location3-ce1",
            "interface": "TenGigabitEthernet0/0/0",
        },
        "secondary": {"prefix": "192.168.40.4/30", "enabled": False},
    }
    changes = {
        "connections": {"expressroute1-hub": None},
        "circuits": {"expressroute3": {**third, "privatePeering": {"peerAsn": 65030, "vlanId": 5, **links}}},
        "locations": {"location3": {"asn": 65030, "prefixes": ["10.3.30.0/24"]}},
        "routers": {
            "location3-ce1": {
                "location": "location3",
                "vrf": {"name": "1", "routeDistinguisher": "1:1"},
                "lan": {"interface": "TenGigabitEthernet1/0/0", "address": "192.168.40.8/31"},
                "ospf": {"process": 1, "routerId": "1.1.1.1", "area": "0.0.0.0"},
            }
        },
        "globalReach": {
            **GLOBAL_REACH["globalReach"],
            "two-three": {"circuits": ["expressroute2", "expressroute3"], "prefix": "192.168.99.8/29"},
        },
    }
    result = paths(changes)
    assert result["location2", "location3"].symmetric
    assert not result["location1", "location3"].reachable
    assert "not transitive" in result["location1", "location3"].reason


@pytest.mark.parametrize("closed", ["hub", "remote"])
def test_virtual_networks_meet_over_global_reach_only_if_both_gateways_allow_it(
    closed: str, paths: Predict
) -> None:
    """remote on circuit 1, the hub on circuit 2 only."""
    gateway = {closed: {"expressRouteGateway": {"allowRemoteVnetTraffic": False}}}
    apart = {**GLOBAL_REACH, "connections": {"expressroute1-hub": None}}
    assert paths(apart)["hub", "remote"].symmetric
    path = paths({**apart, "virtualNetworks": gateway})["hub", "remote"]
    assert not path.reachable
    assert "ER-17" in path.reason


def test_locations_of_one_as_take_each_other_for_a_loop(paths: Predict) -> None:
    changes = {
        "locations": {"location2": {"asn": 65021}},
        "circuits": {"expressroute2": {"privatePeering": {"peerAsn": 65021}}},
        **GLOBAL_REACH,
    }
    path = paths(changes)["location1", "location2"]
    assert not path.reachable
    assert "its own AS 65021" in path.reason


def test_either_link_of_one_circuit_is_the_same_circuit(paths: Predict, over: Over) -> None:
    """One router with both links uses one of them; Azure shares its traffic between the two."""
    links: dict[str, dict[str, Any]] = {
        "primary": {"enabled": True},
        "secondary": {"enabled": True, "router": "location1-ce1"},
    }
    links["secondary"]["interface"] = "TenGigabitEthernet0/0/1"
    changes = {"circuits": {"expressroute1": {"privatePeering": links}}}
    path = paths(changes)["location1", "remote"]
    assert over(path.forward) == ER1
    assert len(path.forward.hops) == 2
    assert path.determined
    assert path.symmetric
    assert "whichever" in path.reason
