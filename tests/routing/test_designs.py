"""What the prediction says of designs that differ from the test stack, each worked out from the rules."""

from __future__ import annotations

import pytest

from routing import Path, predict_paths
from tests.routing.changes import Changes, preferences
from tests.routing.descriptions import location, network, router, tunnel_end
from tests.routing.segments import BACKUP, ER1, ER2, Over, Pair, Predict

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


def test_which_instance_of_a_gateway_a_router_uses_makes_no_difference() -> None:
    """Each router has two equal paths over its own tunnel, one by each instance of the gateway.

    Which of the two it takes is chance, but it is the same tunnel; and that the LAN, and the gateway on the
    way back, share between the routers' tunnels is certain (RFC 2328, 16.4; GW-14).
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
