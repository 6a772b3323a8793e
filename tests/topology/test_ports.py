"""An interface has one name: the one that the router prints."""

from collections.abc import Callable

import pytest

Mistakes = Callable[[str], list[str]]

_ROUTER = """location: a
locations: {{l: {{asn: 65001, prefixes: [10.3.0.0/16]}}}}
routers:
  r:
    location: l
    vrf: {{name: "30", routeDistinguisher: "65001:30"}}
    lan:
      interface: {}
      address: 10.3.0.1/24
      nextHop: 10.3.0.2
"""
_PLACE = "8:7 routers.r.lan.interface: "


@pytest.mark.parametrize(
    "name",
    [
        "GigabitEthernet1",
        "GigabitEthernet0/0/2",
        "TenGigabitEthernet1/1/0",
        "TwentyFiveGigE1/0/1",
        "HundredGigE1/0/27/1",
        "Vlan30",
        "BDI30",
    ],
)
def test_what_a_router_prints_is_taken(name: str, mistakes: Mistakes) -> None:
    assert mistakes(_ROUTER.format(name)) == []


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("Gi0/0/2", "'Gi0/0/2': write GigabitEthernet0/0/2, as the router prints it"),
        ("Gigabit0/0/0", "'Gigabit0/0/0': write GigabitEthernet0/0/0, as the router prints it"),
        ("te0/0/0", "'te0/0/0': write TenGigabitEthernet0/0/0, as the router prints it"),
        ("TenGigE0/0/0", "'TenGigE0/0/0': write TenGigabitEthernet0/0/0, as the router prints it"),
        ("gigabitethernet 1", "'gigabitethernet 1': write GigabitEthernet1, as the router prints it"),
        (
            "HundredGigabitEthernet1/0/1",
            "'HundredGigabitEthernet1/0/1': write HundredGigE1/0/1, as the router prints it",
        ),
        (
            "Fo0/0/0",
            "'Fo0/0/0': write FortyGigabitEthernet0/0/0 or FourHundredGigE0/0/0, as the router prints it",
        ),
        (
            "Gi0/0/2.9",
            "'Gi0/0/2.9': write GigabitEthernet0/0/2, as the router prints it: VLANs make sub-interfaces",
        ),
    ],
)
def test_an_abbreviation_is_refused_with_the_name_in_full(typed: str, says: str, mistakes: Mistakes) -> None:
    assert mistakes(_ROUTER.format(typed)) == [_PLACE + says]


@pytest.mark.parametrize("name", ["Interface0", "GigabitEthernet", "GigabitEthernet0/0/00", "0/0/0"])
def test_what_is_no_interface_is_refused_with_the_types(name: str, mistakes: Mistakes) -> None:
    (mistake,) = mistakes(_ROUTER.format(name))
    assert mistake.startswith(f"{_PLACE}'{name}' is no interface such as TenGigabitEthernet0/0/0 (Ethernet, ")
