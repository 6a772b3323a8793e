"""`--routes`: what each place sees, in the columns of Azure's and IOS's own output.

The expected rows are in the form of published tables: learned routes of ExpressRoute gateways with weight
32769 plus the connection's, other virtual networks as 12076-12076 (ASN-16), a circuit's with 65515 (ASN-15).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from routing import Forecast, RouteTable, RoutingError, UnknownPlaceError, places, route_tables
from tests.routing.changes import GLOBAL_REACH, ROUTE_SERVER
from topology import Network

Stack = Callable[..., Network]
View = Callable[..., RouteTable]

ER1 = "<expressroute1's primary edge>"
ER1_SECONDARY = "<expressroute1's secondary edge>"


@pytest.fixture(scope="module")
def view(stack: Stack) -> View:
    """Return `view(place, changes, failed, number)`: the place's table of that number."""

    def shown(
        place: str, changes: Mapping[str, Any] | None = None, failed: str | None = None, number: int = 0
    ) -> RouteTable:
        return route_tables(Forecast(stack(changes)), place, *((failed,) if failed else ()))[number]

    return shown


def rows(table: RouteTable, prefix: str) -> list[tuple[str, ...]]:
    return [row for row in table.rows if prefix in row]


def test_an_expressroute_gateway_learns_from_both_edges(view: View) -> None:
    table = view("gateway:hub/expressroute")
    assert table.columns == ("Network", "NextHop", "Origin", "SourcePeer", "AsPath", "Weight")
    assert rows(table, "10.17.30.0/26") == [
        ("10.17.30.0/26", ER1, "EBgp", ER1, "12076-12076", "32769"),
        ("10.17.30.0/26", ER1_SECONDARY, "EBgp", ER1_SECONDARY, "12076-12076", "32769"),
    ]
    vpn = "<hub's VPN gateway>"
    assert rows(table, "10.2.30.0/25") == [
        ("10.2.30.0/25", ER1, "EBgp", ER1, "12076-65021", "32769"),
        ("10.2.30.0/25", vpn, "IBgp", vpn, "65021", "32768"),
    ]
    own = "<hub's ExpressRoute gateway>"
    assert rows(table, "10.11.30.0/26") == [("10.11.30.0/26", "", "Network", own, "", "32768")]
    assert rows(table, "10.11.30.64/26") == [("10.11.30.64/26", vpn, "IBgp", vpn, "65516", "32768")]
    assert any("PATH-8" in note for note in table.notes)


def test_a_connections_weight_is_added_to_the_base(view: View) -> None:
    table = view("gateway:hub/expressroute", {"connections": {"expressroute1-hub": {"weight": 100}}})
    assert rows(table, "10.2.30.0/25")[0][-1] == "32869"
    assert rows(table, "10.1.31.0/25")[0][-1] == "32769"


def test_a_vpn_gateway_shows_both_kinds_with_their_weights(view: View) -> None:
    table = view("gateway:hub/vpn")
    assert [(row[1], row[4], row[5]) for row in rows(table, "10.2.30.0/25")] == [
        ("10.2.30.125", "65021", "32768"),
        (ER1, "12076-65021", "32769"),
        (ER1, "12076-65021", "32769"),
    ]
    assert rows(table, "10.2.30.125/32")[0][2] == "Network"
    assert any("PATH-3" in note for note in table.notes)


ACTIVE_ACTIVE: dict[str, Any] = {
    "virtualNetworks": {"hub": {"vpnGateway": {"activeActive": True}}},
    "tunnels": {
        "hub-location1": {"router": {"tunnelNumbers": [30, 31], "asPathPrepend": 1}},
        "hub-location1-second": {
            "virtualNetwork": "hub",
            "router": {
                "name": "location1-ce2",
                "publicAddress": "66.198.12.107",
                "bgpAddress": "10.2.30.126",
                "tunnelNumbers": [30, 31],
                "loopbackNumber": 30,
            },
        },
    },
    "routers": {"location1-ce2": {"internetNextHop": "66.198.12.105"}},
}
"""Two tunnels, of which the second has the shorter AS path."""


