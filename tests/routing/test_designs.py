"""What the prediction says of designs that differ from the test stack, each worked out from the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from routing import Direction, Path, predict_paths
from tests.routing.descriptions import location, network, router, tunnel_end

Pair = tuple[str, str]
Predict = Callable[..., dict[Pair, Path]]
Over = Callable[[Direction], str]
Changes = Mapping[str, Any]

ER1 = "expressroute:expressroute1"
ER2 = "expressroute:expressroute2"
ER3 = "expressroute:expressroute3"
PEERING = "peering:hub-spoke"
BRANCH = "vpn:hub-branch"
BACKUP = "vpn:hub-location1"


def preferences(express_route: int | None, vpn: int | None = None) -> Changes:
    bgp = {"expressRouteLocalPreference": express_route, "vpnLocalPreference": vpn}
    return {"routers": {"location1-ce1": {"bgp": bgp}}}


SECONDARY = {"circuits": {"expressroute1": {"privatePeering": {"secondary": {"enabled": True}}}}}


def third_circuit(
    *, weight: int = 0, prepend: int = 0, router: str = "location1-ce2", first_weight: int = 0
) -> Changes:
    """Return a second circuit of location1, by its other router unless another is named."""
    port = {"router": router, "interface": "TenGigabitEthernet0/0/0"}
    spare = "location1-ce1" if router == "location1-ce2" else "location1-ce2"
    return {
        "circuits": {
            "expressroute3": {
                "provider": "Equinix",
                "peeringLocation": "Chicago",
                "bandwidth": 50,
                "privatePeering": {
                    "peerAsn": 65021,
                    "vlanId": 301,
                    "primary": {"prefix": "192.168.30.24/30", "asPathPrepend": prepend, **port},
                    "secondary": {
                        "prefix": "192.168.30.28/30",
                        **port,
                        "router": spare,
                        "enabled": False,
                    },
                },
            }
        },
        "connections": {
            "expressroute1-hub": {"weight": first_weight},
            "expressroute3-hub": {"circuit": "expressroute3", "virtualNetwork": "hub", "weight": weight},
        },
    }


# --- local preference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["hub", "spoke"])
def test_without_a_local_preference_the_way_to_azure_is_left_to_chance(
    site: str, paths: Predict, over: Over
) -> None:
    path = paths(preferences(None))["location1", site]
    assert not path.determined
    assert not path.symmetric
    assert path.reachable
    assert {ER1, BACKUP} <= set(over(path.forward).split())
    assert len(path.forward.hops) == 2
    assert "PATH-4" in path.reason
    assert "chance" in path.reason or "no local preference decides" in path.reason


def test_the_way_from_azure_stays_certain_but_its_way_back_does_not(paths: Predict, over: Over) -> None:
    path = paths(preferences(None))["hub", "location1"]
    assert over(path.forward) == ER1
    assert (path.forward.determined, path.back.determined, path.determined) == (True, False, False)
    assert "the way back is open" in path.reason


@pytest.mark.parametrize("pair", [("location1", "branch"), ("location1", "remote")], ids="-".join)
def test_without_a_local_preference_what_has_one_way_only_stays_certain(pair: Pair, paths: Predict) -> None:
    """The branch is two AS away and known over VPN only, remote over ExpressRoute only."""
    assert paths(preferences(None))[pair].determined


@pytest.mark.parametrize("failure", ["link:expressroute1/primary", "tunnel:hub-location1"])
def test_one_way_left_is_certain_without_any_preference(failure: str, paths: Predict) -> None:
    path = paths(preferences(None), failure)["location1", "hub"]
    assert path.determined
    assert path.symmetric


@pytest.mark.parametrize(
    ("express_route", "vpn", "expected"),
    [(200, 100, ER1), (None, 50, ER1), (101, None, ER1), (200, 300, BACKUP), (None, 150, BACKUP)],
)
def test_the_higher_local_preference_decides_on_the_router(
    express_route: int | None, vpn: int | None, expected: str, paths: Predict, over: Over
) -> None:
    path = paths(preferences(express_route, vpn))["location1", "hub"]
    assert over(path.forward) == expected
    assert path.determined


def test_a_router_that_prefers_vpn_makes_the_path_asymmetric(paths: Predict, over: Over) -> None:
    """Azure prefers ExpressRoute, whatever the router does (PATH-2)."""
    path = paths(preferences(200, 300))["hub", "location1"]
    assert (over(path.forward), over(path.back)) == (ER1, BACKUP)
    assert not path.symmetric
    assert path.determined
    assert "the way back differs" in path.reason


@pytest.mark.parametrize("preference", [200, 300])
def test_equal_preferences_decide_as_little_as_none(preference: int, paths: Predict) -> None:
    assert not paths(preferences(preference, preference))["location1", "hub"].determined


# --- prefixes --------------------------------------------------------------------------------------------


def test_a_longer_prefix_over_vpn_beats_expressroute(paths: Predict, over: Over) -> None:
    changes = {"tunnels": {"hub-location1": {"router": {"advertisedPrefixes": ["10.2.30.0/26"]}}}}
    path = paths(changes)["hub", "location1"]
    assert (over(path.forward), over(path.back)) == (BACKUP, ER1)
    assert not path.symmetric
    assert "PATH-1" in path.reason
    assert "the rest of 10.2.30.0/25 goes by expressroute" in path.reason


def test_a_longer_prefix_elsewhere_in_the_site_is_told(paths: Predict, over: Over) -> None:
    parts = ["10.2.30.0/25", "10.2.30.64/26"]
    path = paths({"tunnels": {"hub-location1": {"router": {"advertisedPrefixes": parts}}}})[
        "hub", "location1"
    ]
    assert over(path.forward) == ER1
    assert "10.2.30.64/26 goes by vpn" in path.reason


def test_a_prefix_that_no_session_carries_is_unreachable_but_can_send(paths: Predict) -> None:
    silent: Changes = {"privatePeering": {"primary": {"advertisedPrefixes": []}}}
    result = paths({"circuits": {"expressroute1": silent}, "tunnels": {"hub-location1": None}})
    assert not result["remote", "location1"].reachable
    assert "does not advertise 10.2.30.0/25" in result["remote", "location1"].reason
    assert result["location1", "remote"].reachable
    assert "nothing comes back" in result["location1", "remote"].reason


# --- several links and circuits --------------------------------------------------------------------------


def test_an_enabled_secondary_link_is_used_alike(paths: Predict) -> None:
    for pair in (("hub", "location1"), ("location1", "hub")):
        path = paths(SECONDARY)[pair]
        assert len(path.forward.hops) == 2
        assert path.symmetric
        assert path.determined


def test_ibgp_keeps_both_routers_on_expressroute_when_one_link_fails(paths: Predict, over: Over) -> None:
    """The router with the VPN knows the other's ExpressRoute by iBGP, at preference 200 against 100."""
    path = paths(SECONDARY, "link:expressroute1/primary")["location1", "hub"]
    assert over(path.forward) == ER1
    assert path.forward.hops[0][0] == "router:location1-ce2"
    assert path.symmetric


