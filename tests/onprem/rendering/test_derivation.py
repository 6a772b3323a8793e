"""What single settings of the network change in a router's configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import Any

import pytest

from onprem.placeholders import as_output, as_secret, bgp_address, public_ip, shared_key
from onprem.rendering.derivation import network_statement
from onprem.rendering.ipsec import ios_algorithms
from onprem.rendering.refusal import RenderError
from onprem.rendering.render import render_router
from topology import IpsecEncryption, IpsecIntegrity, IpsecPolicy, Network, RouterBgp

Lines = tuple[str, ...]
Changes = Mapping[str, Any]
LinesOf = Callable[..., Lines]


@pytest.fixture
def lines_of(stack: Callable[..., Network]) -> LinesOf:
    """Return `lines_of(router, changes)` of the test stack with changes."""

    def render(router: str, changes: Changes | None = None) -> Lines:
        return render_router(stack(changes), router).lines

    return render


def block(lines: tuple[str, ...], section: str) -> list[str]:
    """Return the lines under a section, without its indentation."""
    start = lines.index(section)
    depth = len(section) - len(section.lstrip()) + 1
    inside: list[str] = []
    for line in lines[start + 1 :]:
        if not line.startswith(" " * depth):
            break
        inside.append(line[depth:])
    return inside


def neighbor(lines: tuple[str, ...], address: str) -> list[str]:
    prefix = f"  neighbor {address} "
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


# --- ExpressRoute ----------------------------------------------------------------------------------------


def primary(**link: Any) -> dict[str, Any]:
    return {"circuits": {"expressroute1": {"privatePeering": {"primary": link}}}}


def test_link_without_outer_tag(lines_of: LinesOf) -> None:
    lines = lines_of("location1-ce1", primary(outerVlan=None))
    assert "encapsulation dot1Q 300" in block(lines, "interface TenGigabitEthernet0/0/0.300")


def test_disabled_link_is_shut_down_and_else_complete(lines_of: LinesOf) -> None:
    enabled, disabled = lines_of("location1-ce1"), lines_of("location1-ce1", primary(enabled=False))
    assert set(disabled) - set(enabled) == {" shutdown"}
    assert set(enabled) <= set(disabled)


def test_without_bfd_nothing_speaks_of_it(lines_of: LinesOf) -> None:
    assert not any("bfd" in line for line in lines_of("location1-ce1", primary(bfd=False)))


def test_without_local_preference_there_is_no_route_map_inbound(stack: Callable[..., Network]) -> None:
    network = stack()
    indifferent = network.routers["location1-ce1"].model_copy(
        update={"bgp": RouterBgp(express_route_local_preference=None)}
    )
    network = network.model_copy(update={"routers": {**network.routers, indifferent.name: indifferent}})
    lines = render_router(network, indifferent.name).lines
    assert not any("prefer-ER-over-VPN" in line for line in lines)
    assert "prefix-list Cust30_to_Private out" in neighbor(lines, "192.168.30.18")


def test_advertising_part_of_the_location(lines_of: LinesOf) -> None:
    lines = lines_of("location1-ce1", primary(advertisedPrefixes=["10.2.30.0/26"], asPathPrepend=2))
    assert "ip prefix-list Cust30_to_192.168.30.18 seq 10 permit 10.2.30.0/26" in lines
    assert "prefix-list Cust30_to_192.168.30.18 out" in neighbor(lines, "192.168.30.18")
    assert "route-map Cust30_prepend_2 out" in neighbor(lines, "192.168.30.18")
    assert block(lines, "route-map Cust30_prepend_2 permit 10") == ["set as-path prepend 65021 65021"]
    assert "  network 10.2.30.0 mask 255.255.255.192" in lines
    vpn = neighbor(lines, as_output(bgp_address("hub", 1)))
    assert "prefix-list Cust30_to_Private out" in vpn


def test_advertising_nothing_denies_everything(lines_of: LinesOf) -> None:
    lines = lines_of("location1-ce1", primary(advertisedPrefixes=[]))
    assert "ip prefix-list Cust30_to_192.168.30.18 seq 10 deny 0.0.0.0/0 le 32" in lines


@pytest.mark.parametrize(
    ("prefix", "statement"),
    [
        ("10.0.0.0/8", "10.0.0.0"),
        ("10.2.0.0/16", "10.2.0.0 mask 255.255.0.0"),
        ("172.20.0.0/16", "172.20.0.0"),
        ("172.20.0.0/24", "172.20.0.0 mask 255.255.255.0"),
        ("192.168.200.0/24", "192.168.200.0"),
        ("10.2.30.0/25", "10.2.30.0 mask 255.255.255.128"),
        ("0.0.0.0/0", "0.0.0.0"),
    ],
)
def test_mask_that_the_class_implies_is_left_out(prefix: str, statement: str) -> None:
    assert network_statement(IPv4Network(prefix)) == statement


def test_two_circuits_with_one_vlan_on_one_port_have_two_interfaces(
    lines_of: LinesOf, everything: Changes
) -> None:
    lines = lines_of("location1-ce1", everything)
    first = block(lines, "interface TenGigabitEthernet0/0/0.300")
    second = block(lines, "interface TenGigabitEthernet0/0/0.330300")
    assert "encapsulation dot1Q 30 second-dot1q 300" in first
    assert "encapsulation dot1Q 33 second-dot1q 300" in second


# --- VPN -------------------------------------------------------------------------------------------------

HUB_PEERS = [as_output(bgp_address("hub", instance)) for instance in (1, 2)]


def test_active_active_gateway_has_two_tunnels_on_one_address(lines_of: LinesOf, everything: Changes) -> None:
    lines = lines_of("location1-ce1", everything)
    assert block(lines, "interface Loopback31") == [
        "ip vrf forwarding 30",
        "ip address 10.2.30.125 255.255.255.255",
    ]
    for number, peer, public in zip((30, 31), HUB_PEERS, (1, 2), strict=True):
        tunnel = block(lines, f"interface Tunnel{number}")
        assert "ip unnumbered Loopback31" in tunnel
        assert f"tunnel destination {as_output(public_ip('hub', public))}" in tunnel
        assert "update-source Loopback31" in neighbor(lines, peer)
        assert f"ip route vrf 30 {peer} 255.255.255.255 Tunnel{number}" in lines
    keyring = block(lines, "crypto ikev2 keyring Cust30-azure-keyring")
    assert [line for line in keyring if line.startswith("peer")] == ["peer azure", "peer azure-2"]
    profile = block(lines, "crypto ikev2 profile Cust30-azure-profile")
    assert len([line for line in profile if line.startswith("match identity remote")]) == 2


def test_two_tunnels_on_one_router_share_the_loopback_and_the_policy_and_nothing_else(
    lines_of: LinesOf, everything: Changes
) -> None:
    lines = lines_of("location1-ce1", everything)
    assert block(lines, "crypto ikev2 policy Cust30-azure-policy") == [
        "match address local 66.198.12.106",
        "proposal Cust30-azure-proposal",
        "proposal Cust30-azure-32-proposal",
    ]
    assert lines.count("interface Loopback30") == 1
    second = block(lines, "interface Tunnel32")
    assert "ip address 10.2.30.126 255.255.255.255" in second
    assert "tunnel protection ipsec profile Cust30-azure-32-ipsec-profile" in second
    keyring = block(lines, "crypto ikev2 keyring Cust30-azure-32-keyring")
    assert f" pre-shared-key local {as_secret(shared_key('branch-location1'))}" in keyring
    branch = neighbor(lines, as_output(bgp_address("branch", 1)))
    assert "remote-as 65516" in branch
    assert "prefix-list Cust30_to_Tunnel32 out" in branch


def test_vpn_local_preference_and_prepending(lines_of: LinesOf, everything: Changes) -> None:
    lines = lines_of("location1-ce1", everything)
    assert "route-map VPN-local-preference in" in neighbor(lines, HUB_PEERS[0])
    assert block(lines, "route-map VPN-local-preference permit 10") == ["set local-preference 90"]
    assert "route-map Cust30_prepend_3 out" in neighbor(lines, HUB_PEERS[0])


@pytest.mark.parametrize(
    ("policy", "proposal", "transform", "profile"),
    [
        (
            {"ikeEncryption": "GCMAES256", "ikeIntegrity": "SHA384", "dhGroup": "ECP384",
             "pfsGroup": "ECP384"},
            ["encryption aes-gcm-256", "prf sha384", "group 20"],
            "esp-gcm 256",
            ["set pfs group20"],
        ),
        (
            {"ikeEncryption": "AES128", "dhGroup": "ECP256", "ipsecEncryption": "GCMAES128",
             "ipsecIntegrity": "GCMAES128", "pfsGroup": "ECP256"},
            ["encryption aes-cbc-128", "integrity sha256", "group 19"],
            "esp-gcm",
            ["set pfs group19"],
        ),
        (
            {"ikeEncryption": "AES192", "dhGroup": "DHGroup24", "ipsecEncryption": "AES192",
             "ipsecIntegrity": "SHA256", "pfsGroup": "PFS24"},
            ["encryption aes-cbc-192", "integrity sha256", "group 24"],
            "esp-aes 192 esp-sha256-hmac",
            ["set pfs group24"],
        ),
        (
            {"ikeEncryption": "DES3", "ikeIntegrity": "SHA1", "dhGroup": "DHGroup2",
             "ipsecEncryption": "DES3", "ipsecIntegrity": "SHA1", "pfsGroup": "None"},
            ["encryption 3des", "integrity sha1", "group 2"],
            "esp-3des esp-sha-hmac",
            [],
        ),
        (
            {"saLifetimeSeconds": 3600, "saDataSizeKilobytes": 102400000},
            ["encryption aes-cbc-256", "integrity sha256", "group 14"],
            "esp-gcm 256",
            [
                "set security-association lifetime kilobytes 102400000",
                "set security-association lifetime seconds 3600",
                "set pfs group14",
            ],
        ),
    ],
    ids=["gcm-ecp384", "gcm128-ecp256", "aes192-24", "des3-2", "lifetimes"],
)  # fmt: skip
def test_ipsec_policy_in_the_words_of_ios(
    lines_of: LinesOf, policy: dict[str, Any], proposal: list[str], transform: str, profile: list[str]
) -> None:
    lines = lines_of("location1-ce1", {"tunnels": {"hub-location1": {"ipsecPolicy": policy}}})
    assert block(lines, "crypto ikev2 proposal Cust30-azure-proposal") == proposal
    assert f"crypto ipsec transform-set Cust30-azure-ipsec-proposal-set {transform}" in lines
    rest = block(lines, "crypto ipsec profile Cust30-azure-ipsec-profile")
    names = {"set transform-set Cust30-azure-ipsec-proposal-set", "set ikev2-profile Cust30-azure-profile"}
    assert [line for line in rest if line not in names] == profile


@pytest.mark.parametrize("field", ["ike_encryption", "ike_integrity", "dh_group", "pfs_group"])
def test_every_algorithm_of_azures_has_a_word(field: str) -> None:
    for value in type(getattr(IpsecPolicy(), field)):
        assert ios_algorithms(IpsecPolicy(**{field: value}))


@pytest.mark.parametrize("encryption", IpsecEncryption)
@pytest.mark.parametrize("integrity", IpsecIntegrity)
def test_esp_transforms(encryption: IpsecEncryption, integrity: IpsecIntegrity) -> None:
    """GCM goes with the same GCM, everything else with a hash."""
    policy = IpsecPolicy(ipsec_encryption=encryption, ipsec_integrity=integrity)
    if encryption.value == integrity.value or not (encryption + integrity).count("GCM"):
        assert ios_algorithms(policy).transform.startswith("esp-")
    else:
        with pytest.raises(RenderError, match=f"ipsecEncryption {encryption} does not go with .*{integrity}"):
            ios_algorithms(policy)


# --- the location's own side -----------------------------------------------------------------------------


def test_ibgp_between_routers_that_both_have_a_session(lines_of: LinesOf) -> None:
    for router, other in (("location2-ce1", "192.168.31.4"), ("location2-ce2", "192.168.31.0")):
        attributes = neighbor(lines_of(router), other)
        assert "remote-as 65020" in attributes
        assert "update-source TenGigabitEthernet1/0/0.31" in attributes
        assert "next-hop-self" in attributes
        assert not any("prefix-list" in line or "multihop" in line for line in attributes)


def test_no_ibgp_with_a_router_whose_only_link_is_disabled(lines_of: LinesOf) -> None:
    assert neighbor(lines_of("location1-ce1"), "192.168.30.4") == []
    assert neighbor(lines_of("location1-ce2"), "192.168.30.0") == []


def test_static_way_to_the_lan_and_to_the_companion_behind_it(lines_of: LinesOf, everything: Changes) -> None:
    lines = lines_of("location1-ce2", everything)
    assert not any(line.startswith("router ospf") or "BGP2OSPF" in line for line in lines)
    assert [line for line in lines if line.startswith("ip route")] == [
        "ip route vrf 30 10.2.30.0 255.255.255.128 192.168.30.5",
        "ip route vrf 30 10.2.30.0 255.255.255.192 192.168.30.5",
        "ip route vrf 30 192.168.30.0 255.255.255.255 192.168.30.5",
    ]
    assert "ip ospf network point-to-point" not in block(lines, "interface TenGigabitEthernet1/0/0.30")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("never", []), ("withDefault", ["originate"]), ("always", ["originate always"])],
)
def test_default_information(lines_of: LinesOf, setting: str, expected: list[str]) -> None:
    changes = {"routers": {"location1-ce1": {"ospf": {"defaultInformation": setting}}}}
    inside = block(lines_of("location1-ce1", changes), "router ospf 30 vrf 30")
    start = "default-information "
    assert [line.removeprefix(start) for line in inside if line.startswith(start)] == expected


def test_lan_on_a_whole_port_with_several_routers(lines_of: LinesOf) -> None:
    lan = {"vlan": None, "address": "192.168.40.2/24"}
    lines = lines_of("location1-ce1", {"routers": {"location1-ce1": {"lan": lan}}})
    assert block(lines, "interface TenGigabitEthernet1/0/0") == [
        "description Customer 30 to south bound LAN switch",
        "ip vrf forwarding 30",
        "ip address 192.168.40.2 255.255.255.0",
    ]
    assert " network 192.168.40.0 0.0.0.255 area 0.0.0.0" in lines
