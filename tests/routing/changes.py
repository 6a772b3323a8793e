"""Changes to the test stack that several tables make."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

Changes = Mapping[str, Any]


def joined(*parts: Changes) -> dict[str, Any]:
    """Return changes with all that each of some has; None, which removes a key, is one of them."""
    whole: dict[str, Any] = {}
    for part in parts:
        _join(whole, deepcopy(dict(part)))  # what is joined would be changed by the next
    return whole


def _join(whole: dict[str, Any], part: Changes) -> None:
    for key, value in part.items():
        if isinstance(value, Mapping) and isinstance(whole.get(key), dict):
            _join(whole[key], value)
        else:
            whole[key] = value


def merge(data: dict[str, Any], changes: Changes) -> None:
    """Carry changes out: mappings are merged, None removes a key, the rest replaces."""
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(data.get(key), dict):
            merge(data[key], value)
        elif value is None:
            data.pop(key)
        else:
            data[key] = deepcopy(value)  # else what is merged in would be changed by the next


BOTH_LINKS: Changes = {"circuits": {"expressroute1": {"privatePeering": {"secondary": {"enabled": True}}}}}

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

GLOBAL_REACH: dict[str, Any] = {
    "globalReach": {"one-two": {"circuits": ["expressroute1", "expressroute2"], "prefix": "192.168.99.0/29"}}
}


def preferences(express_route: int | None, vpn: int | None = None) -> Changes:
    """Return what location1's first router prefers."""
    bgp = {"expressRouteLocalPreference": express_route, "vpnLocalPreference": vpn}
    return {"routers": {"location1-ce1": {"bgp": bgp}}}


def third_circuit(
    *, weight: int = 0, first_weight: int = 0, prepend: int = 0, router: str = "location1-ce2"
) -> dict[str, Any]:
    """Return a second circuit of location1, by its other router unless another is named."""
    spare = "location1-ce1" if router == "location1-ce2" else "location1-ce2"
    port = "TenGigabitEthernet0/0/0"
    return {
        "circuits": {
            "expressroute3": {
                "provider": "Equinix",
                "peeringLocation": "Chicago",
                "bandwidth": 50,
                "privatePeering": {
                    "peerAsn": 65021,
                    "vlanId": 301,
                    "primary": {
                        "prefix": "192.168.30.24/30",
                        "router": router,
                        "interface": port,
                        "asPathPrepend": prepend,
                    },
                    "secondary": {
                        "prefix": "192.168.30.28/30",
                        "router": spare,
                        "interface": port,
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
