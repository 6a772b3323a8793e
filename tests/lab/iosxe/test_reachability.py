"""Whom a router lets in by its own configuration, and when it cannot be reached at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh
import pytest

from lab.iosxe.faults import Fault, Moment
from lab.iosxe.server import RouterServer

Start = Callable[..., Awaitable[RouterServer]]
Dial = Callable[..., Awaitable[Any]]


async def refused(dial: Dial, router: RouterServer) -> bool:
    try:
        await dial(router)
    except (OSError, asyncssh.Error):
        return True
    return False


async def test_no_free_terminal_line(router: RouterServer, dial: Dial) -> None:
    sessions = [await dial(router) for _ in range(5)]
    assert await refused(dial, router)
    await sessions[2].close()
    async with asyncio.timeout(10):
        while await refused(dial, router):  # noqa: ASYNC110  the router announces nothing
            await asyncio.sleep(0.01)


async def test_more_terminal_lines(router: RouterServer, dial: Dial) -> None:
    sessions = [await dial(router) for _ in range(5)]
    await sessions[0].run_all("configure terminal", "line vty 5 6", "login local", "end")
    assert not await refused(dial, router)


async def test_no_transport(router: RouterServer, dial: Dial) -> None:
    terminal = await dial(router)
    await terminal.run_all("configure terminal", "line vty 0 4", "transport input none", "end")
    assert await refused(dial, router)
    await terminal.run_all("configure terminal", "line vty 0 4", "transport input ssh", "end")
    assert not await refused(dial, router)


@pytest.mark.parametrize(
    ("access_list", "access_class", "is_refused"),
    [
        pytest.param(("access-list 10 permit 10.0.0.0 0.255.255.255",), "10 in vrf-also", True, id="others"),
        pytest.param(("access-list 10 permit 127.0.0.0 0.255.255.255",), "10 in vrf-also", False, id="us"),
        pytest.param(("access-list 10 permit any",), "10 in", True, id="from a VRF"),
        pytest.param((), "10 in vrf-also", False, id="undefined"),
        pytest.param(
            ("ip access-list standard NOC", "deny host 127.0.0.1", "permit any", "exit"),
            "NOC in vrf-also",
            True,
            id="named",
        ),
    ],
)
async def test_access_class(
    router: RouterServer, dial: Dial, access_list: tuple[str, ...], access_class: str, is_refused: bool
) -> None:
    terminal = await dial(router)
    await terminal.run_all("configure terminal", *access_list, "line vty 0 4", f"access-class {access_class}")
    assert await refused(dial, router) is is_refused
    assert await terminal.run("do show clock"), "whoever is in stays in"


@pytest.mark.parametrize(
    "line", ["shutdown", "ip address 198.18.0.11 255.255.255.0", "vrf forwarding Mgmt-intf2"]
)
async def test_port_that_is_managed_by(router: RouterServer, dial: Dial, line: str) -> None:
    terminal = await dial(router)
    await terminal.run_all("configure terminal", "vrf definition Mgmt-intf2", "exit")
    await terminal.run_all("interface GigabitEthernet0")
    terminal.type(f"{line}\n")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await terminal.settle()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await dial(router)
    router.device.editor.load(router.device.startup)
    await terminal.settle()
    assert terminal.prompt == "R1(config-if)#", "TCP has sent it again"
    await dial(router)


async def test_boot_takes_time_and_may_bring_another_key(router: RouterServer, dial: Dial) -> None:
    key = router.host_key
    await dial(router)
    router.reboot(boot=0.2, new_key=True)
    assert await refused(dial, router)
    await asyncio.sleep(0.25)
    await dial(router)
    assert router.host_key != key


@pytest.mark.parametrize("moment", [Moment.ACCEPT, Moment.LOGIN])
async def test_connection_that_is_cut_before_a_session(start: Start, dial: Dial, moment: Moment) -> None:
    async def faults(_: int, now: Moment, text: str) -> Fault | None:
        assert text == ("admin" if now is Moment.LOGIN else "")
        return Fault(drop=True) if now is moment else None

    router = await start(faults=faults)
    assert await refused(dial, router)
    assert router.transcript == []


async def test_what_stands_before_the_first_prompt(start: Start, dial: Dial) -> None:
    async def faults(_: int, now: Moment, __: str) -> Fault | None:
        return Fault(log=("%SYS-5-RESTART: System restarted",)) if now is Moment.CONNECT else None

    initial = "hostname R1\nbanner motd ^C\nAuthorised\n  users only #\n^C\nip vrf 30\n"
    router = await start(initial=initial, foreign=True, faults=faults)
    terminal = await dial(router, endless_screen=False)
    assert terminal.prompt == "R1#"
    assert "banner motd ^C\nAuthorised\n  users only #\n^C\n!\nip vrf 30\n" in router.running


async def test_question_before_the_first_prompt(start: Start, dial: Dial) -> None:
    async def faults(_: int, now: Moment, __: str) -> Fault | None:
        return Fault(ask="Enter new password: ") if now is Moment.CONNECT else None

    router = await start(faults=faults)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await dial(router)
