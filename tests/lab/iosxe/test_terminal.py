"""Login, prompts, echo and refusals, as two independent clients see them over SSH."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh
import pytest
from netmiko import NetmikoAuthenticationException

from lab.iosxe.server import RouterServer

Dial = Callable[..., Awaitable[Any]]
Start = Callable[..., Awaitable[RouterServer]]
INVALID = "% Invalid input detected at '^' marker.\n\n"


async def test_wrong_password_is_refused_by_both_clients(
    router: RouterServer, dial: Dial, netmiko: Callable[..., Any]
) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        await dial(router, "not-it")
    with pytest.raises(NetmikoAuthenticationException):
        await asyncio.to_thread(netmiko, router, password="not-it")
    assert router.transcript == []


async def test_netmiko_configures_saves_and_reads_back(
    router: RouterServer, netmiko: Callable[..., Any]
) -> None:
    def work() -> tuple[str, str, str]:
        with netmiko(router) as connection:
            said = connection.send_config_set(
                ["ip vrf 30", "rd 65021:30", "interface Loopback30", "description seen by netmiko"],
                error_pattern=r"% ",
            )
            saved = connection.save_config()
            return said, saved, connection.send_command("show running-config")

    said, saved, running = await asyncio.to_thread(work)
    assert "R1(config-vrf)#" in said
    assert "[OK]" in saved
    assert running.strip().endswith(router.running.strip())
    assert router.device.startup == router.running
    assert " description seen by netmiko" in router.running


async def test_enable_asks_for_the_password_once_below_privilege_15(
    start: Start, dial: Dial, netmiko: Callable[..., Any]
) -> None:
    router = await start("R2", privilege=1)
    terminal = await dial(router)
    assert terminal.prompt == "R2>"
    assert (await terminal.run("configure terminal")).endswith(INVALID)
    terminal.type("enable\n")
    await terminal.until("Password: $")
    terminal.type("not-it\n")
    assert "% Access denied" in await terminal.settle()
    assert terminal.prompt == "R2>"
    terminal.type("enable\n")
    await terminal.until("Password: $")
    terminal.type("lab-Pa55word\n")
    assert "lab-Pa55word" not in await terminal.settle()
    assert terminal.prompt == "R2#"
    await terminal.run("disable")
    assert terminal.prompt == "R2>"

    def enabled() -> str:
        with netmiko(router) as connection:
            connection.enable()
            return str(connection.find_prompt())

    assert await asyncio.to_thread(enabled) == "R2#"


PATHS = {
    "config": ["configure terminal"],
    "config-vrf": ["ip vrf 30"],
    "config-if": ["interface Loopback30"],
    "config-subif": ["interface TenGigabitEthernet0/0/0.300"],
    "config-router": ["router ospf 1"],
    "config-router-af": ["ip vrf 30", "rd 1:1", "router bgp 65021", "address-family ipv4 vrf 30"],
    "config-route-map": ["route-map m permit 10"],
    "config-ikev2-proposal": ["crypto ikev2 proposal p"],
    "config-ikev2-policy": ["crypto ikev2 policy p"],
    "config-ikev2-keyring": ["crypto ikev2 keyring k"],
    "config-ikev2-keyring-peer": ["crypto ikev2 keyring k", "peer azure"],
    "config-ikev2-profile": ["crypto ikev2 profile p"],
    "cfg-crypto-trans": ["crypto ipsec transform-set t esp-gcm 256"],
    "ipsec-profile": ["crypto ipsec profile p"],
    "config-line": ["line vty 0 4"],
    "config-archive": ["archive"],
    "config-std-nacl": ["ip access-list standard a"],
    "config-ext-nacl": ["ip access-list extended a"],
}


@pytest.mark.parametrize(("mode", "lines"), PATHS.items(), ids=PATHS)
async def test_prompt_names_the_mode(terminal: Any, mode: str, lines: list[str]) -> None:
    await terminal.run("configure terminal")
    assert await terminal.run_all(*lines) == [] or mode == "config"
    assert terminal.prompt == f"R1({mode})#"
    await terminal.run("end")
    assert terminal.prompt == "R1#"


async def test_exit_goes_up_one_mode_at_a_time(terminal: Any) -> None:
    await terminal.run_all("configure terminal", *PATHS["config-router-af"])
    prompts = []
    for _ in range(3):
        await terminal.run("exit")
        prompts.append(terminal.prompt)
    assert prompts == ["R1(config-router)#", "R1(config)#", "R1#"]


async def test_long_hostname_is_cut_in_configuration_mode_only(terminal: Any) -> None:
    await terminal.run_all("configure terminal", "hostname a-router-with-a-very-long-name")
    assert terminal.prompt == "a-router-with-a-very(config)#"
    await terminal.run("end")
    assert terminal.prompt == "a-router-with-a-very-long-name#"


REFUSED = {
    "unknown-first-word": ("frobnicate", 0, INVALID),
    "unknown-second-word": ("interface Frobnicate0", 10, INVALID),
    "unknown-last-word": ("router bgp x", 11, INVALID),
    "port-out-of-nothing": ("interface TenGigabitEthernet9/0/0", 10, INVALID),
    "asn-zero": ("router bgp 0", 11, INVALID),
    "no-form": ("no frobnicate", 3, INVALID),
    "leading-blank": ("  interface Frobnicate0", 12, INVALID),
}


@pytest.mark.parametrize(("line", "column", "text"), REFUSED.values(), ids=REFUSED)
async def test_caret_stands_below_the_word(terminal: Any, line: str, column: int, text: str) -> None:
    await terminal.run("configure terminal")
    said = await terminal.run(line)
    assert said == " " * (len("R1(config)#") + column) + "^\n" + text


INCOMPLETE = ["interface", "router bgp", "ip vrf", "ip route 10.0.0.0", "crypto ikev2 proposal"]


@pytest.mark.parametrize("line", INCOMPLETE)
async def test_incomplete_command(router: RouterServer, terminal: Any, line: str) -> None:
    before = router.running
    await terminal.run("configure terminal")
    assert await terminal.run(line) == "% Incomplete command.\n\n"
    assert router.running == before


async def test_ambiguous_command_quotes_the_line(terminal: Any) -> None:
    assert await terminal.run("co") == '% Ambiguous command:  "co"\n\n'
    await terminal.run("configure terminal")
    assert await terminal.run("i vrf 30") == '% Ambiguous command:  "i vrf 30"\n\n'


async def test_abbreviations_are_taken_and_printed_whole(router: RouterServer, terminal: Any) -> None:
    assert await terminal.run("conf t") == ("Enter configuration commands, one per line.  End with CNTL/Z.\n")
    await terminal.run_all("int lo30", "desc Mixed Case", "ip addr 10.0.0.1 255.255.255.255")
    assert (
        "interface Loopback30\n description Mixed Case\n ip address 10.0.0.1 255.255.255.255\n"
    ) in router.running


async def test_question_mark_helps_without_sending_the_line(terminal: Any) -> None:
    terminal.type("show ip ?")
    helped = await terminal.until(r"R1#show ip $")
    assert "  bgp\n  interface\n" in helped
    assert "unassigned" in await _rest(terminal, "interface brief")


async def _rest(terminal: Any, text: str) -> str:
    terminal.type(f"{text}\n")
    return str(await terminal.settle())


async def test_control_z_takes_the_line_and_leaves(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all("configure terminal", "ip vrf 30")
    terminal.type("rd 65021:30\x1a")
    await terminal.until(r"\nR1#$")
    assert " rd 65021:30\n" in router.running


async def test_control_c_drops_the_line(router: RouterServer, terminal: Any) -> None:
    await terminal.run("configure terminal")
    terminal.type("ip vrf 30\x03")
    await terminal.until(r"\nR1#$")
    assert "ip vrf 30" not in router.running


async def test_backspace_and_two_lines_in_one_piece(router: RouterServer, terminal: Any) -> None:
    await terminal.run("configure terminal")
    terminal.type("ip vrf 31\x7f0\r\nrd 65021:30\r\n")
    await terminal.until(r"rd 65021:30\nR1\(config-vrf\)#$")
    assert "ip vrf 30\n rd 65021:30\n" in router.running


async def test_output_longer_than_the_screen_waits_at_more(router: RouterServer, dial: Dial) -> None:
    terminal = await dial(router, endless_screen=False)
    terminal.type("show running-config\n")
    first = await terminal.until(" --More-- $")
    assert first.count("\n") == 24  # the echoed command, and 23 lines of a screen of 24
    terminal.type("\r")
    assert (await terminal.until(" --More-- $")).count("\n") == 1
    terminal.type(" ")
    assert (await terminal.until(" --More-- $")).count("\n") == 23
    terminal.type("q")
    await terminal.until("\bR1#$")
    await terminal.run("terminal length 0")
    assert (await terminal.run("show running-config")).endswith(router.running)


async def test_line_at_the_right_edge_is_shifted_behind_a_dollar(router: RouterServer, dial: Dial) -> None:
    terminal = await dial(router, endless_screen=False)
    terminal.type(f"! {'x' * 100}\n")
    echoed = await terminal.settle()
    assert echoed.count("R1#$") == 3
    await terminal.run("terminal width 0")
    assert await terminal.run(f"! {'x' * 600}") == ""


async def test_do_runs_an_exec_command_in_configuration_mode(terminal: Any) -> None:
    await terminal.run("configure terminal")
    assert "GigabitEthernet0" in await terminal.run("do show ip interface brief")
    assert terminal.prompt == "R1(config)#"


async def test_unknown_exec_command_is_refused_at_its_word(terminal: Any) -> None:
    assert await terminal.run("show frobnication") == " " * 8 + "^\n" + INVALID
    assert await terminal.run("ping 10.0.0.1") == " " * 3 + "^\n" + INVALID


async def test_exit_ends_the_connection(terminal: Any) -> None:
    terminal.type("exit\n")
    with pytest.raises(EOFError):
        await terminal.settle()


async def test_command_without_a_terminal(router: RouterServer) -> None:
    async with asyncssh.connect(
        "127.0.0.1",
        router.port,
        username="admin",
        password="lab-Pa55word",
        known_hosts=None,
        client_keys=None,
        agent_path=None,
        config=None,
    ) as connection:
        result = await connection.run("show clock", timeout=10)
    assert "UTC" in str(result.stdout)
