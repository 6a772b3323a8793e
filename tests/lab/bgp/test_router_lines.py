"""The lines pushed over SSH make BGP, OSPF and the tunnel come up, and break them where they are wrong."""

from __future__ import annotations

import copy
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import asyncssh
import pytest

from lab.bgp.directory import Directory
from lab.bgp.lifecycle import enter
from onprem.errors import PushError
from onprem.push.pushed import Intent
from tests.lab.bgp.conftest import LIVING_SECONDS, CommandLine, skip_unless_able
from tests.lab.bgp.living_routers import (
    BOTH,
    DEPLOYED,
    EDGE,
    GATEWAY,
    KEY,
    ROUTERS,
    LivingRouters,
    golden,
)
from tests.lab.bgp.looking import wait_until
from tests.onprem.routers import PASSWORD

pytestmark = [pytest.mark.living, pytest.mark.emulated, pytest.mark.timeout(300)]

HUB = "10.10.30.0/24"
FAMILY = ("router bgp 65021", "address-family ipv4 vrf 30")
PREFERS = f"neighbor {EDGE} route-map prefer-ER-over-VPN in"
LINK = "interface TenGigabitEthernet0/0/0.300"
KEYRING = ("crypto ikev2 keyring Cust30-azure-keyring", "peer azure")


@pytest.fixture(scope="module")
def routers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingRouters]:
    """Every router of the test stack, pushed to, and settled."""
    skip_unless_able()
    routers = LivingRouters(tmp_path_factory.mktemp("lines"))
    try:
        for router in ROUTERS:
            routers.push(router, golden(router))
        assert wait_until(lambda: routers.is_up(EDGE) and routers.is_up(GATEWAY)), routers.neighbors()
        yield routers
    finally:
        routers.stop()


@pytest.fixture(autouse=True)
def mended(routers: LivingRouters) -> Iterator[None]:
    """Begin with all sessions up, and leave everything as a deployment does, whatever a test has done."""
    assert wait_until(lambda: routers.is_up(EDGE) and routers.is_up(GATEWAY)), routers.neighbors()
    yield
    routers.azure = copy.deepcopy(DEPLOYED)
    routers.configure(BOTH, *keys(KEY))  # which no push can see is another one
    routers.push(BOTH, golden(BOTH))
    assert wait_until(lambda: routers.best(HUB) == EDGE and works(routers))


def up_for(routers: LivingRouters, neighbor: str) -> int:
    """Whole seconds since a session was established."""
    detail = routers.show(BOTH, f"ip bgp vpnv4 vrf 30 neighbors {neighbor}")
    ((hours, minutes, seconds),) = re.findall(r"Established, up for (\d\d):(\d\d):(\d\d)", detail)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def changed(intent: Intent, old: str, new: str) -> Intent:
    assert any(old in line for line in intent.lines), old
    return replace(intent, lines=tuple(line.replace(old, new) for line in intent.lines))


def check(directory: Directory, capfd: Any) -> tuple[int, str]:
    """Hold the prediction to the living network; exit code and what was said."""
    capfd.readouterr()
    code = enter(directory, ["--directory", str(directory.path.parent), "check"])
    return code, capfd.readouterr().out


def test_expressroute_is_best_the_tunnel_stands_by_and_the_prediction_holds(
    routers: LivingRouters, capfd: Any
) -> None:
    assert routers.best(HUB) == EDGE
    assert routers.has_tunnel()
    code, said = check(routers.living, capfd)
    assert (code, said.partition(",")[0]) == (0, "steady state: 30 pairs"), said
    assert "0 mismatches" in said


