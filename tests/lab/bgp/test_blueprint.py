"""What the living network is to be, before anything of it exists; needs no root."""

from __future__ import annotations

import os
from collections.abc import Callable
from ipaddress import IPv4Interface
from typing import Any

import pytest

from lab.bgp.blueprint import Blueprint
from lab.bgp.construction import draw_blueprint
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.failures import plan_cut
from lab.bgp.frr import render_frr
from lab.bgp.generation import generate
from lab.bgp.premises import interface_name
from lab.bgp.prerequisites import missing_prerequisite
from lab.bgp.strongswan import esp_proposal, ike_proposal, render_swanctl
from lab.bgp.tunnels import sides_of
from lab.bgp.undeployed import undeployed_fingerprint
from routing import element_names
from topology import (
    DhGroup,
    IkeEncryption,
    IpsecEncryption,
    IpsecIntegrity,
    IpsecPolicy,
    Network,
    PfsGroup,
)

Changed = Callable[[Callable[..., None]], Network]


def test_every_element_that_can_fail_has_something_to_cut(network: Network, blueprint: Blueprint) -> None:
    for element in element_names(network):
        assert plan_cut(blueprint, element).wires, element


def test_addresses_come_from_the_stack_file(blueprint: Blueprint) -> None:
    ports = {(port.node, port.interface): port for wire in blueprint.wires for port in wire.ends}
    router = "ce.location1-ce1"
    assert ports[router, "Te0-0-0.300"].addresses == (IPv4Interface("192.168.30.17/30"),)
    assert ports[router, "Te1-0-0.30"].addresses == (IPv4Interface("192.168.30.0/31"),)
    assert ports[router, "Tunnel30"].addresses == (IPv4Interface("10.2.30.125/32"),)
    assert not ports["ce.location1-ce2", "Te0-0-0.300"].enabled
    assert {str(site.host) for site in blueprint.sites.values()} >= {"10.10.30.4", "10.2.30.10"}


def test_no_two_ends_of_cables_share_an_address(blueprint: Blueprint) -> None:
    addresses = [
        address.ip
        for cable in blueprint.cables
        for port in cable.ends
        for address in port.addresses
        if not port.node.startswith("internet")
    ]
    assert len(addresses) == len(set(addresses))


def test_a_weight_becomes_a_weight(changed: Changed) -> None:
    def change(data: dict[str, Any]) -> None:
        data["connections"]["expressroute1-hub"]["weight"] = 70

    gateway = draw_blueprint(changed(change)).nodes["er.hub"].routing
    assert gateway is not None
    assert "set weight 70" in render_frr(gateway)


def test_a_closed_gateway_hears_of_routers_only(changed: Changed) -> None:
    """ER-17."""

    def change(data: dict[str, Any]) -> None:
        data["virtualNetworks"]["hub"]["expressRouteGateway"]["allowRemoteVnetTraffic"] = False

    edge = draw_blueprint(changed(change)).nodes["msee.expressroute1.primary"].routing
    assert edge is not None
    maps = {route_map.name: route_map for route_map in edge.route_maps}
    told = [clause.matches for clause in maps["to-hub"].clauses if clause.permits]
    assert told == [("community from-far-router",), ("community from-router",)]


def test_a_summary_around_other_sites_is_said_to_be_unsupported(changed: Changed) -> None:
    def change(data: dict[str, Any]) -> None:
        data["locations"]["location2"]["prefixes"].append("10.0.0.0/8")

    with pytest.raises(UnsupportedDesignError, match="hub and location2 overlap"):
        draw_blueprint(changed(change))


@pytest.mark.parametrize("seed", [*range(1, 9), *range(1001, 1009)])
def test_generated_networks_are_the_same_for_a_seed_and_wholly_drawn(seed: int) -> None:
    description, generated = generate(seed)
    assert generate(seed)[0] == description
    blueprint = draw_blueprint(generated)
    assert not blueprint.limits
    assert set(blueprint.sites) == set(generated.sites)
    for element in element_names(generated):
        assert plan_cut(blueprint, element).element == element


@pytest.mark.parametrize(
    ("port", "vlan", "expected"),
    [
        ("TenGigabitEthernet0/0/0", 300, "Te0-0-0.300"),
        ("GigabitEthernet0/0/1", None, "Gi0-0-1"),
    ],
)
def test_interfaces_keep_their_names_as_far_as_linux_takes_them(
    port: str, vlan: int | None, expected: str
) -> None:
    assert interface_name(port, vlan) == expected


@pytest.mark.parametrize(
    ("policy", "ike", "esp"),
    [
        pytest.param(IpsecPolicy(), "aes256-sha256-modp2048", "aes256gcm16-modp2048", id="strong"),
        pytest.param(
            IpsecPolicy(
                ike_encryption=IkeEncryption.GCM_AES_128,
                dh_group=DhGroup.ECP_384,
                ipsec_encryption=IpsecEncryption.AES_128,
                ipsec_integrity=IpsecIntegrity.SHA_1,
                pfs_group=PfsGroup.NONE,
            ),
            "aes128gcm16-prfsha256-ecp384",
            "aes128-sha1",
            id="gcm for IKE, none for PFS",
        ),
    ],
)
def test_an_ipsec_policy_in_strongswans_words(policy: IpsecPolicy, ike: str, esp: str) -> None:
    assert (ike_proposal(policy), esp_proposal(policy)) == (ike, esp)


def test_a_key_stands_in_no_plain_text(blueprint: Blueprint) -> None:
    wire = next(one for one in blueprint.tunnels if one.name == "hub-location1")
    several = [side.connection for side in sides_of(wire, 'a"key}')]
    text = render_swanctl(several)
    assert 'a"key}' not in text + repr(several)
    assert "secret = 0sYSJrZXl9" in text


def test_both_ends_of_a_tunnel_work_out_the_same_transport(blueprint: Blueprint) -> None:
    for wire in blueprint.tunnels:
        here, there = (side.connection.transport for side in sides_of(wire, "key"))
        assert (here.number, here.local, here.remote) == (there.number, there.remote, there.local)
    carried = [side.connection.transport for wire in blueprint.tunnels for side in sides_of(wire, "key")]
    assert len({one.local for one in carried}) == len(carried)


def test_without_root_it_says_so_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "sudo" in (missing_prerequisite() or "")


def test_without_packages_it_says_how_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "apt-get install --no-install-recommends frr" in (missing_prerequisite() or "")


PREFERENCE = ("routers", "location1-ce1", "bgp", {"expressRouteLocalPreference": 300})
METRIC = ("routers", "location2-ce1", "ospf", "defaultMetric", 20)
PREPENDING = ("circuits", "expressroute1", "privatePeering", "primary", "asPathPrepend", 2)
SPACE = ("virtualNetworks", "spoke", "addressSpace", ["10.11.30.0/26", "10.13.30.0/24"])
PORT = ("routers", "location1-ce1", "lan", "vlan", 31)


@pytest.mark.parametrize(
    ("path", "is_the_same"),
    [(PREFERENCE, True), (METRIC, True), (PREPENDING, True), (SPACE, False), (PORT, False)],
    ids=["preference", "metric", "prepending", "address-space", "vlan"],
)
def test_what_only_lines_carry_asks_for_no_other_network(
    network: Network, changed: Changed, path: tuple[Any, ...], *, is_the_same: bool
) -> None:
    def change(data: Any) -> None:
        *keys, last, value = path
        for key in keys:
            data = data[key]
        data[last] = value

    same = undeployed_fingerprint(changed(change)) == undeployed_fingerprint(network)
    assert same is is_the_same
