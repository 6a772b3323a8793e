"""Designs that others have built and whose route tables they have published, beside what is predicted.

Addresses of gateways and Microsoft edges are known after a deployment only: each published one stands here
under the name that the prediction gives it.
"""

from __future__ import annotations

import pytest

from routing import (
    Direction,
    FindingKind,
    Forecast,
    Path,
    collect_findings,
    explain_path,
    predict_paths,
    route_tables,
)
from tests.routing.descriptions import Description, circuit, location, network, router, tunnel_end
from topology import Network

Row = tuple[str, ...]
Pair = tuple[str, str]


def gateway(vnet: str, kind: str = "VPN", instance: int | None = None) -> str:
    suffix = "" if instance is None else f", instance {instance}"
    return f"<{vnet}'s {kind} gateway{suffix}>"


def edge(side: str, name: str = "er") -> str:
    return f"<{name}'s {side} edge>"


def shown(described: Network, place: str, *columns: str) -> list[Row]:
    """Return some columns of a predicted table, in no order."""
    table = route_tables(Forecast(described), place)[0]
    numbers = [table.columns.index(column) for column in columns]
    return sorted(tuple(row[number] for number in numbers) for row in table.rows)


def of_prefix(rows: list[Row], prefix: str) -> list[Row]:
    return [row for row in rows if row[0] == prefix]


def steady(described: Network) -> dict[Pair, Path]:
    return {(path.source, path.destination): path for path in next(predict_paths(described)).paths}


def over(direction: Direction) -> str:
    return " ".join(segment.over for segment in direction.segments)


# --- Microsoft, "Using S2S VPN as a backup for ExpressRoute private peering" -----------------------------


@pytest.fixture(scope="module")
def backup() -> Network:
    """Return its example: both links of a circuit, and a VPN that two firewalls end as one."""
    return network(
        virtualNetworks={
            "hub": {
                "addressSpace": ["10.17.11.0/25"],
                "subnets": {"GatewaySubnet": {"prefix": "10.17.11.64/26"}},
                "expressRouteGateway": {},
                "vpnGateway": {"activeActive": True},
            },
            "spoke": {"addressSpace": ["10.17.11.128/26"], "host": "10.17.11.132"},
        },
        peerings={"hub-spoke": {"hub": "hub", "spoke": "spoke"}},
        locations={"onprem": location(65020, "10.1.11.0/25", host="10.1.11.10")},
        routers={
            "ce1": router("onprem", 0, expressRouteLocalPreference=150),
            "ce2": router("onprem", 1, expressRouteLocalPreference=150),
            "firewall": router("onprem", 2),
        },
        circuits={"er": circuit(65020, 11, "ce1", "ce2")},
        connections={"er-hub": {"circuit": "er", "virtualNetwork": "hub"}},
        tunnels={
            "vpn": {"virtualNetwork": "hub", "router": tunnel_end("firewall", "192.168.11.88", 118, 119)}
        },
    )


def test_the_vpn_gateway_has_learned_what_microsoft_shows(backup: Network) -> None:
    peer, through = "192.168.11.88", [edge("primary")] * 2
    published = [
        *((peer, "65020", "32768") for _ in range(2)),
        *((gateway("hub", instance=each), "65020", "32768") for each in range(2)),
        *((hop, "12076-65020", "32769") for hop in through * 2),
    ]
    rows = shown(backup, "gateway:hub/vpn", "Network", "NextHop", "AsPath", "Weight")
    assert [row[1:] for row in of_prefix(rows, "10.1.11.0/25")] == sorted(published)


@pytest.mark.parametrize("prefix", ["10.17.11.0/25", "10.17.11.128/26"])
def test_the_firewall_prefers_what_its_companions_tell(prefix: str, backup: Network) -> None:
    """Two routes at 150 with AS path 12076 stand before two at 100, not shown by IOS, with 65515."""
    lines = route_tables(Forecast(backup), "router:firewall")[0].text.splitlines()
    (first,) = (number for number, line in enumerate(lines) if f" {prefix} " in line)
    told = [line.split()[-4:] for line in lines[first : first + 4]]
    assert [line[-2:] for line in told] == [["65515", "i"]] * 2 + [["12076", "i"]] * 2
    assert [line[0] for line in told[2:]] == ["150"] * 2
    walk = explain_path(Forecast(backup), "onprem", "spoke")
    assert walk.result.startswith("delivered over expressroute")


def test_traffic_fails_over_to_the_tunnel_when_both_peerings_are_off(backup: Network) -> None:
    walk = explain_path(Forecast(backup), "onprem", "spoke", "circuit:er")
    assert "delivered over vpn" in walk.result
    assert "delivered over expressroute" in explain_path(Forecast(backup), "onprem", "spoke").result


