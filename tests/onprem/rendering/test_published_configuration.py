"""The rendering of Location 1's primary router means what Microsoft published, but for what was decided.

Both are taken as sets of (section path, line). `DECIDED` lists each difference with its reason; a
difference that is not listed, or listed and not there, fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from onprem.placeholders import as_output
from onprem.rendering.render import render_router
from topology import Document, load_network

ROOT = Path(__file__).parents[3]
PUBLISHED = tuple(Path(__file__).parent / "seed" / name for name in ("expressroute.cfg", "vpn.cfg"))

Line = tuple[tuple[str, ...], str]
"""The sections around a line, outermost first, and the line."""


@dataclass(frozen=True)
class Deviation:
    decision: int | None
    """Its number in docs/test-setup.md; None for what changes no behaviour."""
    reason: str
    difference: str
    """`-` is published and left out, `+` is rendered beside it, a blank is a section around such lines."""


KEY = "<secret:hub-location1-shared-key>"

DECIDED = (
    Deviation(
        19,
        "VRF 30 is used, but not defined",
        """
+ip vrf 30
+ rd 65021:30
""",
    ),
    Deviation(
        20,
        "BGP2OSPF is used, but not defined: it permits what may come from Azure",
        """
+ip prefix-list Azure_to_Cust30 seq 10 permit 10.10.30.0/24
+ip prefix-list Azure_to_Cust30 seq 20 permit 10.11.30.0/26
+ip prefix-list Azure_to_Cust30 seq 30 permit 10.11.30.64/26
+ip prefix-list Azure_to_Cust30 seq 40 permit 10.17.30.0/26
+ip prefix-list Azure_to_Cust30 seq 50 permit 10.1.31.0/25
+route-map BGP2OSPF permit 10
+ match ip address prefix-list Azure_to_Cust30
""",
    ),
    Deviation(
        21,
        "two lines of OSPF's stand outside of it",
        """
-default-information originate always
- default-metric 10
 router ospf 30 vrf 30
+ default-information originate always
+ default-metric 10
""",
    ),
    Deviation(
        27,
        "a silent loss of ExpressRoute would go unnoticed for three minutes",
        """
 interface TenGigabitEthernet0/0/0.300
+ bfd interval 300 min_rx 300 multiplier 3
 router bgp 65021
  address-family ipv4 vrf 30
+  neighbor 192.168.30.18 fall-over bfd
""",
    ),
    Deviation(
        29,
        "without a filter, the router offers ExpressRoute's routes to the VPN gateway",
        """
 router bgp 65021
  address-family ipv4 vrf 30
+  neighbor 10.10.30.254 prefix-list Cust30_to_Private out
""",
    ),
    Deviation(
        30,
        "the key is weak and public",
        f"""
 crypto ikev2 keyring Cust30-azure-keyring
  peer azure
-  pre-shared-key local IamSecure123
-  pre-shared-key remote IamSecure123
+  pre-shared-key local {KEY}
+  pre-shared-key remote {KEY}
""",
    ),
    Deviation(
        33,
        "full-size packets do not fit into the tunnel",
        """
 interface Tunnel30
+ ip mtu 1400
+ ip tcp adjust-mss 1350
""",
    ),
    Deviation(
        37,
        "there is no way to the VPN gateway's public address",
        """
+ip route 52.168.162.84 255.255.255.255 66.198.12.105
""",
    ),
    Deviation(
        None,
        "operators see in `show` what a neighbor is",
        """
 router bgp 65021
  address-family ipv4 vrf 30
+  neighbor 192.168.30.18 description expressroute1 primary
+  neighbor 10.10.30.254 description hub-location1
""",
    ),
)

STRONG = Deviation(
    31,
    "3DES, SHA-1, group 2 and no PFS are too weak",
    """
 crypto ikev2 proposal Cust30-azure-proposal
- encryption aes-cbc-256 aes-cbc-128 3des
- integrity sha1
- group 2
+ encryption aes-cbc-256
+ integrity sha256
+ group 14
-crypto ipsec transform-set Cust30-azure-ipsec-proposal-set esp-aes 256 esp-sha-hmac
- mode tunnel
+crypto ipsec transform-set Cust30-azure-ipsec-proposal-set esp-gcm 256
+ mode tunnel
 crypto ipsec profile Cust30-azure-ipsec-profile
+ set pfs group14
""",
)

LEGACY = Deviation(
    31,
    "an explicit policy of Azure's names one cipher, so the router offers no other",
    """
 crypto ikev2 proposal Cust30-azure-proposal
- encryption aes-cbc-256 aes-cbc-128 3des
+ encryption aes-cbc-256
""",
)

VALUES = {
    as_output("hub-vpn-gateway-public-ip-1"): "52.168.162.84",
    as_output("hub-vpn-gateway-bgp-address-1"): "10.10.30.254",
}


def sections(lines: Iterable[str]) -> Iterator[Line]:
    """Yield every line with the sections around it, by indentation."""
    around: list[tuple[int, str]] = []
    for line in lines:
        text = line.strip()
        if not text or text.startswith("!"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        while around and around[-1][0] >= indent:
            around.pop()
        yield tuple(section for _, section in around), text
        around.append((indent, text))


def marked(difference: str) -> Iterator[tuple[str, Line]]:
    lines = difference.strip("\n").splitlines()
    return zip((line[0] for line in lines), sections(line[1:] for line in lines), strict=True)


def published() -> set[Line]:
    return {line for file in PUBLISHED for line in sections(file.read_text(encoding="utf-8").splitlines())}


def rendered(policy: str) -> set[Line]:
    stack = YAML(typ="safe").load(ROOT / "Pulumi.test.yaml")
    data = stack["config"]["hybrid:network"]
    data["tunnels"]["hub-location1"]["ipsecPolicy"] = policy
    text = "\n".join(render_router(load_network(Document(data=data)), "location1-ce1").lines)
    for placeholder, value in VALUES.items():
        text = text.replace(placeholder, value)
    return set(sections(text.splitlines()))


@pytest.mark.parametrize(("policy", "algorithms"), [("strong", STRONG), ("legacy", LEGACY)])
def test_rendering_differs_from_the_published_configuration_only_as_decided(
    policy: str, algorithms: Deviation
) -> None:
    expected = published()
    for deviation in (*DECIDED, algorithms):
        for mark, line in marked(deviation.difference):
            if mark == "-":
                assert line in expected, f"{deviation.reason}: {line} is not published"
                expected.remove(line)
            elif mark == "+":
                assert line not in expected, f"{deviation.reason}: {line} is published"
                expected.add(line)

    actual = rendered(policy)

    assert sorted(actual - expected) == []
    assert sorted(expected - actual) == []


def test_every_published_line_is_compared() -> None:
    """Both listings have the BGP process, its address family with its end, and its network: 4 lines."""
    listed = [line for file in PUBLISHED for line in sections(file.read_text(encoding="utf-8").splitlines())]
    assert len(listed) == len(published()) + 4 == 72


def test_every_decision_has_its_row_in_the_guide() -> None:
    guide = (ROOT / "docs" / "test-setup.md").read_text(encoding="utf-8")
    for deviation in (*DECIDED, STRONG, LEGACY):
        if deviation.decision is not None:
            assert f"| {deviation.decision} |" in guide