def test_answers_come_from_what_lives(routers: LivingRouters) -> None:
    table = routers.parsed("show ip route", routers.show(BOTH, "ip route vrf 30"))
    ways = {f"{row['network']}/{row['prefix_length']}": row for row in table}
    assert ways[HUB]["nexthop_ip"] == EDGE
    assert (ways["10.2.30.0/25"]["protocol"], ways["10.2.30.0/25"]["type"]) == ("O", "E2")
    assert ways["10.10.30.254/32"]["nexthop_if"] == "Tunnel30"
    assert ways["192.168.30.17/32"]["protocol"] == "L"
    (neighbor,) = routers.parsed("show ip ospf neighbor", routers.show(BOTH, "ip ospf neighbor"))
    assert neighbor["state"].startswith("FULL")
    assert f"{EDGE} " in routers.show(BOTH, "bfd neighbors")
    assert " Up " in routers.show(BOTH, "bfd neighbors")
    detail = routers.show(BOTH, f"ip bgp vpnv4 vrf 30 neighbors {EDGE}")
    assert "BFD peer is Up" in detail
    assert "BGP state = Established, up for" in detail


def test_a_second_push_changes_nothing_and_no_session(routers: LivingRouters) -> None:
    began = time.monotonic()
    assert not routers.push(BOTH, golden(BOTH)).changed
    longer = routers.push(BOTH, changed(golden(BOTH), "expressroute1 primary", "expressroute1, first link"))
    assert longer.changed
    assert not longer.waiting
    assert "expressroute1, first link" in routers.show(BOTH, f"ip bgp vpnv4 vrf 30 neighbors {EDGE}")
    took = int(time.monotonic() - began)
    assert all(up_for(routers, neighbor) >= took for neighbor in (EDGE, GATEWAY)), (
        "one is younger than the push"
    )
    routers.push(BOTH, golden(BOTH))


def test_removing_the_route_map_changes_the_table(routers: LivingRouters) -> None:
    """Both paths are one AS long then: the older session wins, VPN's once ExpressRoute's was reset."""
    routers.configure(BOTH, *FAMILY, f"no {PREFERS}")
    routers.type(BOTH, f"clear ip bgp {EDGE}")
    assert wait_until(lambda: routers.is_up(EDGE) and routers.best(HUB) == GATEWAY)
    routers.configure(BOTH, *FAMILY, PREFERS)
    assert wait_until(lambda: routers.best(HUB) == EDGE, 5.0)


def test_a_prefix_list_keeps_a_network_out_and_lets_it_in_again(routers: LivingRouters) -> None:
    without = (
        "ip prefix-list NO-HUB seq 5 deny 10.10.30.0/24",
        "ip prefix-list NO-HUB seq 10 permit 0.0.0.0/0 le 32",
    )
    routers.configure(BOTH, *without, *FAMILY, f"neighbor {EDGE} prefix-list NO-HUB in")
    assert wait_until(lambda: routers.best(HUB) == GATEWAY, 5.0)
    assert "NO-HUB" in routers.show(BOTH, f"bgp vpnv4 unicast vrf 30 neighbors {EDGE}")
    routers.configure(BOTH, f"no {without[0]}")
    assert wait_until(lambda: routers.best(HUB) == EDGE, 5.0)
    routers.configure(BOTH, *FAMILY, f"no neighbor {EDGE} prefix-list NO-HUB in")
    routers.configure(BOTH, "no ip prefix-list NO-HUB")


def test_a_static_route_is_in_the_table_while_it_is_typed(routers: LivingRouters) -> None:
    line = f"ip route vrf 30 10.88.0.0 255.255.0.0 {EDGE}"
    routers.configure(BOTH, line)

    def typed() -> list[Any]:
        rows = routers.parsed("show ip route", routers.show(BOTH, "ip route vrf 30"))
        return [row for row in rows if row["network"] == "10.88.0.0"]

    assert wait_until(lambda: bool(typed()), 5.0)
    (row,) = typed()
    assert (row["protocol"], row["prefix_length"], row["nexthop_ip"]) == ("S", "16", EDGE)
    routers.configure(BOTH, f"no {line}")
    assert wait_until(lambda: not typed(), 5.0)


def test_a_lan_that_ospf_does_not_cover_has_no_neighbor(routers: LivingRouters) -> None:
    (network,) = (line.strip() for line in golden(BOTH).lines if re.match(r" *network .* area ", line))
    assert "FULL" in routers.show(BOTH, "ip ospf neighbor")
    routers.configure(BOTH, "router ospf 30 vrf 30", f"no {network}")
    assert wait_until(lambda: "FULL" not in routers.show(BOTH, "ip ospf neighbor"))
    assert " O E2 " not in routers.show(BOTH, "ip route vrf 30").partition("Gateway of last resort")[2]
    routers.configure(BOTH, "router ospf 30 vrf 30", network)
    assert wait_until(lambda: "FULL" in routers.show(BOTH, "ip ospf neighbor"))


