"""What is sent to a router for what it runs, what it should run, and what was pushed before.

Every diff is typed on an emulated IOS-XE, which refuses what a router refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onprem.errors import PushError
from onprem.plan.changes import Diff, Ours
from onprem.plan.diff import compare
from onprem.plan.script import typed_lines
from onprem.plan.sections import Section, read_lines, read_running_configuration
from onprem.plan.undoing import undo
from onprem.plan.unified import unified_diff
from onprem.rendering.render import render_router
from tests.onprem.routers import CANARY, ROUTER, SECRETS, Console, filled
from topology import Network

GOLDEN = Path(__file__).parents[1] / "golden"
LINES = filled((GOLDEN / f"{ROUTER}.cfg").read_text().splitlines())
TRUSTED = frozenset(SECRETS)
BGP = "router bgp 65021", " address-family ipv4 vrf 30"


def changed(*replacements: tuple[str, str]) -> list[str]:
    """The test router's lines; an empty replacement takes the line away."""
    lines = list(LINES)
    for old, new in replacements:
        places = [place for place, line in enumerate(lines) if old in line]
        assert places, old
        for place in reversed(places):
            lines[place : place + 1] = [lines[place].replace(old, new)] if new else []
    return lines


def without(start: str) -> list[str]:
    """The test router's lines without the sections that begin with `start`."""
    kept, skipping = [], False
    for line in LINES:
        skipping = line.startswith(start) or (skipping and line.startswith(" "))
        if not skipping:
            kept.append(line)
    return kept


def push(console: Console, lines: list[str], ours: Ours = Ours()) -> tuple[Diff, Ours]:  # noqa: B008 (frozen)
    diff = compare(console.running, read_lines(lines), ours)
    console.type(diff.commands)
    return diff, Ours(lines=read_lines(lines), found={**diff.found, **ours.found}, trusted=TRUSTED)


def texts(diff: Diff) -> list[str]:
    return [command.text for command in diff.commands]


@pytest.fixture
def pushed() -> tuple[Console, Ours]:
    """The test router after its first push."""
    console = Console()
    return console, push(console, LINES)[1]


# --- first push, second push, removal -------------------------------------------------------------


@pytest.mark.promise("P5")
def test_first_push_sends_the_lines_in_their_order() -> None:
    console = Console()
    diff, _ = push(console, LINES)
    shown_by_itself = ("exit-address-family", "mode tunnel")
    around = ("router bgp", "address-family")
    expected = [line.strip() for line in LINES if line.strip() not in shown_by_itself]
    assert texts(diff) == expected
    assert console.text.count(around[0]) == 1


