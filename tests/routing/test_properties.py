"""What holds of every network: checked on networks that hypothesis makes up."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing import Forecast, Path, collect_findings, element_names, predict_paths
from routing.propagation import Outage
from tests.examples import examples
from topology import Document, Network, load_network

Description = dict[str, Any]
Pair = tuple[str, str]

PREFERENCES = st.sampled_from([None, 100, 150, 200])
WEIGHTS = st.sampled_from([0, 0, 10, 100])
PREPENDS = st.sampled_from([0, 0, 1, 3])

checked = settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])


@st.composite
def descriptions(draw: st.DrawFn) -> Description:
    """Make up hubs with spokes, a branch, a remote VNet, and locations with circuits and tunnels."""
    made: Description = {
        "location": "eastus",
        **{
            section: {}
            for section in (
                "virtualNetworks",
                "peerings",
                "circuits",
                "connections",
                "globalReach",
                "tunnels",
                "locations",
                "routers",
            )
        },
    }
    hubs = draw(st.integers(1, 2))
    for number in range(hubs):
        _add_hub(draw, made, number)
    for number in range(draw(st.integers(1, 2))):
        _add_location(draw, made, number, hubs)
    if len(made["circuits"]) > 1 and draw(st.booleans()):
        both = list(made["circuits"])[:2]
        made["globalReach"]["reach"] = {"circuits": both, "prefix": "192.168.250.0/29"}
    return made


def _add_hub(draw: st.DrawFn, made: Description, number: int) -> None:
    server = draw(st.booleans()) and number == 0
    subnets = {"GatewaySubnet": {"prefix": f"10.{number}.0.0/26"}}
    gateway: Description = {"asn": 65515 if number == 0 else 65001 + number}
    if server:
        subnets["RouteServerSubnet"] = {"prefix": f"10.{number}.0.64/26"}
        gateway["activeActive"] = True
    made["virtualNetworks"][f"hub{number}"] = {
        "addressSpace": [f"10.{number}.0.0/24"],
        "subnets": subnets,
        "expressRouteGateway": {"allowRemoteVnetTraffic": draw(st.booleans())},
        "vpnGateway": gateway,
        **({"routeServer": {"branchToBranch": draw(st.booleans())}} if server else {}),
    }
    for spoke in range(draw(st.integers(0, 2))):
        name = f"spoke{number}{spoke}"
        made["virtualNetworks"][name] = {"addressSpace": [f"10.{number}.{10 + spoke}.0/24"]}
        transit = draw(st.booleans())
        made["peerings"][f"to-{name}"] = {"hub": f"hub{number}", "spoke": name, "gatewayTransit": transit}
    if number and draw(st.booleans()):
        made["tunnels"]["hubs"] = {"virtualNetwork": "hub0", "remoteVirtualNetwork": f"hub{number}"}


def _add_location(draw: st.DrawFn, made: Description, number: int, hubs: int) -> None:
    name, asn = f"location{number}", 64600 + number
    made["locations"][name] = {"asn": asn, "prefixes": [f"172.16.{number}.0/24"]}
    for router in range(2):
        made["routers"][f"{name}-ce{router}"] = _router(draw, name, number, router)
    whole, half = f"172.16.{number}.0/24", f"172.16.{number}.0/25"
    advertised = st.sampled_from([None, None, [whole], [half], [whole, half], []])
    for circuit in range(draw(st.integers(0, 2))):
        links = {
            link: {
                "prefix": f"192.168.{number * 2 + circuit}.{4 * side}/30",
                "router": f"{name}-ce{side}",
                "interface": "TenGigabitEthernet0/0/0",
                "enabled": draw(st.booleans()),
                "asPathPrepend": draw(PREPENDS),
                "advertisedPrefixes": draw(advertised),
            }
            for side, link in enumerate(("primary", "secondary"))
        }
        key = f"circuit{number}{circuit}"
        made["circuits"][key] = {
            "provider": "Equinix",
            "peeringLocation": f"place {key}",
            "bandwidth": 50,
            "privatePeering": {"peerAsn": asn, "vlanId": 100 + number * 2 + circuit, **links},
        }
        for hub in range(hubs):
            if draw(st.booleans()):
                joined = {"circuit": key, "virtualNetwork": f"hub{hub}", "weight": draw(WEIGHTS)}
                made["connections"][f"{key}-hub{hub}"] = joined
    for hub in range(hubs):
        if draw(st.booleans()):
            active = made["virtualNetworks"][f"hub{hub}"]["vpnGateway"].get("activeActive")
            made["tunnels"][f"{name}-hub{hub}"] = {
                "virtualNetwork": f"hub{hub}",
                "router": {
                    "name": f"{name}-ce{hub}",
                    "publicAddress": f"198.51.100.{number * 2 + hub + 1}",
                    "bgpAddress": f"172.16.{number}.{250 + hub}",
                    "tunnelNumbers": [hub * 2, hub * 2 + 1] if active else [hub * 2],
                    "loopbackNumber": hub,
                    "asPathPrepend": draw(PREPENDS),
                    "advertisedPrefixes": draw(advertised),
                },
            }


def _router(draw: st.DrawFn, location: str, number: int, router: int) -> Description:
    lan: Description = {
        "interface": "TenGigabitEthernet1/0/0",
        "address": f"192.168.{100 + number}.{4 * router}/31",
    }
    made: Description = {
        "location": location,
        "vrf": {"name": "1", "routeDistinguisher": "1:1"},
        "lan": lan,
        "bgp": {"expressRouteLocalPreference": draw(PREFERENCES), "vpnLocalPreference": draw(PREFERENCES)},
        "internetNextHop": "203.0.113.1",
    }
    if draw(st.integers(0, 4)):
        made["ospf"] = {
            "process": 1,
            "routerId": f"1.1.{number}.{router}",
            "area": "0.0.0.0",
            "defaultMetric": draw(st.sampled_from([10, 10, 20])),
            "defaultInformation": draw(st.sampled_from(["never", "always"])),
        }
    else:
        lan["nextHop"] = f"192.168.{100 + number}.{4 * router + 1}"
    return made


def load(description: Description) -> Network:
    return load_network(Document(data=description))


def steady(description: Description) -> dict[Pair, Path]:
    scenario = next(predict_paths(load(description)))
    return {(path.source, path.destination): path for path in scenario.paths}


def ways(paths: dict[Pair, Path]) -> dict[Pair, tuple[Any, ...]]:
    """Return what traffic crosses for each pair, with alternatives in no order."""
    return {
        pair: (
            path.reachable,
            frozenset(path.forward.hops),
            frozenset(path.forward.segments),
            path.symmetric,
            path.determined,
        )
        for pair, path in paths.items()
    }


@checked
@given(descriptions())
def test_no_path_passes_an_element_twice_and_every_return_returns(description: Description) -> None:
    for scenario in predict_paths(load(description)):
        paths = {(path.source, path.destination): path for path in scenario.paths}
        for (source, destination), path in paths.items():
            assert path.back == paths[destination, source].forward
            assert path.symmetric == paths[destination, source].symmetric
            for way in path.forward.hops:
                assert len(set(way)) == len(way)
                assert scenario.failure not in way


def used_elements(description: Description) -> set[str]:
    """Return what carries traffic of any pair, also traffic that ends on the way."""
    forecast = Forecast(load(description))
    parts = (
        trails for pair in forecast.steady for trails in forecast.trails(forecast.tables, Outage(), pair)
    )
    return {hop for trails in parts for trail in trails for hop in trail.hops}


def hops(paths: Iterable[Path]) -> dict[Pair, tuple[tuple[str, ...], ...]]:
    return {(path.source, path.destination): path.forward.hops for path in paths}


@checked
@given(descriptions())
def test_the_failure_of_an_unused_element_changes_no_way(description: Description) -> None:
    before, *failures = predict_paths(load(description))
    used = used_elements(description)
    for scenario in failures:
        if scenario.failure not in used:
            assert hops(scenario.paths) == hops(before.paths), scenario.failure


@checked
@given(descriptions())
def test_removing_an_unused_tunnel_or_connection_changes_no_way(description: Description) -> None:
    used = used_elements(description)
    for section, kind in (("tunnels", "tunnel"), ("connections", "connection")):
        for name in description[section]:
            if f"{kind}:{name}" not in used:
                without = copy.deepcopy(description)
                del without[section][name]
                assert hops(steady(without).values()) == hops(steady(description).values())


@checked
@given(descriptions(), st.integers(201, 1000))
def test_a_higher_preference_for_expressroute_moves_nothing_to_vpn(
    description: Description, preference: int
) -> None:
    raised = copy.deepcopy(description)
    for router in raised["routers"].values():
        router["bgp"]["expressRouteLocalPreference"] = preference
    before, after = steady(description), steady(raised)
    for pair, path in after.items():
        if path.reachable and before[pair].reachable and before[pair].forward.via == "expressroute":
            assert path.forward.via == "expressroute", pair


@checked
@given(descriptions())
def test_the_order_of_the_file_does_not_matter(description: Description) -> None:
    turned = {
        key: dict(reversed(list(value.items()))) if isinstance(value, dict) else value
        for key, value in description.items()
    }
    assert ways(steady(turned)) == ways(steady(description))


@checked
@given(descriptions())
def test_every_finding_names_what_is_there(description: Description) -> None:
    network = load(description)
    elements, sites = set(element_names(network)), set(network.sites)
    for finding in collect_findings(Forecast(network)):
        assert finding.causes
        assert finding.mend.endswith(".")
        assert set(finding.failures) <= elements
        assert {site for pair in finding.pairs for site in pair} <= sites
        for section, name, *_ in finding.causes:
            assert name in description[section]
