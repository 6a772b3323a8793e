"""`python -m routing.benchmark [SITES ...]`: time and memory of a prediction, and how they grow.

- The network has hubs in a star of VPNs, spokes, and a location for every four sites: each location has two
  routers, a circuit with both links up, and a VPN to the same hub as its backup.
- Times are of this process's CPU, without imports and without reading a file.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from routing.elements import element_names
from routing.forecast import MANY_SITES, Forecast
from routing.judgement import collect_findings
from routing.prediction import scenarios
from topology import Document, Network, load_network, load_stack

SIZES = (50, 100, 200)
LOCATIONS_OF_HUB = 4
"""As many circuits as the smallest gateway takes (GW-8)."""

Description = dict[str, Any]


def made_up_network(sites: int) -> Network:
    """Return a network of about that many sites, at least three."""
    locations = max(1, sites // 4)
    hubs = -(-locations // LOCATIONS_OF_HUB)
    spokes = max(0, sites - locations - hubs)
    return load_network(
        Document(
            data={
                "location": "eastus",
                "virtualNetworks": {**dict(map(_hub, range(hubs))), **dict(map(_spoke, range(spokes)))},
                "peerings": {
                    f"to-spoke{number}": {"hub": f"hub{number % hubs}", "spoke": f"spoke{number}"}
                    for number in range(spokes)
                },
                "circuits": dict(map(_circuit, range(locations))),
                "connections": {
                    f"circuit{number}": {
                        "circuit": f"circuit{number}",
                        "virtualNetwork": f"hub{number // LOCATIONS_OF_HUB}",
                    }
                    for number in range(locations)
                },
                "tunnels": {
                    **dict(map(_tunnel, range(locations))),
                    **{
                        f"to-hub{number}": {
                            "virtualNetwork": "hub0",
                            "remoteVirtualNetwork": f"hub{number}",
                        }
                        for number in range(1, hubs)
                    },
                },
                "locations": {
                    f"location{number}": {
                        "asn": _asn(number),
                        "prefixes": [f"10.{100 + number // 250}.{number % 250}.0/24"],
                    }
                    for number in range(locations)
                },
                "routers": dict(_routers(locations)),
            }
        )
    )


def _asn(location: int) -> int:
    return 4200000000 + location


def _hub(number: int) -> tuple[str, Description]:
    return f"hub{number}", {
        "addressSpace": [f"10.{number}.0.0/24"],
        "subnets": {"GatewaySubnet": {"prefix": f"10.{number}.0.0/26"}},
        "expressRouteGateway": {},
        "vpnGateway": {"asn": 64512 + number},
    }


def _spoke(number: int) -> tuple[str, Description]:
    return f"spoke{number}", {"addressSpace": [f"11.{number // 250}.{number % 250}.0/24"]}


def _circuit(number: int) -> tuple[str, Description]:
    links = {
        name: {
            "prefix": f"192.168.{number // 32}.{number % 32 * 8 + 4 * side}/30",
            "router": f"location{number}-ce{side + 1}",
            "interface": "TenGigabitEthernet0/0/0",
        }
        for side, name in enumerate(("primary", "secondary"))
    }
    peering = {"peerAsn": _asn(number), "vlanId": 100, **links}
    return f"circuit{number}", {
        "provider": "provider",
        "peeringLocation": f"place {number}",
        "bandwidth": 50,
        "privatePeering": peering,
    }


def _tunnel(number: int) -> tuple[str, Description]:
    return f"vpn{number}", {
        "virtualNetwork": f"hub{number // LOCATIONS_OF_HUB}",
        "router": {
            "name": f"location{number}-ce1",
            "publicAddress": f"198.18.{number // 250}.{number % 250 + 1}",
            "bgpAddress": f"172.31.{number // 250}.{number % 250 + 1}",
        },
    }


def _routers(locations: int) -> Iterator[tuple[str, Description]]:
    for number in range(locations):
        for side in (1, 2):
            yield (
                f"location{number}-ce{side}",
                {
                    "location": f"location{number}",
                    "vrf": {"name": "1", "routeDistinguisher": "1:1"},
                    "lan": {
                        "interface": "TenGigabitEthernet0/1/0",
                        "address": f"172.{16 + side}.{number // 100}.{number % 100 * 2}/31",
                    },
                    "ospf": {
                        "process": 1,
                        "routerId": f"1.{side}.{number // 250}.{number % 250 + 1}",
                        "area": "0.0.0.1",
                    },
                    "internetNextHop": "203.0.113.1",
                },
            )


def _measure(name: str, network: Network) -> float:
    """Print one line; return the seconds for everything but findings."""
    start = time.process_time()
    forecast = Forecast(network)
    predicted = scenarios(forecast)
    pairs = len(next(predicted).paths)
    steady = time.process_time() - start
    listed = sum(len(scenario.paths) for scenario in predicted)
    whole = time.process_time() - start
    found = len(collect_findings(forecast))
    judged = time.process_time() - start - whole
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sites, elements = len(network.sites), len(element_names(network))
    sys.stdout.write(
        f"{name:<16}{sites:>6}{elements:>10}{pairs:>9}{steady:>10.3f}{listed:>9}{whole:>11.3f}"
        f"{found:>10}{judged:>10.3f}{memory:>8.0f}\n"
    )
    sys.stdout.flush()
    return whole


def main(arguments: list[str]) -> int:
    """Measure the test stack if it is here, then networks of each size."""
    sys.stdout.write(
        f"{'network':<16}{'sites':>6}{'elements':>10}{'pairs':>9}{'steady s':>10}"
        f"{'listed':>9}{'failures s':>11}{'findings':>10}{'s':>10}{'MB':>8}\n"
    )
    if (stack := Path("Pulumi.test.yaml")).exists():
        _measure("test stack", load_stack(stack))
    before: tuple[int, float] | None = None
    for sites in map(int, arguments) if arguments else SIZES:
        seconds = _measure("made up", made_up_network(sites))
        if before:
            growth = f"{sites / before[0]:.1f} times the sites, {seconds / before[1]:.1f} times the time"
            sys.stdout.write(f"  {growth}\n")
        before = (sites, seconds)
    sys.stdout.write(f"Above {MANY_SITES} sites, only the pairs that a failure changes are listed.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
