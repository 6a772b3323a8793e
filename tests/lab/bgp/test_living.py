"""The test stack alive: what FRR, strongSwan and the kernel do, against the prediction."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.living, pytest.mark.emulated]

ROUTER = "ce.location1-ce1"
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


def set_preference(living: Any, preference: int) -> None:
    lines = (
        "configure terminal",
        "route-map from-express-route permit 10",
        f"set local-preference {preference}",
    )
    commands = [part for line in (*lines, "end", "clear bgp ipv4 unicast * soft in") for part in ("-c", line)]
    living.inside(ROUTER, "vtysh", *commands)


def test_every_pair_goes_as_predicted(living: Any) -> None:
    code, said = living.run("check")
    assert code == 0, said
    assert "30 pairs, 0 mismatches" in said


def test_a_failure_and_the_mended_network_go_as_predicted(living: Any) -> None:
    code, said = living.run("check", "--failure", "router:location2-ce2")
    assert code == 0, said
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


def test_microsofts_edge_hides_the_private_as(living: Any) -> None:
    routes = json.loads(living.inside(ROUTER, "vtysh", "-c", "show bgp ipv4 unicast json"))["routes"]
    paths = {route["path"] for route in routes["10.10.30.0/24"]}
    assert paths == {"12076", "65515"}


def test_a_virtual_network_behind_the_same_circuit_shows_microsofts_as_twice(living: Any) -> None:
    routes = json.loads(living.inside("er.hub", "vtysh", "-c", "show bgp ipv4 unicast json"))["routes"]
    assert {route["path"] for route in routes["10.17.30.0/26"]} == {"12076 12076"}


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
