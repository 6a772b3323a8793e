"""What typed lines mean to FRR and strongSwan, and how FRR gets from one configuration to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from lab.bgp.frr_change import change, read_frr
from lab.bgp.ios.router import Meaning, read_router
from lab.iosxe.factory import factory_configuration
from tests.onprem.routers import filled

GOLDEN = Path(__file__).parents[2] / "onprem" / "golden"
ROUTERS = ("location1-ce1", "location1-ce2", "location2-ce1", "location2-ce2")
VRF = ("ip vrf 30", " rd 1:30")
LINK = (
    "interface TenGigabitEthernet0/0/0.300",
    " encapsulation dot1Q 30 second-dot1q 300",
    " ip vrf forwarding 30",
    " ip address 192.168.30.17 255.255.255.252",
)
FAMILY = ("router bgp 65021", " address-family ipv4 vrf 30")
NEIGHBOR = "  neighbor 192.168.30.18"
PEER = f"{NEIGHBOR} remote-as 12076"


def meaning(*lines: str) -> Meaning:
    """What lines mean, every interface of the VRF that lives under a short name."""
    return read_router(
        "\n".join(lines),
        lambda tables: {
            one.name: "lo" if one.is_loopback else re.sub("[a-z]{2,}", "", one.name) for one in tables.living
        },
    )


def frr_lines(*lines: str) -> list[str]:
    return [line.strip() for line in meaning(*lines).frr.splitlines()]


def golden(router: str) -> str:
    """A router's configuration with its golden lines, the key in clear."""
    lines = filled((GOLDEN / f"{router}.cfg").read_text().splitlines())
    text = factory_configuration(router, "netops", "9 $9$sealed") + "\n".join(lines)
    return text.replace("<secret:hub-location1-shared-key>", "the-key")


@pytest.mark.parametrize("router", ROUTERS)
def test_everything_that_is_rendered_has_a_meaning(router: str) -> None:
    assert meaning(golden(router)).remarks == ()


def test_a_tunnel_has_the_proposals_and_the_key_that_were_typed() -> None:
    (one,) = meaning(golden("location1-ce1")).protections
    found = one.connection
    assert (str(found.local), str(found.remote), found.key) == ("66.198.12.106", "203.0.113.10", "the-key")
    assert found.ike_proposals == ("aes256-sha256-modp2048",)
    assert found.esp_proposal == "aes256gcm16-modp2048"
    assert "the-key" not in repr(one)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param(
            "  address 203.0.113.10", "  address 203.0.113.9", "no peer for 203.0.113.10", id="peer"
        ),
        pytest.param(
            "remote address 203.0.113.10", "remote address 203.0.113.9", "matches no identity", id="identity"
        ),
        pytest.param(
            "authentication remote pre-share", "lifetime 3600", "lacks `authentication remote", id="auth"
        ),
        pytest.param("keyring local Cust30-azure-keyring", "keyring local no", "no keyring no", id="keyring"),
        pytest.param("integrity sha256", "integrity md5", "md5 is not known here", id="algorithm"),
        pytest.param("group 14", "description x", "is not complete", id="proposal"),
        pytest.param("tunnel mode ipsec ipv4", "description x", "protection by IPsec is missing", id="mode"),
        pytest.param("tunnel source Loopback30", "tunnel source Loopback7", "has no address", id="source"),
        pytest.param("esp-gcm 256", "esp-gmac 256", "esp-gmac 256 is not known here", id="transform"),
        pytest.param("local the-key", "local 6 ABCD", "sealed by another router", id="sealed"),
    ],
)
def test_a_chain_that_breaks_is_no_tunnel_and_the_reason_is_told(old: str, new: str, reason: str) -> None:
    text = golden("location1-ce1")
    assert old in text
    found = meaning(text.replace(old, new))
    assert not found.protections
    assert reason in "\n".join(found.remarks)