def test_ibgp_lends_a_preference_to_a_router_that_sets_none(paths: Predict, over: Over) -> None:
    path = paths({**SECONDARY, **preferences(None)})["location1", "hub"]
    assert over(path.forward) == ER1
    assert path.determined


def test_two_routers_without_any_preference_use_both_kinds_at_once(paths: Predict) -> None:
    changes = {
        **SECONDARY,
        "routers": {
            "location1-ce1": {"bgp": {"expressRouteLocalPreference": None}},
            "location1-ce2": {"bgp": {"expressRouteLocalPreference": None}},
        },
    }
    assert not paths(changes)["location1", "hub"].determined


def test_an_enabled_secondary_link_ends_the_shared_fate(paths: Predict, over: Over) -> None:
    failed = paths(SECONDARY, "router:location1-ce1")
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


def test_prepending_over_vpn_does_not_matter_beside_expressroute(paths: Predict, over: Over) -> None:
    for prepend in (0, 5):
        changes = {"tunnels": {"hub-location1": {"router": {"asPathPrepend": prepend}}}}
        assert over(paths(changes)["hub", "location1"].forward) == ER1


# --- virtual networks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", ["hub", "remote"])
def test_virtual_networks_meet_on_a_circuit_only_if_both_gateways_allow_it(
    closed: str, paths: Predict
) -> None:
    result = paths({"virtualNetworks": {closed: {"expressRouteGateway": {"allowRemoteVnetTraffic": False}}}})
    for pair in (("hub", "remote"), ("remote", "hub"), ("remote", "spoke")):
        assert not result[pair].reachable
        assert f"{closed}'s ExpressRoute gateway" in result[pair].reason
        assert "ER-17" in result[pair].reason
    assert result["remote", "location1"].reachable


