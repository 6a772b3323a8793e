"""Sessions that are up, a reboot, lines that take their time, and a log line in the middle of an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh
import pytest

from lab.iosxe.faults import Fault, Moment
from lab.iosxe.plane import Plane, Route
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
    def prefixes_received(self, running: str, vrf: str, neighbor: str) -> int | None:
        return 2 if (vrf, neighbor) == ("30", "192.0.2.1") and "remote-as 12076" in running else None

    def routes(self, running: str, vrf: str) -> tuple[Route, ...]:
        del running, vrf
        return (
            Route(
                network="10.1.0.0/16", next_hop="192.0.2.1", local_preference=200, best=True, as_path="12076"
            ),
            Route(network="10.1.0.0/16", next_hop="192.0.2.5"),
        )

    def ike_associations(self, running: str) -> tuple[tuple[str, str], ...]:
        del running
        return (("198.51.100.1", "203.0.113.1"),)


async def test_nothing_is_up_by_itself(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all(*NEIGHBOR)
    assert (await terminal.run("show ip bgp vpnv4 vrf 30 summary")).splitlines()[-1].endswith(" Idle")
    assert await terminal.run("show ip bgp vpnv4 vrf 30") == ""
    assert await terminal.run("show crypto ikev2 sa") == ""
    del router


async def test_plane_says_what_is_up(start: Start, dial: Dial) -> None:
    terminal = await dial(await start(plane=Moving()))
    await terminal.run_all(*NEIGHBOR)
    row = (await terminal.run("show ip bgp vpnv4 vrf 30 summary")).splitlines()[-1].split()
    assert (row[0], row[-1]) == ("192.0.2.1", "2")
    table = (await terminal.run("show ip bgp vpnv4 vrf 30")).splitlines()
    assert [line.split()[:3] for line in table[1:]] == [
        ["*>", "10.1.0.0/16", "192.0.2.1"],
        ["*", "192.0.2.5", "100"],
    ]
    assert "203.0.113.1/500" in await terminal.run("show crypto ikev2 sa")


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
