"""User-defined routes, appliances and Route Servers: what is drawn of them, and what the living network does.

The stack is the test stack with all of them: whoever changes it works out by hand what it then does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lab.bgp.blueprint import Blueprint
from lab.bgp.construction import draw_blueprint
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.failures import plan_cut
from lab.bgp.frr import render_frr
from routing import element_names
from tests.commands import ROOT
from tests.lab.bgp.conftest import CommandLine, skip_unless_able
from tests.lab.bgp.looking import paths_to
from tests.routing.changes import ROUTE_SERVER, Changes, joined, merge
from topology import CONFIG_KEY, Document, Network, load_network

HUB_APPLIANCE, OTHER_APPLIANCE = "10.10.30.68", "10.10.30.69"


def route(prefix: str, hop: str = "VirtualAppliance", address: str = HUB_APPLIANCE) -> Changes:
    return {"prefix": prefix, "nextHop": hop, **({"address": address} if hop == "VirtualAppliance" else {})}


def spoke(number: int, table: str) -> Changes:
    """Return another spoke of the hub, whose hosts look into a table."""
    name, block = f"spoke{number}", f"10.{20 + number}.30.0/26"
    workload = {"prefix": block, "routeTable": table}
    vnet = {"addressSpace": [block], "host": f"10.{20 + number}.30.4", "subnets": {"workload": workload}}
    return {
        "virtualNetworks": {name: vnet},
        "peerings": {f"hub-{name}": {"hub": "hub", "spoke": name, "allowForwardedTraffic": True}},
    }


TABLES: Changes = joined(
    ROUTE_SERVER,
    {
        "virtualNetworks": {
            "hub": {
                "subnets": {
                    "workload": {"prefix": "10.10.30.0/26"},
                    "appliances": {"prefix": "10.10.30.64/26", "routeTable": "chain"},
                    "GatewaySubnet": {"routeTable": "in"},
                }
            },
            "spoke": {"subnets": {"workload": {"routeTable": "out"}}},
        },
        "peerings": {"hub-spoke": {"allowForwardedTraffic": True}},
        "routeTables": {
            # spoke: by the appliance both ways, and by nothing else
            "out": {"propagateGatewayRoutes": False, "routes": {"all": route("0.0.0.0/0")}},
            "in": {"routes": {"spoke": route("10.11.30.0/26"), "behind": route("10.24.30.0/26")}},
            # spoke1: by the appliance one way; what is for location2 is dropped
            "inspected": {
                "routes": {"one": route("10.2.30.0/25"), "two": route("10.1.31.0/25", "None")},
            },
            # spoke2 knows nothing of gateways, and goes into the VPN gateway by its own route
            "vpn": {
                "propagateGatewayRoutes": False,
                "routes": {"branch": route("10.11.30.64/26", "Internet")},
            },
            # the appliance hands what is for spoke4 on to another one
            "chain": {"routes": {"behind": route("10.24.30.0/26", address=OTHER_APPLIANCE)}},
            "local": {"routes": {"wide": route("10.0.0.0/8", "VnetLocal")}},
        },
    },
    spoke(1, "inspected"),
    spoke(2, "vpn"),
    spoke(3, "local"),
    spoke(4, "inspected"),
    {"peerings": {"hub-spoke4": {"allowForwardedTraffic": False}}},
)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe").load(ROOT / "Pulumi.test.yaml")["config"][CONFIG_KEY]
    merge(data, TABLES)
    return data


@pytest.fixture(scope="module")
def drawn(description: dict[str, Any]) -> Blueprint:
    return draw_blueprint(load_network(Document(data=description)))


# --- what is drawn ---------------------------------------------------------------------------------------


def words(rule: str) -> str:
    """A rule without its preference."""
    return rule.split(maxsplit=2)[2]


def test_a_user_route_stands_behind_longer_ones_and_before_equal_ones(drawn: Blueprint) -> None:
    longer, user = (words(rule) for rule in drawn.nodes["vnet.spoke1"].rules if "10.2.30.0/25" in rule)
    assert longer.endswith("to 10.2.30.0/25 lookup main suppress_prefixlength 25")
    assert "to 10.2.30.0/25 lookup 10" in user
    node = drawn.nodes["er.hub"]
    assert [words(rule) for rule in node.rules if "10.11.30.0/26" in rule] == [
        "from all to 10.11.30.0/26 lookup 101",
    ]
    blackhole, way = (line for line in node.table_routes if line.startswith(("blackhole 10.11", "10.11")))
    assert blackhole == "blackhole 10.11.30.0/26 metric 4294967295 table 101"
    port = way.split(" dev ")[1].split()[0]
    (there,) = (
        there.node
        for wire in drawn.wires
        for here, there in (wire.ends, wire.ends[::-1])
        if (here.node, here.interface) == ("er.hub", port)
    )
    assert there == f"nva.hub.{HUB_APPLIANCE}"


def test_a_user_route_for_a_networks_own_space_stands_before_its_subnets(
    changed: Callable[[Callable[..., None]], Network],
) -> None:
    """The system has the space whole (seed 1012): that the host's subnet is longer is the lab's own doing."""

    def change(data: dict[str, Any]) -> None:
        merge(data, joined(TABLES, {"routeTables": {"chain": {"routes": {"own": route("10.10.30.0/24")}}}}))

    rules = [words(rule) for rule in draw_blueprint(changed(change)).nodes["vnet.hub"].rules]
    own = [rule for rule in rules if "to 10.10.30.0/24" in rule]
    assert own
    assert not any("suppress_prefixlength" in rule for rule in own)


def test_without_gateways_routes_the_main_table_is_not_asked(drawn: Blueprint) -> None:
    spoke = drawn.nodes["vnet.spoke"]
    assert not any(" lookup main" in rule for rule in spoke.rules)
    assert spoke.rules[-1].endswith("blackhole")


def test_a_peering_lets_in_what_is_from_the_other_side_unless_it_forwards(drawn: Blueprint) -> None:
    def guards(node: str) -> list[str]:
        return [rule for rule in drawn.nodes[node].rules if " goto " in rule]

    assert any("from 10.10.30.0/24" in rule for rule in guards("vnet.spoke4"))
    assert not guards("vnet.spoke1")


def test_every_element_has_something_to_cut(drawn: Blueprint, description: dict[str, Any]) -> None:
    for element in element_names(load_network(Document(data=description))):
        assert plan_cut(drawn, element).wires, element


def test_what_no_document_says_is_named(changed: Callable[[Callable[..., None]], Network]) -> None:
    def change(data: dict[str, Any]) -> None:
        merge(data, joined(TABLES, {"routeTables": {"in": {"routes": {"site": route("10.2.30.0/25")}}}}))

    (limit,) = draw_blueprint(changed(change)).limits
    assert "hub's GatewaySubnet: what Azure does by route site of in" in limit


def test_an_appliance_that_is_the_host_is_refused(changed: Callable[[Callable[..., None]], Network]) -> None:
    def change(data: dict[str, Any]) -> None:
        merge(data, joined(TABLES, {"virtualNetworks": {"hub": {"host": HUB_APPLIANCE}}}))

    with pytest.raises(UnsupportedDesignError, match=r"the appliance 10\.10\.30\.68 is its host as well"):
        draw_blueprint(changed(change))


def test_a_route_server_reflects_in_as_65515_and_adds_nothing(drawn: Blueprint) -> None:
    server = drawn.nodes["rs.hub"].routing
    assert server is not None
    text = render_frr(server)
    assert "router bgp 65515" in text
    assert text.count("route-reflector-client") == 3  # both instances of the VPN gateway, and ExpressRoute's


def test_without_branch_to_branch_it_tells_nothing(
    changed: Callable[[Callable[..., None]], Network],
) -> None:
    """And the VPN gateway may have an AS of its own (ASN-12, seed 1038)."""

    def change(data: dict[str, Any]) -> None:
        hub = {"routeServer": {"branchToBranch": False}, "vpnGateway": {"asn": 65523}}
        merge(data, joined(ROUTE_SERVER, {"virtualNetworks": {"hub": hub}}))

    blueprint = draw_blueprint(changed(change))
    server = blueprint.nodes["rs.hub"].routing
    assert server is not None
    maps = {one.name: one.clauses for one in server.route_maps}
    assert not any(clause.permits for name in ("to-of-vpn", "to-of-expressroute") for clause in maps[name])
    assert plan_cut(blueprint, "route-server:hub").wires
    assert server.bgp is not None
    assert {(one.node, one.asn, one.is_client) for one in server.bgp.neighbors} == {
        ("vpn.hub.1", 65523, False),
        ("vpn.hub.2", 65523, False),
        ("er.hub", 65515, True),
    }


# --- what it does ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alive(description: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    skip_unless_able()
    folder: Path = tmp_path_factory.mktemp("tables")
    file = folder / "Pulumi.tables.yaml"
    file.write_text(json.dumps({"config": {CONFIG_KEY: description}}))
    command_line = CommandLine(folder / "lab")
    try:
        code, said = command_line.run("up", "--stack", str(file), "--lifetime", "600")
        assert code == 0, said
        yield command_line
    finally:
        command_line.run("down")


def passed(alive: CommandLine, source: str, address: str) -> list[str]:
    """Which appliances a packet has passed, by what they have counted of a hundred."""

    def count() -> dict[str, int]:
        counts = {}
        for appliance in (HUB_APPLIANCE, OTHER_APPLIANCE):
            said = alive.inside(f"nva.hub.{appliance}", "cat", "/proc/net/snmp")
            names, values = (line.split() for line in said.splitlines() if line.startswith("Ip:"))
            counts[appliance] = int(dict(zip(names, values, strict=True))["ForwDatagrams"])
        return counts

    before = count()
    said = alive.inside(source, "ping", "-q", "-i", "0.01", "-c", "100", "-W", "1", address)
    assert " 100 received" in said, said
    return [f"{one} {(after - before[one]) // 100}" for one, after in count().items() if after != before[one]]


@pytest.mark.living
@pytest.mark.emulated
def test_packets_pass_the_appliance_one_way_or_both(alive: CommandLine) -> None:
    """Two of each hundred's directions, one, or none; by two appliances, one after the other."""
    assert passed(alive, "host.spoke", "10.17.30.4") == [f"{HUB_APPLIANCE} 2"]
    assert passed(alive, "host.spoke1", "10.2.30.10") == [f"{HUB_APPLIANCE} 1"]
    assert passed(alive, "host.hub", "10.21.30.4") == []