def keys(key: str) -> list[str]:
    return [*KEYRING, *(f"pre-shared-key {side} {key}" for side in ("local", "remote"))]


def works(routers: LivingRouters) -> bool:
    return routers.has_tunnel() and routers.is_up(GATEWAY)


def protocol(routers: LivingRouters, interface: str) -> tuple[str, str]:
    """An interface's status, and its line protocol's."""
    rows = routers.parsed("show ip interface brief", routers.show(BOTH, "ip interface brief"))
    (found,) = ((row["status"], row["proto"]) for row in rows if row["interface"] == interface)
    return found


def test_a_wrong_key_breaks_the_tunnel_and_a_mended_one_brings_it_back(routers: LivingRouters) -> None:
    routers.configure(BOTH, *keys("another-key"))
    assert wait_until(lambda: not routers.has_tunnel())
    assert routers.best(HUB) == EDGE
    assert "directly connected, Tunnel30" not in routers.show(BOTH, "ip route vrf 30")
    assert protocol(routers, "Tunnel30") == ("up", "down")
    routers.configure(BOTH, *keys(KEY))
    assert wait_until(lambda: works(routers))
    assert protocol(routers, "Tunnel30") == ("up", "up")
    for file in routers.living.path.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


def test_a_key_that_is_another_in_azure_breaks_the_tunnel(routers: LivingRouters) -> None:
    routers.azure["connections"][0]["key"] = "changed-in-azure"
    assert wait_until(lambda: not routers.has_tunnel())
    routers.azure["connections"][0]["key"] = KEY
    assert wait_until(lambda: works(routers))


def test_a_connection_that_is_gone_from_azure_takes_the_tunnel_with_it(routers: LivingRouters) -> None:
    connection = routers.azure["connections"].pop(0)
    assert wait_until(lambda: not routers.has_tunnel())
    routers.azure["connections"].insert(0, connection)
    assert wait_until(lambda: works(routers))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        pytest.param(
            "ip address 192.168.30.18 255.255.255.252",
            "ip address 192.168.30.17 255.255.255.252",
            id="address",
        ),
        pytest.param(
            "encapsulation dot1Q 30 second-dot1q 301", "encapsulation dot1Q 30 second-dot1q 300", id="tag"
        ),
        pytest.param("shutdown", "no shutdown", id="shut"),
    ],
)
def test_what_is_wrong_on_an_interface_keeps_the_session_down(
    routers: LivingRouters, wrong: str, right: str
) -> None:
    """VPN takes over, and ExpressRoute is best again once it is mended."""
    routers.configure(BOTH, LINK, wrong)
    assert wait_until(lambda: not routers.is_up(EDGE))
    assert wait_until(lambda: routers.best(HUB) == GATEWAY)
    routers.configure(BOTH, LINK, right)
    assert wait_until(lambda: routers.best(HUB) == EDGE)


def test_a_tag_that_is_another_in_azure_keeps_the_session_down(routers: LivingRouters) -> None:
    peering = routers.azure["peerings"][0]
    peering["vlanId"] = 301
    assert wait_until(lambda: not routers.is_up(EDGE))
    peering["vlanId"] = 300
    assert wait_until(lambda: routers.is_up(EDGE))


def test_an_interface_in_no_vrf_leads_nowhere(routers: LivingRouters) -> None:
    routers.configure(BOTH, LINK, "no ip vrf forwarding")
    assert wait_until(lambda: not routers.is_up(EDGE))
    routers.configure(BOTH, LINK, "ip vrf forwarding 30", "ip address 192.168.30.17 255.255.255.252")
    assert wait_until(lambda: routers.is_up(EDGE))


