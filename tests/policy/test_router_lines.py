"""Lines are read as IOS reads them, and whatever they are, no rule crashes over them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from network_policies.bgp import neighbors
from network_policies.prefix_ranges import prefix_lists
from network_policies.route_filters import route_maps
from network_policies.router_lines import parse

ROUTER = "location1-ce1"


def lines_of(text: str) -> Any:
    return parse(tuple(text.splitlines()))


def bgp(*lines: str) -> str:
    return "\n".join(("router bgp 65021", *lines))


def sessions(text: str) -> list[tuple[str, str, int, bool]]:
    return [(n.vrf, n.address, n.remote_asn, n.is_active) for n in neighbors(lines_of(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            bgp(
                " address-family ipv4 vrf 30",
                "  neighbor 10.0.0.1 remote-as 12076",
                "  neighbor 10.0.0.1 activate",
                " exit-address-family",
            ),
            [("30", "10.0.0.1", 12076, True)],
        ),
        (
            bgp(
                "address-family ipv4 vrf 30",
                "neighbor 10.0.0.1 remote-as 12076",
                "neighbor 10.0.0.1 activate",
                "no neighbor 10.0.0.1 activate",
            ),
            [("30", "10.0.0.1", 12076, False)],
        ),
        (
            bgp("\taddress-family ipv4 unicast vrf 30", "\t\tNeighbor  10.0.0.1  Remote-AS 12076\r"),
            [("30", "10.0.0.1", 12076, True)],
        ),
        (bgp(" neighbor 10.0.0.1 remote-as 12076"), [("", "10.0.0.1", 12076, True)]),
        (
            bgp(
                " no bgp default ipv4-unicast",
                " neighbor 10.0.0.1 remote-as 12076",
                " address-family ipv4",
                "  neighbor 10.0.0.1 route-map X in",
            ),
            [("", "10.0.0.1", 12076, False)],
        ),
        (
            bgp(" address-family ipv4 vrf A", "  neighbor 10.0.0.1 remote-as 0.12076"),
            [("A", "10.0.0.1", 12076, True)],
        ),
        (
            bgp(
                " address-family ipv4 vrf A",
                "  neighbor ER peer-group",
                "  neighbor ER remote-as 12076",
                "  neighbor ER activate",
                "  neighbor 10.0.0.1 peer-group ER",
            ),
            [("A", "10.0.0.1", 12076, True)],
        ),
        (
            bgp(
                " address-family ipv4 vrf A",
                "  neighbor 10.0.0.1 remote-as 12076",
                "  neighbor 10.0.0.1 activate",
                "  no neighbor 10.0.0.1 remote-as 12076",
                "  neighbor 10.0.0.1 remote-as 65515",
            ),
            [("A", "10.0.0.1", 65515, True)],
        ),
        (
            bgp(" neighbor 10.0.0.1 remote-as 12076", " no neighbor 10.0.0.1"),
            [],
        ),
        ("interface Tunnel30\n neighbor 10.0.0.1 remote-as 12076", []),
    ],
    ids=[
        "show-run",
        "flat",
        "tabs-and-case",
        "global",
        "no-default",
        "asdot",
        "peer-group",
        "made-anew",
        "taken-back",
        "elsewhere",
    ],
)
def test_sessions(text: str, found: list[Any]) -> None:
    assert sessions(text) == found


def test_a_line_at_the_left_edge_stays_in_its_section() -> None:
    *_, line = lines_of("router ospf 30 vrf 30\n router-id 1.1.1.1\ndefault-information originate always")
    assert line.section == "router ospf 30 vrf 30"


def test_entries_count_in_the_order_of_their_numbers() -> None:
    later = "route-map X permit 20\n set local-preference 300\n!\n"
    entries = route_maps(lines_of(later + "route-map X permit 10\n match ip address prefix-list A"))["X"]
    assert [(e.number, e.local_preference, e.matches) for e in entries] == [
        (10, None, ["ip address prefix-list A"]),
        (20, 300, []),
    ]


def test_prefix_list_entries_without_numbers_count_on() -> None:
    text = "ip prefix-list A permit 10.0.0.0/8\nip prefix-list A seq 3 deny 0.0.0.0/0 le 32"
    entries = prefix_lists(lines_of(text))["A"].entries
    assert [(permits, str(what)) for permits, what in entries] == [
        (False, "0.0.0.0/0 up to /32"),
        (True, "10.0.0.0/8"),
    ]


def test_an_undefined_template_is_not_proven_and_hides_no_other_neighbor(deployment: Any) -> None:
    template = "  neighbor 192.168.30.18 remote-as 12076"
    deployment.rewrite(ROUTER, template, "  neighbor 192.168.30.18 inherit peer-session ER")
    deployment.rewrite(ROUTER, "65515\n", "65515\n  neighbor 10.9.9.9 remote-as 65515\n")
    said = {(found.rule, found.level) for found in deployment.judge("preview") if found.resource == ROUTER}
    assert ("router-outbound-filter", "advisory") in said
    assert ("router-outbound-filter", "mandatory") in said  # of the neighbor without a filter
    assert ("router-reference-defined", "mandatory") in said


def test_a_family_that_is_not_read_is_not_proven(deployment: Any) -> None:
    family = bgp(" address-family ipv6 vrf 30", "  neighbor 2001:db8::2 remote-as 12076")
    deployment.resources[ROUTER].inputs["lines"] += family.splitlines()
    said = deployment.judge("preview")
    assert {found.level for found in said} == {"advisory"}
    assert "router-expressroute-preferred" in {found.rule for found in said}
    assert all("address-family ipv6 vrf 30" in found.message for found in said)


@pytest.mark.parametrize("seed", range(40))
def test_no_garbled_line_crashes_a_rule(deployment: Any, seed: int) -> None:
    chance = random.Random(seed)
    lines = deployment.resources[ROUTER].inputs["lines"]
    for _ in range(12):
        place = chance.randrange(len(lines))
        words = lines[place].split()
        match chance.randrange(5):
            case 0:
                del lines[place]
            case 1:
                lines[place] = " ".join(words[: chance.randrange(len(words) + 1)])
            case 2:
                chance.shuffle(words)
                lines[place] = " ".join(words)
            case 3:
                lines.insert(place, lines[chance.randrange(len(lines))])
            case _:
                lines[place] = "".join(chance.choice([c, "", "\x00", "é", "<"]) for c in lines[place])
    said = deployment.judge("preview")
    assert not [found for found in said if "itself failed" in found.message]


def test_an_entry_that_is_never_reached_does_not_count(deployment: Any) -> None:
    deployment.rewrite(
        ROUTER,
        " set local-preference 200",
        " set local-preference 200\nroute-map prefer-ER-over-VPN permit 20",
    )
    assert deployment.judge("preview") == []


@pytest.mark.parametrize(
    "line",
    [
        "neighbor 192.168.30.4 remote-as 65021",  # iBGP to the other router of the site
        "neighbor 192.168.30.4 remote-as 65021\n  neighbor 192.168.30.4 update-source Tunnel30",
        "neighbor 192.168.30.1 remote-as 65100",  # eBGP to the site's own network
    ],
    ids=["internal", "internal-over-a-tunnel", "site"],
)
def test_other_sessions_need_no_filter(deployment: Any, line: str) -> None:
    address = line.split()[1]
    deployment.rewrite(ROUTER, " exit-address-family", f"  {line}\n  neighbor {address} activate")
    assert deployment.judge("preview") == []


def test_a_line_is_placed_by_the_section_that_a_preview_shows_it_in() -> None:
    """A number alone says nothing: a preview numbers no line, and shows changed ones only."""
    lines = parse(
        (
            "hostname ce",
            "router ospf 30 vrf 30",
            " default-information originate always",
            "router bgp 65021",
            " address-family ipv4 vrf 30",
            "  neighbor 10.0.0.1 activate",
        )
    )
    assert [line.place for line in lines] == [
        "line 1",
        "line 2",
        "line 3, in router ospf 30 vrf 30",
        "line 4",
        "line 5, in router bgp 65021",
        "line 6, in router bgp 65021, address-family ipv4 vrf 30",
    ]