def test_an_instance_tells_the_other_the_best_of_its_tunnels(view: View) -> None:
    """By iBGP a speaker tells one route to a prefix, its best one (RFC 4271, 9.1.3)."""
    table = view("gateway:hub/vpn", ACTIVE_ACTIVE)
    told = [row for row in rows(table, "10.2.30.0/25") if row[5] == "32768"]
    first, second = (f"<hub's VPN gateway, instance {each}>" for each in range(2))
    assert [(row[1], row[2], row[4]) for row in told] == [
        ("10.2.30.125", "EBgp", "65021-65021"),
        ("10.2.30.126", "EBgp", "65021"),
        (second, "IBgp", "65021"),
        ("10.2.30.125", "EBgp", "65021-65021"),
        ("10.2.30.126", "EBgp", "65021"),
        (first, "IBgp", "65021"),
    ]
    beside = view("gateway:hub/expressroute", ACTIVE_ACTIVE)
    assert {row[4] for row in rows(beside, "10.2.30.0/25") if row[2] == "IBgp"} == {"65021"}


def test_a_router_has_a_next_hop_for_each_instance(view: View) -> None:
    routes = view("router:location1-ce2", ACTIVE_ACTIVE, number=1)
    assert [row[3] for row in rows(routes, "10.11.30.64/26")] == [
        f"<hub's VPN gateway, instance {each}>" for each in range(2)
    ]


def test_a_branch_sees_the_whole_path_behind_the_hub(view: View) -> None:
    table = view("gateway:branch/vpn")
    hub = "<hub's VPN gateway>"
    assert rows(table, "10.2.30.0/25") == [("10.2.30.0/25", hub, "EBgp", hub, "65515-65021", "32768")]
    assert rows(table, "10.17.30.0/26") == []


def test_a_nic_goes_by_the_preferred_gateway_only(view: View) -> None:
    table = view("spoke")
    assert table.columns == ("Source", "State", "Address Prefix", "Next Hop Type", "Next Hop IP")
    gateway = ("VirtualNetworkGateway", "Active")
    assert rows(table, "10.2.30.0/25") == [(*gateway, "10.2.30.0/25", "VirtualNetworkGateway", ER1)]
    assert rows(table, "10.10.30.0/24") == [("Default", "Active", "10.10.30.0/24", "VNetPeering", "")]
    assert rows(table, "10.11.30.0/26") == [("Default", "Active", "10.11.30.0/26", "VnetLocal", "")]
    failed = view("spoke", failed="circuit:expressroute1")
    assert rows(failed, "10.2.30.0/25")[0][-1] == "<hub's VPN gateway>"
    assert rows(failed, "10.17.30.0/26") == []


def test_a_peering_to_another_region_is_global(view: View) -> None:
    table = view("spoke", {"virtualNetworks": {"spoke": {"location": "westus"}}})
    assert rows(table, "10.10.30.0/24")[0][3] == "VNetGlobalPeering"


def test_a_circuits_table_shows_virtual_networks_with_the_gateways_as(view: View) -> None:
    table = view("link:expressroute1/primary")
    assert table.columns == ("Network", "NextHop", "LocPrf", "Weight", "Path")
    assert rows(table, "10.2.30.0/25") == [("10.2.30.0/25", "192.168.30.17", "", "0", "65021")]
    assert rows(table, "10.10.30.0/24")[0][-1] == "65515"
    assert rows(view("link:expressroute1/secondary"), "10.2.30.0/25") == []


def test_a_router_marks_the_best_route_and_shows_set_preferences_only(view: View) -> None:
    table = view("router:location1-ce1")
    assert "Route Distinguisher: 65021:30 (default for vrf 30)" in table.text
    best = " *>  10.10.30.0/24    192.168.30.18                 200      0 12076 i"
    assert best in table.text.splitlines()
    vpn = next(line for line in table.text.splitlines() if "65515 i" in line)
    assert vpn.startswith(" *                    <hub's VPN gateway>")
    assert table.text.splitlines()[0].index("Next Hop") == 22


