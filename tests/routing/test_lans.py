"""What happens between a location's routers and its LAN."""

from __future__ import annotations

from tests.routing.changes import BOTH_LINKS, Changes
from tests.routing.segments import Predict


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
        **BOTH_LINKS,
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
