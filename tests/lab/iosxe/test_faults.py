"""What a test can make a router do wrong, by the hook inside the process and by the file beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from netmiko import ConfigInvalidException

from lab.iosxe.faults import Fault, Moment
from lab.iosxe.server import RouterServer

Start = Callable[..., Awaitable[RouterServer]]
Dial = Callable[..., Awaitable[Any]]
Wish = Callable[..., None]


@pytest.fixture
def wish(tmp_path: Path) -> Wish:
    """Writes the fault file of R1; without arguments takes it away."""

    def write(**wishes: Any) -> None:
        file = tmp_path / "R1.faults.json"
        if not wishes:
            file.unlink()
            return
        new = file.with_suffix(".new")
        new.write_text(json.dumps(wishes))
        new.replace(file)

    return write


async def test_hook_sees_every_step_in_order(start: Start, dial: Dial) -> None:
    seen: list[tuple[int, Moment, str]] = []

    async def faults(step: int, moment: Moment, text: str) -> Fault | None:
        seen.append((step, moment, text))
        return None

    router = await start(faults=faults)
    terminal = await dial(router, endless_screen=False)
    await terminal.run("terminal length 0")
    assert seen == [
        (1, Moment.ACCEPT, ""),
        (2, Moment.LOGIN, "admin"),
        (3, Moment.CONNECT, ""),
        (4, Moment.LINE, "terminal length 0"),
        (5, Moment.OUTPUT, "R1#"),
    ]


@pytest.mark.parametrize("moment", [Moment.CONNECT, Moment.LINE, Moment.OUTPUT])
async def test_drop(start: Start, dial: Dial, moment: Moment) -> None:
    async def faults(_step: int, now: Moment, text: str) -> Fault | None:
        hit = now is moment and (now is Moment.CONNECT or "vrf 30" in text or "config-vrf" in text)
        return Fault(drop=True) if hit else None

    router = await start(faults=faults)

    async def work() -> None:
        await (await dial(router)).run_all("configure terminal", "ip vrf 30")

    with pytest.raises((EOFError, asyncssh.Error)):
        await work()
    assert ("ip vrf 30" in router.running) == (moment is Moment.OUTPUT)


async def test_rejected_line_changes_nothing_and_netmiko_sees_it(
    router: RouterServer, netmiko: Callable[..., Any], wish: Wish
) -> None:
    wish(rules=[{"matches": "^rd", "reject": "% Invalid input detected at '^' marker.\n"}])

    def push() -> None:
        with netmiko(router) as connection:
            connection.send_config_set(["ip vrf 30", "rd 1:30"], error_pattern=r"% Invalid")

    with pytest.raises(ConfigInvalidException):
        await asyncio.to_thread(push)
    assert "ip vrf 30\n!\n" in router.running
    await asyncio.to_thread(push)  # a rule holds once unless told otherwise
    assert "ip vrf 30\n rd 1:30\n" in router.running


async def test_line_lost_in_silence(router: RouterServer, terminal: Any, wish: Wish) -> None:
    wish(rules=[{"matches": "^ip vrf", "reject": ""}])
    await terminal.run("configure terminal")
    assert await terminal.run("ip vrf 30") == ""
    assert "ip vrf 30" not in router.running


async def test_question_takes_the_next_line_for_its_answer(
    router: RouterServer, terminal: Any, wish: Wish
) -> None:
    wish(rules=[{"matches": "^ip vrf", "ask": "Really? [confirm]"}])
    await terminal.run("configure terminal")
    terminal.type("ip vrf 30\n")
    await terminal.until(r"Really\? \[confirm\]$")
    assert await terminal.run("ip vrf 31") == ""
    assert "ip vrf" not in router.running


async def test_log_lines_stand_before_the_answer(terminal: Any, wish: Wish) -> None:
    log = "*Jan  1 00:00:00.000: %SYS-5-CONFIG_I: Configured from console by admin #1"
    wish(rules=[{"at": "output", "log": [log]}, {"at": "line", "log": [log]}])
    assert await terminal.run("show privilege") == (f"\n{log}\n{log}\nCurrent privilege level is 15\n")


async def test_pieces_arrive_whole(router: RouterServer, terminal: Any, wish: Wish) -> None:
    wish(rules=[{"at": "output", "pieces": 1, "times": 0}])
    assert (await terminal.run("show running-config")).endswith(router.running)


async def test_delay_comes_before_the_line_is_run(router: RouterServer, terminal: Any, wish: Wish) -> None:
    wish(rules=[{"matches": "vrf 30", "delay": 1.0}])
    await terminal.run("configure terminal")
    terminal.type("ip vrf 30\n")
    await terminal.until("ip vrf 30\n$")
    assert "ip vrf 30" not in router.running
    await terminal.settle()
    assert "ip vrf 30" in router.running


async def test_skip_and_times_choose_the_lines(router: RouterServer, terminal: Any, wish: Wish) -> None:
    wish(rules=[{"matches": "^ip vrf", "skip": 1, "times": 2, "reject": "% no"}])
    await terminal.run("configure terminal")
    said = await terminal.run_all(*(f"ip vrf {number}" for number in range(1, 5)))
    assert said == ["ip vrf 2: % no\n", "ip vrf 3: % no\n"]
    assert "ip vrf 1\n!\nip vrf 4\n" in router.running


async def test_rejected_position_stays(terminal: Any, wish: Wish) -> None:
    wish(rules=[{"matches": "^interface", "reject": "% no"}])
    await terminal.run_all("configure terminal", "ip vrf 30")
    await terminal.run("interface Loopback30")
    assert terminal.prompt == "R1(config-vrf)#"


@pytest.mark.parametrize("connections", ["cut", "unanswered"])
async def test_unreachable_until_the_file_goes(
    router: RouterServer, dial: Dial, wish: Wish, connections: str
) -> None:
    wish(connections=connections)
    with pytest.raises((OSError, asyncssh.Error, TimeoutError)):
        await asyncio.wait_for(dial(router), 0.5)
    assert router.transcript == []
    wish()
    assert (await dial(router)).prompt == "R1#"


async def test_changed_host_key_gets_no_password(router: RouterServer, dial: Dial, wish: Wish) -> None:
    wish(host_key="changed")
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        await dial(router)
    wish(host_key="own")
    assert (await dial(router)).prompt == "R1#"


async def test_file_written_anew_counts_anew(terminal: Any, wish: Wish) -> None:
    for _ in range(2):
        wish(rules=[{"matches": "show privilege", "reject": "% once"}])
        assert await terminal.run("show privilege") == "% once\n"
        assert "level is 15" in await terminal.run("show privilege")


MISTAKES = {
    "unknown-name": {"reject": "x"},
    "bad-pattern": {"rules": [{"matches": "("}]},
    "bad-moment": {"rules": [{"at": "noon"}]},
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
async def test_mistaken_file_is_never_passed_over(
    router: RouterServer, dial: Dial, wish: Wish, capsys: pytest.CaptureFixture[str], mistake: dict[str, Any]
) -> None:
    terminal = await dial(router)
    wish(**mistake)
    with pytest.raises((EOFError, asyncssh.Error)):
        await terminal.run("show clock")
    with pytest.raises((OSError, asyncssh.Error)):
        await dial(router)
    assert capsys.readouterr().err.count("router R1: R1.faults.json:") == 2
