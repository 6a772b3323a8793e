"""Sessions that are up, a reboot, lines that take their time, and a log line in the middle of an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncssh
import pytest
from ntc_templates.parse import parse_output  # type: ignore[import-untyped]

from lab.iosxe.faults import Fault, Moment
from lab.iosxe.plane import (
    BfdSession,
    Bgp,
    BgpNeighbor,
    BgpRoute,
    IkeAssociation,
    OspfNeighbor,
    Plane,
    TableRoute,
)
from lab.iosxe.server import RouterServer

Start = Callable[..., Awaitable[RouterServer]]
Dial = Callable[..., Awaitable[Any]]
NEIGHBOR = (
    "configure terminal",
    "ip vrf 30",
    "rd 1:30",
    "router bgp 65021",
    "address-family ipv4 vrf 30",
    "neighbor 192.0.2.1 remote-as 12076",
    "end",
)


class Moving(Plane):
    """A neighbor that is up as soon as it is configured."""

    def __init__(self) -> None:
        self.changes = 0
        self.cleared: list[tuple[str, str]] = []

    def changed(self) -> None:
        self.changes += 1

    async def bgp(self, vrf: str) -> Bgp:
        up = vrf == "30" and "remote-as 12076" in self.configuration()
        established = BgpNeighbor(
            address="192.0.2.1", established=True, state="Established", seconds=413, prefixes=2, bfd="Up"
        )
        return Bgp(router_id="10.0.0.1", version=9, neighbors=(established,) if up else (), routes=ROUTES)

    async def routes(self, vrf: str) -> tuple[TableRoute, ...]:
        assert vrf == "30"
        return TABLE

    async def ike(self) -> tuple[IkeAssociation, ...]:
        return (IkeAssociation(local="198.51.100.1/4500", remote="203.0.113.1/4500", vrf="30"),)

    async def bfd(self) -> tuple[BfdSession, ...]:
        session = BfdSession(neighbor="192.0.2.1", interface="TenGigabitEthernet0/0/0.300", up=True)
        return (replace(session, discriminators=(4097, 12)),)

    async def ospf(self) -> tuple[OspfNeighbor, ...]:
        return (
            OspfNeighbor(router_id="10.0.0.9", address="192.168.30.1", interface="Te1", state="FULL/  -"),
        )

    async def clear_bgp(self, neighbor: str, direction: str) -> None:
        self.cleared.append((neighbor, direction))


ROUTES = (
    BgpRoute(network="10.1.0.0/16", next_hop="192.0.2.1", local_preference=200, best=True, as_path="12076"),
    BgpRoute(network="10.1.0.0/16", next_hop="192.0.2.5", as_path="65515"),
    BgpRoute(network="192.168.130.128/25", next_hop="192.0.2.5", internal=True, local_preference=100),
    BgpRoute(network="192.168.9.0/24", next_hop="0.0.0.0", metric=0, weight=32768, best=True),
)
TABLE = (
    TableRoute(code="C", network="192.0.2.0/30", ways=(("", "TenGigabitEthernet0/0/0.300"),)),
    TableRoute(code="L", network="192.0.2.2/32", ways=(("", "TenGigabitEthernet0/0/0.300"),)),
    TableRoute(code="B", network="10.1.0.0/16", ways=(("192.0.2.1", ""),), distance=20, seconds=413),
    TableRoute(
        code="O E2",
        network="0.0.0.0/0",
        ways=(("192.168.30.1", "Te1"), ("192.168.30.5", "Te2")),
        distance=110,
        metric=1,
    ),
)


def parsed(command: str, text: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = parse_output(platform="cisco_ios", command=command, data=text)
    return rows


async def test_nothing_is_up_by_itself(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all(*NEIGHBOR)
    summary = await terminal.run("show ip bgp vpnv4 vrf 30 summary")
    assert summary.splitlines()[-1].split()[-2:] == ["never", "Idle"]
    for question in ("ip bgp vpnv4 vrf 30", "crypto ikev2 sa", "bfd neighbors", "ip ospf neighbor"):
        assert await terminal.run(f"show {question}") == ""
    assert "Gateway of last resort is not set" in await terminal.run("show ip route vrf 30")
    del router


@pytest.fixture
async def moving(start: Start, dial: Dial) -> tuple[Moving, Any]:
    """A plane, and a terminal of the router in front of it."""
    plane = Moving()
    terminal = await dial(await start(plane=plane))
    await terminal.run_all(*NEIGHBOR)
    return plane, terminal


async def test_answers_are_read_by_templates_made_for_ios(moving: tuple[Moving, Any]) -> None:
    """Those of Network to Code, which were made from what real routers print."""
    _, terminal = moving
    (row,) = parsed("show ip bgp summary", await terminal.run("show ip bgp vpnv4 vrf 30 summary"))
    assert (row["bgp_neighbor"], row["up_down"]) == ("192.0.2.1", "00:06:53")
    assert row["state_or_prefixes_received"] == "2"
    rows = parsed("show ip bgp", await terminal.run("show ip bgp vpnv4 vrf 30"))
    assert [(row["network"], row["next_hop"], row["path_selection"], row["local_pref"]) for row in rows] == [
        ("10.1.0.0/16", "192.0.2.1", ">", "200"),
        ("10.1.0.0/16", "192.0.2.5", " ", ""),
        ("192.168.130.128/25", "192.0.2.5", " ", "100"),
        ("192.168.9.0", "0.0.0.0", ">", ""),
    ]
    (row,) = parsed("show ip bgp neighbors", await terminal.run("show ip bgp vpnv4 vrf 30 neighbors"))
    assert (row["neighbor"], row["vrf"], row["bgp_state"]) == ("192.0.2.1", "30", "Established")
    rows = parsed("show ip route", await terminal.run("show ip route vrf 30"))
    assert [(row["protocol"], row["network"], row["nexthop_ip"], row["nexthop_if"]) for row in rows] == [
        ("O", "0.0.0.0", "192.168.30.1", "Te1"),
        ("O", "0.0.0.0", "192.168.30.5", "Te2"),
        ("B", "10.1.0.0", "192.0.2.1", ""),
        ("C", "192.0.2.0", "", "TenGigabitEthernet0/0/0.300"),
        ("L", "192.0.2.2", "", "TenGigabitEthernet0/0/0.300"),
    ]
    assert {row["vrf"] for row in rows} == {"30"}
    (row,) = parsed("show ip ospf neighbor", await terminal.run("show ip ospf neighbor"))
    assert (row["neighbor_id"], row["state"].split("/")[0]) == ("10.0.0.9", "FULL")


async def test_bgp_is_asked_in_either_spelling_and_of_all_families(moving: tuple[Moving, Any]) -> None:
    _, terminal = moving
    for question in ("", " summary", " neighbors", " neighbors 192.0.2.1"):
        said = await terminal.run(f"show bgp vpnv4 unicast vrf 30{question}")
        assert said == await terminal.run(f"show ip bgp vpnv4 vrf 30{question}")
        assert "192.0.2.1" in said
    said = await terminal.run("show bgp all neighbors")
    assert said.startswith("For address family: IPv4 Unicast\n\nFor address family: VPNv4 Unicast\n\n")
    (row,) = parsed("show ip bgp neighbors", said)
    assert (row["neighbor"], row["vrf"], row["bgp_state"]) == ("192.0.2.1", "30", "Established")
    assert "192.0.2.1" not in await terminal.run("show bgp all neighbors 192.0.2.9")


async def test_answers_without_a_template_have_the_form_of_published_ones(
    moving: tuple[Moving, Any],
) -> None:
    _, terminal = moving
    associations = (await terminal.run("show crypto ikev2 sa")).splitlines()
    assert associations[:4] == [
        " IPv4 Crypto IKEv2  SA ",
        "",
        "Tunnel-id Local                 Remote                fvrf/ivrf            Status",
        "1         198.51.100.1/4500     203.0.113.1/4500      none/30              READY ",
    ]
    assert (await terminal.run("show bfd neighbors")).splitlines()[1:] == [
        "IPv4 Sessions",
        "NeighAddr                              LD/RD         RH/RS     State     Int",
        "192.0.2.1                              4097/12       Up        Up        Te0/0/0.300",
    ]


async def test_plane_is_told_of_each_line_and_of_nothing_else(moving: tuple[Moving, Any]) -> None:
    plane, terminal = moving
    before = plane.changes
    await terminal.run_all("show clock", "configure terminal", "ip vrf 31", "description x", "end")
    await terminal.run_all("configure terminal", "no ip vrf 99", "junk", "end")
    assert plane.changes == before + 2


async def test_plane_reads_keys_in_clear_that_the_router_shows_sealed(moving: tuple[Moving, Any]) -> None:
    plane, terminal = moving
    lines = ("password encryption aes", "crypto ikev2 keyring K", "peer P", "pre-shared-key local s3cret-42")
    await terminal.run_all("configure terminal", *lines, "end")
    assert "s3cret-42" not in await terminal.run("show running-config")
    assert "  pre-shared-key local s3cret-42\n" in plane.configuration()


@pytest.mark.parametrize(
    ("command", "cleared"),
    [
        ("clear ip bgp *", [("192.0.2.9", ""), ("192.0.2.1", "")]),
        ("clear ip bgp 192.0.2.9", [("192.0.2.9", "")]),
        ("clear ip bgp 192.0.2.1 soft in", [("192.0.2.1", "in")]),
        ("clear ip bgp vrf 30 12076 soft", [("192.0.2.1", "both")]),
        ("clear ip bgp vrf 30 ipv4 unicast * out", [("192.0.2.1", "out")]),
        ("clear ip bgp 192.0.2.8", []),
        ("clear ip bgp vrf 31 12076", []),
        ("clear ip bgp vrf 30 65000", []),
        ("clear ip bgp vrf 30 192.0.2.1 soft in", []),
    ],
)
async def test_sessions_are_cleared(moving: tuple[Moving, Any], command: str, cleared: list[Any]) -> None:
    plane, terminal = moving
    await terminal.run_all(
        "configure terminal", "router bgp 65021", "neighbor 192.0.2.9 remote-as 65000", "end"
    )
    said = await terminal.run(command)
    assert plane.cleared == cleared
    assert bool(said) == (not cleared)


async def test_reload_returns_to_what_was_saved(start: Start, dial: Dial) -> None:
    router = await start()
    before = router.running
    terminal = await dial(router)
    await terminal.run_all("configure terminal revert timer 5", "ip vrf 30", "end")
    terminal.type("reload\n")
    await terminal.until(r"\[confirm\]$")
    terminal.type("\n")
    with pytest.raises((EOFError, asyncssh.Error)):
        await terminal.until("never")
    assert router.running == before
    assert router.device.timer.pending is None
    assert (await (await dial(router)).run("show clock")).endswith("\n")


async def test_reload_can_be_refused(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all("configure terminal", "ip vrf 30", "end")
    terminal.type("reload\n")
    await terminal.until(r"\[confirm\]$")
    await terminal.run("n")
    assert "ip vrf 30" in router.running


async def test_latency_is_for_each_line(start: Start, dial: Dial) -> None:
    terminal = await dial(await start(latency=0.05))
    begun = time.monotonic()
    await terminal.run_all("show clock", "show clock", "show clock")
    assert time.monotonic() - begun >= 3 * 0.05


async def test_log_line_in_the_middle_of_an_answer(start: Start, dial: Dial) -> None:
    async def faults(_: int, moment: Moment, text: str) -> Fault | None:
        await asyncio.sleep(0)
        return Fault(log=("%LOG",), into=5) if moment is Moment.OUTPUT and "privilege" in text else None

    terminal = await dial(await start(faults=faults))
    assert await terminal.run("show privilege") == "Curre\n%LOG\nnt privilege level is 15\n"
