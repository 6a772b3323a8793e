"""`python -m lab.bgp.bench [ROUTERS ...]`: what living networks take, side by side: `make bench`.

The test stack first, then networks of so many customer edge routers: two for each location, with a circuit of
two links and a tunnel; a hub for every four locations. A line each: nodes, time to build, time until routing
has settled, memory, and how busy it keeps the processors once settled. Per router, so that growth shows.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lab.bgp.directory import Directory
from lab.bgp.errors import LivingLabError
from lab.bgp.lifecycle import enter, start, stop
from topology import CONFIG_KEY

_SIZES = (20, 50)
_LOCATIONS_OF_HUB = 4
"""As many circuits as a hub's gateway takes from one peering location (GW-8)."""
_ROUTERS_OF_LOCATION = 2
_LIFETIME = 1800.0
_TEST_STACK = Path("Pulumi.test.yaml")
_TEST_STACK_ROUTERS = 4

Description = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Measure, and print the table; 2 with one message if living networks cannot be had here."""
    table = Table(
        *("network", "nodes", "with FRR", "programs", "built s", "settled s", "MiB", "MiB a router", "cores")
    )
    try:
        with tempfile.TemporaryDirectory(prefix="living-bench-") as folder:
            for name, routers, stack_file in _networks(Path(folder), tuple(map(int, arguments)) or _SIZES):
                table.add_row(name, *_measure(Path(folder) / f"lab-{name}", stack_file, routers))
                sys.stderr.write(f"{name}: done\n")
    except LivingLabError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    Console(width=110).print(table)
    return 0


def _networks(folder: Path, sizes: tuple[int, ...]) -> Iterator[tuple[str, int, Path]]:
    if _TEST_STACK.exists():
        yield "test stack", _TEST_STACK_ROUTERS, _TEST_STACK.absolute()
    for routers in sizes:
        stack_file = folder / f"Pulumi.{routers}.yaml"
        stack_file.write_text(
            json.dumps({"config": {CONFIG_KEY: describe_network(routers)}}), encoding="utf-8"
        )
        yield f"{routers} routers", routers, stack_file


def _measure(room: Path, stack_file: Path, routers: int) -> tuple[str, ...]:
    room.mkdir()
    directory = Directory(room / "bgp")
    measures = room / "measures.json"
    try:
        built = start(directory, stack_file, _LIFETIME)["startedSeconds"]
        code = enter(directory, ["--directory", str(room), "settle", "--measures", str(measures)])
        if code:
            raise LivingLabError(f"{stack_file.name} did not settle")
    finally:
        stop(directory)
    found = json.loads(measures.read_text(encoding="utf-8"))
    return (
        *(str(found[key]) for key in ("nodes", "speakers", "programs")),
        f"{built:.1f}",
        f"{found['settledSeconds']:.1f}",
        f"{found['mebibytes']:.0f}",
        f"{found['mebibytes'] / routers:.0f}",
        f"{found['cores']:.2f}",
    )


# --- networks of any size --------------------------------------------------------------------------------


def describe_network(routers: int) -> Description:
    """Return the description of a network with about so many routers, at least two."""
    locations = range(max(1, routers // _ROUTERS_OF_LOCATION))
    hubs = range(-(-len(locations) // _LOCATIONS_OF_HUB))
    return {
        "location": "eastus",
        "virtualNetworks": {f"hub{hub}": _hub(hub) for hub in hubs},
        "circuits": {f"circuit{number}": _circuit(number) for number in locations},
        "connections": {
            f"connection{number}": {
                "circuit": f"circuit{number}",
                "virtualNetwork": f"hub{number // _LOCATIONS_OF_HUB}",
            }
            for number in locations
        },
        "tunnels": {f"tunnel{number}": _tunnel(number) for number in locations},
        "locations": {
            f"site{number}": {"asn": _asn(number), "prefixes": [f"10.{number}.0.0/24"]}
            for number in locations
        },
        "routers": {
            f"site{number}-ce{side}": _router(number, side)
            for number in locations
            for side in range(1, _ROUTERS_OF_LOCATION + 1)
        },
    }


def _asn(location: int) -> int:
    return 4200000100 + location


def _hub(number: int) -> Description:
    return {
        "addressSpace": [f"10.200.{number}.0/24"],
        "subnets": {"GatewaySubnet": {"prefix": f"10.200.{number}.0/26"}},
        "expressRouteGateway": {},
        "vpnGateway": {},
    }


def _circuit(number: int) -> Description:
    links = {
        name: {
            "prefix": f"192.168.{number}.{4 * side}/30",
            "router": f"site{number}-ce{side}",
            "interface": "TenGigabitEthernet0/0/0",
        }
        for side, name in enumerate(("primary", "secondary"), start=1)
    }
    return {
        "provider": "Equinix",
        "peeringLocation": "Washington DC",
        "bandwidth": 50,
        "privatePeering": {"peerAsn": _asn(number), "vlanId": 300, **links},
    }


def _tunnel(number: int) -> Description:
    return {
        "virtualNetwork": f"hub{number // _LOCATIONS_OF_HUB}",
        "router": {
            "name": f"site{number}-ce1",
            "publicAddress": f"198.51.100.{number + 1}",
            "bgpAddress": f"10.{number}.0.254",
        },
    }


def _router(number: int, side: int) -> Description:
    return {
        "location": f"site{number}",
        "vrf": {"name": "30", "routeDistinguisher": "1:30"},
        "lan": {"interface": "TenGigabitEthernet1/0/0", "address": f"172.16.{number}.{2 * side}/31"},
        "ospf": {"process": 30, "routerId": f"172.31.{number}.{side}", "area": "0.0.0.0"},  # noqa: S104
        "internetNextHop": "203.0.113.254",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
