"""What `show` answers, and what it honestly cannot."""

from __future__ import annotations

from typing import Any

import pytest

from lab.iosxe.server import RouterServer


async def test_version_says_what_it_is(terminal: Any) -> None:
    said = await terminal.run("show version")
    assert "Cisco IOS XE Software, Version 17.09.04a\n" in said
    assert "This is an emulated router of a lab, not Cisco's software." in said
    assert "R1 uptime is 0 hours, 0 minutes\n" in said


async def test_running_configuration_and_its_length(router: RouterServer, terminal: Any) -> None:
    said = await terminal.run("show running-config")
    head, _, body = said.partition("bytes\n")
    assert head.startswith("Building configuration...\n\nCurrent configuration : ")
    assert int(head.split()[-1]) == len(body)
    assert body.endswith(router.running)


async def test_filters(terminal: Any) -> None:
    await terminal.run_all("configure terminal", "ip vrf 30", "rd 1:30", "router bgp 65021")
    await terminal.run_all("address-family ipv4 vrf 30", "neighbor 10.0.0.1 remote-as 1", "end")
    assert await terminal.run("show running-config | section ^ip vrf") == "ip vrf 30\n rd 1:30\n"
    assert (await terminal.run("show run | s router bgp")).splitlines()[0] == "router bgp 65021"
    assert await terminal.run("show run | include remote-as|^hostname") == (
        "hostname R1\n  neighbor 10.0.0.1 remote-as 1\n"
    )
    assert (await terminal.run("show run | begin ^line vty")).startswith("line vty 0 4\n")
    assert "hostname" not in await terminal.run("show run | exclude hostname")
    assert await terminal.run("show run | count ^interface") == ("Number of lines which match regexp = 4\n")
    assert "% Invalid input" in await terminal.run("show run | frobnicate x")


async def test_interfaces(terminal: Any) -> None:
    await terminal.run_all("configure terminal", "interface Loopback30")
    await terminal.run_all("ip address 10.0.0.1 255.255.255.255", "end")
    rows = {line.split()[0]: line.split()[1:] for line in (await terminal.run("sh ip int br")).splitlines()}
    assert rows["Loopback30"][0] == "10.0.0.1"
    assert rows["TenGigabitEthernet0/0/0"][0] == "unassigned"
    assert rows["TenGigabitEthernet0/1/0"][-3:] == ["administratively", "down", "down"]


async def test_prefix_lists(terminal: Any) -> None:
    await terminal.run_all("configure terminal", "ip prefix-list ours seq 10 permit 10.2.0.0/16 le 24")
    await terminal.run_all(
        "ip prefix-list ours seq 5 permit 10.1.0.0/16", "ip prefix-list all permit 0.0.0.0/0"
    )
    await terminal.run("end")
    ours = "ip prefix-list ours: 2 entries\n   seq 5 permit 10.1.0.0/16\n   seq 10 permit 10.2.0.0/16 le 24\n"
    assert await terminal.run("show ip prefix-list ours") == ours
    assert (
        await terminal.run("sh ip pref")
        == f"ip prefix-list all: 1 entries\n   seq 5 permit 0.0.0.0/0\n{ours}"
    )
    assert await terminal.run("show ip prefix-list theirs") == ""


async def test_neighbors_are_idle_because_there_is_no_bgp(terminal: Any) -> None:
    await terminal.run_all("configure terminal", "ip vrf 30", "rd 1:30", "router bgp 65021")
    await terminal.run_all("address-family ipv4 vrf 30", "neighbor 10.0.0.9 remote-as 12076")
    await terminal.run_all("neighbor 10.0.0.1 remote-as 65515", "neighbor 10.0.0.1 shutdown", "end")
    said = await terminal.run("show ip bgp vpnv4 vrf 30 summary")
    assert "local AS number 65021\n(this lab router runs no BGP" in said
    rows = [line.split() for line in said.splitlines()[-2:]]
    assert [(row[0], row[2], row[8], " ".join(row[9:])) for row in rows] == [
        ("10.0.0.1", "65515", "never", "Idle (Admin)"),
        ("10.0.0.9", "12076", "never", "Idle"),
    ]
    assert await terminal.run("show ip bgp vpnv4 vrf 30") == ""
    assert "% VRF 77 does not exist" in await terminal.run("show ip bgp vpnv4 vrf 77")


@pytest.mark.parametrize(
    "line",
    [
        "show mpls interfaces",
        "show crypto session",
        "show ip bgp summary",
        "show ip eigrp neighbors",
        "debug all",
    ],
)
async def test_what_is_not_modelled_is_refused(terminal: Any, line: str) -> None:
    assert "% Invalid input detected at '^' marker." in await terminal.run(line)


async def test_clock(terminal: Any) -> None:
    assert (await terminal.run("show clock")).startswith("*")
