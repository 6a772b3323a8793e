"""What lines do to the configuration, and to one another: `no`, order effects, refusals, print order."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lab.iosxe.kinds import KINDS
from lab.iosxe.server import RouterServer

Start = Callable[..., Awaitable[RouterServer]]
Dial = Callable[..., Awaitable[Any]]

VRF = ("ip vrf 30", "rd 65021:30", "ip vrf 31", "rd 65021:31")
PORT = ("interface TenGigabitEthernet0/0/0.300", "encapsulation dot1Q 30 second-dot1q 300")
FAMILY = ("router bgp 65021", "address-family ipv4 vrf 30")
NEIGHBOR = (
    "neighbor 192.168.30.18 remote-as 12076",
    "neighbor 192.168.30.18 description circuit",
    "neighbor 192.168.30.18 route-map PREFER in",
)


@pytest.fixture
async def typing(terminal: Any) -> Any:
    """The terminal in configuration mode, two VRFs defined."""
    await terminal.run("configure terminal")
    assert await terminal.run_all(*VRF) == []
    return terminal


def _section(running: str, first: str) -> list[str]:
    lines = running.splitlines()
    start = lines.index(first)
    end = next(number for number in range(start + 1, len(lines)) if not lines[number].startswith(" "))
    return lines[start:end]


async def test_moving_to_a_vrf_drops_the_address(router: RouterServer, typing: Any) -> None:
    await typing.run_all(*PORT, "ip address 192.168.30.17 255.255.255.252")
    assert await typing.run("ip vrf forwarding 30") == (
        "% Interface TenGigabitEthernet0/0/0.300 IPv4 disabled and address(es) removed"
        " due to enabling VRF 30\n"
    )
    assert _section(router.running, PORT[0]) == [
        PORT[0],
        " encapsulation dot1Q 30 second-dot1q 300",
        " ip vrf forwarding 30",
    ]


async def test_staying_in_a_vrf_keeps_the_address(router: RouterServer, typing: Any) -> None:
    await typing.run_all(*PORT, "ip vrf forwarding 30", "ip address 192.168.30.17 255.255.255.252")
    assert await typing.run("ip vrf forwarding 30") == ""
    assert " ip address 192.168.30.17 255.255.255.252" in _section(router.running, PORT[0])
    assert "disabling VRF 30" in await typing.run("no ip vrf forwarding")
    assert " ip address 192.168.30.17 255.255.255.252" not in _section(router.running, PORT[0])


async def test_deleting_a_vrf_takes_what_lived_in_it(router: RouterServer, typing: Any) -> None:
    await typing.run_all(
        *PORT, "ip vrf forwarding 30", "ip address 192.168.30.17 255.255.255.252", *FAMILY, *NEIGHBOR,
        "router ospf 30 vrf 30", "ip route vrf 30 10.0.0.0 255.0.0.0 192.168.30.18",
    )  # fmt: skip
    assert "% IPv4 addresses from all interfaces in VRF 30 have been removed" in await typing.run(
        "no ip vrf 30"
    )
    assert "vrf 30" not in router.running
    assert "router bgp 65021\n bgp log-neighbor-changes\n!\n" in router.running


async def test_deleting_a_referenced_route_map_leaves_the_reference(
    router: RouterServer, typing: Any
) -> None:
    await typing.run_all("route-map PREFER permit 10", "set local-preference 200", *FAMILY, *NEIGHBOR)
    assert await typing.run("no route-map PREFER") == ""
    assert "route-map PREFER permit 10" not in router.running
    assert "  neighbor 192.168.30.18 route-map PREFER in" in router.running


async def test_no_route_map_removes_every_clause_or_one(router: RouterServer, typing: Any) -> None:
    await typing.run_all(*(f"route-map PREFER permit {number}" for number in (10, 20, 30)), "exit")
    await typing.run("no route-map PREFER permit 20")
    assert [line for line in router.running.splitlines() if "route-map" in line] == [
        "route-map PREFER permit 10",
        "route-map PREFER permit 30",
    ]
    await typing.run("no route-map PREFER")
    assert "route-map" not in router.running


async def test_second_autonomous_system_is_refused(router: RouterServer, typing: Any) -> None:
    await typing.run_all("router bgp 65021", "exit")
    assert await typing.run("router bgp 65020") == "BGP is already running; AS is 65021\n"
    assert typing.prompt == "R1(config)#"
    assert "router bgp 65020" not in router.running


@pytest.mark.parametrize("line", ["no neighbor 192.168.30.18", "no neighbor 192.168.30.18 remote-as 12076"])
async def test_removing_a_neighbor_removes_all_its_lines(
    router: RouterServer, typing: Any, line: str
) -> None:
    await typing.run_all(*FAMILY, *NEIGHBOR, "neighbor 192.168.30.22 remote-as 12076")
    assert await typing.run(line) == ""
    assert "192.168.30.18" not in router.running
    assert "  neighbor 192.168.30.22 activate" in router.running
    said = await typing.run("no neighbor 192.168.30.18 description circuit")
    assert said.startswith("% Specify remote-as or peer-group commands first")


async def test_neighbor_needs_its_autonomous_system_first(typing: Any) -> None:
    await typing.run_all(*FAMILY)
    said = await typing.run("neighbor 192.168.30.18 activate")
    assert said.startswith("% Specify remote-as or peer-group commands first")


async def test_family_ends_with_its_closing_line_and_leads_up(router: RouterServer, typing: Any) -> None:
    await typing.run_all(*FAMILY, *NEIGHBOR, "exit-address-family")
    assert typing.prompt == "R1(config-router)#"
    await typing.run_all("address-family ipv4 vrf 31", "address-family ipv4 vrf 30")
    assert typing.prompt == "R1(config-router-af)#"
    assert _section(router.running, "router bgp 65021") == [
        "router bgp 65021",
        " bgp log-neighbor-changes",
        " !",
        " address-family ipv4 vrf 30",
        "  neighbor 192.168.30.18 remote-as 12076",
        "  neighbor 192.168.30.18 description circuit",
        "  neighbor 192.168.30.18 activate",
        "  neighbor 192.168.30.18 route-map PREFER in",
        " exit-address-family",
        " !",
        " address-family ipv4 vrf 31",
        " exit-address-family",
    ]


async def test_a_line_unknown_in_a_mode_is_tried_globally(router: RouterServer, typing: Any) -> None:
    await typing.run_all("interface Loopback30", "route-map PREFER permit 10")
    assert typing.prompt == "R1(config-route-map)#"
    await typing.run_all("interface TenGigabitEthernet9/0/0", "description lost", "shutdown")
    assert " description lost" in _section(router.running, "route-map PREFER permit 10")


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("gi0/0/2", "GigabitEthernet0/0/2"),
        ("te0/0/0.300", "TenGigabitEthernet0/0/0.300"),
        ("twe1/0/1", "TwentyFiveGigE1/0/1"),
        ("hu0/1/0", "HundredGigE0/1/0"),
        ("vl30", "Vlan30"),
        ("po1", "Port-channel1"),
        ("tw1/0/1", None),
        ("wan0", None),
    ],
)
def test_an_interface_is_printed_in_full_if_one_type_begins_so(typed: str, printed: str | None) -> None:
    assert KINDS["interface"](typed) == printed


NO_FORMS = {
    "without-value": (("interface Loopback30", "description x"), "no description"),
    "with-value": (("interface Loopback30", "description x"), "no description x"),
    "address-without-value": (("interface Loopback30", "ip address 10.0.0.1 255.255.255.255"),
                              "no ip address"),
    "flag": (("interface Loopback30", "shutdown"), "no shutdown"),
    "bfd": (("interface Loopback30", "bfd interval 300 min_rx 300 multiplier 3"), "no bfd interval"),
    "local-preference": (("route-map m permit 10", "set local-preference 200"), "no set local-preference"),
    "ospf-default": (("router ospf 30 vrf 30", "default-information originate always"),
                     "no default-information originate"),
    "ospf-network": (("router ospf 30 vrf 30", "network 10.0.0.0 0.0.0.255 area 0"),
                     "no network 10.0.0.0 0.0.0.255 area 0"),
    "bgp-network": ((*FAMILY, "network 10.2.30.0 mask 255.255.255.128"),
                    "no network 10.2.30.0 mask 255.255.255.128"),
    "neighbor-route-map": ((*FAMILY, NEIGHBOR[0], NEIGHBOR[2]),
                           "no neighbor 192.168.30.18 route-map PREFER in"),
    "proposal-group": (("crypto ikev2 proposal p", "group 14"), "no group"),
    "keyring-key": (("crypto ikev2 keyring k", "peer a", "pre-shared-key local s3cret"),
                    "no pre-shared-key local"),
    "ipsec-pfs": (("crypto ipsec profile p", "set pfs group14"), "no set pfs"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "removal"), NO_FORMS.values(), ids=NO_FORMS)
async def test_no_takes_the_last_line_back(
    router: RouterServer, typing: Any, lines: tuple[str, ...], removal: str
) -> None:
    assert await typing.run_all(*lines[:-1]) == []
    before = router.running
    await typing.run(lines[-1])
    assert router.running != before
    assert await typing.run(removal) == ""
    assert router.running == before
    assert await typing.run(lines[-1]) == ""  # still in the same mode


async def test_no_of_what_is_not_there_changes_nothing(router: RouterServer, typing: Any) -> None:
    before = router.running
    for line in (
        "no ip prefix-list NONE",
        "no route-map NONE",
        "no interface Loopback99",
        "no ip domain name",
    ):
        await typing.run(line)
    assert router.running == before


async def test_default_on_is_printed_as_its_no_form(router: RouterServer, typing: Any) -> None:
    assert "no ip http server\n" in router.running
    await typing.run("ip http server")
    assert "ip http server" not in router.running
    await typing.run("no ip http server")
    assert "\nno ip http server\n" in router.running


async def test_no_interface(router: RouterServer, typing: Any) -> None:
    before = router.running
    await typing.run_all("interface Tunnel30", *PORT, "exit")
    assert await typing.run("no interface Tunnel30") == ""
    assert "may reappear" in await typing.run(f"no {PORT[0]}")
    assert router.running == before
    said = await typing.run("no interface TenGigabitEthernet0/0/0")
    assert said == "% Removal of physical interfaces is not permitted\n\n"


async def test_values_overwrite_in_place(router: RouterServer, typing: Any) -> None:
    await typing.run_all("route-map m permit 10", "set local-preference 200", "set local-preference 300")
    assert _section(router.running, "route-map m permit 10")[1:] == [" set local-preference 300"]
    await typing.run_all("interface Loopback30", "ip address 10.0.0.1 255.255.255.255")
    await typing.run("ip address 10.0.0.2 255.255.255.255")
    assert _section(router.running, "interface Loopback30")[1:] == [" ip address 10.0.0.2 255.255.255.255"]


async def test_prefix_list_numbers_refuses_and_removes(router: RouterServer, typing: Any) -> None:
    await typing.run_all("ip prefix-list P permit 10.0.0.0/8", "ip prefix-list P permit 10.1.0.0/16 le 24")
    assert "ip prefix-list P seq 5 permit 10.0.0.0/8\nip prefix-list P seq 10 permit 10.1.0.0/16 le 24\n" in (
        router.running
    )
    assert "seq # 5 exists" in await typing.run("ip prefix-list P seq 5 permit 10.9.0.0/16")
    assert "Invalid prefix range" in await typing.run("ip prefix-list P permit 10.2.0.0/16 ge 16")
    await typing.run("no ip prefix-list P seq 5")
    assert "seq 5" not in router.running
    await typing.run("no ip prefix-list P")
    assert "prefix-list" not in router.running


REFUSALS = {
    "unknown-vrf": (("interface Loopback30",), "ip vrf forwarding 77", "% VRF 77 not configured."),
    "family-without-rd": (("ip vrf 77", "router bgp 65021"), "address-family ipv4 vrf 77",
                          "% VRF 77 does not have an RD configured."),
    "network-address": (("interface Loopback30",), "ip address 10.0.0.0 255.255.255.0",
                        "Bad mask /24 for address 10.0.0.0"),
    "mask-with-holes": (("interface Loopback30",), "ip address 10.0.0.1 255.0.255.0", "Bad mask 0xFF00FF00"),
    "overlap": (("interface Loopback30", "ip address 10.0.0.1 255.255.255.0", "interface Loopback31"),
                "ip address 10.0.0.2 255.255.255.0", "% 10.0.0.0 overlaps with Loopback30"),
    "address-before-vlan": (("interface TenGigabitEthernet0/0/0.300",), "ip address 10.0.0.1 255.255.255.0",
                            "% Configuring IP routing on a LAN subinterface"),
    "vlan-twice": ((*PORT, "interface TenGigabitEthernet0/0/0.301"), PORT[1], "is not permitted"),
    "route-host-bits": ((), "ip route 10.0.0.1 255.255.255.0 10.9.9.9", "%Inconsistent address and mask"),
    "route-in-unknown-vrf": ((), "ip route vrf 77 10.0.0.0 255.0.0.0 10.9.9.9", "table 77 does not exist"),
    "unknown-profile": (("interface Tunnel30",), "tunnel protection ipsec profile NONE", "NONE not found"),
    "unknown-transform": (("crypto ipsec profile p",), "set transform-set NONE", '"NONE" does not exist'),
    "transform-in-use": (("crypto ipsec transform-set t esp-gcm 256", "crypto ipsec profile p",
                          "set transform-set t"), "no crypto ipsec transform-set t", "in use"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "line", "text"), REFUSALS.values(), ids=REFUSALS)
async def test_refuses(
    router: RouterServer, typing: Any, before: tuple[str, ...], line: str, text: str
) -> None:
    assert await typing.run_all(*before) == []
    running, prompt = router.running, typing.prompt
    assert text in await typing.run(line)
    assert router.running == running
    assert typing.prompt == prompt


async def test_new_ikev2_sections_come_with_advice(router: RouterServer, typing: Any) -> None:
    lines = ("crypto ikev2 proposal p", "crypto ikev2 policy p", "crypto ikev2 profile p")
    said = [await typing.run(line) for line in lines]
    assert [text.split(" MUST ")[0] for text in said] == ["IKEv2 proposal", "IKEv2 policy", "IKEv2 profile"]
    assert said[2].count("\n") == 3
    assert [await typing.run(line) for line in lines] == ["", "", ""]
    await typing.run_all("crypto ikev2 policy p", "proposal p")
    before = router.running
    assert await typing.run("proposal p") == "% Policy already has same proposal set\n"
    assert router.running == before


async def test_one_vrf_for_an_ospf_process(router: RouterServer, typing: Any) -> None:
    await typing.run_all("router ospf 30 vrf 30", "router-id 10.0.0.1", "exit")
    for line in ("router ospf 30 vrf 31", "router ospf 30"):
        assert await typing.run(line) == "%VRF specified does not match existing router\n"
    await typing.run("no router ospf 30")
    assert "router ospf" not in router.running


async def test_static_route_that_is_not_there(typing: Any) -> None:
    await typing.run("ip route 10.0.0.0 255.0.0.0 10.9.9.9 200 name x")
    assert await typing.run("no ip route 10.0.0.0 255.0.0.0 10.9.9.8") == "%No matching route to delete\n"
    assert await typing.run("no ip route 10.0.0.0 255.0.0.0 10.9.9.9") == ""


async def test_weak_cryptography_warns_or_is_refused(start: Start, dial: Dial) -> None:
    lines = ("configure terminal", "crypto ikev2 proposal p", "group 2")
    old, new = await start("old"), await start("new", refuses_weak=True)
    said = await (await dial(old)).run_all(*lines)
    assert "SECURITY WARNING - Module: CRYPTO, Command: group 2" in said[-1]
    assert " group 2\n" in old.running
    said = await (await dial(new)).run_all(*lines)
    assert "% 2 is not allowed" in said[-1]
    assert " group 2\n" not in new.running


async def test_sections_and_lines_are_printed_in_the_routers_order(router: RouterServer, typing: Any) -> None:
    await typing.run_all(
        "route-map z permit 20", "route-map z permit 10", "route-map a permit 10",
        "ip prefix-list b seq 20 permit 10.0.0.0/8", "ip prefix-list b seq 5 permit 11.0.0.0/8",
        "ip route 10.0.0.0 255.0.0.0 10.9.9.9",
        "router bgp 65021", "router ospf 30 vrf 30",
        "interface Tunnel30", "interface Loopback30",
        "interface TenGigabitEthernet1/0/0.30", "interface TenGigabitEthernet0/0/0.300",
        "interface TenGigabitEthernet0/0/0.30", "crypto ipsec profile p", "crypto ikev2 keyring k",
        *FAMILY, "neighbor 192.168.30.18 remote-as 12076", "neighbor 10.10.30.254 remote-as 65515",
        "neighbor 9.1.1.1 remote-as 1", "network 10.2.30.0 mask 255.255.255.128",
    )  # fmt: skip
    wanted = (
        "hostname R1", "vrf definition Mgmt-intf", "ip vrf 30", "ip vrf 31", "username admin", "archive",
        "crypto ikev2 keyring k", "crypto ipsec profile p",
        "interface Loopback30", "interface Tunnel30", "interface GigabitEthernet0",
        "interface TenGigabitEthernet0/0/0", "interface TenGigabitEthernet0/0/0.30",
        "interface TenGigabitEthernet0/0/0.300", "interface TenGigabitEthernet0/1/0",
        "interface TenGigabitEthernet1/0/0", "interface TenGigabitEthernet1/0/0.30",
        "router ospf 30 vrf 30", "router bgp 65021", "  network 10.2.30.0", "  neighbor 9.1.1.1 remote-as",
        "  neighbor 9.1.1.1 activate",
        "  neighbor 10.10.30.254 remote-as", "  neighbor 192.168.30.18 remote-as",
        "ip route 10.0.0.0", "ip prefix-list b seq 5", "ip prefix-list b seq 20",
        "route-map a permit 10", "route-map z permit 10", "route-map z permit 20", "line con 0", "end",
    )  # fmt: skip
    lines = router.running.splitlines()
    places = [next(n for n, line in enumerate(lines) if f"{line} ".startswith(f"{text}")) for text in wanted]
    assert places == sorted(places), [lines[place] for place in places]


async def test_a_running_configuration_typed_again_is_the_same(router: RouterServer, typing: Any) -> None:
    await typing.run_all(*PORT, "ip vrf forwarding 30", *FAMILY, *NEIGHBOR, "end", "configure terminal")
    before = router.running
    keep = [line for line in before.splitlines() if not line.startswith(("username", "end"))]
    assert await typing.run_all(*keep) == []
    assert router.running == before


async def test_a_vrf_is_used_as_it_was_defined(router: RouterServer, typing: Any) -> None:
    await typing.run_all("vrf definition BLUE", "exit", *PORT)
    assert await typing.run("ip vrf forwarding BLUE") == "% Use 'vrf forwarding' command for VRF 'BLUE'\n\n"
    assert await typing.run("vrf forwarding 30") == "% Use 'ip vrf forwarding' command for VRF '30'\n\n"
    assert await typing.run("vrf forwarding BLUE") == ""
    said = await typing.run("ip address 192.168.30.17 255.255.255.252")
    assert "is linked to a VRF. Enable IPv4 on that VRF first." in said
    assert await typing.run_all("vrf definition BLUE", "address-family ipv4", *PORT) == []
    assert await typing.run("ip address 192.168.30.17 255.255.255.252") == ""
    assert "already defined by 'ip vrf'" in await typing.run("vrf definition 30")
    assert "already defined by 'vrf definition'" in await typing.run("ip vrf BLUE")
    assert "ip vrf BLUE" not in router.running


async def test_secondary_addresses_stand_first_and_go_first(router: RouterServer, typing: Any) -> None:
    secondary = ["ip address 10.0.1.1 255.255.255.0 secondary", "ip address 10.0.2.1 255.255.255.0 secondary"]
    primary = "ip address 10.0.0.1 255.255.255.0"
    await typing.run_all("interface Loopback7", primary, *secondary)
    assert _section(router.running, "interface Loopback7")[1:] == [
        f" {line}" for line in (*secondary, primary)
    ]
    assert await typing.run(f"no {primary}") == "Must delete secondary before deleting primary\n"
    await typing.run_all(*(f"no {line}" for line in secondary))
    assert await typing.run(f"no {primary}") == ""
    assert _section(router.running, "interface Loopback7")[1:] == [" no ip address"]


@pytest.mark.parametrize(
    ("more", "printed"),
    [
        pytest.param(
            "service password-encryption", r"neighbor 192\.0\.2\.1 password 7 [01]\d[0-9A-F]+", id="7"
        ),
        pytest.param("password encryption aes", r"neighbor 192\.0\.2\.1 password 6 \w+", id="6"),
        pytest.param("", "neighbor 192\\.0\\.2\\.1 password s3cret", id="clear"),
    ],
)
async def test_password_of_a_neighbor(start: Start, dial: Dial, more: str, printed: str) -> None:
    router = await start(initial=f"hostname R1\n{more}\n")
    terminal = await dial(router)
    await terminal.run_all("configure terminal", "router bgp 65021", "neighbor 192.0.2.1 remote-as 65000")
    await terminal.run("neighbor 192.0.2.1 password s3cret")
    [line] = [
        line for line in router.running.splitlines() if "password s3" in line or " password " in line[5:]
    ]
    assert re.fullmatch(printed, line.strip())
