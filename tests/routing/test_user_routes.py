"""What user-defined routes do to the test stack's paths, as tables that were worked out by hand.

How to read the tables is in sketches.py. What Azure does is in Microsoft's "Virtual network traffic routing"
(PATH-5), whose own example comes last.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from routing import Direction, Finding, Forecast, collect_findings, element_names, predict_paths, route_tables
from tests.routing.changes import Changes, joined, third_circuit
from tests.routing.descriptions import Description, location, network, router, tunnel_end
from tests.routing.segments import Paths, Predict
from tests.routing.sketches import BASE, cells, sketch
from topology import Network

Stack = Callable[..., Network]

ADDRESS = "10.10.30.68"
APPLIANCE = f"appliance:hub/{ADDRESS}"


def route(prefix: str, hop: str = "VirtualAppliance", to: str = ADDRESS) -> Changes:
    """Return one route, to the appliance unless another next hop is named."""
    address = {"address": to} if hop == "VirtualAppliance" else {}
    return {"prefix": prefix, "nextHop": hop, **address}


def table(name: str, *routes: Changes, propagates: bool = True, region: str = "eastus") -> Changes:
    numbered = {f"r{number}": described for number, described in enumerate(routes)}
    described = {"location": region, "propagateGatewayRoutes": propagates, "routes": numbered}
    return {"routeTables": {name: described}}


def used_by(vnet: str, subnet: str, name: str) -> Changes:
    return {"virtualNetworks": {vnet: {"subnets": {subnet: {"routeTable": name}}}}}


ROOM: Changes = {
    "virtualNetworks": {
        "hub": {
            "subnets": {
                "workload": {"prefix": "10.10.30.0/26"},
                "appliances": {"prefix": "10.10.30.64/26"},
            }
        }
    }
}
"""A subnet of the hub for an appliance."""

FORWARDED: Changes = {"peerings": {"hub-spoke": {"allowForwardedTraffic": True}}}

OUTWARD = joined(
    ROOM, table("out", route("0.0.0.0/0"), propagates=False), used_by("spoke", "workload", "out")
)
"""The spoke knows one way only: the appliance in the hub."""

BOTH_WAYS = joined(
    OUTWARD, table("in", route("10.11.30.0/26")), used_by("hub", "GatewaySubnet", "in"), FORWARDED
)
"""And the hub's gateways hand the appliance what is for the spoke."""

NOT_FORWARDED = joined(BOTH_WAYS, {"peerings": {"hub-spoke": {"allowForwardedTraffic": False}}})

DROPPED = joined(
    table("drop", route("10.2.30.0/25", "None"), route("10.2.0.0/16")),
    used_by("hub", "workload", "drop"),
    ROOM,
)
WIDER = joined(ROOM, table("wide", route("10.0.0.0/8")), used_by("spoke", "workload", "wide"))
"""What gateways learned is longer than this route: it is for what they do not know."""

SECOND_SPOKE = joined(
    WIDER,
    {
        "virtualNetworks": {
            "spoke2": {
                "addressSpace": ["10.12.30.0/26"],
                "subnets": {"workload": {"prefix": "10.12.30.0/26", "routeTable": "wide"}},
            }
        },
        "peerings": {"hub-spoke2": {"hub": "hub", "spoke": "spoke2"}},
    },
)
SPOKES_BY_APPLIANCE = joined(
    SECOND_SPOKE, FORWARDED, {"peerings": {"hub-spoke2": {"allowForwardedTraffic": True}}}
)
UNLEARNED = joined(table("alone", propagates=False), used_by("spoke", "workload", "alone"))
INTO_THE_GATEWAY = joined(
    table("gateway", route("10.0.0.0/8", "VirtualNetworkGateway"), propagates=False, region="centralus"),
    used_by("branch", "workload", "gateway"),
)
LOCAL = joined(
    table("local", route("10.0.0.0/8", "VnetLocal"), propagates=False, region="centralus"),
    used_by("branch", "workload", "local"),
)

ONE_WAY_IN = """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      p.b~    p.1~    p.1~       p.2~
branch      b    x~     -       x       b.v        x
remote      1    x~     x       -       1          x
location1   1    x~     v.b     1       -          x
location2   2    x~     x       x       x          -
"""
ONE_WAY_OUT = """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      x~      x~      x~         x~
branch      b    b.p~   -       x       b.v        x
remote      1    1.p~   x       -       1          x
location1   1    1.p~   v.b     1       -          x
location2   2    2.p~   x       x       x          -
"""

