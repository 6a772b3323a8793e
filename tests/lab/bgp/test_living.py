"""The test stack alive: what FRR, strongSwan and the kernel do, against the prediction."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from routing import predict_paths

pytestmark = [pytest.mark.living, pytest.mark.emulated]

ROUTER = "ce.location1-ce1"
EXPRESS_ROUTE, VPN = "Te0-0-0.300", "Tunnel30"
PUBLIC = f"public.{ROUTER}"
URI = f"--uri unix:///run/living/{PUBLIC}/charon.vici"
LOADED = f"/run/living/{PUBLIC}/swanctl.conf"


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True


def configure(living: Any, *lines: str) -> None:
    """Types lines into the router that has both ExpressRoute and VPN."""
    commands = [part for line in ("configure terminal", *lines, "end") for part in ("-c", line)]
    living.inside(ROUTER, "vtysh", *commands, "-c", "clear bgp ipv4 unicast * soft")


def set_preference(living: Any, preference: int) -> None:
    configure(living, "route-map from-express-route permit 10", f"set local-preference {preference}")


def routes_to(living: Any, node: str, prefix: str) -> list[dict[str, Any]]:
    said = living.inside(node, "vtysh", "-c", f"show bgp ipv4 unicast {prefix} json")
    paths: list[dict[str, Any]] = json.loads(said).get("paths", [])
    return paths


def paths_to(living: Any, node: str, prefix: str) -> set[str]:
    return {path["aspath"]["string"] for path in routes_to(living, node, prefix)}


def best_path(living: Any, prefix: str) -> str:
    best = [path for path in routes_to(living, ROUTER, prefix) if path.get("bestpath", {}).get("overall")]
    return str(best[0]["aspath"]["string"]) if best else ""


def crossed(living: Any) -> dict[str, tuple[bool, bool]]:
    """Whether a hundred pings from location1 to the hub left, and came back, by each interface."""

    def count() -> dict[str, tuple[int, int]]:
        said = json.loads(living.inside(ROUTER, "ip", "-j", "-s", "link"))
        statistics = {link["ifname"]: link["stats64"] for link in said}
        return {
            name: (statistics[name]["tx"]["packets"], statistics[name]["rx"]["packets"])
            for name in (EXPRESS_ROUTE, VPN)
        }

    before = count()
    living.inside("host.location1", "ping", "-q", "-i", "0.01", "-c", "100", "10.10.30.4")
    after = count()
    return {
        name: (after[name][0] - before[name][0] >= 100, after[name][1] - before[name][1] >= 100)
        for name in after
    }


def test_every_pair_goes_as_predicted_before_during_and_after_a_failure(living: Any) -> None:
    """Both routers of a location share its traffic, before the failure of one and after it is mended."""
    code, said = living.run("check", "--failure", "router:location2-ce2")
    assert code == 0, said
    assert "steady state: 30 pairs, 0 mismatches" in said
    assert "router:location2-ce2: 30 pairs, 0 mismatches" in said


def test_a_router_that_does_otherwise_is_told(living: Any) -> None:
    """A lower preference than VPN's makes the path asymmetric; no ping is lost, and yet it is seen."""
    set_preference(living, 50)
    try:
        code, said = living.run("check")
    finally:
        set_preference(living, 200)
    assert code == 1
    assert "location1 to hub in the steady state: symmetry: predicted yes, measured no" in said
    assert "answers to ping" not in said


def test_microsofts_edge_hides_the_private_as_and_replaces_it(living: Any) -> None:
    """PATH-4 towards a router, ASN-16 towards another virtual network."""
    assert paths_to(living, ROUTER, "10.10.30.0/24") == {"12076", "65515"}
    assert paths_to(living, "er.hub", "10.17.30.0/26") == {"12076 12076"}