def test_where_chance_decides_no_route_is_marked(view: View) -> None:
    unset = {"routers": {"location1-ce1": {"bgp": {"expressRouteLocalPreference": None}}}}
    table = view("router:location1-ce1", unset)
    statuses = [row[0] for row in table.rows if row[-1] in {"12076 i", "65515 i"} and row[2] != ""]
    assert statuses.count("*>") == 1  # remote's prefix has one way only
    assert any("PATH-4" in note for note in table.notes)
    assert any("PATH-4" in note for note in view("router:location1-ce1", unset, number=1).notes)


def test_a_companions_routes_are_internal(view: View) -> None:
    internal = [row for row in view("router:location2-ce1").rows if row[0].endswith("i")]
    assert [(row[2], row[4], row[-1]) for row in internal] == [("192.168.31.4", "200", "12076 i")] * 2


PREFERRED: dict[str, Any] = {"routers": {"location2-ce2": {"bgp": {"expressRouteLocalPreference": 150}}}}
"""location2-ce2 prefers what its companion tells it."""


def test_what_ospf_tells_too_keeps_a_companions_route_out_of_the_routing_table(view: View) -> None:
    """OSPF's distance of 110 beats iBGP's of 200; what IOS then marks is `r`, for RIB failure."""
    table = view("router:location2-ce2", PREFERRED)
    told = [(row[0], row[2], row[4]) for row in table.rows if row[-1] == "12076 i"]
    assert told == [("* ", "192.168.31.22", "150"), ("r>i", "192.168.31.0", "200")] * 2
    routes = view("router:location2-ce2", PREFERRED, number=1).text.splitlines()
    assert "O E2     10.10.30.0/24 [110/10] via <location2's LAN router>" in routes


def test_without_ospf_a_companions_route_is_used(view: View) -> None:
    lans = {
        "location2-ce1": {"ospf": None, "lan": {"nextHop": "192.168.31.1"}},
        "location2-ce2": {
            "ospf": None,
            "lan": {"nextHop": "192.168.31.5"},
            **PREFERRED["routers"]["location2-ce2"],
        },
    }
    table = view("router:location2-ce2", {"routers": lans})
    assert [row[0] for row in table.rows if row[2] == "192.168.31.0"] == ["*>i", "*>i"]
    routes = view("router:location2-ce2", {"routers": lans}, number=1).text.splitlines()
    assert "B        10.10.30.0/24 [200/0] via 192.168.31.0" in routes


def test_the_routing_table_has_what_the_router_forwards_by(view: View) -> None:
    table = view("router:location1-ce1", number=1)
    assert table.command == "show ip route vrf 30"
    lines = table.text.splitlines()
    assert "B        10.10.30.0/24 [20/0] via 192.168.30.18" in lines
    assert "C        10.2.30.125/32 is directly connected, Tunnel30" in lines
    assert "L        192.168.30.17/32 is directly connected, TenGigabitEthernet0/0/0.300" in lines
    assert not any("<hub's VPN gateway>" in line for line in lines if "10.10.30.0" in line)


def test_a_static_lan_is_a_static_route(view: View) -> None:
    static = {"routers": {"location2-ce1": {"ospf": None, "lan": {"nextHop": "192.168.31.1"}}}}
    lines = view("router:location2-ce1", static, number=1).text.splitlines()
    assert "S        10.1.31.0/25 [1/0] via 192.168.31.1" in lines


def test_classful_networks_lose_their_length_as_on_ios(view: View) -> None:
    wide = {
        "locations": {"location2": {"prefixes": ["172.20.0.0/16"], "host": None, "defaultGateway": None}},
    }
    assert rows(view("link:expressroute2/primary", wide), "172.20.0.0")[0][1] == "192.168.31.17"


