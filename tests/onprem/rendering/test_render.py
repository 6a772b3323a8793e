"""What the rendering of every router has in common, and what rendering refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import pytest

from onprem.placeholders import as_output, as_secret, bgp_address, public_ip, shared_key
from onprem.rendering.refusal import RenderError
from onprem.rendering.render import RouterConfiguration, environment, render_router
from topology import Network

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parents[1] / "golden"
TEST_ROUTERS = ("location1-ce1", "location1-ce2", "location2-ce1", "location2-ce2")

Stack = Callable[..., Network]
Changes = Mapping[str, Any]


@pytest.fixture(params=["test", "everything"])
def network(request: pytest.FixtureRequest, stack: Stack, everything: Changes) -> Network:
    return stack(everything if request.param == "everything" else {})


@pytest.fixture(params=TEST_ROUTERS)
def configuration(request: pytest.FixtureRequest, network: Network) -> RouterConfiguration:
    return render_router(network, request.param)


def with_sections(lines: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every line with the sections around it, outermost first."""
    around: list[str] = []
    for line in lines:
        depth = len(line) - len(line.lstrip())
        around[depth:] = [line.strip()]
        yield tuple(around[:depth]), line.strip()


# --- every configuration ---------------------------------------------------------------------------------


@pytest.mark.parametrize("router", TEST_ROUTERS)
@pytest.mark.promise("B6")
def test_golden(stack: Stack, router: str) -> None:
    expected = (GOLDEN / f"{router}.cfg").read_text(encoding="utf-8").splitlines()
    assert list(render_router(stack(), router).lines) == expected


def test_same_network_same_bytes(network: Network, configuration: RouterConfiguration) -> None:
    assert render_router(network, configuration.router) == configuration


def test_lines_are_what_a_router_takes(configuration: RouterConfiguration) -> None:
    for line in configuration.lines:
        assert re.fullmatch(r"[ -~]{1,254}", line), line
        assert line == line.rstrip()
        assert "  " not in line.strip()
        assert line.strip() not in {"!", "end", "exit"}


def test_each_line_is_at_most_one_level_below_the_line_before(configuration: RouterConfiguration) -> None:
    depths = [len(line) - len(line.lstrip()) for line in configuration.lines]
    assert depths[0] == 0
    assert all(deeper <= before + 1 for before, deeper in pairwise(depths))


@pytest.mark.promise("B6")
def test_no_section_is_opened_twice_and_no_line_repeated_in_one(configuration: RouterConfiguration) -> None:
    places = list(with_sections(configuration.lines))
    assert len(places) == len(set(places))


def test_neighbors_are_configured_in_the_address_family_of_the_vrf(
    network: Network, configuration: RouterConfiguration
) -> None:
    router = network.routers[configuration.router]
    inside = (f"router bgp {network.router_asn(router)}", f"address-family ipv4 vrf {router.vrf.name}")
    places = [sections for sections, line in with_sections(configuration.lines) if "neighbor " in line]
    assert set(places) == {inside}


def test_a_neighbor_exists_before_its_attributes(configuration: RouterConfiguration) -> None:
    known = set()
    for line in configuration.lines:
        if found := re.match(r"  neighbor (\S+) (\S+)", line):
            if found[2] == "remote-as":
                known.add(found[1])
            assert found[1] in known, line


def test_the_vrf_precedes_the_address_of_an_interface(configuration: RouterConfiguration) -> None:
    addressed: set[str] = set()
    for sections, line in with_sections(configuration.lines):
        if line.startswith(("ip address", "ip unnumbered")):
            assert sections[0] not in addressed, line
            addressed.add(sections[0])
        if line.startswith("ip vrf forwarding"):
            assert sections[0] not in addressed, sections
    assert addressed == {line for line in configuration.lines if line.startswith("interface ")}