def test_a_spoke_that_does_not_use_the_gateways_reaches_the_hub_only(paths: Predict) -> None:
    result = paths({"peerings": {"hub-spoke": {"gatewayTransit": False}}})
    reached = {
        destination for (source, destination), path in result.items() if source == "spoke" and path.reachable
    }
    assert reached == {"hub"}
    assert "PEER-1" in result["spoke", "location1"].reason
    assert "PEER-13" in result["location1", "spoke"].reason


def test_two_spokes_do_not_reach_each_other(paths: Predict) -> None:
    changes = {
        "virtualNetworks": {"spoke2": {"addressSpace": ["10.12.30.0/26"]}},
        "peerings": {"hub-spoke2": {"hub": "hub", "spoke": "spoke2"}},
    }
    path = paths(changes)["spoke", "spoke2"]
    assert not path.reachable
    assert "PEER-10" in path.reason


def test_a_peering_beats_a_circuit_between_two_virtual_networks(paths: Predict, over: Over) -> None:
    changes = {"peerings": {"hub-remote": {"hub": "hub", "spoke": "remote", "gatewayTransit": False}}}
    path = paths(changes)["hub", "remote"]
    assert over(path.forward) == "peering:hub-remote"
    assert path.symmetric
    assert over(paths(changes, "peering:hub-remote")["hub", "remote"].forward) == ER1


def test_a_vpn_gateway_refuses_a_path_with_its_own_as(paths: Predict) -> None:
    """Two branches in one AS: what the hub learned from one, the other takes for a loop."""
    path = paths(second_branch(asn=65516))["branch", "branch2"]
    assert not path.reachable
    assert "65516" in path.reason
    assert over_names(paths(second_branch(asn=65521))["branch", "branch2"]) == ["hub-branch", "hub-branch2"]


def second_branch(*, asn: int) -> Changes:
    return {
        "virtualNetworks": {
            "branch2": {
                "addressSpace": ["10.13.30.0/26"],
                "subnets": {"GatewaySubnet": {"prefix": "10.13.30.32/27"}},
                "vpnGateway": {"asn": asn},
            }
        },
        "tunnels": {"hub-branch2": {"virtualNetwork": "hub", "remoteVirtualNetwork": "branch2"}},
    }


def over_names(path: Path) -> list[str]:
    return [segment.over for segment in path.forward.segments]


# --- what is only partly known ---------------------------------------------------------------------------


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


def test_route_server_joins_vpn_and_expressroute(paths: Predict, over: Over) -> None:
    result = paths(ROUTE_SERVER)
    path = result["branch", "location2"]
    assert over(path.forward) == f"{BRANCH} {ER2}"
    assert path.forward.via == "vpn+expressroute"
    assert path.symmetric
    assert not paths(ROUTE_SERVER, "route-server:hub")["branch", "location2"].reachable


@pytest.mark.parametrize(("prepend", "expected"), [(0, BACKUP), (1, BACKUP), (2, ER1)])
def test_with_route_server_a_tunnel_is_left_for_a_shorter_as_path_only(
    prepend: int, expected: str, paths: Predict, over: Over
) -> None:
    """Both routes weigh 32768: 65021 through the tunnel, 12076-65021 by Route Server; eBGP decides a tie."""
    changes = {
        **ROUTE_SERVER,
        "tunnels": {"hub-location1": {"router": {"tunnelNumbers": [30, 31], "asPathPrepend": prepend}}},
    }
    path = paths(changes)["branch", "location1"]
    assert over(path.forward) == f"{BRANCH} {expected}"
    assert over(path.back) == f"{ER1} {BRANCH}"
    assert path.determined
    assert path.symmetric == (expected == ER1)


def test_a_gateway_beside_a_route_server_takes_no_networks_from_behind_others(paths: Predict) -> None:
    """Two hubs with Route Servers on one circuit: neither learns the other's branch over it."""
    second: dict[str, Any] = {
        "hub2": {
            "addressSpace": ["10.20.30.0/24"],
            "subnets": {"GatewaySubnet": {"prefix": "10.20.30.0/26"}},
            "expressRouteGateway": {"allowRemoteVnetTraffic": True},
        }
    }
    plain: dict[str, Any] = {
        **ROUTE_SERVER,
        "virtualNetworks": {**ROUTE_SERVER["virtualNetworks"], **second},
        "connections": {"expressroute1-hub2": {"circuit": "expressroute1", "virtualNetwork": "hub2"}},
    }
    assert paths(plain)["hub2", "branch"].symmetric
    hub2 = {
        **second["hub2"],
        "subnets": {
            "GatewaySubnet": {"prefix": "10.20.30.0/26"},
            "RouteServerSubnet": {"prefix": "10.20.30.64/26"},
        },
        "vpnGateway": {"activeActive": True},
        "routeServer": {},
    }
    both = {**plain, "virtualNetworks": {**ROUTE_SERVER["virtualNetworks"], "hub2": hub2}}
    path = paths(both)["hub2", "branch"]
    assert not path.reachable
    assert "what lies behind them" in path.reason