@pytest.mark.living
@pytest.mark.emulated
def test_a_route_server_joins_vpn_and_expressroute(alive: CommandLine) -> None:
    """AS paths stay as they are, one way and the other."""
    assert paths_to(alive, "er.hub", "10.11.30.64/26") == {"65516"}
    assert paths_to(alive, "msee.expressroute2.primary", "10.11.30.64/26") == {"65515 65516"}
    assert "12076 65020" in paths_to(alive, "vpn.hub.1", "10.1.31.0/25")


@pytest.mark.living
@pytest.mark.emulated
def test_every_pair_goes_as_predicted(alive: CommandLine) -> None:
    """In the steady state and without what route tables and Route Servers lead to."""
    failures = (f"appliance:hub/{HUB_APPLIANCE}", "route-server:hub", "peering:hub-spoke1")
    arguments = [argument for failure in failures for argument in ("--failure", failure)]
    code, said = alive.run("check", *arguments)
    assert code == 0, said
    for scenario in ("steady state", *failures):
        assert f"{scenario}: 90 pairs, 0 mismatches" in said


@pytest.mark.living
@pytest.mark.emulated
def test_a_user_route_that_is_gone_is_told(alive: CommandLine, drawn: Blueprint) -> None:
    (rule,) = (one.split() for one in drawn.nodes["er.hub"].rules if "10.11.30.0/26 lookup 101" in one)
    alive.inside("er.hub", "ip", "rule", "delete", *rule)
    try:
        code, said = alive.run("check")
    finally:
        alive.inside("er.hub", "ip", "rule", "add", *rule)
    assert code == 1
    assert "location1 to spoke in the steady state: elements on the way" in said
