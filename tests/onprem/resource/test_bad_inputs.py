"""Inputs that are empty, huge, or name something that is not there."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from lab.iosxe.faults import Fault
from onprem.errors import PushError, Unreachable
from onprem.plan.changes import Ours
from onprem.plan.diff import compare
from onprem.plan.sections import Section, read_lines
from onprem.push.comparison import plan
from onprem.push.guarded import push
from onprem.push.pushed import Intent, Pushed
from onprem.resource.inputs import Inputs, find_flaws
from tests.onprem.routers import ROUTER, Console, Lab, fault_at, on_line
from topology import Network, StackFileError


def flaws(*lines: str, **more: Any) -> list[str]:
    found = find_flaws(Inputs(router=ROUTER, host=ROUTER, lines=lines, **more))
    return [f"{flaw.input} {flaw.says}" for flaw in found]


@pytest.mark.promise("B8")
@pytest.mark.parametrize(
    "lines", [(), ("",), ("!", "  ! nothing here", "")], ids=["none", "blank", "comments"]
)
def test_no_configuration_at_all_is_refused(lines: tuple[str, ...]) -> None:
    """Pushed, it would take away all that is ours."""
    assert flaws(*lines) == ["lines must hold the router's configuration, not nothing but comments"]


@pytest.mark.promise("B8")
def test_fifty_thousand_lines() -> None:
    lines = [
        f"ip prefix-list L{n // 100} seq {n % 100 + 1} permit 10.{n % 250}.0.0/16" for n in range(40_000)
    ]
    for number in range(2_000):
        lines += [f"interface Loopback{number}", f" description number {number}", " ip vrf forwarding 30"]
        lines += [f" ip address 172.{number // 250}.{number % 250}.1 255.255.255.255", " shutdown"]
    assert len(lines) == 50_000
    assert flaws(*lines) == []
    tree = read_lines(lines)
    diff = compare(Section(), tree, Ours())
    assert len(diff.commands) == 50_000
    assert not compare(tree, tree, Ours(lines=tree))
    gone = compare(tree, Section(), Ours(lines=tree))
    assert len(gone.commands) == 42_000
    moved = read_lines([line.replace("forwarding 30", "forwarding 31") for line in lines])
    assert len(compare(tree, moved, Ours(lines=tree)).commands) == 4_000, "and each address again"


@pytest.mark.promise("B9")
def test_two_routers_at_one_address(stack: Callable[..., Network]) -> None:
    same = {"management": {"host": "192.0.2.1"}}
    with pytest.raises(StackFileError, match=r"192\.0\.2\.1 is the management host of 2 routers"):
        stack({"routers": {"location1-ce1": same, "location2-ce1": same}})


@pytest.mark.promise("P18", "B9")
def test_two_names_of_one_router(lab: Lab) -> None:
    router = lab.start()
    lab.publish(router, "location2-ce1")
    with pytest.raises(PushError, match="calls itself location1-ce1, so it is left alone"):
        push(lab.access("location2-ce1"), Intent(lines=("ip vrf 30",)), Pushed(), lambda: False)
    assert "ip vrf 30" not in router.running


@pytest.mark.promise("P18", "B10")
def test_standby_processor(lab: Lab) -> None:
    router = lab.start(f"{ROUTER}-stby", host=ROUTER)
    with pytest.raises(PushError, match=f"calls itself {ROUTER}-stby, so it is left alone"):
        push(lab.access(), Intent(lines=("ip vrf 30",)), Pushed(), lambda: False)
    assert "ip vrf 30" not in router.running


@pytest.mark.promise("B9")
def test_name_with_two_addresses(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens at the first."""
    router = lab.start()
    text = lab.ssh_config.read_text().replace("HostName 127.0.0.1", "HostName two.example")
    lab.ssh_config.write_text(text)
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, router.port))
        for address in ("127.0.0.9", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert plan(lab.access(), Intent(lines=("ip vrf 30",)), Pushed()).commands


@pytest.mark.promise("B9")
@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("Port 0", "gives it the port 0, which is none"),
        ("Port 70000", "gives it the port 70000, which is none"),
        ("HostName ::1", r"cannot log in to \[::1\]:\d+: Connection refused"),
        ("HostName router.invalid", "cannot log in to router.invalid:"),
    ],
)
def test_address_that_leads_nowhere(lab: Lab, option: str, says: str) -> None:
    lab.start()
    first = option.partition(" ")[0]
    lines = lab.ssh_config.read_text().splitlines()
    lab.ssh_config.write_text("\n".join(f"  {option}" if first in line else line for line in lines))
    with pytest.raises(PushError, match=says):
        plan(lab.access(), Intent(), Pushed())


@pytest.mark.promise("P18", "B9")
@pytest.mark.parametrize("version", ["Cisco NX-OS Software", "Arista DCS-7050", "% Invalid input detected"])
def test_unknown_platform(lab: Lab, version: str) -> None:
    router = lab.start()
    router.faults = fault_at(on_line("show version"), Fault(reject=version))
    with pytest.raises(PushError, match=r"no IOS-XE router|was refused"):
        plan(lab.access(), Intent(), Pushed())


@pytest.mark.promise("B6")
def test_column_zero_and_mode(lab: Lab) -> None:
    """OSPF's line at column 0 is a global one here, and refused there; the push is undone."""
    router = lab.start()
    before = router.running
    lines = ("router ospf 30", " router-id 10.2.30.253", "default-information originate always")
    with pytest.raises(PushError, match=r"'default-information originate always' was rejected.*where it was"):
        push(lab.access(), Intent(lines=lines), Pushed(), lambda: False)
    assert router.running == before


@pytest.mark.promise("B6")
@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("router ospf 30 vrf 30",), "VRF 30 not configured"),
        (("ip vrf 30", "router bgp 65021", " address-family ipv4 vrf 30"), "does not have an RD"),
        (
            (
                "interface TenGigabitEthernet0/0/0.30",
                " encapsulation dot1Q 30",
                "interface TenGigabitEthernet0/0/0.31",
                " encapsulation dot1Q 30",
            ),
            "same VID",
        ),
    ],
)
def test_what_the_published_configuration_lacks_is_refused_by_the_router(
    lab: Lab, lines: tuple[str, ...], says: str
) -> None:
    router = lab.start()
    before = router.running
    with pytest.raises(PushError, match=f"{says}.*where it was before"):
        push(lab.access(), Intent(lines=lines), Pushed(), lambda: False)
    assert router.running == before


@pytest.mark.promise("B6")
def test_process_that_is_opened_twice_is_one() -> None:
    console = Console()
    lines = [
        "router bgp 65021",
        " bgp router-id 10.0.0.1",
        "ip vrf 30",
        "router bgp 65021",
        " timers bgp 10 30",
    ]
    diff = compare(console.running, read_lines(lines), Ours())
    assert [command.text for command in diff.commands].count("router bgp 65021") == 1
    console.type(diff.commands)


@pytest.mark.promise("P31", "B9")
def test_unreachable_is_a_kind_of_its_own(lab: Lab) -> None:
    router = lab.start()
    lab.run(router.stop())
    with pytest.raises(Unreachable):
        plan(lab.access(), Intent(), Pushed())
