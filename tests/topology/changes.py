"""Ways to change the test stack, for tables of what contradicts itself in it and of what does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Changes = Mapping[str, Any]
Expected = tuple[str, str]
"""The path of a mistake, and a part of what it says."""

Table = Mapping[str, tuple[Changes, tuple[Expected, ...]]]
"""What contradicts itself, and all that is said of it."""

SPOKE = "virtualNetworks.spoke"
HUB, LINK = "virtualNetworks.hub", "circuits.expressroute1.privatePeering.primary"
TO_ROUTER, CE1, CE2 = "tunnels.hub-location1.router", "routers.location1-ce1", "routers.location1-ce2"
ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/"


def at(path: str, value: Any) -> Changes:
    """Return the changes that set one value, by its dotted path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value  # type: ignore[no-any-return]


def both(*changes: Changes) -> Changes:
    merged: dict[str, Any] = {}
    for change in changes:
        merge(merged, change, remove=False)
    return merged


def merge(data: dict[str, Any], changes: Changes, *, remove: bool = True) -> None:
    """Merge mappings; `...` removes a key, anything else replaces."""
    for key, value in changes.items():
        if isinstance(value, Mapping):
            merge(data.setdefault(key, {}), value, remove=remove)
        elif value is ... and remove:
            del data[key]
        else:
            data[key] = value


def circuit(number: int, **changes: Any) -> Changes:
    links = {
        name: {"prefix": f"172.16.{number}.{4 * index}/30"}
        for index, name in enumerate(("primary", "secondary"))
    }
    peering = {"peerAsn": 65021, "vlanId": 100, **links}
    ordered = {"provider": "Colt", "peeringLocation": f"City {number}", "bandwidth": 50}
    return {f"more{number}": {**ordered, "privatePeering": peering, **changes}}


def connected(count: int, **changes: Any) -> Changes:
    """Return `count` circuits, each connected to the hub."""
    circuits: dict[str, Any] = {}
    for number in range(count):
        circuits |= circuit(number, **changes)
    connections = {f"{name}-hub": {"circuit": name, "virtualNetwork": "hub"} for name in circuits}
    return {"circuits": circuits, "connections": connections}


def vnet(number: int, **changes: Any) -> Changes:
    space = f"10.{100 + number // 256}.{number % 256}.0/24"
    return {f"vnet{number}": {"addressSpace": [space], **changes}}


def second_tunnel(**router: Any) -> Changes:
    """Return a second tunnel, from the branch's gateway to location1-ce1."""
    end = {
        "name": "location1-ce1",
        "publicAddress": "66.198.12.106",
        "bgpAddress": "10.2.30.126",
        "tunnelNumbers": [31],
        "loopbackNumber": 30,
        **router,
    }
    return at("tunnels.second", {"virtualNetwork": "branch", "router": end})


def table_on(subnet: str, route: Changes) -> Changes:
    """Return a route table `t` with one route `r`, and a subnet that has it."""
    return both(at("routeTables.t.routes.r", route), at(f"{subnet}.routeTable", "t"))


def many_vnets(count: int, joined: Callable[[str], tuple[str, Changes]], **changes: Any) -> Changes:
    vnets: dict[str, Any] = {}
    for number in range(count):
        vnets |= vnet(number, **changes)
    joins: dict[str, Any] = {}
    section = ""
    for name in vnets:
        section, join = joined(name)
        joins[f"join-{name}"] = join
    return {"virtualNetworks": vnets, section: joins}


def addresses(count: int, second: int) -> list[str]:
    return [f"10.{second}.{number // 256}.{number % 256}/32" for number in range(count)]


ROUTE_SERVER = both(
    at(f"{HUB}.routeServer", {}),
    at(f"{HUB}.subnets.workload.prefix", "10.10.30.0/26"),
    at(f"{HUB}.subnets.RouteServerSubnet", {"prefix": "10.10.30.64/26"}),
)
ACTIVE = both(at(f"{HUB}.vpnGateway.activeActive", True), at(f"{TO_ROUTER}.tunnelNumbers", [30, 31]))
REACH = at("globalReach.both", {"circuits": ["expressroute1", "expressroute2"], "prefix": "192.168.99.0/29"})