def test_two_keys_that_differ_are_one_that_fits_nobody() -> None:
    (one,) = meaning(golden("location1-ce1").replace("remote the-key", "remote other")).protections
    assert one.connection.key not in {"the-key", "other"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param((f"{NEIGHBOR} fall-over bfd",), (), id="bfd without an interval is none"),
        pytest.param((f"{NEIGHBOR} weight 7",), ("neighbor 192.168.30.18 weight 7",), id="weight"),
        pytest.param(
            (f"{NEIGHBOR} route-map M in",),
            ("route-map from-192.168.30.18 permit 10", "set tag 1", "call M"),
            id="import",
        ),
        pytest.param((f"{NEIGHBOR} prefix-list NONE in",), (), id="an undefined list permits everything"),
        pytest.param((f"{NEIGHBOR} timers 10 30",), ("neighbor 192.168.30.18 timers 10 30",), id="timers"),
        pytest.param((f"{NEIGHBOR} shutdown",), ("neighbor 192.168.30.18 shutdown",), id="shutdown"),
        pytest.param(
            (f"{NEIGHBOR} maximum-prefix 100 80 warning-only",),
            ("neighbor 192.168.30.18 maximum-prefix 100 80 warning-only",),
            id="maximum-prefix",
        ),
        pytest.param(("  network 10.0.0.0",), ("network 10.0.0.0/8",), id="natural mask"),
        pytest.param(("  network 10.2.0.0 mask 255.255.255.128",), ("network 10.2.0.0/25",), id="mask"),
        pytest.param(
            ("  aggregate-address 10.0.0.0 255.255.0.0 summary-only",),
            ("aggregate-address 10.0.0.0/16 summary-only",),
            id="aggregate",
        ),
        pytest.param(("  maximum-paths 4",), ("maximum-paths 4",), id="multipath"),
    ],
)
def test_lines_of_bgp_in_frrs_words(typed: tuple[str, ...], meant: tuple[str, ...]) -> None:
    plain = frr_lines(*VRF, *LINK, *FAMILY, PEER, f"{NEIGHBOR} activate")
    found = frr_lines(*VRF, *LINK, *FAMILY, PEER, f"{NEIGHBOR} activate", *typed)
    assert set(found) - set(plain) == set(meant) - set(plain)
    assert set(meant) <= set(found)


def test_bfd_runs_with_the_interfaces_interval() -> None:
    interval = " bfd interval 300 min_rx 350 multiplier 4"
    lines = frr_lines(
        *VRF, *LINK, interval, *FAMILY, PEER, f"{NEIGHBOR} activate", f"{NEIGHBOR} fall-over bfd"
    )
    assert "neighbor 192.168.30.18 bfd 4 350 300" in lines


def test_a_neighbor_of_the_own_as_is_not_marked_for_ospf() -> None:
    lines = frr_lines(*VRF, *LINK, *FAMILY, f"{NEIGHBOR} remote-as 65021", f"{NEIGHBOR} activate")
    assert not [line for line in lines if "from-192.168.30.18" in line]


def test_a_router_keeps_the_id_that_it_has_chosen() -> None:
    lines = (*VRF, *LINK, *FAMILY, PEER)
    first = meaning(*lines)
    assert (str(first.router_id), " bgp router-id 192.168.30.17\n" in first.frr) == ("192.168.30.17", True)
    shut = read_router("\n".join((*VRF, *LINK, " shutdown", *FAMILY, PEER)), lambda _: {}, first.router_id)
    assert " bgp router-id 192.168.30.17\n" in shut.frr
    assert meaning(*VRF, *LINK).router_id is None


def test_ospf_in_frrs_words() -> None:
    lines = frr_lines(
        *VRF,
        *LINK,
        " ip ospf network point-to-point",
        " ip ospf hello-interval 5",
        "router ospf 30 vrf 30",
        " router-id 10.2.30.253",
        " redistribute bgp 65021 subnets route-map M",
        " network 192.168.30.16 0.0.0.3 area 0.0.0.0",
        " default-information originate always",
        " default-metric 10",
    )
    assert "network 192.168.30.16/30 area 0.0.0.0" in lines
    assert "redistribute bgp route-map into-ospf-bgp" in lines
    assert lines[lines.index("match tag 1") + 1] == "call M"
    assert {"ip ospf hello-interval 5", "ip ospf dead-interval 4"} <= set(lines)
    assert "ip ospf hello-interval 1" not in lines


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(
            (*LINK, " ip access-group A in"), "`interface TenGigabitEthernet0/0/0.300 / ip access", id="acl"
        ),
        pytest.param(
            ("router bgp 1", " neighbor 10.0.0.1 remote-as 2"), "BGP of the global table", id="global BGP"
        ),
        pytest.param(
            (
                "vrf definition 31",
                "interface Loopback1",
                " vrf forwarding 31",
                " ip address 10.0.0.1 255.0.0.0",
            ),
            "",
            id="one VRF lives",
        ),
        pytest.param(
            (*FAMILY, "route-map M permit 10", " match ip address 99"),
            "access lists match nothing",
            id="match",
        ),
        pytest.param(
            ("ip access-list extended A", " permit ip any any"), "`ip access-list extended A`", id="list"
        ),
    ],
)
def test_what_has_no_meaning_is_told(lines: Iterable[str], says: str) -> None:
    remarks = "\n".join(meaning(*VRF, *lines).remarks)
    assert says in remarks
    assert bool(remarks) == bool(says)


