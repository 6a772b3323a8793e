"""What two spokes stand for is what a forecast of all of them says, word by word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from routing import Forecast, Path, collect_findings, explain_path, route_tables, scenarios
from tests.routing.changes import Changes, joined
from topology import Network

pytestmark = pytest.mark.thorough

Stack = Callable[..., Network]

SPOKES = 6


def spokes(hub: str, number: int, **terms: Any) -> Changes:
    """Return so many spokes of a hub, every second one with a host, the last with two prefixes."""
    names = [f"{hub}-of-{'-'.join(terms) or 'all'}-{each}" for each in range(number)]
    base = sum(map(ord, hub + str(sorted(terms)))) % 200
    return {
        "virtualNetworks": {
            name: {
                "addressSpace": [
                    f"10.{base}.{n}.0/25",
                    *([f"10.{base}.{n}.128/26"] if n == number - 1 else ()),
                ],
                **({"host": f"10.{base}.{n}.4"} if n % 2 else {}),
            }
            for n, name in enumerate(names)
        },
        "peerings": {f"to-{name}": {"hub": hub, "spoke": name, **terms} for name in names},
    }


SPARSE = joined(spokes("hub", SPOKES), spokes("hub", SPOKES, gatewayTransit=False), spokes("remote", SPOKES))
BACKUP_OF_NONE: Changes = {"tunnels": {"hub-location1": {"router": {"advertisedPrefixes": []}}}}


def by_appliance() -> Changes:
    """Return the hub's spokes with one route table, which sends what is not learned to an appliance."""
    spoke = {"addressSpace": ["10.11.30.0/26"], "host": "10.11.30.4"}
    names = [name for name in SPARSE["virtualNetworks"] if name.startswith("hub-of-all")]
    served = {"spoke": spoke, **{name: SPARSE["virtualNetworks"][name] for name in names}}
    peerings = {"hub-spoke": {"hub": "hub", "spoke": "spoke"}, **SPARSE["peerings"]}
    routes = {
        "all": {"prefix": "0.0.0.0/0", "nextHop": "VirtualAppliance", "address": "10.10.30.68"},
        "none": {"prefix": "10.2.0.0/16", "nextHop": "None"},
    }
    return {
        "routeTables": {"by-appliance": {"routes": routes}},
        "virtualNetworks": {
            name: {
                **vnet,
                "subnets": {"workload": {"prefix": vnet["addressSpace"][0], "routeTable": "by-appliance"}},
            }
            for name, vnet in served.items()
        },
        "peerings": {
            name: {**peering, "allowForwardedTraffic": True}
            for name, peering in peerings.items()
            if peering["spoke"] in served
        },
    }


DESIGNS: dict[str, Changes] = {
    "test stack": {},
    "no preference": {"routers": {"location1-ce1": {"bgp": {"expressRouteLocalPreference": None}}}},
    "no backup": BACKUP_OF_NONE,
    "user routes": by_appliance(),
    "global reach": {
        "globalReach": {
            "one-two": {"circuits": ["expressroute1", "expressroute2"], "prefix": "192.168.99.0/29"}
        }
    },
}


@pytest.fixture(scope="module", params=DESIGNS)
def forecast(request: pytest.FixtureRequest, stack: Stack) -> Forecast:
    made = Forecast(stack(joined(SPARSE, DESIGNS[request.param])))
    assert len(made.alike.groups) == 3
    assert len(made.network.sites) == 5 + 2 * 3  # the stack's own spoke is alike, too
    return made


@pytest.fixture(scope="module")
def whole(forecast: Forecast) -> Forecast:
    """Return the same without anybody who stands for others."""
    return forecast.of_all()


def told(path: Path) -> tuple[Any, ...]:
    return (
        path.source,
        path.destination,
        path.reachable,
        path.forward,
        path.back,
        path.symmetric,
        path.determined,
        path.reason,
    )


def test_every_path_is_the_same_with_everything_up_and_under_every_failure(
    forecast: Forecast, whole: Forecast
) -> None:
    assert not whole.alike.groups
    for few, all_of_them in zip(scenarios(forecast), scenarios(whole), strict=True):
        assert few.failure == all_of_them.failure
        assert list(map(told, few.paths)) == list(map(told, all_of_them.paths)), few.failure


@pytest.mark.parametrize(
    "together",
    [
        ("peering:to-hub-of-all-0", "peering:to-hub-of-all-3"),
        ("peering:to-hub-of-all-0", "peering:to-hub-of-all-3", "peering:to-hub-of-all-5"),
        ("peering:to-hub-of-all-1", "peering:to-remote-of-all-2"),
        ("peering:to-hub-of-gatewayTransit-1", "gateway:hub/expressroute"),
        ("circuit:expressroute1", "tunnel:hub-location1"),
    ],
    ids="+".join,
)
def test_so_is_every_path_when_several_fail_together(
    together: tuple[str, ...], forecast: Forecast, whole: Forecast
) -> None:
    for few, all_of_them in zip(scenarios(forecast, together), scenarios(whole, together), strict=True):
        assert list(map(told, few.paths)) == list(map(told, all_of_them.paths))


def test_every_finding_is_the_same(forecast: Forecast, whole: Forecast) -> None:
    def by_cause(found: Forecast) -> dict[Any, Any]:
        return {
            (each.kind, each.severity, each.causes, bool(each.failures)): (
                each.message,
                each.mend,
                sorted(each.pairs),
                sorted(each.failures),
            )
            for each in collect_findings(found)
        }

    assert by_cause(forecast) == by_cause(whole)


def test_a_walkthrough_and_a_table_have_real_names(forecast: Forecast, whole: Forecast) -> None:
    ends = ("hub-of-all-4", "remote-of-all-5")
    assert explain_path(forecast, *ends) == explain_path(whole, *ends)
    for place in ("hub-of-all-4", "gateway:hub/expressroute"):
        assert route_tables(forecast, place) == route_tables(whole, place)
    assert any("10." in cell for row in route_tables(forecast, "gateway:hub/vpn")[0].rows for cell in row)


def test_no_mark_is_ever_told(forecast: Forecast) -> None:
    text = repr([[told(path) for path in scenario.paths] for scenario in scenarios(forecast)])
    text += repr(collect_findings(forecast))
    assert "\\ue0" not in text
    assert "\ue000" not in text