DEFINITIONS = {
    "vrf": r"^ip vrf (\S+)$",
    "prefix list": r"^ip prefix-list (\S+) ",
    "route map": r"^route-map (\S+) ",
    "IKEv2 proposal": r"^crypto ikev2 proposal (\S+)$",
    "keyring": r"^crypto ikev2 keyring (\S+)$",
    "IKEv2 profile": r"^crypto ikev2 profile (\S+)$",
    "transform set": r"^crypto ipsec transform-set (\S+) ",
    "IPsec profile": r"^crypto ipsec profile (\S+)$",
    "interface": r"^interface (\S+)$",
    "BGP": r"^router bgp (\S+)$",
}
USES = {
    "vrf": r"^ ip vrf forwarding (\S+)$|^ address-family ipv4 vrf (\S+)$"
    r"|^router ospf \S+ vrf (\S+)$|^ip route vrf (\S+) ",
    "prefix list": r"^ match ip address prefix-list (\S+)$|^  neighbor \S+ prefix-list (\S+) out$",
    "route map": r"^  neighbor \S+ route-map (\S+) (?:in|out)$|^ redistribute .* route-map (\S+)$",
    "IKEv2 proposal": r"^ proposal (\S+)$",
    "keyring": r"^ keyring local (\S+)$",
    "IKEv2 profile": r"^ set ikev2-profile (\S+)$",
    "transform set": r"^ set transform-set (\S+)$",
    "IPsec profile": r"^ tunnel protection ipsec profile (\S+)$",
    "interface": r"^ tunnel source (\S+)$|^ ip unnumbered (\S+)$|^  neighbor \S+ update-source (\S+)$"
    r"|^ip route vrf \S+ \S+ \S+ ([A-Z]\S+)$",
    "BGP": r"^ redistribute bgp (\S+) ",
}
LEAVES = {"interface", "BGP"}
"""What is also there for its own sake; anything else that is defined is used."""


@pytest.mark.parametrize("kind", DEFINITIONS)
@pytest.mark.promise("P5")
def test_what_is_referred_to_is_defined_above(configuration: RouterConfiguration, kind: str) -> None:
    defined, used = set(), set()
    for line in configuration.lines:
        if found := re.search(USES[kind], line):
            name = found[found.lastindex or 0]
            assert name in defined, line
            used.add(name)
        if found := re.search(DEFINITIONS[kind], line):
            defined.add(found[1])
    assert kind in LEAVES or used == defined


def test_configuration_names_the_placeholders_of_its_lines(configuration: RouterConfiguration) -> None:
    text = "\n".join(configuration.lines)
    assert set(re.findall(r"<output:([^>]*)>", text)) == set(configuration.outputs)
    assert set(re.findall(r"<secret:([^>]*)>", text)) == set(configuration.secrets)
    assert text.count("<") == len(re.findall(r"<(?:output|secret):[a-z0-9-]+>", text))


# --- placeholders ----------------------------------------------------------------------------------------


def test_names_of_placeholders() -> None:
    assert as_output(public_ip("hub", 1)) == "<output:hub-vpn-gateway-public-ip-1>"
    assert as_output(bgp_address("hub", 2)) == "<output:hub-vpn-gateway-bgp-address-2>"
    assert as_secret(shared_key("hub-location1")) == "<secret:hub-location1-shared-key>"


def test_a_configuration_says_what_it_needs(stack: Stack) -> None:
    configuration = render_router(stack(), "location1-ce1")
    assert configuration.outputs == ("hub-vpn-gateway-public-ip-1", "hub-vpn-gateway-bgp-address-1")
    assert configuration.secrets == ("hub-location1-shared-key",)
    assert render_router(stack(), "location2-ce1").outputs == ()


def test_host_is_the_management_host(stack: Stack) -> None:
    changes = {"routers": {"location1-ce1": {"management": {"host": "ce1.example.net"}}}}
    configuration = render_router(stack(changes), "location1-ce1")
    assert (configuration.router, configuration.host) == ("location1-ce1", "ce1.example.net")


# --- refusals --------------------------------------------------------------------------------------------


def test_unknown_router(stack: Stack) -> None:
    with pytest.raises(RenderError, match=r"location9-ce1 is not in routers .*location1-ce1"):
        render_router(stack(), "location9-ce1")


@pytest.mark.promise("B7")
def test_links_that_would_share_a_subinterface(stack: Stack) -> None:
    tagged_once = {"router": "location1-ce1", "outerVlan": None}
    changes = {"circuits": {"expressroute1": {"privatePeering": {"secondary": tagged_once}}}}
    with pytest.raises(RenderError, match=r"location1-ce1: 2 of its interfaces are called TenGig.*own VLAN"):
        render_router(stack(changes), "location1-ce1")


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("neighbor {{ missing }}", jinja2.UndefinedError),
        ("neighbor {{ value }}", RenderError),
        ("neighbor {{ value | default(none) }}", RenderError),
    ],
)
def test_templates_print_neither_undefined_names_nor_none(template: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        environment().from_string(template).render(value=None)


def test_rendering_does_not_load_the_ssh_client() -> None:
    program = "import sys, onprem.rendering.render, onprem.placeholders; sys.exit('netmiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, timeout=60).returncode == 0