def test_a_second_vrf_is_told_of() -> None:
    second = ("ip vrf 31", "interface Loopback1", " ip vrf forwarding 31", " ip address 10.0.0.1 255.0.0.0")
    assert "VRF 31 is not brought to life" in "\n".join(meaning(*VRF, *LINK, *second, *FAMILY).remarks)


# --- from one configuration to the next ------------------------------------------------------------------


def bgp(*session: str, family: tuple[str, ...] = ()) -> str:
    return "\n".join(
        (
            "router bgp 1",
            *(f" {line}" for line in session),
            " address-family ipv4 unicast",
            *(f"  {line}" for line in family),
            " exit-address-family",
            "exit",
        )
    )


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        pytest.param(bgp("neighbor A description x"), bgp("neighbor A description x"), "", id="nothing"),
        pytest.param(
            bgp("neighbor A remote-as 2", "neighbor A description x"),
            bgp("neighbor A remote-as 2", "neighbor A description y"),
            "router bgp 1/neighbor A description y/exit",
            id="overwritten in place",
        ),
        pytest.param(
            bgp("neighbor A remote-as 2", family=("neighbor A weight 1",)),
            bgp("neighbor A remote-as 3", family=("neighbor A weight 1",)),
            "router bgp 1/no neighbor A/exit/router bgp 1/neighbor A remote-as 3/address-family ipv4 unicast/"
            "neighbor A weight 1/exit-address-family/exit",
            id="another AS: all of it anew",
        ),
        pytest.param(
            bgp("neighbor A remote-as 2", "neighbor A bfd 3 300 300", "neighbor AB remote-as 2"),
            bgp("neighbor A remote-as 2", "neighbor AB remote-as 2"),
            "router bgp 1/no neighbor A bfd/exit",
            id="bfd without its values",
        ),
        pytest.param(
            bgp("neighbor A remote-as 2", "neighbor AB remote-as 2"),
            bgp("neighbor AB remote-as 2"),
            "router bgp 1/no neighbor A/exit",
            id="one neighbor of two",
        ),
        pytest.param(
            bgp(family=("no neighbor A activate",)),
            bgp(),
            "router bgp 1/address-family ipv4 unicast/neighbor A activate/exit-address-family/exit",
            id="what was switched off",
        ),
        pytest.param(
            "route-map M permit 10\n set local-preference 200\nexit",
            "route-map M permit 10\n set local-preference 300\nexit",
            "route-map M permit 10/set local-preference 300/exit",
            id="a value of a route map",
        ),
        pytest.param(
            "ip route 10.0.0.0/8 x\nroute-map M permit 10\nexit",
            "",
            "no route-map M permit 10/no ip route 10.0.0.0/8 x",
            id="the last goes first",
        ),
        pytest.param(
            "ip prefix-list P seq 10 permit 10.0.0.0/8\nip prefix-list Q seq 10 permit 10.0.0.0/8",
            "ip prefix-list P seq 20 permit 10.0.0.0/8\nip prefix-list Q seq 10 permit 10.0.0.0/8",
            "no ip prefix-list P/ip prefix-list P seq 20 permit 10.0.0.0/8",
            id="a prefix list as a whole",
        ),
        pytest.param(
            "ip prefix-list P seq 10 permit any\n" + bgp(family=("neighbor A prefix-list P out",)),
            bgp(family=("neighbor A prefix-list Q out",)),
            "router bgp 1/address-family ipv4 unicast/neighbor A prefix-list Q out/exit-address-family/exit/"
            "no ip prefix-list P",
            id="a prefix list that goes, after its neighbor has let go of it",
        ),
        pytest.param(
            "route-map M permit 10\n set as-path prepend 1 1\nexit",
            "route-map M permit 10\n set weight 1\nexit",
            "route-map M permit 10/no set as-path prepend/exit/route-map M permit 10/set weight 1/exit",
            id="prepending without its values",
        ),
        pytest.param(
            "interface x\n ip ospf cost 5\nexit", "", "interface x/no ip ospf cost 5/exit", id="an interface"
        ),
    ],
)
def test_only_what_differs_is_changed(before: str, after: str, lines: str) -> None:
    found = change(read_frr(before), read_frr(after))
    assert "/".join(line.strip() for line in found.splitlines()) == lines