SCENARIOS: dict[str, tuple[Changes, str | None, str]] = {
    "out by an appliance, back without": (OUTWARD, None, BASE),
    "by an appliance both ways": (BOTH_WAYS, None, BASE),
    "what the appliance forwards may not pass the peering": (NOT_FORWARDED, None, ONE_WAY_IN),
    # a route table says what it says, whether its next hop works or not
    "out by an appliance that fails": (OUTWARD, APPLIANCE, ONE_WAY_OUT),
    "both ways by an appliance that fails": (
        BOTH_WAYS,
        APPLIANCE,
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       1          2
spoke       p    -      x       x       x          x
branch      b    x      -       x       b.v        x
remote      1    x      x       -       1          x
location1   1    x      v.b     1       -          x
location2   2    x      x       x       x          -
""",
    ),
    # the hub's virtual machines alone: the appliance's own subnet has no route table
    "dropped, though a shorter route leads elsewhere": (
        DROPPED,
        None,
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b       1       x~         2
spoke       p    -      p.b     p.1     p.1        p.2
branch      b    b.p    -       x       b.v        x
remote      1    1.p    x       -       1          x
location1   1~   1.p    v.b     1       -          x
location2   2    2.p    x       x       x          -
""",
    ),
    "learned routes are longer": (WIDER, None, BASE),
    "spokes by an appliance": (
        SPOKES_BY_APPLIANCE,
        None,
        """
            hub  spoke  branch  remote  spoke2  location1  location2
hub         -    p      b       1       q       1          2
spoke       p    -      p.b     p.1     p.q     p.1        p.2
branch      b    b.p    -       x       b.q     b.v        x
remote      1    1.p    x       -       1.q     1          x
spoke2      q    q.p    q.b     q.1     -       q.1        q.2
location1   1    1.p    v.b     1       1.q     -          x
location2   2    2.p    x       x       2.q     x          -
""",
    ),
    "without gateways' routes": (UNLEARNED, None, ONE_WAY_OUT),
    "into the VPN gateway, which knows the way": (INTO_THE_GATEWAY, None, BASE),
    # the way back is still learned; VnetLocal is for the virtual network's own addresses
    "into the virtual network itself": (
        LOCAL,
        None,
        """
            hub  spoke  branch  remote  location1  location2
hub         -    p      b~      1       1          2
spoke       p    -      p.b~    p.1     p.1        p.2
branch      x~   x~     -       x       x~         x
remote      1    1.p    x       -       1          x
location1   1    1.p    v.b~    1       -          x
location2   2    2.p    x       x       x          -
""",
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_paths_are_those_worked_out_by_hand(name: str, paths: Predict) -> None:
    changes, failure, expected = SCENARIOS[name]
    assert sketch(paths(changes, failure)) == cells(expected)


NEIGHBOURS = joined(
    ROOM,
    FORWARDED,
    table("inspect", route("10.11.30.0/26")),
    {
        "virtualNetworks": {
            "spoke2": {
                "addressSpace": ["10.12.30.0/26"],
                "subnets": {"workload": {"prefix": "10.12.30.0/26", "routeTable": "inspect"}},
            }
        },
        "peerings": {
            "hub-spoke2": {"hub": "hub", "spoke": "spoke2"},
            "spokes": {"hub": "spoke", "spoke": "spoke2", "gatewayTransit": False},
        },
    },
)
"""Two spokes that are peered; one of them has its traffic to the other inspected in the hub all the same."""


def through(found: Paths) -> set[tuple[str, str]]:
    return {pair for pair, path in found.items() if any(APPLIANCE in way for way in path.forward.hops)}


def test_only_what_looks_into_a_table_passes_its_appliance(paths: Predict) -> None:
    others = ("branch", "remote", "location1", "location2")
    out, back = {("spoke", site) for site in others}, {(site, "spoke") for site in others}
    assert through(paths(OUTWARD)) == out
    assert through(paths(BOTH_WAYS)) == out | back
    assert through(paths(SPOKES_BY_APPLIANCE)) == {("spoke", "spoke2"), ("spoke2", "spoke")}
    assert through(paths(WIDER)) == set()


def test_a_hop_is_the_appliance_behind_the_peering(paths: Predict) -> None:
    (way,) = paths(OUTWARD)["spoke", "branch"].forward.hops
    assert way == (
        "peering:hub-spoke",
        APPLIANCE,
        "gateway:hub/vpn",
        "tunnel:hub-branch",
        "gateway:branch/vpn",
    )


def test_an_appliance_that_no_path_can_reach_is_no_element(stack: Stack) -> None:
    assert APPLIANCE in element_names(stack(OUTWARD))
    unused = joined(ROOM, table("out", route("0.0.0.0/0")))
    assert APPLIANCE not in element_names(stack(unused))


# --- what is said of them --------------------------------------------------------------------------------


def findings(network: Network) -> list[Finding]:
    return list(collect_findings(Forecast(network)))


def new_findings(stack: Stack, changes: Changes) -> dict[str, tuple[str, tuple[tuple[str, ...], ...]]]:
    """Return the errors and warnings that changes add, by kind: a message and the causes."""
    known = {finding.message for finding in findings(stack())}
    return {
        finding.kind.value: (finding.message, finding.causes)
        for finding in findings(stack(changes))
        if finding.message not in known and finding.severity.value != "information"
    }


def test_one_direction_past_an_appliance_is_asymmetric(stack: Stack) -> None:
    message, causes = new_findings(stack, OUTWARD)["asymmetric"]
    assert APPLIANCE in message
    assert causes == (("routeTables", "out", "routes", "r0"),)


def one_sided(stack: Stack, changes: Changes) -> Finding:
    """Return the steady state's finding that an appliance sees one direction only."""
    (found,) = (
        each
        for each in findings(stack(changes))
        if "stateful appliance" in each.message and not each.failures
    )
    return found


def test_its_mend_is_where_the_way_back_is_decided(stack: Stack) -> None:
    """What is for spoke comes out of the hub's gateways; what is for spoke2 comes from spoke itself."""
    assert "the route table of hub's GatewaySubnet" in one_sided(stack, OUTWARD).mend
    assert "the route table of spoke's subnet" in one_sided(stack, NEIGHBOURS).mend


@pytest.mark.parametrize(
    "beside",
    [
        {"routers": {"location1-ce1": {"bgp": {"expressRouteLocalPreference": None}}}},
        third_circuit(),
    ],
    ids=["the way back is left to chance", "both circuits are used"],
)
def test_nothing_else_hides_that_an_appliance_sees_one_direction(beside: Changes, stack: Stack) -> None:
    found = one_sided(stack, joined(OUTWARD, beside))
    assert ("spoke", "location1") in found.pairs
    assert found.severity.value == "warning"
    assert found.causes == (("routeTables", "out", "routes", "r0"),)


def test_a_design_with_both_ways_has_nothing_to_mend(stack: Stack) -> None:
    assert new_findings(stack, BOTH_WAYS) == {}
    assert new_findings(stack, SPOKES_BY_APPLIANCE) == {}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        (NOT_FORWARDED, ("peerings", "hub-spoke", "allowForwardedTraffic")),
        (DROPPED, ("routeTables", "drop", "routes", "r0")),
        (UNLEARNED, ("routeTables", "alone", "propagateGatewayRoutes")),
        (LOCAL, ("routeTables", "local", "routes", "r0")),
        (SECOND_SPOKE, ("peerings", "hub-spoke", "allowForwardedTraffic")),
    ],
)
def test_what_a_route_table_takes_away_is_a_black_hole(
    changes: Changes, cause: tuple[str, ...], stack: Stack
) -> None:
    assert set(new_findings(stack, changes)) == {"black-hole"}
    assert new_findings(stack, changes)["black-hole"][1] == (cause,)


