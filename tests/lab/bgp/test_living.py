"""The test stack alive: what FRR, strongSwan and the kernel do, against the prediction."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lab.bgp.looking import ROUTER, configure, paths_to, wait_until

pytestmark = [pytest.mark.living, pytest.mark.emulated]

PUBLIC = f"public.{ROUTER}"
URI = f"--uri unix:///run/living/{PUBLIC}/charon.vici"
LOADED = f"/run/living/{PUBLIC}/swanctl.conf"


def set_preference(living: Any, preference: int) -> None:
    configure(living, "route-map from-express-route permit 10", f"set local-preference {preference}")


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


def test_traffic_survives_a_silent_loss_of_expressroute(living: Any) -> None:
    code, said = living.run("drill", "--how", "silent")
    assert code == 0, said
    drill = json.loads(next((living.directory / "bgp" / "drills").glob("*silent.json")).read_text())
    before, during, after = drill["phases"]
    for phase in (before, after):
        assert phase["there"][0]["segments"] == ["expressroute:expressroute1"]
    assert during["there"][0]["segments"] == during["back"][0]["segments"] == ["vpn:hub-location1"]
    assert during["packets"]["tunnel:hub-location1"]["sent"] > 30
    assert during["packets"]["tunnel:hub-location1"]["node"] == ROUTER
    assert during["packets"]["tunnel:hub-branch"]["node"] == "vpn.branch.1"  # no end of it is on premises
    for probe in drill["probes"]:
        assert 0 < probe["lost"] < probe["sent"] / 2


def test_a_wrong_key_breaks_the_tunnel_and_a_mended_one_brings_it_back(living: Any) -> None:
    def installed() -> bool:
        return "INSTALLED" in living.inside(PUBLIC, "sh", "-c", f"swanctl --list-sas {URI}")

    def load(file: str) -> None:
        living.inside(PUBLIC, "sh", "-c", f"swanctl --load-all --noprompt --clear --file {file} {URI}")
        living.inside(PUBLIC, "sh", "-c", f"swanctl --terminate --ike Tunnel30 {URI}")

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


def test_a_flap_is_no_rest_though_there_is_a_route_at_every_look(living: Any) -> None:
    """The best path changes for a while, three times a second: both routes are always there."""
    flip = (
        f"vtysh --vty_socket /run/living/{ROUTER} -c 'configure terminal' "
        "-c 'route-map from-express-route permit 10' -c 'set local-preference {}' "
        "-c end -c 'clear bgp ipv4 unicast 192.168.30.18 soft in'"
    )
    flips = "; sleep 0.2; ".join((flip.format(50), flip.format(200)))
    flapping = living.start("run", ROUTER, "sh", "-c", f"for turn in $(seq 30); do {flips}; sleep 0.2; done")
    try:
        assert wait_until(lambda: "12076" in paths_to(living, ROUTER, "10.10.30.0/24"))
        code, said = living.run("settle", "--within", "6")
    finally:
        flapping.wait(timeout=120)
    assert code == 2
    assert "changes without end: " in said
    assert f"BGP of {ROUTER}" in said
    assert living.run("settle")[0] == 0


def test_a_planned_drain_loses_nothing_and_moves_the_return_path_first(living: Any) -> None:
    code, said = living.run("drill", "--how", "drain")
    assert code == 0, said
    drill = json.loads(next((living.directory / "bgp" / "drills").glob("*drain.json")).read_text())
    told = [event["what"] for event in drill["events"]]
    moments = [
        told.index("traffic from hub to location1 no longer goes by link:expressroute1/primary"),
        told.index("the location's prefixes are withdrawn from link:expressroute1/primary"),
        told.index("link:expressroute1/primary is preferred least"),
        told.index("traffic from location1 to hub no longer goes by link:expressroute1/primary"),
        told.index("link:expressroute1/primary is shut"),
    ]
    assert moments == sorted(moments)
    assert [probe["lost"] for probe in drill["probes"]] == [0, 0]
    assert all(phase["asPredicted"] for phase in drill["phases"])


def test_a_router_without_power_starts_from_nothing_and_carries_traffic_again(living: Any) -> None:
    code, said = living.run("drill", "router:location2-ce1", "--how", "gone")
    assert code == 0, said
    drill = json.loads(
        next((living.directory / "bgp" / "drills").glob("*location2-ce1-gone.json")).read_text()
    )
    before, during, after = (
        {hop for trail in phase["there"] for hop in trail["hops"]} for phase in drill["phases"]
    )
    assert "router:location2-ce1" in before & after
    assert "router:location2-ce1" not in during


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("drill", "circuit:nope"), "'circuit:nope' is no element of this network."),
        (("drill", "hub"), "Did you mean gateway:hub/expressroute or gateway:hub/vpn?"),
        (("drill", "--pair", "hub", "hub"), "hub is both ends"),
        (
            ("check", "--failure", "circuit:expressroute"),
            "Did you mean circuit:expressroute",
        ),
        (("check", "--failure", "router:location1-ce1", "--failure", "router:location1"), "It has: circuit:"),
    ],
)
def test_an_unknown_name_ends_before_anything_is_measured(
    living: Any, arguments: tuple[str, ...], meant: str
) -> None:
    code, said = living.run(*arguments)
    assert code == 2
    assert meant in said
    assert len(said.splitlines()) == 1