@pytest.mark.promise("P1")
def test_second_push_sends_nothing(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    assert compare(console.running, read_lines(LINES), ours) == Diff(found={})


@pytest.mark.parametrize("router", ["location1-ce1", "location1-ce2", "location2-ce1", "location2-ce2"])
@pytest.mark.parametrize("network", ["test", "everything"])
@pytest.mark.promise("P7", "P30")
def test_every_router_there_and_back(
    stack: Callable[..., Network], everything: Mapping[str, Any], router: str, network: str
) -> None:
    rendered = render_router(stack(everything if network == "everything" else {}), router)
    values = {name: f"203.0.113.{number}" for number, name in enumerate(rendered.outputs, 10)}
    lines = filled(rendered.lines, values)
    secrets = dict.fromkeys(rendered.secrets, CANARY)
    console = Console()
    before = console.text
    first = compare(console.running, read_lines(lines), Ours())
    console.type(first.commands, secrets)
    ours = Ours(lines=read_lines(lines), found=first.found, trusted=frozenset(rendered.secrets))
    assert not compare(console.running, read_lines(lines), ours)
    console.type(compare(console.running, Section(), ours).commands)
    assert console.text == before


@pytest.mark.promise("P25")
def test_keys_stay_out_of_everything(pushed: tuple[Console, Ours]) -> None:
    clear = Console(Console().text.replace("password encryption aes\n", ""))
    diff, ours = push(clear, LINES)
    assert CANARY in clear.text
    shown = repr((diff, ours, clear.running, undo(clear.running, Console().running, diff)))
    assert CANARY not in shown + unified_diff(ROUTER, diff)
    assert "<secret:hub-location1-shared-key>" in unified_diff(ROUTER, diff)
    assert pushed[0].text.count("pre-shared-key local 6 ") == 1


def test_every_section_is_left_by_exit_before_the_next() -> None:
    peers = ["crypto ikev2 keyring K", " peer a", "  address 192.0.2.1", " peer b", "  address 192.0.2.2"]
    console = Console()
    diff = compare(console.running, read_lines([*peers, "ip vrf 30"]), Ours())
    assert console.type(diff.commands) == [
        "crypto ikev2 keyring K",
        "peer a",
        "address 192.0.2.1",
        "exit",
        "peer b",
        "address 192.0.2.2",
        "exit",
        "exit",
        "ip vrf 30",
        "exit",
    ]


# --- in place -------------------------------------------------------------------------------------

IN_PLACE = {
    "local preference": ("local-preference 200", "local-preference 300"),
    "description": ("south bound LAN switch", "the switch"),
    "address": ("192.168.30.17 255.255.255.252", "192.168.30.21 255.255.255.252"),
    "hold": ("ebgp-multihop 5", "ebgp-multihop 7"),
    "neighbor's policy": ("route-map prefer-ER-over-VPN in", "route-map BGP2OSPF in"),
    "perfect forward secrecy": ("set pfs group14", "set pfs group24"),
    "VLAN tags": ("dot1Q 30 second-dot1q 300", "dot1Q 31 second-dot1q 300"),
    "metric": ("default-metric 10", "default-metric 20"),
    "transform": ("esp-gcm 256", "esp-gcm 128"),
}


@pytest.mark.parametrize(("old", "new"), IN_PLACE.values(), ids=IN_PLACE)
@pytest.mark.promise("P6")
def test_a_value_is_overwritten_in_place(pushed: tuple[Console, Ours], old: str, new: str) -> None:
    console, ours = pushed
    lines = changed((old, new))
    diff, ours = push(console, lines, ours)
    assert texts(diff) == [next(line.strip() for line in lines if new in line)]
    assert not compare(console.running, read_lines(lines), ours)


EXCLUSIVE = {
    "prefix list entry": ("permit 10.2.30.0/25", "permit 10.2.30.0/26"),
    "redistribution": ("subnets route-map BGP2OSPF", "subnets"),
    "default route": ("originate always", "originate"),
    "match": (
        "match ip address prefix-list Azure_to_Cust30",
        "match ip address prefix-list Cust30_to_Private",
    ),
}


@pytest.mark.parametrize(("old", "new"), EXCLUSIVE.values(), ids=EXCLUSIVE)
def test_what_would_merge_goes_first(pushed: tuple[Console, Ours], old: str, new: str) -> None:
    console, ours = pushed
    lines = changed((old, new))
    diff, ours = push(console, lines, ours)
    gone, come = texts(diff)
    assert gone.startswith("no ")
    assert come in [line.strip() for line in lines]
    assert not compare(console.running, read_lines(lines), ours)


@pytest.mark.promise("P26")
def test_changed_key_is_sent_and_an_unchanged_one_is_not(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    rotated = Ours(lines=ours.lines, found=ours.found)
    diff = compare(console.running, read_lines(LINES), rotated)
    placeholder = "<secret:hub-location1-shared-key>"
    assert texts(diff) == [f"pre-shared-key local {placeholder}", f"pre-shared-key remote {placeholder}"]


@pytest.mark.promise("P5")
def test_addresses_are_sent_again_after_a_change_of_vrf(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    console.type(compare(console.running, read_lines(["ip vrf 31", " rd 65021:31"]), Ours()).commands)
    lines = changed(("ip vrf forwarding 30", "ip vrf forwarding 31"))
    _, ours = push(console, lines, ours)
    assert not compare(console.running, read_lines(lines), ours)
    assert " ip vrf forwarding 31\n ip address 10.2.30.125" in console.text


@pytest.mark.promise("P5")
def test_addresses_and_tags_that_move_are_vacated_first(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    lines = changed(
        ("interface TenGigabitEthernet1/0/0.30", "interface TenGigabitEthernet1/0/0.40"),
        ("Loopback30", "Loopback40"),
    )
    diff, ours = push(console, lines, ours)
    assert texts(diff)[:2] == ["no interface TenGigabitEthernet1/0/0.30", "no interface Loopback30"]
    assert not compare(console.running, read_lines(lines), ours)


# --- removal --------------------------------------------------------------------------------------


@pytest.mark.promise("P5")
def test_neighbor_goes_by_one_line(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    lines = [line for line in LINES if "neighbor 192.168.30.18" not in line]
    diff, ours = push(console, lines, ours)
    assert texts(diff) == ["no neighbor 192.168.30.18 remote-as 12076"]
    assert not compare(console.running, read_lines(lines), ours)


def test_single_line_is_removed_by_what_identifies_it(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    lines = changed((" description Customer 30 private peering to Azure", ""))
    diff, _ = push(console, lines, ours)
    assert texts(diff) == ["no description"]


@pytest.mark.promise("P5", "P30")
def test_section_goes_uses_before_definitions(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    lines = [line for line in without("route-map prefer-ER") if "prefer-ER" not in line]
    diff, _ = push(console, lines, ours)
    assert texts(diff) == [
        "no neighbor 192.168.30.18 route-map prefer-ER-over-VPN in",
        "no route-map prefer-ER-over-VPN permit 10",
    ]


# --- what is not ours -----------------------------------------------------------------------------


def typed(console: Console, *lines: str) -> None:
    """Somebody else's change."""
    console.type(compare(console.running, read_lines(lines), Ours()).commands)


@pytest.mark.promise("P7", "P30")
def test_destroy_leaves_others_lines_and_what_they_need(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    typed(console, "interface Tunnel99", " ip vrf forwarding 30")
    typed(console, *BGP, "  neighbor 192.0.2.1 remote-as 64999")
    typed(console, *BGP, "  neighbor 192.168.30.18 weight 5")
    typed(console, "interface Tunnel30", " ip ospf cost 10")
    diff = compare(console.running, Section(), ours)
    console.type(diff.commands)
    for kept in (
        "ip vrf 30\n rd 65021:30",
        "interface Tunnel99\n ip vrf forwarding 30",
        "neighbor 192.0.2.1 remote-as 64999",
        "neighbor 192.168.30.18 remote-as 12076",
        "neighbor 192.168.30.18 weight 5",
        "route-map prefer-ER-over-VPN permit 10",
        "ip prefix-list Cust30_to_Private seq 10",
        "interface Tunnel30\n no ip address\n ip ospf cost 10",
    ):
        assert kept in console.text
    assert "crypto" not in console.text
    assert "10.10.30.254" not in console.text
    assert len(diff.notes) == 7


@pytest.mark.promise("P7", "P30")
@pytest.mark.parametrize(
    "line",
    ["ip prefix-list Cust30_to_Private seq 15 permit 10.99.0.0/24", "route-map prefer-ER-over-VPN permit 5"],
)
def test_what_others_put_into_a_list_of_ours_is_left_and_told(
    line: str, pushed: tuple[Console, Ours]
) -> None:
    console, ours = pushed
    typed(console, "ip prefix-list Elsewhere seq 5 permit 10.98.0.0/24")
    assert compare(console.running, read_lines(LINES), ours).beside == ()
    typed(console, line)
    diff = compare(console.running, read_lines(LINES), ours)
    assert not diff
    assert [note.partition(" is not ours")[0] for note in diff.beside] == [f"'{line}'"]
    assert compare(console.running, read_lines([*LINES, line]), ours).beside == ()


@pytest.mark.promise("P7")
def test_what_was_there_before_us_stays(pushed: tuple[Console, Ours]) -> None:
    del pushed
    console = Console()
    typed(
        console, "ip vrf 30", " rd 65021:30", "interface TenGigabitEthernet1/0/0", " description to the LAN"
    )
    before = console.text
    lines = [*LINES, "interface TenGigabitEthernet1/0/0", " description ours"]
    _, ours = push(console, lines)
    assert "description to the LAN" not in console.text
    diff = compare(console.running, Section(), ours)
    console.type(diff.commands)
    assert console.text == before


@pytest.mark.promise("P7", "P10")
def test_an_entry_of_ours_goes_from_a_list_of_theirs_that_is_in_use() -> None:
    console = Console()
    typed(console, "ip prefix-list Theirs seq 5 permit 10.0.0.0/8")
    typed(console, "route-map Theirs permit 10", " match ip address prefix-list Theirs")
    before, text = console.running, console.text
    diff, ours = push(console, ["ip prefix-list Theirs seq 10 permit 172.16.0.0/12"])
    pushed_text = console.text
    console.type(undo(console.running, before, diff).commands)
    assert console.text == text
    assert pushed_text != text
    push(console, ["ip prefix-list Theirs seq 10 permit 172.16.0.0/12"])
    console.type(compare(console.running, Section(), ours).commands)
    assert console.text == text


@pytest.mark.promise("B6")
def test_only_one_bgp_process_fits_on_a_router() -> None:
    console = Console()
    typed(console, "router bgp 64999", " neighbor 192.0.2.1 remote-as 64998")
    with pytest.raises(PushError, match=r"'router bgp 64999' is in the way .* neighbor 192\.0\.2\.1"):
        compare(console.running, read_lines(LINES), Ours())


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    ("theirs", "ours"), [("vrf definition 30", "ip vrf 30"), ("ip vrf 30", "vrf definition 30")]
)
def test_vrf_of_the_other_kind_is_in_the_way(theirs: str, ours: str) -> None:
    console = Console()
    typed(console, theirs)
    with pytest.raises(PushError, match=f"'{theirs}' is in the way of '{ours}'"):
        compare(console.running, read_lines([ours]), Ours())


# --- equal meaning --------------------------------------------------------------------------------

SAME = {
    "blanks": [line.replace(" ", "  ", 1) if not line.startswith(" ") else line for line in LINES],
    "comments": [part for line in LINES for part in ("!", line)],
    "sections opened twice": [
        part for line in LINES for part in ((*BGP, line) if line.startswith("  neighbor") else (line,))
    ],
    "abbreviated and lower case": changed(
        ("interface Tunnel30", "interface tunnel30"), ("interface TenGig", "interface tenGig")
    ),
    "keywords in any case": [
        re.sub(
            r"^( *)(interface|router|ip vrf|neighbor|set|crypto|route-map)\b", lambda f: f[0].upper(), line
        )
        for line in LINES
    ],
    "interfaces abbreviated": changed(
        ("tunnel source Loopback30", "tunnel source lo 30"),
        ("update-source Tunnel30", "update-source tu30"),
        ("255.255.255.255 Tunnel30", "255.255.255.255 Tun 30"),
    ),
    "tag in lower case": changed(("encapsulation dot1Q", "encapsulation dot1q")),
    "area as a number": changed(("area 0.0.0.0", "area 0")),
    "subnet mask in OSPF": changed(("192.168.30.0 0.0.0.1", "192.168.30.0 255.255.255.254")),
    "mask of one peer": changed(("  address 203.0.113.10", "  address 203.0.113.10 255.255.255.255")),
    "defaults": [*LINES, "crypto ikev2 profile Cust30-azure-profile", " lifetime 86400"],
    "no without its line": [*LINES, "interface Tunnel30", " no shutdown"],
}


@pytest.mark.parametrize("lines", SAME.values(), ids=SAME)
@pytest.mark.promise("P4")
def test_equal_meaning_is_no_change(pushed: tuple[Console, Ours], lines: list[str]) -> None:
    console, ours = pushed
    assert not compare(console.running, read_lines(lines), ours)


DOTTED = [
    "router bgp 64086.59904",
    " neighbor 192.0.2.1 remote-as 1.0",
    " neighbor 192.0.2.1 local-as 0.65021",
]


@pytest.mark.promise("P4", "B7")
def test_autonomous_systems_with_a_dot_are_the_same() -> None:
    plain = [
        "router bgp 4200000000",
        " neighbor 192.0.2.1 remote-as 65536",
        " neighbor 192.0.2.1 local-as 65021",
    ]
    assert list(read_lines(DOTTED).lines()) == plain


@pytest.mark.promise("B7")
@given(line=st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=60))
@example(line="network 999.1.1.1 mask 255.0.0.0")
@example(line="network 10.0.0.0 300.0.0.0 area 99999999999")
@example(line="network 10.0.0.0 255.0.255.0 area 0")
@example(line="ip address 10.0.0.999 255.255.255.0")
@example(line="neighbor 10.0.0.1 remote-as 70000.70000")
@example(line="router bgp 4294967296")
def test_whatever_stands_in_a_line_can_be_compared(line: str) -> None:
    """What is no address, mask, number or name is for the router to refuse."""
    for around in (
        [],
        ["router ospf 1"],
        ["router bgp 65021", " address-family ipv4 vrf 30"],
        ["interface Tunnel1"],
    ):
        tree = read_lines([*around, f"{' ' * len(around)}{line}"])
        diff = compare(Section(), tree, Ours())
        assert not compare(tree, tree, Ours(lines=tree)).commands
        assert (
            list(typed_lines(diff.commands))
            or not line.strip()
            or line.lstrip().startswith(("!", "no ", "end", "exit"))
        )


@pytest.mark.promise("F19")
def test_configuration_without_end_is_not_compared() -> None:
    with pytest.raises(PushError, match="has no 'end'"):
        read_running_configuration(Console().text.replace("\nend", ""), ROUTER)


def test_banners_and_certificates_are_passed_over() -> None:
    text = (
        "banner motd ^C\ninterface Tunnel30\n ^C\ncrypto pki certificate chain X\n certificate ca 01\n"
        "  30820330 30820218\n  \tquit\nip vrf 30\n rd 65021:30\nend\n"
    )
    tree = read_running_configuration(text, ROUTER)
    assert [line.line for _, line in tree.walk()] == [
        "crypto pki certificate chain X",
        "ip vrf 30",
        "rd 65021:30",
    ]


# --- undo -----------------------------------------------------------------------------------------

STEPS: dict[str, list[str]] = {
    "first push": [],
    "values": changed(("local-preference 200", "local-preference 300"), ("esp-gcm 256", "esp-gcm 128")),
    "exclusive": changed(*EXCLUSIVE.values()),
    "moved": changed(("interface TenGigabitEthernet1/0/0.30", "interface TenGigabitEthernet1/0/0.40")),
    "neighbor": [line for line in LINES if "neighbor 192.168.30.18" not in line],
    "vrf": ["ip vrf 31", " rd 65021:31", *changed(("ip vrf forwarding 30", "ip vrf forwarding 31"))],
    "everything": ["ip vrf 31"],
}


@pytest.mark.parametrize("lines", STEPS.values(), ids=STEPS)
@pytest.mark.promise("P10")
def test_undo_after_any_command_leads_back(lines: list[str]) -> None:
    start = Console()
    ours = Ours()
    if lines:
        _, ours = push(start, LINES)
    target = read_lines(lines or LINES)
    diff = compare(start.running, target, ours)
    for sent in range(len(diff.commands) + 1):
        console = Console(start.text)
        console.type(diff.commands[:sent])
        console.type(undo(console.running, start.running, diff).commands)
        assert sorted(console.text.splitlines()) == sorted(start.text.splitlines()), diff.commands[
            sent - 1 : sent
        ]


def test_undo_puts_the_old_key_back_as_the_router_printed_it(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    before, text = console.running, console.text
    diff = compare(before, read_lines(LINES), Ours(lines=ours.lines))
    console.type(diff.commands, {"hub-location1-shared-key": "another"})
    assert console.text != text
    console.type(undo(console.running, before, diff).commands)
    assert console.text == text


# --- for people -----------------------------------------------------------------------------------


def test_unified_diff_shows_changes_in_their_sections(pushed: tuple[Console, Ours]) -> None:
    console, ours = pushed
    lines = [line for line in changed(("preference 200", "preference 300")) if "next-hop-self" not in line]
    diff = compare(console.running, read_lines(lines), ours)
    assert unified_diff(ROUTER, diff).splitlines() == [
        "--- location1-ce1 (running)",
        "+++ location1-ce1 (intended)",
        "  route-map prefer-ER-over-VPN permit 10",
        "-  set local-preference 200",
        "+  set local-preference 300",
        "  router bgp 65021",
        "   address-family ipv4 vrf 30",
        "-   neighbor 192.168.30.18 next-hop-self",
    ]