def test_a_longer_prefix_over_vpn_makes_the_path_asymmetric(living: Any, changed: Any) -> None:
    """Told beforehand by the prediction, afterwards by the counters; no ping is lost (PATH-1)."""

    def lengthen(data: dict[str, Any]) -> None:
        data["tunnels"]["hub-location1"]["router"]["advertisedPrefixes"] = ["10.2.30.0/25", "10.2.30.0/26"]

    steady = next(predict_paths(changed(lengthen)))
    path = next(one for one in steady.paths if (one.source, one.destination) == ("location1", "hub"))
    assert (path.forward.via, path.back.via, path.symmetric) == ("expressroute", "vpn", False)
    lines = (
        "ip route 10.2.30.0/26 192.168.30.1",
        "ip prefix-list to-Tunnel30 seq 99 permit 10.2.30.0/26",
        "router bgp 65021",
        "address-family ipv4 unicast",
        "network 10.2.30.0/26",
    )
    configure(living, *lines)
    try:
        assert wait_until(lambda: paths_to(living, "vnet.hub", "10.2.30.0/26") == {"65515 65021"})
        assert crossed(living) == {EXPRESS_ROUTE: (True, False), VPN: (False, True)}
    finally:
        configure(living, *(f"no {line}" if " 10.2.30.0/26" in line else line for line in lines))
    assert wait_until(lambda: not paths_to(living, "vnet.hub", "10.2.30.0/26"))
    assert crossed(living) == {EXPRESS_ROUTE: (True, True), VPN: (False, False)}


def test_without_a_local_preference_chance_decides(living: Any, changed: Any) -> None:
    """Both paths are one AS long: the older session wins, and the prediction promises neither (PATH-4)."""

    def forget(data: dict[str, Any]) -> None:
        data["routers"]["location1-ce1"]["bgp"] = {"expressRouteLocalPreference": None}

    steady = next(predict_paths(changed(forget)))
    path = next(one for one in steady.paths if (one.source, one.destination) == ("location1", "hub"))
    assert not path.determined
    configure(living, "route-map from-express-route permit 10", "no set local-preference")
    try:
        for reset, winner in (("192.168.30.18", "65515"), ("10.10.30.254", "12076")):
            living.inside(ROUTER, "vtysh", "-c", f"clear bgp ipv4 unicast {reset}")
            assert wait_until(lambda: paths_to(living, ROUTER, "10.10.30.0/24") == {"12076", "65515"})
            assert best_path(living, "10.10.30.0/24") == winner
    finally:
        set_preference(living, 200)
    assert wait_until(lambda: best_path(living, "10.10.30.0/24") == "12076")


def test_traffic_survives_a_silent_loss_of_expressroute(living: Any) -> None:
    code, said = living.run("drill", "--how", "silent")
    assert code == 0, said
    drill = json.loads(next((living.directory / "bgp" / "drills").glob("*silent.json")).read_text())
    before, during, after = drill["phases"]
    for phase in (before, after):
        assert phase["there"][0]["segments"] == ["expressroute:expressroute1"]
    assert during["there"][0]["segments"] == during["back"][0]["segments"] == ["vpn:hub-location1"]
    assert during["packets"]["tunnel:hub-location1"]["sent"] > 30
    for probe in drill["probes"]:
        assert 0 < probe["lost"] < probe["sent"] / 2


def test_a_wrong_key_breaks_the_tunnel_and_a_mended_one_brings_it_back(living: Any) -> None:
    def installed() -> bool:
        return "INSTALLED" in living.inside(PUBLIC, "sh", "-c", f"swanctl --list-sas {URI}")

    def load(file: str) -> None:
        living.inside(PUBLIC, "sh", "-c", f"swanctl --load-all --noprompt --clear --file {file} {URI}")
        living.inside(PUBLIC, "sh", "-c", f"swanctl --terminate --ike hub-location1 {URI}")

    log = living.directory / "bgp" / "logs" / f"{PUBLIC}.log"
    assert installed()
    living.inside(PUBLIC, "sh", "-c", f"sed 's/secret = .*/secret = wrong/' {LOADED} > {LOADED}.wrong")
    load(f"{LOADED}.wrong")
    refused = wait_until(lambda: "AUTHENTICATION_FAILED" in log.read_text())
    was_installed = installed()
    load(LOADED)
    assert refused
    assert not was_installed
    assert wait_until(installed)
