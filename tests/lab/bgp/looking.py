"""What a living network's router shows: routes, and packets on its interfaces; and lines typed into it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tests.lab.bgp.conftest import CommandLine

ROUTER = "ce.location1-ce1"
EXPRESS_ROUTE, VPN = "Te0-0-0.300", "Tunnel30"
PINGS = 100


def wait_until(condition: Callable[[], bool], seconds: float = 40.0) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def configure(living: CommandLine, *lines: str) -> None:
    """Types lines into the router that has both ExpressRoute and VPN."""
    commands = [part for line in ("configure terminal", *lines, "end") for part in ("-c", line)]
    living.inside(ROUTER, "vtysh", *commands, "-c", "clear bgp ipv4 unicast * soft")


def reset_session(living: CommandLine, neighbor: str) -> None:
    living.inside(ROUTER, "vtysh", "-c", f"clear bgp ipv4 unicast {neighbor}")


def routes_to(living: CommandLine, node: str, prefix: str) -> list[dict[str, Any]]:
    said = living.inside(node, "vtysh", "-c", f"show bgp ipv4 unicast {prefix} json")
    paths: list[dict[str, Any]] = json.loads(said).get("paths", [])
    return paths


def paths_to(living: CommandLine, node: str, prefix: str) -> set[str]:
    return {path["aspath"]["string"] for path in routes_to(living, node, prefix)}


def best_path(living: CommandLine, prefix: str) -> str:
    best = [path for path in routes_to(living, ROUTER, prefix) if path.get("bestpath", {}).get("overall")]
    return str(best[0]["aspath"]["string"]) if best else ""


def crossed(living: CommandLine) -> dict[str, tuple[bool, bool]]:
    """Whether a hundred pings from location1 to the hub, all of them answered, left and came back by each."""

    def count() -> dict[str, tuple[int, int]]:
        said = json.loads(living.inside(ROUTER, "ip", "-j", "-s", "link"))
        statistics = {link["ifname"]: link["stats64"] for link in said}
        return {
            name: (statistics[name]["tx"]["packets"], statistics[name]["rx"]["packets"])
            for name in (EXPRESS_ROUTE, VPN)
        }

    before = count()
    said = living.inside("host.location1", "ping", "-q", "-i", "0.01", "-c", str(PINGS), "10.10.30.4")
    assert f" {PINGS} received" in said, said
    after = count()
    return {
        name: (after[name][0] - before[name][0] >= PINGS, after[name][1] - before[name][1] >= PINGS)
        for name in after
    }
