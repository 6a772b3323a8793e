"""Sound configurations of location1's first router, as different hands write them."""

from __future__ import annotations

from typing import NamedTuple

_IPSEC = """
crypto ikev2 proposal AZURE
 encryption aes-cbc-256
 integrity sha256
 group 14
crypto ikev2 policy AZURE
 match address local 66.198.12.106
 proposal AZURE
crypto ikev2 keyring AZURE
 peer hub
  address 52.168.162.84
  pre-shared-key <secret:hub-location1-shared-key>
 peer hub-2
  address 52.168.162.85
  pre-shared-key <secret:hub-location1-shared-key>
crypto ikev2 profile AZURE
 match identity remote address 52.168.162.84 255.255.255.255
 match identity remote address 52.168.162.85 255.255.255.255
 identity local address 66.198.12.106
 authentication remote pre-share
 authentication local pre-share
 keyring local AZURE
crypto ipsec transform-set AZURE esp-gcm 256
 mode tunnel
crypto ipsec profile AZURE
 set transform-set AZURE
 set ikev2-profile AZURE
 set pfs group14
"""

_PORTS = """
interface Loopback0
 ip address 66.198.12.106 255.255.255.255
interface TenGigabitEthernet0/0/0
 no ip address
interface TenGigabitEthernet0/0/0.300
 encapsulation dot1Q 30 second-dot1q 300
 vrf forwarding SITE
 ip address 192.168.30.17 255.255.255.252
 bfd interval 300 min_rx 300 multiplier 3
interface TenGigabitEthernet0/0/1.30
 encapsulation dot1Q 30
 vrf forwarding SITE
 ip address 192.168.30.0 255.255.255.254
interface Tunnel1
 vrf forwarding SITE
 ip address 10.2.30.125 255.255.255.255
 ip mtu 1400
 ip tcp adjust-mss 1350
 tunnel source Loopback0
 tunnel mode ipsec ipv4
 tunnel destination 52.168.162.84
 tunnel protection ipsec profile AZURE
interface Tunnel2
 vrf forwarding SITE
 ip unnumbered Tunnel1
 ip mtu 1400
 ip tcp adjust-mss 1350
 tunnel source Loopback0
 tunnel mode ipsec ipv4
 tunnel destination 52.168.162.85
 tunnel protection ipsec profile AZURE
ip route 52.168.162.84 255.255.255.255 66.198.12.105
ip route 52.168.162.85 255.255.255.255 66.198.12.105
ip route vrf SITE 10.10.30.254 255.255.255.255 Tunnel1
"""

_VRF = """
vrf definition SITE
 rd 65021:30
 !
 address-family ipv4
 exit-address-family
"""

_LISTS = """
ip prefix-list SITE seq 5 permit 10.2.30.0/25
route-map FROM-ER permit 10
 set local-preference 200
"""

_BGP = """
router bgp 65021
 bgp log-neighbor-changes
 address-family ipv4 vrf SITE
  network 10.2.30.0 mask 255.255.255.128
  neighbor 192.168.30.18 remote-as 12076
  neighbor 192.168.30.18 fall-over bfd
  neighbor 192.168.30.18 route-map FROM-ER in
  neighbor 192.168.30.18 prefix-list SITE out
  neighbor 10.10.30.254 remote-as 65515
  neighbor 10.10.30.254 ebgp-multihop 5
  neighbor 10.10.30.254 update-source Tunnel1
  neighbor 10.10.30.254 prefix-list SITE out
 exit-address-family
"""

PLAIN = _VRF + _IPSEC + _PORTS + _BGP + _LISTS


class Written(NamedTuple):
    """A configuration, and what the pack says of it: rules that are not proven, and why that is honest."""

    id: str
    text: str
    doubts: frozenset[str] = frozenset()


def _with(*changes: tuple[str, str], more: str = "") -> str:
    text = PLAIN
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text + more


def _more(start: str, *lines: str) -> tuple[str, str]:
    """Write more lines behind one."""
    return start, start + "".join(f"{line}\n" for line in lines)


_ER = "  neighbor 192.168.30.18 fall-over bfd\n"
_VPN = "  neighbor 10.10.30.254 ebgp-multihop 5\n"
_RAISES = "route-map FROM-ER permit 10\n set local-preference 200\n"


def _outbound(*lines: str) -> tuple[str, str]:
    """Replace the outbound filter of the VPN neighbor."""
    old = "  neighbor 10.10.30.254 prefix-list SITE out\n"
    return old, "".join(f"  neighbor 10.10.30.254 {line}\n" for line in lines)