def test_reasons_name_the_table_and_the_rule(paths: Predict) -> None:
    assert "route table out sends 0.0.0.0/0 to the appliance" in paths(OUTWARD)["spoke", "location1"].reason
    assert "drop sends 10.2.30.0/25 nowhere (PATH-5)" in paths(DROPPED)["hub", "location1"].reason
    assert "PEER-11" in paths(SECOND_SPOKE)["spoke", "spoke2"].reason
    assert "keeps from spoke what gateways have learned" in paths(UNLEARNED)["spoke", "branch"].reason


# --- effective routes ------------------------------------------------------------------------------------


def example(address: str) -> Network:
    """Return the virtual networks of the "Routing example", with a virtual machine of one subnet."""
    subnet1: Description = {
        "Within-VNet1": route("10.0.0.0/16", to="10.0.100.4"),
        "Within-Subnet1": route("10.0.0.0/24", "VnetLocal"),
        "ToVNet2-1-Drop": route("10.1.0.0/16", "None"),
        "ToVNet2-2-Drop": route("10.2.0.0/16", "None"),
        "To-On-Prem": route("10.10.0.0/16", to="10.0.100.4"),
        "Default-NVA": route("0.0.0.0/0", to="10.0.100.4"),
    }
    return network(
        routeTables={"Subnet1": {"routes": subnet1}},
        virtualNetworks={
            "vnet1": {
                "addressSpace": ["10.0.0.0/16"],
                "host": address,
                "subnets": {
                    "Subnet1": {"prefix": "10.0.0.0/24", "routeTable": "Subnet1"},
                    "Subnet2": {"prefix": "10.0.1.0/24"},
                    "DMZ": {"prefix": "10.0.100.0/24"},
                    "GatewaySubnet": {"prefix": "10.0.255.0/27"},
                },
                "vpnGateway": {},
            },
            "vnet2": {"addressSpace": ["10.1.0.0/16", "10.2.0.0/16"]},
        },
        peerings={"one-two": {"hub": "vnet1", "spoke": "vnet2", "gatewayTransit": False}},
        locations={"onprem": location(65050, "10.10.0.0/16")},
        routers={"ce": router("onprem", 0)},
        tunnels={"vpn": {"virtualNetwork": "vnet1", "router": tunnel_end("ce", "10.10.255.1")}},
    )