# --- kaysalawu/azure-network-terraform, 01-ipsec-over-er -------------------------------------------------


@pytest.fixture(scope="module")
def lab01() -> Network:
    """Return it without its second tunnel, which ends inside another virtual network."""
    return network(
        virtualNetworks={
            "hub1": {
                "addressSpace": ["10.11.0.0/16"],
                "subnets": {"GatewaySubnet": {"prefix": "10.11.16.0/24"}},
                "expressRouteGateway": {"allowRemoteVnetTraffic": True},
                "vpnGateway": {"activeActive": True},
            },
            "spoke1": {"addressSpace": ["10.1.0.0/16"]},
            "spoke2": {"addressSpace": ["10.2.0.0/16"]},
            "branch2": {
                "addressSpace": ["10.20.0.0/16"],
                "subnets": {"GatewaySubnet": {"prefix": "10.20.16.0/24"}},
                "expressRouteGateway": {"allowRemoteVnetTraffic": True},
            },
        },
        peerings={each: {"hub": "hub1", "spoke": each} for each in ("spoke1", "spoke2")},
        locations={"branch1": location(65001, "10.10.0.0/24"), "megaport": location(64512, "10.99.0.0/24")},
        routers={"nva": router("branch1", 0), "mcr1": router("megaport", 1), "mcr2": router("megaport", 2)},
        circuits={"er": circuit(64512, 1, "mcr1", "mcr2")},
        connections={
            "er-hub1": {"circuit": "er", "virtualNetwork": "hub1"},
            "er-branch2": {"circuit": "er", "virtualNetwork": "branch2"},
        },
        tunnels={"vpn": {"virtualNetwork": "hub1", "router": tunnel_end("nva", "192.168.10.10", 1, 2)}},
    )


LEARNED = ("Network", "NextHop", "Origin", "SourcePeer", "AsPath", "Weight")
OWN = ("10.11.0.0/16", "10.1.0.0/16", "10.2.0.0/16")


def learned_from(prefix: str, path: str, *hops: str, origin: str = "EBgp", weight: int = 32769) -> list[Row]:
    return [(prefix, hop, origin, hop, path, str(weight)) for hop in hops]


def without_megaport(rows: list[Row]) -> list[Row]:
    """Leave out what the location of the circuit advertises: in the lab it advertises nothing."""
    return [row for row in rows if row[0] != "10.99.0.0/24"]


def test_another_virtual_networks_gateway_sees_microsofts_as_twice(lab01: Network) -> None:
    rows = without_megaport(shown(lab01, "gateway:branch2/expressroute", *LEARNED))
    own = ("10.20.0.0/16", "", "Network", gateway("branch2", "ExpressRoute"), "", "32768")
    far = (learned_from(prefix, "12076-12076", edge("primary"), edge("secondary")) for prefix in OWN)
    assert rows == sorted([own, *(row for each in far for row in each)])


def test_gateways_of_one_virtual_network_tell_each_other(lab01: Network) -> None:
    rows = without_megaport(shown(lab01, "gateway:hub1/expressroute", *LEARNED))
    instances = [gateway("hub1", instance=each) for each in range(2)]
    assert rows == sorted(
        [
            *((prefix, "", "Network", gateway("hub1", "ExpressRoute"), "", "32768") for prefix in OWN),
            *learned_from("10.20.0.0/16", "12076-12076", edge("primary"), edge("secondary")),
            *learned_from("10.10.0.0/24", "65001", *instances, origin="IBgp", weight=32768),
        ]
    )


def test_each_instance_of_a_vpn_gateway_shows_what_the_other_told_it(lab01: Network) -> None:
    """Newer gateways, as this one, leave out what came over ExpressRoute; older ones show it (above)."""
    found = without_megaport(shown(lab01, "gateway:hub1/vpn", *LEARNED))
    rows = [row for row in found if "12076" not in row[4]]
    beside = [gateway("hub1", "ExpressRoute", each) for each in range(2)]
    published: list[Row] = []
    for each in range(2):
        here, other = gateway("hub1", instance=each), gateway("hub1", instance=1 - each)
        published += [(prefix, "", "Network", here, "", "32768") for prefix in OWN]
        for prefix in OWN:
            published += learned_from(prefix, "", *beside, origin="IBgp")
        published.append(("192.168.10.10/32", "", "Network", here, "", "32768"))
        published += learned_from("192.168.10.10/32", "", other, origin="IBgp", weight=32768)
        published += learned_from("10.10.0.0/24", "65001", "192.168.10.10", weight=32768)
        published += learned_from("10.10.0.0/24", "65001", other, origin="IBgp", weight=32768)
    assert rows == sorted(published)


