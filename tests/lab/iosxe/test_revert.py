"""The archive, and changes that undo themselves unless confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lab.iosxe.server import RouterServer

Start = Callable[..., Awaitable[RouterServer]]
Dial = Callable[..., Awaitable[Any]]
NOT_PENDING = "%No Rollback Confirmed Change pending\n"


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  the router announces nothing
            await asyncio.sleep(0.01)


async def test_reverts_by_itself_without_the_user(start: Start, dial: Dial) -> None:
    router = await start(minute=1.0)
    before = router.running
    terminal = await dial(router)
    said = await terminal.run("configure terminal revert timer 1")
    assert said.startswith(
        "Rollback Confirmed Change: Backing up current running config to bootflash:archive-"
    )
    assert terminal.prompt == "R1(config)#"
    await terminal.run_all("ip vrf 30", "interface Loopback30", "description gone soon")
    assert router.running != before
    await terminal.close()
    await _until(lambda: router.running == before)
    assert (await (await dial(router)).run("configure confirm")) == NOT_PENDING


async def test_confirmed_change_stays(router: RouterServer, dial: Dial) -> None:
    terminal, other = await dial(router), await dial(router)
    await terminal.run_all("configure terminal revert timer 1", "ip vrf 30", "end")
    assert await other.run("configure confirm") == ""
    assert await other.run("show archive config rollback timer") == NOT_PENDING
    assert router.device.timer.pending is None
    assert "ip vrf 30" in router.running


async def test_revert_now_and_what_is_pending(router: RouterServer, terminal: Any) -> None:
    before = router.running
    await terminal.run_all("configure terminal revert timer 5", "ip vrf 30", "end")
    pending = await terminal.run("show archive config rollback timer")
    assert "Timer type: absolute timer\nTimer value: 5 min\nUser: admin\n" in pending
    said = await terminal.run("configure revert now")
    assert said.startswith("Rollback Confirmed Change: rolling to:bootflash:archive-")
    assert "Rollback Done" in said
    assert router.running == before
    assert router.device.startup == before
    assert await terminal.run("configure revert now") == NOT_PENDING


async def test_timer_can_be_extended(router: RouterServer, terminal: Any) -> None:
    assert await terminal.run("configure revert timer 9") == NOT_PENDING
    await terminal.run_all("configure terminal revert timer 5", "end")
    assert await terminal.run("configure revert timer 9") == ""
    assert "Timer value: 9 min" in await terminal.run("show archive config rollback timer")
    assert router.device.timer.pending is not None


async def test_needs_an_archive(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all("configure terminal", "no archive", "end")
    assert await terminal.run("show archive") == " Archive feature not enabled\n"
    assert await terminal.run("configure terminal revert timer 5") == (
        "%Turn config archive on before using Rollback Confirmed Change\n"
    )
    assert terminal.prompt == "R1#"
    assert router.device.timer.pending is None


async def test_archive_that_cannot_be_opened(terminal: Any) -> None:
    await terminal.run_all("configure terminal", "archive", "path tftp://192.0.2.1/$h", "end")
    assert await terminal.run("configure terminal revert timer 5") == (
        "%Error opening tftp://192.0.2.1/R1 (No such device)\n"
    )
    assert terminal.prompt == "R1#"


async def test_second_timer_is_refused(router: RouterServer, dial: Dial) -> None:
    one, two = await dial(router), await dial(router)
    await one.run("configure terminal revert timer 5")
    assert (await two.run("configure terminal revert timer 5")).startswith("%Rollback Confirmed Change")
    assert two.prompt == "R1#"


@pytest.mark.parametrize("minutes", ["0", "121", "x"])
async def test_minutes_are_bounded(terminal: Any, minutes: str) -> None:
    said = await terminal.run(f"configure terminal revert timer {minutes}")
    assert said.startswith(" " * (len("R1#") + len("configure terminal revert timer ")) + "^\n")


async def test_pending_change_outlives_the_process(start: Start, dial: Dial) -> None:
    first = await start(minute=1.0)
    before = first.running
    terminal = await dial(first)
    await terminal.run_all("configure terminal revert timer 1", "ip vrf 30")
    await first.stop()
    assert "ip vrf 30" in first.running
    second = await start()
    await _until(lambda: second.running == before)
    assert (await (await dial(second)).run("configure confirm")) == NOT_PENDING


async def test_archive_keeps_the_last_files(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all(
        "configure terminal", "archive", "maximum 2", "write-memory", "path flash:$h-", "end"
    )
    for _ in range(3):
        await terminal.run("write memory")
    await terminal.run("archive config")
    shown = (await terminal.run("show archive")).splitlines()
    assert shown[0] == "The maximum archive configurations allowed is 2."
    assert shown[2] == "The next archive file will be named flash:R1--<timestamp>-4"
    assert [line.split()[0] for line in shown[4:]] == ["1", "2"]
    assert shown[4].endswith("-2")
    assert shown[5].endswith("-3 <- Most Recent")
    assert router.device.archive.text(router.device.archive.names[-1]) == router.running


async def test_replace_returns_to_a_file(router: RouterServer, terminal: Any) -> None:
    before = router.running
    await terminal.run("archive config")
    [name] = router.device.archive.names
    await terminal.run_all("configure terminal", "ip vrf 30", "end")
    assert "No such file" in await terminal.run("configure replace bootflash:none force")
    terminal.type(f"configure replace {name}\n")
    assert "Enter Y if you are sure" in await terminal.until(r"\[no\]: $")
    terminal.type("n\n")
    await terminal.settle()
    assert router.running != before
    assert "Rollback Done" in await terminal.run(f"configure replace {name} force")
    assert router.running == before


async def test_replace_for_a_time(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all("configure terminal", "ip vrf 30", "end")
    changed = router.running
    assert "Rollback Done" in await terminal.run("configure replace nvram:startup-config force time 3")
    assert router.running == router.device.startup
    assert "Timer value: 3 min" in await terminal.run("show archive config rollback timer")
    await terminal.run("configure revert now")
    assert router.running == changed
