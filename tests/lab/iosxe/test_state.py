"""What outlives a line, a session and the process: saving, files, keys, secrets, transcripts."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from lab.iosxe.server import RouterServer

Start = Callable[..., Awaitable[RouterServer]]
Dial = Callable[..., Awaitable[Any]]
CANARY = "cAnAry-0f-the-k3y"
KEYRING = (
    "configure terminal",
    "crypto ikev2 keyring k",
    "peer azure",
    f"pre-shared-key local {CANARY}",
    f"pre-shared-key remote {CANARY}",
)


async def test_running_and_startup_differ_until_saved(router: RouterServer, terminal: Any) -> None:
    assert router.device.startup == router.running
    await terminal.run_all("configure terminal", "ip vrf 30", "end")
    assert "ip vrf 30" not in await terminal.run("show startup-config")
    assert await terminal.run("write memory") == "Building configuration...\n[OK]\n"
    assert (await terminal.run("show startup-config")).endswith(router.running)


async def test_copy_asks_for_the_destination(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all("configure terminal", "ip vrf 30", "end")
    terminal.type("copy running-config startup-config\n")
    await terminal.until(r"Destination filename \[startup-config\]\? $")
    assert router.device.startup != router.running
    terminal.type("\n")
    assert "[OK]" in await terminal.settle()
    assert router.device.startup == router.running


async def test_everything_is_there_after_a_restart(start: Start, dial: Dial) -> None:
    first = await start()
    terminal = await dial(first)
    await terminal.run_all(*KEYRING, "end")
    running, startup, key = first.running, first.device.startup, first.host_key
    await terminal.close()
    await first.stop()

    second = await start()
    assert (second.running, second.device.startup, second.host_key) == (running, startup, key)
    assert startup != running


async def test_unsaved_lines_survive_a_cut_connection(start: Start, dial: Dial) -> None:
    first = await start()
    terminal = await dial(first)
    await terminal.run_all("configure terminal", "ip vrf 30")
    await first.stop()
    assert "ip vrf 30" in (await start()).running


async def test_each_router_has_its_own_key(start: Start) -> None:
    assert (await start("R1")).host_key != (await start("R2")).host_key


async def test_secrets_are_in_no_file_answer_or_transcript(
    router: RouterServer, terminal: Any, tmp_path: Path
) -> None:
    await terminal.run_all(*KEYRING)
    await terminal.run_all("router bgp 65021", "neighbor 10.0.0.1 remote-as 1")
    await terminal.run_all(f"neighbor 10.0.0.1 password {CANARY}", "end", "write memory", "archive config")
    shown = await terminal.run("show running-config") + await terminal.run("show startup-config")
    assert "pre-shared-key local 6 " in shown
    assert CANARY not in shown
    assert "lab-Pa55word" not in shown
    files = [file for file in tmp_path.rglob("*") if file.is_file()]  # noqa: ASYNC240  a few, local
    assert len(files) > 4
    for file in files:
        assert CANARY.encode() not in file.read_bytes(), file
        assert b"lab-Pa55word" not in file.read_bytes(), file
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file
    assert "pre-shared-key local ***" in [entry.text for entry in router.transcript]
    assert CANARY not in repr(router.transcript)


async def test_key_is_sealed_with_a_new_salt_but_the_same_key(router: RouterServer, terminal: Any) -> None:
    def sealed() -> list[str]:
        return [line for line in router.running.splitlines() if "pre-shared-key" in line]

    await terminal.run_all(*KEYRING, "end")
    first = sealed()
    await terminal.run_all(*KEYRING, "end")
    assert sealed() != first
    for line in (*first, *sealed()):
        assert " 6 " in line
        assert router.device.sealer.open_all(line).endswith(f" {CANARY}")


async def test_transcript_keeps_connection_mode_and_text(start: Start, dial: Dial, tmp_path: Path) -> None:
    router = await start()
    one, two = await dial(router, endless_screen=False), await dial(router, endless_screen=False)
    await one.run_all("configure terminal", "ip vrf 30", "rd 1:30")
    await two.run("show clock")
    seen = [(entry.connection, entry.mode, entry.text) for entry in router.transcript]
    assert seen == [
        (1, "exec", "configure terminal"),
        (1, "config", "ip vrf 30"),
        (1, "config-vrf", "rd 1:30"),
        (2, "exec", "show clock"),
    ]
    assert (tmp_path / "R1.transcript").read_text().splitlines()[1] == "1\tconfig\tip vrf 30"


async def test_two_sessions_edit_one_configuration(router: RouterServer, dial: Dial) -> None:
    one, two = await dial(router), await dial(router)
    for terminal in (one, two):
        await terminal.run_all("configure terminal", "router bgp 65021")
    await asyncio.gather(
        one.run_all(*(f"neighbor 10.0.1.{number} remote-as 1" for number in range(1, 41))),
        two.run_all(*(f"neighbor 10.0.2.{number} remote-as 2" for number in range(1, 41))),
    )
    assert router.running.count("remote-as 1\n") == router.running.count("remote-as 2\n") == 40
    assert await two.run("no neighbor 10.0.1.1") == ""
    assert "10.0.1.1 " not in await one.run("do show running-config | include neighbor 10.0.1.1 ")


async def test_section_removed_by_another_session(router: RouterServer, dial: Dial) -> None:
    one, two = await dial(router), await dial(router)
    await one.run_all("configure terminal", "ip vrf 30")
    await two.run_all("configure terminal", "no ip vrf 30", "end")
    await one.run("description lost")
    assert "description lost" not in router.running
    assert one.prompt == "R1(config)#"


@pytest.mark.parametrize("mode", ["auto", "manual"])
async def test_exclusive_configuration_refuses_the_second(
    router: RouterServer, dial: Dial, mode: str
) -> None:
    one, two = await dial(router), await dial(router)
    await one.run_all("configure terminal", f"configuration mode exclusive {mode}", "end")
    await one.run("configure terminal" if mode == "auto" else "configure terminal lock")
    said = await two.run("configure terminal")
    assert said == (
        "Configuration mode locked exclusively by user 'admin' process '0' from terminal '1'."
        " Please try later.\n"
    )
    assert two.prompt == "R1#"
    await one.close()
    await asyncio.wait_for(_until_configuring(two), 10)


async def _until_configuring(terminal: Any) -> None:
    while terminal.prompt != "R1(config)#":
        await terminal.run("configure terminal")


async def test_initial_configuration_replaces_the_first_one(start: Start) -> None:
    router = await start("R7", initial="interface Loopback0\n ip address 10.0.0.1 255.255.255.255\n")
    assert router.running == (
        "hostname R7\n!\ninterface Loopback0\n ip address 10.0.0.1 255.255.255.255\n!\nend\n"
    )


async def test_unknown_initial_line_is_named(start: Start) -> None:
    with pytest.raises(ValueError, match="line 2 of the configuration is unknown here: frobnicate"):
        await start("R8", initial="frobnicate all\n")


@pytest.mark.parametrize(
    ("environment", "code"), [({"IOSXE_PASSWORD": "pw"}, 0), ({}, 2)], ids=["serves", "asks"]
)
async def test_as_a_process(tmp_path: Path, environment: dict[str, str], code: int) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IOSXE_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lab.iosxe", "--hostname", "R9", "--directory", str(tmp_path),
        env=kept | environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    if code == 0:
        name, address, kind, key = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().split()
        known = asyncssh.import_known_hosts(f"[127.0.0.1]:{address.rpartition(':')[2]} {kind} {key}")
        async with asyncssh.connect(
            "127.0.0.1", int(address.rpartition(":")[2]), username="admin", password="pw",
            known_hosts=known, client_keys=None, agent_path=None, config=None,
        ) as connection:  # fmt: skip
            assert "R9 uptime" in str((await connection.run("show version", timeout=10)).stdout)
        assert name == "R9"
        process.send_signal(signal.SIGTERM)
    _, complaint = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == code, complaint
    assert (b"set IOSXE_PASSWORD" in complaint) == bool(code)


async def test_ports_are_plugged_in_and_stay(router: RouterServer, start: Start) -> None:
    await router.stop()
    first = await start()
    ports = ("TenGigabitEthernet0/0/0", "GigabitEthernet0/0/3", "TwentyFiveGigE0/1/0")
    first.plug_in(ports)
    assert first.running.count("interface TenGigabitEthernet0/0/0\n") == 1
    assert "interface GigabitEthernet0/0/3\n no ip address\n" in first.running
    assert first.device.startup == first.running
    await first.stop()
    second = await start()
    assert "interface GigabitEthernet0/0/3\n" in second.running
    with pytest.raises(ValueError, match="unknown here"):
        second.plug_in(("POS0/0/0",))


async def test_a_port_is_no_reason_to_save_what_was_not(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all("configure terminal", "ip vrf 30", "end")
    router.plug_in(("GigabitEthernet0/0/3",))
    assert "ip vrf 30" not in router.device.startup
    assert "interface GigabitEthernet0/0/3\n" in router.running