# --- fabferri/az-pattern, er-vpn-coexistence -------------------------------------------------------------


def coexistence(*, route_server: bool = False) -> Network:
    """Return it, with BGP on its VPN: the published one has static routes, so that AS paths there differ."""
    server: Description = {"routeServer": {}} if route_server else {}
    return network(
        virtualNetworks={
            "vnet1": {
                "addressSpace": ["10.10.12.0/24"],
                "subnets": {
                    "RouteServerSubnet": {"prefix": "10.10.12.64/26"},
                    "GatewaySubnet": {"prefix": "10.10.12.128/26"},
                },
                "expressRouteGateway": {},
                "vpnGateway": {"activeActive": True},
                **server,
            },
            "vnet2": {
                "addressSpace": ["10.2.12.64/26"],
                "subnets": {"GatewaySubnet": {"prefix": "10.2.12.96/27"}},
                "vpnGateway": {"activeActive": True, "asn": 65002},
            },
        },
        locations={"onprem": location(65021, "10.2.12.0/25", host="10.2.12.10")},
        routers={"ce1": router("onprem", 0), "ce2": router("onprem", 1)},
        circuits={"er": circuit(65021, 12, "ce1", "ce2")},
        connections={"er-vnet1": {"circuit": "er", "virtualNetwork": "vnet1"}},
        tunnels={"vpn": {"virtualNetwork": "vnet1", "remoteVirtualNetwork": "vnet2"}},
    )


def test_a_virtual_machine_goes_by_the_longest_prefix() -> None:
    rows = shown(coexistence(), "vnet1", "Address Prefix", "State", "Next Hop Type", "Next Hop IP")
    hop_type = "VirtualNetworkGateway"
    assert rows == sorted(
        [
            ("10.10.12.0/24", "Active", "VnetLocal", ""),
            *(("10.2.12.0/25", "Active", hop_type, edge(side)) for side in ("primary", "secondary")),
            *(("10.2.12.64/26", "Active", hop_type, gateway("vnet1", instance=each)) for each in range(2)),
            ("0.0.0.0/0", "Active", "Internet", ""),
        ]
    )


def test_the_circuit_does_not_have_what_the_vpn_gateway_learned() -> None:
    hop = gateway("vnet1", "ExpressRoute", 0)
    assert shown(coexistence(), "link:er/primary", "Network", "NextHop", "Path") == sorted(
        [
            ("10.2.12.0/25", "192.168.212.1", "65021"),
            ("10.10.12.0/24", f"{hop}*", "65515"),
            ("10.10.12.0/24", gateway("vnet1", "ExpressRoute", 1), "65515"),
        ]
    )


def test_the_premises_reach_it_from_what_the_other_site_leaves_of_their_prefix_only() -> None:
    """The published conclusion: valid are 10.2.12.0 to 10.2.12.63."""
    found = steady(coexistence())
    assert over(found["vnet1", "onprem"].forward) == "er"
    assert over(found["vnet1", "vnet2"].forward) == "vpn"
    (overlap,) = (
        finding
        for finding in collect_findings(Forecast(coexistence()))
        if finding.kind is FindingKind.OVERLAPPING_SUMMARY
    )
    assert "10.2.12.0/25 of onprem holds 10.2.12.64/26 of vnet2" in overlap.message
    assert overlap.causes == (("locations", "onprem", "prefixes", "0"),)


# --- the same with Route Server: er-rs-vpn-transitive ----------------------------------------------------

SERVERS = [f"<vnet1's Route Server, instance {each}>" for each in range(2)]


def test_route_server_reflects_from_two_addresses_at_the_base_weight() -> None:
    described = coexistence(route_server=True)
    vpn = of_prefix(shown(described, "gateway:vnet1/vpn", *LEARNED), "10.2.12.0/25")
    assert vpn == sorted(
        [("10.2.12.0/25", edge("primary"), "IBgp", peer, "12076-65021", "32768") for peer in SERVERS] * 2
    )
    er = of_prefix(shown(described, "gateway:vnet1/expressroute", *LEARNED), "10.2.12.64/26")
    hop = gateway("vnet1", instance=0)
    assert er == [("10.2.12.64/26", hop, "IBgp", peer, "65002", "32768") for peer in SERVERS]


def test_the_circuit_then_has_it_with_the_gateways_as() -> None:
    rows = shown(coexistence(route_server=True), "link:er/primary", "Network", "Path")
    assert of_prefix(rows, "10.2.12.64/26") == [("10.2.12.64/26", "65515 65002")] * 2