VALID_ROUTERS = [
    Written("vrf-definition-and-literal-addresses", PLAIN),
    Written(
        "old-style-vrf",
        _with((_VRF, "\nip vrf SITE\n rd 65021:30\n"), ("vrf forwarding SITE", "ip vrf forwarding SITE")),
    ),
    Written(
        "templates",
        _with(
            (
                _BGP,
                """
router bgp 65021
 template peer-policy TO-AZURE
  prefix-list SITE out
 exit-peer-policy
 !
 template peer-policy EXPRESSROUTE
  route-map FROM-ER in
  inherit peer-policy TO-AZURE 10
 exit-peer-policy
 !
 template peer-session EXPRESSROUTE
  remote-as 12076
  fall-over bfd
 exit-peer-session
 !
 template peer-session VPN
  remote-as 65515
  ebgp-multihop 5
  update-source Tunnel1
 exit-peer-session
 !
 address-family ipv4 vrf SITE
  network 10.2.30.0 mask 255.255.255.128
  neighbor 192.168.30.18 inherit peer-session EXPRESSROUTE
  neighbor 192.168.30.18 activate
  neighbor 192.168.30.18 inherit peer-policy EXPRESSROUTE
  neighbor 10.10.30.254 inherit peer-session VPN
  neighbor 10.10.30.254 activate
  neighbor 10.10.30.254 inherit peer-policy TO-AZURE
 exit-address-family
""",
            )
        ),
    ),
    Written(
        "peer-groups",
        _with(
            (
                _BGP,
                """
router bgp 65021
 address-family ipv4 vrf SITE
  network 10.2.30.0 mask 255.255.255.128
  neighbor AZURE-ER peer-group
  neighbor AZURE-ER remote-as 12076
  neighbor AZURE-ER fall-over bfd
  neighbor AZURE-ER route-map FROM-ER in
  neighbor AZURE-ER prefix-list SITE out
  neighbor AZURE-VPN peer-group
  neighbor AZURE-VPN remote-as 65515
  neighbor AZURE-VPN ebgp-multihop 5
  neighbor AZURE-VPN update-source Tunnel1
  neighbor AZURE-VPN prefix-list SITE out
  neighbor 192.168.30.18 peer-group AZURE-ER
  neighbor 10.10.30.254 peer-group AZURE-VPN
 exit-address-family
""",
            )
        ),
    ),
    Written(
        "clamped-towards-the-site-instead",
        _with(
            (" ip mtu 1400\n ip tcp adjust-mss 1350\n", ""),
            (
                " ip address 192.168.30.0 255.255.255.254\n",
                " ip address 192.168.30.0 255.255.255.254\n ip tcp adjust-mss 1350\n",
            ),
        ),
    ),
    Written("an-mtu-alone", _with((" ip tcp adjust-mss 1350\n", ""))),
    Written(
        "bfd-by-a-template",
        _with((" bfd interval 300 min_rx 300 multiplier 3\n", " bfd template AZURE\n"))
        + "bfd-template single-hop AZURE\n interval min-tx 300 min-rx 300 multiplier 3\n",
    ),
    Written(
        "several-vrfs",
        PLAIN
        + """
vrf definition GUEST
 rd 65021:99
 address-family ipv4
  route-target export 65021:99
  route-target import 65021:99
 exit-address-family
interface TenGigabitEthernet0/0/2.99
 encapsulation dot1Q 99
 vrf forwarding GUEST
 ip address 172.20.0.1 255.255.255.0
router bgp 65021
 address-family ipv4 vrf GUEST
  redistribute connected
  neighbor 172.20.0.2 remote-as 65099
 exit-address-family
ip route vrf GUEST 0.0.0.0 0.0.0.0 172.20.0.254
""",
    ),
    Written(
        "as-that-the-circuit-knows-by-local-as",
        _with(
            ("router bgp 65021", "router bgp 4200000021"),
            _more(_ER, "  neighbor 192.168.30.18 local-as 65021 no-prepend replace-as"),
            _more(_VPN, "  neighbor 10.10.30.254 local-as 65021 no-prepend replace-as"),
        ),
    ),
    Written(
        "a-session-over-several-hops-that-is-no-vpn",
        _with(
            _more(
                _ER,
                "  neighbor 10.2.30.1 remote-as 65100",
                "  neighbor 10.2.30.1 ebgp-multihop 3",
                "  neighbor 10.2.30.1 update-source TenGigabitEthernet0/0/1.30",
            )
        ),
    ),
    Written(
        "a-gre-tunnel-to-another-site",
        PLAIN
        + """
interface Tunnel77
 vrf forwarding SITE
 ip address 172.31.77.1 255.255.255.252
 tunnel source Loopback0
 tunnel mode gre multipoint
 tunnel protection ipsec profile AZURE
router bgp 65021
 address-family ipv4 vrf SITE
  neighbor 172.31.77.2 remote-as 65077
  neighbor 172.31.77.2 update-source Tunnel77
 exit-address-family
ip route vrf SITE 10.77.0.0 255.255.0.0 Tunnel77
""",
    ),
    Written("preferred-by-weight", _with((" set local-preference 200\n", " set weight 200\n"))),
    Written(
        "preferred-by-lowering-vpn",
        _with(
            ("  neighbor 192.168.30.18 route-map FROM-ER in\n", ""),
            _more(_VPN, "  neighbor 10.10.30.254 route-map FROM-VPN in"),
            (
                "route-map FROM-ER permit 10\n set local-preference 200\n",
                "route-map FROM-VPN permit 10\n set local-preference 50\n",
            ),
        ),
    ),
    Written(
        "two-lists-that-say-the-same",
        _with(
            _more(_ER, "  neighbor 192.168.30.18 prefix-list FROM-ER in"),
            _more(_VPN, "  neighbor 10.10.30.254 prefix-list FROM-VPN in"),
            more="ip prefix-list FROM-ER seq 5 permit 10.0.0.0/8 le 26\n"
            "ip prefix-list FROM-VPN seq 5 permit 10.0.0.0/8 le 24\n",
        ),
    ),
    Written(
        "raised-where-vpn-can-rival-only",
        _with(
            (
                _RAISES,
                _RAISES.replace("10\n", "10\n match ip address prefix-list AZURE\n")
                + "route-map FROM-ER permit 20\nip prefix-list AZURE seq 5 permit 10.0.0.0/8 le 28\n",
            ),
            _more(_VPN, "  neighbor 10.10.30.254 prefix-list AZURE in"),
        ),
    ),
    Written(
        "raised-after-a-continue",
        _with(
            (
                _RAISES,
                "route-map FROM-ER permit 10\n set community 65021:100\n continue 20\n"
                + _RAISES.replace("permit 10", "permit 20"),
            )
        ),
    ),
    Written(
        "only-own-routes-by-as-path",
        _with(_outbound("filter-list 10 out"), more="ip as-path access-list 10 permit ^$\n"),
    ),
    Written(
        "azures-paths-denied-and-the-rest-told",
        _with(
            _outbound("route-map TO-VPN out"),
            more="ip as-path access-list 20 permit ^12076_\nip as-path access-list 20 permit ^12076$\n"
            "ip as-path access-list 20 permit ^65515\n"
            "route-map TO-VPN deny 10\n match as-path 20\nroute-map TO-VPN permit 20\n",
        ),
    ),
    Written(
        "azures-routes-marked-and-held-back-by-their-mark",
        _with(
            _outbound("route-map TO-VPN out"),
            more="ip community-list standard AZURE permit 65021:12076\n"
            "route-map TO-VPN deny 10\n match community AZURE\nroute-map TO-VPN permit 20\n",
        ),
        frozenset({"router-outbound-filter"}),  # whether all of them are marked
    ),
    Written(
        "a-summary-over-vpn",
        _with(
            _outbound("prefix-list SUMMARY out"), more="ip prefix-list SUMMARY seq 5 permit 10.2.30.0/24\n"
        ),
    ),
    Written(
        "a-superset-of-the-vnets",
        _with(("permit 10.2.30.0/25", "permit 10.2.30.0/25\nip prefix-list SITE seq 10 permit 10.0.0.0/8")),
    ),
    Written(
        "a-provider-edge",
        PLAIN
        + """
router bgp 65021
 no bgp default ipv4-unicast
 neighbor 172.31.255.9 remote-as 65021
 neighbor 172.31.255.9 update-source Loopback0
 address-family vpnv4
  neighbor 172.31.255.9 activate
  neighbor 172.31.255.9 send-community extended
 exit-address-family
""",
    ),
    Written(
        "a-whole-running-configuration",
        """
version 17.9
service timestamps log datetime msec
hostname location1-ce1
enable secret 9 $9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM
aaa new-model
aaa authentication login default local
ip domain name example.net
"""
        + PLAIN
        + """
class-map match-any VOICE
 match dscp ef
policy-map WAN-OUT
 class VOICE
  priority percent 20
 class class-default
  fair-queue
interface TenGigabitEthernet0/0/2
 service-policy output WAN-OUT
ip access-list standard MANAGEMENT
 permit 10.2.30.0 0.0.0.127
ip http secure-server
ip ssh version 2
snmp-server location cellar
ip sla 1
 icmp-echo 52.168.162.84
track 1 ip sla 1 reachability
line con 0
line vty 0 4
 access-class MANAGEMENT in vrf-also
 transport input ssh
ntp server vrf Mgmt-intf 192.0.2.1
end
""",
    ),
    Written(
        "a-floating-static-route",
        PLAIN + "ip route vrf SITE 10.10.30.0 255.255.255.0 Tunnel1 250 name backup\n",
    ),
    Written(
        "ipv6-beside-it",
        PLAIN
        + """
ipv6 prefix-list SITE6 seq 5 permit 2001:db8:2::/48
router bgp 65021
 address-family ipv6 vrf SITE
  neighbor 2001:DB8:30::12 remote-as 12076
  neighbor 2001:DB8:30::12 activate
  neighbor 2001:DB8:30::12 prefix-list SITE6 out
 exit-address-family
""",
        frozenset({"router-expressroute-preferred", "router-outbound-filter"}),  # only IPv4 is judged
    ),
]