def test_route_server_does_not_join_two_circuits(paths: Predict) -> None:
    assert "PATH-9" in paths(ROUTE_SERVER)["location2", "remote"].reason


GLOBAL_REACH = {
    "globalReach": {"one-two": {"circuits": ["expressroute1", "expressroute2"], "prefix": "192.168.99.0/29"}}
}


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


def test_somebody_elses_router_is_never_promised_anything(paths: Predict, over: Over) -> None:
    links = {
        name: {"router": None, "interface": None, "outerVlan": None} for name in ("primary", "secondary")
    }
    changes = {
        "circuits": {"expressroute2": {"privatePeering": links}},
        "routers": {"location2-ce1": None, "location2-ce2": None},
    }
    path = paths(changes)["hub", "location2"]
    assert over(path.forward) == ER2
    assert not path.determined
    assert "not described" in path.reason


def test_a_lan_without_ospf_may_use_either_router(paths: Predict) -> None:
    """One of the two has no way to Azure, and the stack file does not say which one the LAN uses."""
    changes = {
        "routers": {
            "location1-ce1": {"ospf": None, "lan": {"nextHop": "192.168.30.1"}},
            "location1-ce2": {"ospf": None, "lan": {"nextHop": "192.168.30.5"}},
        }
    }
    path = paths(changes)["location1", "hub"]
    assert path.reachable
    assert not path.determined
    assert "its own routes are not described" in path.reason
    assert "link:expressroute1/secondary is disabled" in path.reason


def static_lan(first: str, second: str, next_hops: tuple[str, str]) -> Changes:
    """Return location1 without OSPF, its second link up too, and its first router preferred by iBGP."""
    return {
        **SECONDARY,
        "routers": {
            "location1-ce1": {"ospf": None, "lan": {"address": first, "nextHop": next_hops[0]}},
            "location1-ce2": {
                "ospf": None,
                "lan": {"address": second, "nextHop": next_hops[1]},
                "bgp": {"expressRouteLocalPreference": 150},
            },
        },
    }


APART = static_lan("192.168.30.0/31", "192.168.30.4/31", ("192.168.30.1", "192.168.30.5"))
"""Each router has a network of its own towards the LAN's router."""
TOGETHER = static_lan("192.168.30.1/29", "192.168.30.2/29", ("192.168.30.3", "192.168.30.3"))


def test_what_a_router_hands_to_its_companion_crosses_the_lan(paths: Predict) -> None:
    """location1-ce2 prefers what ce1 told it, and reaches it through the LAN's router: that decides again.

    Nothing but defaults to both is known there, so that it may send the packets back to where they are from.
    """
    path = paths(APART)["location1", "hub"]
    assert path.reachable
    assert not path.determined
    assert [way[:2] for way in path.forward.hops] == [("router:location1-ce1", "link:expressroute1/primary")]
    assert "traffic to hub comes back to location1" in path.reason


def test_the_way_into_such_a_lan_is_certain(paths: Predict) -> None:
    """Both links bring it, and each router has a static route to the LAN of its own."""
    path = paths(APART)["hub", "location1"]
    assert {way[-1] for way in path.forward.hops} == {"router:location1-ce1", "router:location1-ce2"}
    assert (path.forward.determined, path.determined) == (True, False)


def test_routers_on_one_lan_network_reach_each_other_without_the_lan(paths: Predict) -> None:
    """Whichever router the LAN uses, ce1's link is what its traffic goes out by."""
    path = paths(TOGETHER)["location1", "hub"]
    onward = ("link:expressroute1/primary", "circuit:expressroute1", "connection:expressroute1-hub")
    assert [way[:-1] for way in path.forward.hops] == [
        ("router:location1-ce1", *onward),
        ("router:location1-ce2", "router:location1-ce1", *onward),
    ]
    assert path.determined


def test_a_lan_with_one_router_left_has_one_way(paths: Predict) -> None:
    """A router that has failed is no next hop: its interface is down."""
    path = paths(APART, "router:location1-ce1")["location1", "hub"]
    assert [way[0] for way in path.forward.hops] == ["router:location1-ce2"]
    assert path.determined


