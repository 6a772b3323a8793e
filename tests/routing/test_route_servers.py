"""What a Route Server passes from one gateway to the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.changes import ROUTE_SERVER
from tests.routing.segments import BACKUP, BRANCH, ER1, ER2, Over, Predict


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
