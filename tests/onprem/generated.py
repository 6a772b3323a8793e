"""Configurations of edge routers that nobody thought of, each of which a router would take line by line.

They use few names, so that two of them often differ in one place: an interface in another VRF, a neighbor
with another policy, a tunnel with another peer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from onprem.plan.sections import read_lines
from tests.onprem.routers import SECRETS

KEY = next(iter(SECRETS))
Lines = list[str]
hosts = st.integers(1, 250)
yes = st.booleans()
_TRANSFORMS = ("esp-gcm 256", "esp-gcm", "esp-aes 256 esp-sha256-hmac")


@dataclass(frozen=True)
class Names:
    """What a configuration defines, for its other parts to refer to."""

    vrfs: tuple[str, ...]
    profiles: tuple[str, ...]
    lists: tuple[str, ...] = ("List1", "List2")
    maps: tuple[str, ...] = ("Map1", "Map2")


def some(names: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=len(names)).map(sorted)


@st.composite
def configurations(draw: st.DrawFn, *, moving: bool = True) -> Lines:
    """Whole configurations, sections merged as rendered ones are.

    If they are not moving, an interface's networks and tags are the same in all.
    """
    names = Names(tuple(draw(some(("30", "31", "40")))), tuple(draw(some(("A", "B")))))
    parts = [
        *(draw(_vrf(name)) for name in names.vrfs),
        *(draw(_prefix_list(name)) for name in draw(some(names.lists))),
        *(draw(_route_map(name, names)) for name in draw(some(names.maps))),
        *(draw(_crypto(name)) for name in names.profiles),
        *draw(_interfaces(names, moving=moving)),
        *draw(_tunnels(names)),
        draw(_routes(names)),
        *([draw(_bgp(names))] if draw(yes) else []),
        *(draw(_ospf(number, names)) for number in draw(some(("1", "2")))),
        draw(_rest()),
    ]
    return list(read_lines([line for part in parts for line in part]).lines())


@st.composite
def _vrf(draw: st.DrawFn, name: str) -> Lines:
    described = [f" description customer {draw(hosts)}"] if draw(yes) else []
    return [f"ip vrf {name}", *described, f" rd 65021:{draw(st.sampled_from((name, '9' + name)))}"]


@st.composite
def _prefix_list(draw: st.DrawFn, name: str) -> Lines:
    lines = []
    for number in draw(st.lists(st.sampled_from((5, 10, 20)), unique=True, min_size=1)):
        kind, length = draw(st.sampled_from(("permit", "deny"))), draw(st.integers(8, 24))
        more = draw(st.sampled_from(("", " le 32", " ge 28", " ge 26 le 30")))
        lines.append(f"ip prefix-list {name} seq {number} {kind} 10.0.0.0/{length}{more}")
    return lines


@st.composite
def _route_map(draw: st.DrawFn, name: str, names: Names) -> Lines:
    lines = []
    for number in draw(st.lists(st.sampled_from((10, 20, 30)), unique=True, min_size=1)):
        lines.append(f"route-map {name} {draw(st.sampled_from(('permit', 'deny')))} {number}")
        choices = {
            f" description part {draw(hosts)}": draw(yes),
            f" match ip address prefix-list {' '.join(draw(some(names.lists)) or names.lists[:1])}": draw(
                yes
            ),
            f" match as-path {draw(st.integers(1, 9))}": draw(yes),
            f" continue {number + 10}": draw(yes),
            f" set local-preference {draw(hosts)}": draw(yes),
            f" set metric {draw(hosts)}": draw(yes),
            f" set as-path prepend {' '.join(['65021'] * draw(st.integers(1, 3)))}": draw(yes),
            f" set community 65021:{draw(hosts)}": draw(yes),
        }
        lines += [line for line, wanted in choices.items() if wanted]
    return lines


@st.composite
def _crypto(draw: st.DrawFn, name: str) -> Lines:
    number = "1" if name == "A" else "2"
    peers = draw(st.lists(st.sampled_from(("azure", "azure-2")), unique=True, min_size=1))
    addresses = {peer: f"203.0.113.{draw(hosts)}" for peer in peers}
    lines = [
        f"crypto ikev2 proposal {name}-proposal",
        f" encryption {draw(st.sampled_from(('aes-cbc-256', 'aes-cbc-128')))}",
        f" integrity {draw(st.sampled_from(('sha256', 'sha384')))}",
        f" group {draw(st.sampled_from(('14', '19', '20')))}",
        f"crypto ikev2 policy {name}-policy",
        f" match address local 66.198.12.{number}",
        f" proposal {name}-proposal",
        f"crypto ikev2 keyring {name}-keyring",
    ]
    for peer, address in addresses.items():
        lines += [f" peer {peer}", f"  address {address}"]
        keys = draw(st.sampled_from((("local", "remote"), ("local",), ())))
        lines += [f"  pre-shared-key {side} <secret:{KEY}>" for side in keys]
    lines.append(f"crypto ikev2 profile {name}-profile")
    lines += [f" match identity remote address {address} 255.255.255.255" for address in addresses.values()]
    lines += [f" identity local address 66.198.12.{number}"] if draw(yes) else []
    lines += [
        " authentication local pre-share",
        " authentication remote pre-share",
        f" keyring local {name}-keyring",
        *([f" lifetime {draw(st.sampled_from((86400, 28800)))}"] if draw(yes) else []),
        f"crypto ipsec transform-set {name}-set {draw(st.sampled_from(_TRANSFORMS))}",
        *([f" mode {draw(st.sampled_from(('tunnel', 'transport')))}"] if draw(yes) else []),
        f"crypto ipsec profile {name}-ipsec",
        *(
            [f" set security-association lifetime seconds {draw(st.sampled_from((3600, 27000)))}"]
            if draw(yes)
            else []
        ),
        f" set transform-set {name}-set",
        *([f" set pfs group{draw(st.sampled_from((14, 19)))}"] if draw(yes) else []),
        f" set ikev2-profile {name}-profile",
    ]
    return lines


@st.composite
def _place(draw: st.DrawFn, names: Names, network: str) -> Lines:
    """A VRF, a primary address and maybe secondary ones; the networks of no two interfaces overlap."""
    vrf = draw(st.sampled_from(("", *names.vrfs)))
    lines = [f" ip vrf forwarding {vrf}"] if vrf else []
    lines.append(f" ip address 10.{network}.0.{draw(hosts)} 255.255.255.0")
    more = draw(st.lists(st.sampled_from((1, 2)), unique=True))
    return [
        *lines,
        *(f" ip address 10.{network}.{part}.{draw(hosts)} 255.255.255.0 secondary" for part in more),
    ]


@st.composite
def _interfaces(draw: st.DrawFn, names: Names, *, moving: bool) -> list[Lines]:
    networks, tags = ["11", "12", "13", "14", "15"], ["100", "200", "30 second-dot1q 300"]
    if moving:
        networks, tags = draw(st.permutations(networks)), draw(st.permutations(tags))
    parts: list[Lines] = []
    kinds = (
        "Loopback1",
        "Loopback2",
        "TenGigabitEthernet0/0/0.100",
        "TenGigabitEthernet0/0/0.200",
        "TenGigabitEthernet1/0/0",
    )
    for name, network in zip(kinds, networks, strict=True):
        if not draw(yes):
            continue
        lines = [f"interface {name}"]
        lines += [f" description number {draw(hosts)}"] if draw(yes) else []
        lines += [f" encapsulation dot1Q {tags[name.endswith('.200')]}"] if "." in name else []
        lines += draw(_place(names, network))
        lines += [f" mtu {draw(st.sampled_from((1500, 9100)))}"] if draw(yes) and name[0] == "T" else []
        lines += [" shutdown"] if draw(yes) and "." in name else []
        lines += [" bfd interval 300 min_rx 300 multiplier 3"] if draw(yes) and name[0] == "T" else []
        parts.append(lines)
    return parts


@st.composite
def _tunnels(draw: st.DrawFn, names: Names) -> list[Lines]:
    parts: list[Lines] = []
    for number in ("1", "2"):
        if not draw(yes):
            continue
        lines: Lines = [f"interface Tunnel{number}", *draw(_place(names, f"2{number}"))]
        lines += [" ip mtu 1400"] if draw(yes) else []
        lines += [f" tunnel source 66.198.12.{number}", " tunnel mode ipsec ipv4"]
        lines += [f" tunnel destination 203.0.113.{draw(hosts)}"]
        profile = draw(st.sampled_from(("", *names.profiles)))
        lines += [f" tunnel protection ipsec profile {profile}-ipsec"] if profile else []
        parts.append(lines)
    return parts


@st.composite
def _routes(draw: st.DrawFn, names: Names) -> Lines:
    lines = []
    for vrf in draw(some(("", *names.vrfs))):
        way = draw(st.sampled_from(("192.0.2.9", "Tunnel1", "192.0.2.10 250")))
        lines.append(
            f"ip route {f'vrf {vrf} ' if vrf else ''}10.{draw(st.integers(1, 3))}.0.0 255.255.0.0 {way}"
        )
    return lines


@st.composite
def _bgp(draw: st.DrawFn, names: Names) -> Lines:
    lines = [f"router bgp {draw(st.sampled_from(('65021', '65021', '65021', '65022')))}"]
    lines += draw(_neighbors(" ", names)) if draw(yes) else []
    for vrf in draw(some(names.vrfs)) if names.vrfs else []:
        lines.append(f" address-family ipv4 vrf {vrf}")
        for network in draw(some(("10.2.30.0 mask 255.255.255.128", "10.0.0.0", "172.16.0.0"))):
            lines.append(f"  network {network}")
        lines += ["  redistribute connected"] if draw(yes) else []
        lines += draw(_neighbors("  ", names))
    return lines


@st.composite
def _neighbors(draw: st.DrawFn, indent: str, names: Names) -> Lines:
    lines = []
    for host in draw(st.lists(st.integers(1, 4), max_size=3, unique=True)):
        choices = {
            f"remote-as {draw(st.sampled_from((12076, 65515)))}": True,
            f"description number {draw(hosts)}": draw(yes),
            f"ebgp-multihop {draw(st.integers(2, 9))}": draw(yes),
            "update-source GigabitEthernet0": draw(yes),
            "fall-over bfd": draw(yes),
            "shutdown": draw(yes),
            f"password <secret:{KEY}>": draw(yes),
            "activate": draw(yes),
            "next-hop-self": draw(yes),
            "soft-reconfiguration inbound": draw(yes),
            f"weight {draw(hosts)}": draw(yes),
            f"prefix-list {draw(st.sampled_from(names.lists))} out": draw(yes),
            f"route-map {draw(st.sampled_from(names.maps))} in": draw(yes),
            f"route-map {draw(st.sampled_from(names.maps))} out": draw(yes),
        }
        lines += [f"{indent}neighbor 192.0.2.{host} {line}" for line, wanted in choices.items() if wanted]
    return lines


@st.composite
def _ospf(draw: st.DrawFn, number: str, names: Names) -> Lines:
    vrf = draw(st.sampled_from(("", *names.vrfs)))
    choices = {
        f" router-id 10.255.0.{draw(hosts)}": draw(yes),
        " capability vrf-lite": draw(yes) and bool(vrf),
        f" redistribute bgp 65021 subnets{f' route-map {names.maps[0]}' if draw(yes) else ''}": draw(yes),
        f" network 10.11.0.0 0.0.0.255 area {draw(st.sampled_from(('0', '0.0.0.1')))}": draw(yes),
        f" default-information originate{' always' if draw(yes) else ''}": draw(yes),
        f" default-metric {draw(hosts)}": draw(yes),
    }
    return [
        f"router ospf {number}{f' vrf {vrf}' if vrf else ''}",
        *(line for line, wanted in choices.items() if wanted),
    ]


@st.composite
def _rest(draw: st.DrawFn) -> Lines:
    choices = {
        f"logging buffered {draw(st.sampled_from((8192, 16384)))}": draw(yes),
        "ntp server 192.0.2.123": draw(yes),
        f"ip ssh time-out {draw(st.sampled_from((60, 90, 120)))}": draw(yes),
        "ip access-list standard NOC": draw(yes),
    }
    return [line for line, wanted in choices.items() if wanted]
