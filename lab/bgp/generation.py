"""Makes small networks of all sorts from a seed, as a stack file has them, to hold the prediction to.

What a description may not have, the loader refuses; such a draw is thrown away and the next one taken, so
that the same seed always gives the same network.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from random import Random
from typing import Any

from topology import Document, Network, StackFileError, load_network

_DRAWS = 200
_Mapping = dict[str, Any]


def generate(seed: int) -> tuple[_Mapping, Network]:
    """Return a network's description and what the loader makes of it."""
    for draw in range(_DRAWS):
        description = _Generation(Random(f"{seed}/{draw}")).network  # noqa: S311 (no secret)
        try:
            return description, load_network(Document(data=description))
        except StackFileError:
            continue
    raise AssertionError(f"seed {seed}: {_DRAWS} draws, and none that the loader takes")


class _Generation:
    """One draw."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._link_prefixes = IPv4Network("192.168.0.0/20").subnets(new_prefix=30)
        self._lan_prefixes = IPv4Network("192.168.128.0/20").subnets(new_prefix=31)
        self._public = IPv4Network("198.51.100.0/24").hosts()
        self.network: _Mapping = {
            "location": "eastus",
            "virtualNetworks": {},
            "peerings": {},
            "circuits": {},
            "connections": {},
            "tunnels": {},
            "locations": {},
            "routers": {},
        }
        for number in range(1, random.randint(1, 2) + 1):
            self._add_location(number)
        hubs = [f"hub{number}" for number in range(1, random.randint(1, 2) + 1)]
        for number, hub in enumerate(hubs, start=1):
            self._add_hub(number, hub)
        for number, location in enumerate(self.network["locations"], start=1):
            for circuit in range(random.randint(0 if number > 1 else 1, 2)):
                self._add_circuit(f"circuit{number}-{circuit + 1}", location)
            self._add_tunnels(location)
        if self._chance(0.5):
            self._add_branch()

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    # --- sites -------------------------------------------------------------------------------------------

    def _add_location(self, number: int) -> None:
        name = f"site{number}"
        self.network["locations"][name] = {
            "asn": 65020 + number,
            "prefixes": [f"10.{number}.0.0/24"],
            "host": f"10.{number}.0.10",
            "defaultGateway": f"10.{number}.0.1",
        }
        for router in range(1, self._random.randint(1, 2) + 1):
            self._add_router(number, name, router)

    def _add_router(self, number: int, location: str, router: int) -> None:
        lan = next(self._lan_prefixes)
        preferences = {
            "expressRouteLocalPreference": self._random.choice([None, 200, 200, 200, 150]),
            "vpnLocalPreference": self._random.choice([None, None, None, 120, 250]),
        }
        self.network["routers"][f"{location}-ce{router}"] = {
            "location": location,
            "vrf": {"name": "30", "routeDistinguisher": f"{65020 + number}:30"},
            "lan": {"interface": "TenGigabitEthernet1/0/0", "vlan": 30, "address": f"{lan[0]}/31"},
            "ospf": {
                "process": 30,
                "routerId": f"10.{number}.255.{router}",
                "area": "0.0.0.0",  # noqa: S104 (OSPF's backbone)
                "defaultMetric": self._random.choice([10, 10, 20]),
                "defaultInformation": self._random.choice(["never", "never", "always"]),
            },
            "bgp": preferences,
            "internetNextHop": str(next(self._public)),
        }

    def _add_hub(self, number: int, hub: str) -> None:
        block = 100 + 10 * number
        vnet: _Mapping = {
            "addressSpace": [f"10.{block}.0.0/23"],
            "host": f"10.{block}.0.4",
            "subnets": {
                "workload": {"prefix": f"10.{block}.0.0/24"},
                "GatewaySubnet": {"prefix": f"10.{block}.1.0/24"},
            },
            "expressRouteGateway": {"allowRemoteVnetTraffic": self._chance(0.7)},
        }
        if self._chance(0.8):
            vnet["vpnGateway"] = {"activeActive": self._chance(0.3)}
        self.network["virtualNetworks"][hub] = vnet
        for spoke in range(1, self._random.randint(0, 2) + 1):
            name = f"{hub}-spoke{spoke}"
            space = f"10.{block + spoke}.0.0/24"
            self.network["virtualNetworks"][name] = {
                "addressSpace": [space],
                "host": f"10.{block + spoke}.0.4",
                "subnets": {"workload": {"prefix": space}},
            }
            self.network["peerings"][name] = {
                "hub": hub,
                "spoke": name,
                "gatewayTransit": self._chance(0.8),
            }

    def _add_branch(self) -> None:
        """Add a virtual network that a hub reaches by VPN only."""
        hubs = [name for name, vnet in self.network["virtualNetworks"].items() if vnet.get("vpnGateway")]
        if not hubs:
            return
        self.network["virtualNetworks"]["branch"] = {
            "addressSpace": ["10.99.0.0/24"],
            "host": "10.99.0.4",
            "subnets": {
                "workload": {"prefix": "10.99.0.0/25"},
                "GatewaySubnet": {"prefix": "10.99.0.128/25"},
            },
            "vpnGateway": {"asn": 65521},
        }
        hub = self._random.choice(hubs)
        self.network["tunnels"][f"{hub}-branch"] = {"virtualNetwork": hub, "remoteVirtualNetwork": "branch"}

    # --- what joins them ---------------------------------------------------------------------------------

    def _routers(self, location: str) -> list[str]:
        return [name for name, router in self.network["routers"].items() if router["location"] == location]

    def _add_circuit(self, name: str, location: str) -> None:
        number = len(self.network["circuits"]) + 1
        routers = self._routers(location)
        ends = {}
        for index, link in enumerate(("primary", "secondary")):
            ends[link] = {
                "prefix": str(next(self._link_prefixes)),
                "router": routers[index % len(routers)],
                "interface": f"TenGigabitEthernet0/0/{number * 2 + index}",
                "enabled": self._chance(0.85),
                "asPathPrepend": self._random.choice([0, 0, 0, 0, 2]),
            }
        self.network["circuits"][name] = {
            "provider": "Equinix",
            "peeringLocation": self._random.choice(["Washington DC", "Silicon Valley", "Chicago"]),
            "bandwidth": 50,
            "privatePeering": {
                "peerAsn": self.network["locations"][location]["asn"],
                "vlanId": 300 + number,
                **ends,
            },
        }
        hubs = [key for key, vnet in self.network["virtualNetworks"].items() if "expressRouteGateway" in vnet]
        for hub in self._random.sample(hubs, self._random.randint(1, len(hubs))):
            self.network["connections"][f"{name}-{hub}"] = {
                "circuit": name,
                "virtualNetwork": hub,
                "weight": self._random.choice([0, 0, 0, 50, 100]),
            }

    def _add_tunnels(self, location: str) -> None:
        for hub, vnet in list(self.network["virtualNetworks"].items()):
            if "vpnGateway" not in vnet or not self._chance(0.6):
                continue
            number = len(self.network["tunnels"]) + 1
            router = self._random.choice(self._routers(location))
            site = int(self.network["locations"][location]["asn"]) - 65020
            instances = 2 if vnet["vpnGateway"]["activeActive"] else 1
            end: _Mapping = {
                "name": router,
                "publicAddress": str(next(self._public)),
                "bgpAddress": f"10.{site}.0.{200 + number}",
                "tunnelNumbers": [100 + 10 * number + instance for instance in range(instances)],
                "loopbackNumber": number,
                "asPathPrepend": self._random.choice([0, 0, 0, 1]),
            }
            if self._chance(0.2):
                end["advertisedPrefixes"] = [f"10.{site}.0.0/24", f"10.{site}.0.0/26"]
            self.network["tunnels"][f"{hub}-{location}"] = {"virtualNetwork": hub, "router": end}