def test_every_place_has_a_table_with_as_many_cells_as_columns(stack: Stack) -> None:
    forecast = Forecast(stack())
    assert len(places(forecast.network)) == 4 + 4 + 4 + 4
    for place in places(forecast.network):
        for table in route_tables(forecast, place):
            assert all(len(row) == len(table.columns) for row in table.rows)
            assert table.rows


def test_a_place_without_a_table_is_refused(stack: Stack) -> None:
    forecast = Forecast(stack())
    with pytest.raises(UnknownPlaceError, match="Did you mean gateway:hub/vpn"):
        route_tables(forecast, "gateway:hub/vpm")
    with pytest.raises(RoutingError, match="gateway:hub/vpn has failed"):
        route_tables(forecast, "gateway:hub/vpn", "gateway:hub/vpn")


def test_a_prefix_of_two_locations_bears_the_as_of_the_one_that_told_it(view: View) -> None:
    both = {"locations": {"location2": {"prefixes": ["10.1.31.0/25", "10.2.30.0/25"]}}}
    learned = rows(view("gateway:hub/expressroute", both), "10.2.30.0/25")
    assert [row[4] for row in learned] == ["12076-65021", "12076-65020", "12076-65020", "65021"]


def test_what_lies_behind_another_network_keeps_its_own_as(view: View) -> None:
    """Only Azure's own 65515 is shown as 12076 (ASN-16)."""
    learned = rows(view("gateway:remote/expressroute", ROUTE_SERVER), "10.11.30.64/26")
    assert [row[4] for row in learned] == ["12076-12076-65516", "12076-12076-65516"]


@pytest.mark.parametrize(("asn", "expected"), [(65021, "12076 i"), (3356, "12076 3356 i")])
def test_over_global_reach_a_private_as_is_hidden(asn: int, expected: str, view: View) -> None:
    changes = {
        **GLOBAL_REACH,
        "locations": {"location1": {"asn": asn}},
        "circuits": {"expressroute1": {"privatePeering": {"peerAsn": asn}}},
    }
    assert [row[-1] for row in rows(view("router:location2-ce1", changes), "10.2.30.0/25")] == [expected]


def test_a_router_takes_nothing_that_has_been_in_its_own_as(stack: Stack) -> None:
    """The branch is in location2's AS: what a Route Server passes on of it, location2 refuses."""
    networks = {**ROUTE_SERVER["virtualNetworks"], "branch": {"vpnGateway": {"asn": 65020}}}
    forecast = Forecast(stack({**ROUTE_SERVER, "virtualNetworks": networks}))
    assert rows(route_tables(forecast, "router:location2-ce1")[0], "10.11.30.64/26") == []
    told = rows(route_tables(forecast, "link:expressroute2/primary")[0], "10.11.30.64/26")
    assert {row[-1] for row in told} == {"65515 65020"}


def test_a_gateway_takes_no_part_of_its_own_network(view: View) -> None:
    """Microsoft's edge has it, and the gateway does not (VPN-9, PATH-5)."""
    changes = {
        "locations": {"location2": {"prefixes": ["10.1.31.0/25", "10.8.0.0/13"]}},
        "circuits": {
            "expressroute2": {"privatePeering": {"primary": {"advertisedPrefixes": ["10.10.30.0/27"]}}}
        },
    }
    assert len(rows(view("link:expressroute2/primary", changes), "10.10.30.0/27")) == 1
    assert rows(view("gateway:hub/expressroute", changes), "10.10.30.0/27") == []
    assert rows(view("gateway:hub/vpn", changes), "10.10.30.0/27") == []


@pytest.mark.parametrize(("prefix", "passed"), [("10.8.0.0/13", False), ("172.16.0.0/12", True)])
def test_a_vpn_gateway_passes_on_no_summary_of_its_networks(prefix: str, passed: bool, view: View) -> None:
    """It has the summary itself, and tells no other gateway (VPN-10)."""
    changes = {"locations": {"location1": {"prefixes": ["10.2.30.0/25", prefix]}}}
    assert rows(view("gateway:hub/vpn", changes), prefix) != []
    assert (rows(view("gateway:branch/vpn", changes), prefix) != []) is passed
