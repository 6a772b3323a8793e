"""`python -m routing.benchmark [SITES ...]`: time and memory of a prediction, and how they grow.

- The network has hubs in a star of VPNs, spokes, and a location for every four sites: each location has two
  routers, a circuit with both links up, and a VPN to the same hub as its backup.
- Times are of one process's CPU, without imports and without reading a file; each size has its own process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from routing.elements import element_names
from routing.forecast import MANY_SITES, Forecast
from routing.judgement import collect_findings
from routing.prediction import scenarios
from topology import Document, Network, load_network, load_stack

SIZES = (50, 100, 200, 1000)
MOST_WITH_FAILURES = 400
"""The most sites with which every failure is measured, too."""

ONE = "--one"
"""Asks for the measurement of one size, as JSON."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What predicting one network took."""

    name: str
    sites: int
    elements: int
    pairs: int
    steady: float
    """Seconds until every pair's way there and back was known and compared, with everything up."""
    peak: float
    """Memory of the process by then, in MB."""
    listed: int = 0
    failures: float = 0
    """Seconds for everything but findings, the steady state included."""
    findings: int = 0
    judged: float = 0

    def line(self) -> str:
        """Return it as a line of the table."""
        start = f"{self.name:<12}{self.sites:>6}{self.elements:>9}{self.pairs:>9}{self.steady:>9.3f}"
        if not self.failures:
            return f"{start}{'':>9}{'':>11}{'':>9}{'':>9}{self.peak:>7.0f}"
        failures = f"{self.listed:>9}{self.failures:>11.3f}"
        return f"{start}{failures}{self.findings:>9}{self.judged:>9.3f}{self.peak:>7.0f}"


_HEADING = (
    f"{'network':<12}{'sites':>6}{'elements':>9}{'pairs':>9}{'steady s':>9}"
    f"{'listed':>9}{'failures s':>11}{'findings':>9}{'s':>9}{'MB':>7}"
)


def measure(name: str, network: Network, *, steady_only: bool) -> Measurement:
    """Predict a network, and return what that took."""
    start = time.process_time()
    forecast = Forecast(network)
    predicted = scenarios(forecast)
    paths = next(predicted).paths
    for path in paths:
        assert path.symmetric or path.reachable or not path.determined
    steady = time.process_time() - start
    known = Measurement(
        name=name,
        sites=len(network.sites),
        elements=len(element_names(network)),
        pairs=len(paths),
        steady=steady,
        peak=_peak(),
    )
    if steady_only:
        return known
    listed = sum(len(scenario.paths) for scenario in predicted)
    failures = time.process_time() - start
    found = len(collect_findings(forecast))
    judged = time.process_time() - start - failures
    return replace(known, listed=listed, failures=failures, findings=found, judged=judged, peak=_peak())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measured(sites: int) -> Measurement:
    """Measure a size in a process of its own, so that its memory is its own, too."""
    command = [sys.executable, "-m", "routing.benchmark", ONE, str(sites)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (this module)
    return Measurement(**json.loads(told))


def main(arguments: list[str]) -> int:
    """Measure the test stack if it is here, then networks of each size."""
    if arguments[:1] == [ONE]:
        sites = int(arguments[1])
        found = measure("made up", made_up_network(sites), steady_only=sites > MOST_WITH_FAILURES)
        sys.stdout.write(json.dumps(asdict(found)))
        return 0
    sys.stdout.write(f"{_HEADING}\n")
    if (stack := Path("Pulumi.test.yaml")).exists():
        sys.stdout.write(f"{measure('test stack', load_stack(stack), steady_only=False).line()}\n")
    before: Measurement | None = None
    for sites in map(int, arguments) if arguments else SIZES:
        found = _measured(sites)
        sys.stdout.write(f"{found.line()}\n")
        if before:
            sys.stdout.write(f"  {_growth(before, found)}\n")
        sys.stdout.flush()
        before = found
    sys.stdout.write(
        f"Above {MANY_SITES} sites, only the pairs that a failure changes are listed; above "
        f"{MOST_WITH_FAILURES}, the steady state alone is measured.\n"
    )
    return 0


def _growth(before: Measurement, after: Measurement) -> str:
    pairs, steady = after.pairs / before.pairs, after.steady / before.steady
    failures = after.failures / before.failures if after.failures and before.failures else 0
    told = f"{pairs:.1f} times the pairs: the steady state takes {steady:.1f} times as long"
    return f"{told}, all failures {failures:.1f} times" if failures else told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
