"""What a planned drain types on a router, and that what takes it back leaves nothing."""

from __future__ import annotations

import re

import pytest

from lab.bgp.blueprint import Blueprint
from lab.bgp.drained import find_ends
from lab.bgp.errors import LivingLabError
from lab.bgp.failures import plan_cut
from lab.bgp.typed_drain import TypedHands
from tests.commands import ROOT

ROUTER = "ce.location1-ce1"
LINK = "link:expressroute1/primary"
FAMILY = ("router bgp 65021", "address-family ipv4 vrf 30")


class Keyboard:
    """Answers as a router that runs the golden configuration, and remembers what is typed."""

    def __init__(self, refusal: str = "") -> None:
        golden = (ROOT / "tests" / "onprem" / "golden" / "location1-ce1.cfg").read_text()
        self.running = re.sub(r"<output:hub-vpn-gateway-bgp-address-1>", "10.10.30.254", golden)
        self.refusal = refusal
        self.typed: list[str] = []

    def type(self, host: str, lines: tuple[str, ...]) -> str:
        assert host == "198.51.100.7"
        if lines == ("show running-config",):
            return self.running.replace("\n", "\r\n")
        assert (lines[0], lines[-1]) == ("configure terminal", "end")
        self.typed += lines[1:-1]
        return self.refusal


@pytest.fixture
def keyboard() -> Keyboard:
    return Keyboard()


def drain(blueprint: Blueprint, keyboard: Keyboard, what: str, *, on: bool) -> list[str]:
    """Return the lines that one step types for the link."""
    (end,) = find_ends(blueprint, plan_cut(blueprint, LINK))
    hands = TypedHands({ROUTER: "198.51.100.7"}, keyboard.type)
    keyboard.typed.clear()
    getattr(hands, what)(end, on=on)
    return keyboard.typed


def test_the_other_way_is_longer_prefixes_over_vpn_alone(blueprint: Blueprint, keyboard: Keyboard) -> None:
    """Both sessions have one prefix list: the link's must not tell the halves, too."""
    typed = drain(blueprint, keyboard, "make_other_way", on=True)
    assert "ip prefix-list drained-longer-0 seq 10 permit 10.2.30.0/25" in typed
    assert "ip prefix-list drained-longer-0 seq 1001 permit 10.2.30.64/26" in typed
    assert "ip route vrf 30 10.2.30.64 255.255.255.192 192.168.30.1" in typed
    assert "network 10.2.30.64 mask 255.255.255.192" in typed
    assert "neighbor 10.10.30.254 prefix-list drained-longer-0 out" in typed
    assert "neighbor 192.168.30.18 route-map drained-last out" in typed
    assert not any(line.startswith("neighbor 192.168.30.18 prefix-list") for line in typed)


@pytest.mark.parametrize(
    ("step", "own"),
    [
        ("make_other_way", "neighbor 10.10.30.254 prefix-list Cust30_to_Private out"),
        ("withdraw", "no neighbor 192.168.30.18 route-map drained-out out"),
        ("prefer_least", "neighbor 192.168.30.18 route-map prefer-ER-over-VPN in"),
    ],
)
def test_each_step_is_taken_back_line_by_line(
    step: str, own: str, blueprint: Blueprint, keyboard: Keyboard
) -> None:
    """Whatever it has named goes again, and the session's own policy comes back."""
    there, back = ([*drain(blueprint, keyboard, step, on=on)] for on in (True, False))
    assert own in back
    named = {name for line in there for name in re.findall(r"(?:route-map|prefix-list) (drained-\S+)", line)}
    assert named
    for name in named:
        assert f"no route-map {name}" in back or f"no ip prefix-list {name}" in back
    for line in there:
        if line.startswith(("ip route ", "network ")):
            assert f"no {line}" in back
    assert [line for line in back if line in FAMILY][:2] == [*FAMILY]


def test_a_line_that_the_router_refuses_ends_the_drain(blueprint: Blueprint) -> None:
    with pytest.raises(LivingLabError, match=r"198\.51\.100\.7 refuses what a drain types: % Invalid input"):
        drain(blueprint, Keyboard("% Invalid input detected at '^' marker."), "withdraw", on=True)


def test_a_router_without_bgp_in_a_vrf_has_nothing_to_drain(blueprint: Blueprint, keyboard: Keyboard) -> None:
    keyboard.running = "hostname location1-ce1\n"
    with pytest.raises(LivingLabError, match="location1-ce1 runs no BGP in a VRF"):
        drain(blueprint, keyboard, "withdraw", on=True)
