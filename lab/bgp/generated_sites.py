"""The sites of a generated network: locations with their routers, hubs, spokes and branches."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

Mapping = dict[str, Any]

_Item = TypeVar("_Item")

_FIRST_LOCATION_ASN = 65020
_FIRST_GATEWAY_ASN = 65521


class Draw:
    """What has been drawn so far, the dice, and addresses that are still free."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)  # noqa: S311 (no secret)
        self.link_prefixes = IPv4Network("192.168.0.0/20").subnets(new_prefix=30)
        self.lan_prefixes = IPv4Network("192.168.128.0/20").subnets(new_prefix=31)
        self.public_addresses = IPv4Network("198.51.100.0/24").hosts()
        self.network: Mapping = {
            "location": "eastus",
            "virtualNetworks": {},
            "peerings": {},
            "circuits": {},
            "connections": {},
            "globalReach": {},
            "tunnels": {},
            "locations": {},
            "routers": {},
        }

    def happens(self, share: float) -> bool:
        """Return whether something happens that does so with this probability."""
        return self.random.random() < share

    def some(self, items: Sequence[_Item], least: int, most: int) -> list[_Item]:
        """Return some of the items, as many as there are at most, in their own order."""
        count = min(self.random.randint(least, most), len(items))
        chosen = set(self.random.sample(range(len(items)), count))
        return [item for index, item in enumerate(items) if index in chosen]

    def routers_of(self, location: str) -> list[str]:
        """Return the names of a location's routers."""
        return [name for name, router in self.network["routers"].items() if router["location"] == location]

    def with_gateway(self, key: str) -> list[str]:
        """Return the virtual networks that have this gateway: expressRouteGateway or vpnGateway."""
        return [name for name, vnet in self.network["virtualNetworks"].items() if key in vnet]


# --- on premises -----------------------------------------------------------------------------------------


def add_locations(draw: Draw) -> None:
    """Add one to three locations; a later one may have the AS of the first, which loses routes as loops."""
    for number in range(1, draw.random.choice([1, 2, 2, 3]) + 1):
        shares_as = number > 1 and draw.happens(0.1)
        asn = _FIRST_LOCATION_ASN + (1 if shares_as else number)
        prefixes = [f"10.{number}.0.0/24", f"10.{number}.1.0/24"]
        draw.network["locations"][f"site{number}"] = {
            "asn": asn,
            "prefixes": prefixes if draw.happens(0.25) else prefixes[:1],
            "host": f"10.{number}.0.10",
            "defaultGateway": f"10.{number}.0.1",
        }
        by_ospf = draw.happens(0.85)
        for router in range(1, draw.random.choice([1, 1, 2, 2, 2, 3]) + 1):
            _add_router(draw, number, router, by_ospf=by_ospf)


def _add_router(draw: Draw, number: int, router: int, *, by_ospf: bool) -> None:
    location = f"site{number}"
    own, lan = next(draw.lan_prefixes)
    description: Mapping = {
        "location": location,
        "vrf": {"name": "30", "routeDistinguisher": f"{draw.network['locations'][location]['asn']}:30"},
        "lan": {"interface": "TenGigabitEthernet1/0/0", "vlan": 30, "address": f"{own}/31"},
        "bgp": {
            "expressRouteLocalPreference": draw.random.choice([None, 200, 200, 200, 150, 100]),
            "vpnLocalPreference": draw.random.choice([None, None, None, 120, 200, 250]),
        },
        "internetNextHop": str(next(draw.public_addresses)),
    }
    if by_ospf:
        description["ospf"] = {
            "process": 30,
            "routerId": f"10.{number}.255.{router}",
            "area": draw.random.choice(["0.0.0.0", "0.0.0.0", "0.0.0.7"]),  # noqa: S104 (OSPF's backbone)
            "defaultMetric": draw.random.choice([10, 10, 10, 20]),
            "defaultInformation": draw.random.choice(["never", "never", "withDefault", "always"]),
        }
    else:
        description["lan"]["nextHop"] = str(lan)
    draw.network["routers"][f"{location}-ce{router}"] = description


# --- in Azure --------------------------------------------------------------------------------------------


def add_virtual_networks(draw: Draw) -> None:
    """Add one to three hubs with their spokes, branches that have only VPN, and peerings between hubs."""
    hubs = [f"hub{number}" for number in range(1, draw.random.choice([1, 1, 2, 2, 3]) + 1)]
    for number, hub in enumerate(hubs, start=1):
        _add_hub(draw, number, hub)
        for spoke in range(1, draw.random.choice([0, 1, 1, 2]) + 1):
            _add_spoke(draw, hub, f"{hub}-spoke{spoke}", f"10.{100 + 10 * number + spoke}.0")
    for number in range(1, draw.random.choice([0, 0, 1, 1, 2]) + 1):
        _add_branch(draw, f"branch{number}", f"10.{90 + number}.0", _FIRST_GATEWAY_ASN + 10 - number)
    for first, second in pairwise(hubs):
        if draw.happens(0.25):
            draw.network["peerings"][f"{first}-{second}"] = {
                "hub": first,
                "spoke": second,
                "gatewayTransit": False,
            }


def _add_hub(draw: Draw, number: int, hub: str) -> None:
    block = 100 + 10 * number
    spaces = [f"10.{block}.0.0/23", f"10.{block}.128.0/24"]
    vnet: Mapping = {
        "addressSpace": spaces if draw.happens(0.2) else spaces[:1],
        "host": f"10.{block}.0.4",
        "subnets": {
            "workload": {"prefix": f"10.{block}.0.0/24"},
            "GatewaySubnet": {"prefix": f"10.{block}.1.0/26"},
            "RouteServerSubnet": {"prefix": f"10.{block}.1.64/26"},
        },
    }
    kinds = draw.random.choice(["both", "both", "both", "both", "express route", "vpn"])
    if kinds != "vpn":
        vnet["expressRouteGateway"] = {"allowRemoteVnetTraffic": draw.happens(0.7)}
    if kinds != "express route":
        vnet["vpnGateway"] = {"activeActive": draw.happens(0.35)}
        if draw.happens(0.25):
            vnet["vpnGateway"]["asn"] = _FIRST_GATEWAY_ASN + number
    draw.network["virtualNetworks"][hub] = vnet


def _add_spoke(draw: Draw, hub: str, name: str, block: str) -> None:
    draw.network["virtualNetworks"][name] = {
        "addressSpace": [f"{block}.0/24"],
        "host": f"{block}.4",
        "subnets": {"workload": {"prefix": f"{block}.0/24"}},
    }
    draw.network["peerings"][name] = {"hub": hub, "spoke": name, "gatewayTransit": draw.happens(0.85)}


def _add_branch(draw: Draw, name: str, block: str, asn: int) -> None:
    draw.network["virtualNetworks"][name] = {
        "addressSpace": [f"{block}.0/24"],
        "host": f"{block}.4",
        "subnets": {
            "workload": {"prefix": f"{block}.0/25"},
            "GatewaySubnet": {"prefix": f"{block}.128/25"},
        },
        "vpnGateway": {"asn": asn, "activeActive": draw.happens(0.25)},
    }