def effective(shown: Network, place: str) -> set[tuple[str, ...]]:
    (table,) = route_tables(Forecast(shown), place)
    return set(table.rows)


def test_effective_routes_are_those_of_microsofts_example() -> None:
    """The "Routing example": its tables of Subnet1 and Subnet2, without the endpoint for Azure Storage."""
    gateway = "<vnet1's VPN gateway>"
    assert effective(example("10.0.0.4"), "vnet1") == {
        ("Default", "Invalid", "10.0.0.0/16", "VnetLocal", ""),
        ("User", "Active", "10.0.0.0/16", "VirtualAppliance", "10.0.100.4"),
        ("User", "Active", "10.0.0.0/24", "VnetLocal", ""),
        ("Default", "Invalid", "10.1.0.0/16", "VNetPeering", ""),
        ("Default", "Invalid", "10.2.0.0/16", "VNetPeering", ""),
        ("User", "Active", "10.1.0.0/16", "None", ""),
        ("User", "Active", "10.2.0.0/16", "None", ""),
        ("VirtualNetworkGateway", "Invalid", "10.10.0.0/16", "VirtualNetworkGateway", gateway),
        ("User", "Active", "10.10.0.0/16", "VirtualAppliance", "10.0.100.4"),
        ("Default", "Invalid", "0.0.0.0/0", "Internet", ""),
        ("User", "Active", "0.0.0.0/0", "VirtualAppliance", "10.0.100.4"),
    }
    assert effective(example("10.0.1.4"), "vnet1") == {
        ("Default", "Active", "10.0.0.0/16", "VnetLocal", ""),
        ("Default", "Active", "10.1.0.0/16", "VNetPeering", ""),
        ("Default", "Active", "10.2.0.0/16", "VNetPeering", ""),
        ("VirtualNetworkGateway", "Active", "10.10.0.0/16", "VirtualNetworkGateway", gateway),
        ("Default", "Active", "0.0.0.0/0", "Internet", ""),
    }


def test_a_table_without_gateways_routes_shows_none(stack: Stack) -> None:
    rows = effective(stack(OUTWARD), "spoke")
    assert {source for source, *_ in rows} == {"Default", "User"}
    assert ("User", "Active", "0.0.0.0/0", "VirtualAppliance", ADDRESS) in rows
    assert ("Default", "Invalid", "0.0.0.0/0", "Internet", "") in rows


def test_traffic_of_microsofts_example_goes_as_it_says(over: Callable[[Direction], str]) -> None:
    """ID 6, 7 and 9: dropped to the other virtual network, inspected on its way to the premises."""
    found = {(path.source, path.destination): path for path in next(predict_paths(example("10.0.0.4"))).paths}
    assert not found["vnet1", "vnet2"].reachable
    assert found["vnet1", "onprem"].forward.hops == (
        ("appliance:vnet1/10.0.100.4", "gateway:vnet1/vpn", "tunnel:vpn", "router:ce"),
    )
    assert over(found["onprem", "vnet1"].forward) == "vpn:vpn"