def test_a_lan_uses_its_static_default_before_one_by_ospf(paths: Predict) -> None:
    """ce2 offers a default by OSPF and knows no way itself; the LAN's own to ce1 has distance 1, not 110."""
    changes = {
        "routers": {
            "location1-ce1": {"ospf": None, "lan": {"nextHop": "192.168.30.1"}},
            "location1-ce2": {"ospf": {"defaultInformation": "always"}},
        }
    }
    path = paths(changes)["location1", "hub"]
    assert [way[0] for way in path.forward.hops] == ["router:location1-ce1"]
    assert path.determined


def test_ospf_prefers_the_router_with_the_lower_metric(paths: Predict) -> None:
    path = paths({"routers": {"location2-ce2": {"ospf": {"defaultMetric": 20}}}})["location2", "hub"]
    assert [way[0] for way in path.forward.hops] == ["router:location2-ce1"]
    assert len(path.back.hops) == 2
    assert path.symmetric


def test_locations_of_one_as_take_each_other_for_a_loop(paths: Predict) -> None:
    changes = {
        "locations": {"location2": {"asn": 65021}},
        "circuits": {"expressroute2": {"privatePeering": {"peerAsn": 65021}}},
        "globalReach": {
            "one-two": {"circuits": ["expressroute1", "expressroute2"], "prefix": "192.168.99.0/29"}
        },
    }
    path = paths(changes)["location1", "location2"]
    assert not path.reachable
    assert "its own AS 65021" in path.reason


def test_only_whole_sites_pass_into_ospf(paths: Predict) -> None:
    """location2 advertises a half of its LAN over VPN: location1's router learns it, but not its LAN."""
    half = {
        "virtualNetwork": "hub",
        "router": {
            "name": "location2-ce1",
            "publicAddress": "66.198.12.200",
            "bgpAddress": "10.1.31.125",
            "advertisedPrefixes": ["10.1.31.0/26"],
        },
    }
    changes = {
        "tunnels": {"hub-location2": half},
        "routers": {
            "location1-ce1": {"ospf": {"defaultInformation": "never"}},
            "location2-ce1": {"internetNextHop": "66.198.12.201"},
        },
    }
    path = paths(changes)["location1", "location2"]
    assert not path.reachable
    assert "location1-ce1 lets only other sites' own prefixes into OSPF" in path.reason


def test_a_lan_that_shares_between_expressroute_and_vpn_is_left_to_chance(paths: Predict) -> None:
    """One router has the circuit, the other the tunnel, and each prefers its own eBGP path to iBGP."""
    links = {"primary": {"enabled": False}, "secondary": {"enabled": True}}
    changes = {
        "circuits": {"expressroute1": {"privatePeering": links}},
        "routers": {"location1-ce2": {"bgp": {"expressRouteLocalPreference": None}}},
    }
    path = paths(changes)["location1", "hub"]
    assert len(path.forward.hops) == 2
    assert not path.determined
    with_preference = {"circuits": changes["circuits"]}
    assert paths(with_preference)["location1", "hub"].determined


def test_which_instance_of_a_gateway_a_router_uses_makes_no_difference() -> None:
    """Each router has two equal paths over its own tunnel, one by each instance of the gateway.

    Which of the two it takes is chance, but it is the same tunnel; and that the LAN, and the gateway on the
    way back, share between the routers' tunnels is certain (RFC 2328, 16.4; VPNHA).
    """
    numbers = {"ce1": (1, 2), "ce2": (3, 4), "store": (5, 6)}
    described = network(
        virtualNetworks={
            "hub": {
                "addressSpace": ["10.10.0.0/16"],
                "subnets": {"GatewaySubnet": {"prefix": "10.10.255.0/26"}},
                "vpnGateway": {"activeActive": True},
            }
        },
        locations={
            "office": location(65021, "192.168.1.0/24"),
            "warehouse": location(65022, "192.168.2.0/24"),
        },
        routers={
            "ce1": router("office", 0),
            "ce2": router("office", 1),
            "store": router("warehouse", 2),
        },
        tunnels={
            f"to-{name}": {
                "virtualNetwork": "hub",
                "router": tunnel_end(name, f"172.16.0.{each[0]}", *each),
            }
            for name, each in numbers.items()
        },
    )
    found = {(path.source, path.destination): path for path in next(predict_paths(described)).paths}
    path = found["office", "warehouse"]
    assert {way[1] for way in path.forward.hops} == {"tunnel:to-ce1", "tunnel:to-ce2"}
    assert path.determined
    assert not path.symmetric
    assert path.reason.startswith("office shares traffic equally between to-ce1 and to-ce2 (RFC 2328")


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