def test_a_push_that_breaks_a_session_is_undone_and_the_session_comes_back(routers: LivingRouters) -> None:
    before = routers.servers[BOTH].running
    broken = changed(golden(BOTH), "remote-as 12076", "remote-as 12077")
    with pytest.raises(PushError, match=f"no BGP session with {EDGE}") as failure:
        routers.push(BOTH, broken)
    assert failure.value.undone
    assert routers.servers[BOTH].running == before
    assert wait_until(lambda: routers.best(HUB) == EDGE)


def test_a_push_that_cuts_its_own_way_is_undone_by_the_timer(routers: LivingRouters) -> None:
    server = routers.servers[BOTH]
    before = server.running
    server.device.timer._minute = 5.0
    cut = golden(BOTH)
    lines = (*cut.lines, "interface GigabitEthernet0", " shutdown")
    try:
        with pytest.raises(PushError):
            routers.push(BOTH, replace(cut, lines=lines), revert_minutes=1)
        assert wait_until(lambda: server.running == before)
    finally:
        server.device.timer._minute = 60.0
    assert routers.best(HUB) == EDGE


def test_a_reload_ends_every_session(routers: LivingRouters) -> None:
    began = time.monotonic()
    routers.type(BOTH, "reload", "")
    assert wait_until(lambda: routers.is_up(EDGE) and works(routers))
    for neighbor in (EDGE, GATEWAY):
        assert up_for(routers, neighbor) < time.monotonic() - began


def answers(routers: LivingRouters) -> bool:
    """Whether the router lets anybody in."""
    try:
        routers.type(BOTH)
    except (OSError, asyncssh.Error):
        return False
    return True


def test_a_router_without_power_comes_back_with_what_was_saved(routers: LivingRouters) -> None:
    """What was typed and not saved is gone, as are its address and its sessions' past."""
    saved = routers.servers[BOTH].device.startup
    routers.configure(
        BOTH, "interface Loopback77", "ip vrf forwarding 30", "ip address 10.77.0.1 255.255.255.255"
    )
    assert wait_until(lambda: "10.77.0.1" in routers.show(BOTH, "ip route vrf 30"))
    drill = CommandLine(routers.living.path.parent).start("drill", f"router:{BOTH}", "--how", "gone")
    assert wait_until(lambda: not answers(routers))
    said, _ = drill.communicate(timeout=LIVING_SECONDS)
    assert drill.returncode == 0, said
    assert f"router:{BOTH} has power again, and starts from what was saved" in said
    assert routers.servers[BOTH].running == saved
    assert "10.77.0.1" not in routers.show(BOTH, "ip route vrf 30")
    assert routers.best(HUB) == EDGE
    assert works(routers)


def drain(routers: LivingRouters) -> CommandLine:
    """The command line of the lab, with what it needs to type on its routers."""
    room = routers.living.path.parent
    (room / "password").write_text(PASSWORD)
    return CommandLine(room)


def test_a_planned_drain_is_typed_loses_nothing_and_leaves_no_line(routers: LivingRouters) -> None:
    before = routers.servers[BOTH].running
    command_line = drain(routers)
    code, said = command_line.run("drill", "--how", "drain")
    assert code == 0, said
    (file,) = (routers.living.path / "drills").glob("*drain.json")
    drill = json.loads(file.read_text())
    assert [probe["lost"] for probe in drill["probes"]] == [0, 0]
    told = [event["what"] for event in drill["events"]]
    moved = told.index("traffic from hub to location1 no longer goes by link:expressroute1/primary")
    assert moved < told.index("the location's prefixes are withdrawn from link:expressroute1/primary")
    typed = [entry.text for entry in routers.servers[BOTH].transcript]
    assert f"neighbor {EDGE} route-map drained-out out" in typed
    assert routers.servers[BOTH].running == before


def test_ctrl_c_during_a_typed_drain_takes_everything_back(routers: LivingRouters) -> None:
    before = routers.servers[BOTH].running
    process = drain(routers).start("drill", "--how", "drain")
    assert wait_until(lambda: "drained-" in routers.servers[BOTH].running)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=LIVING_SECONDS)
    assert routers.servers[BOTH].running == before
