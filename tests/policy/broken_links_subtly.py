"""One small break each of routers' links, tunnels and VRFs, of the kind that a reviewer overlooks."""

from __future__ import annotations

from tests.policy.broken import Broken, add, all_of, append_lines, put, rewrite
from tests.policy.broken_connections import TO_SITE
from tests.policy.deployments import Hidden, Planned, Ref

CE1, CE2 = "location1-ce1", "location2-ce1"
ER, VPN = "192.168.30.18", "<output:hub-vpn-gateway-bgp-address-1>"
SITE = "location1-gateway"


LINKS = [
    Broken(
        "port-shut-under-its-subinterface",
        append_lines(CE2, "interface TenGigabitEthernet0/0/0", " shutdown"),
        {("router-link-enabled", CE2)},
        "advisory",
    ),
    Broken(
        "link-of-the-other-port",
        rewrite(CE1, f"neighbor {ER} ", "neighbor 192.168.30.22 "),
        {
            *((rule, CE1) for rule in ("router-link-address", "router-link-enabled", "router-bfd")),
            ("router-link-agrees", CE1),
        },
    ),
    Broken(
        "local-as-that-the-circuit-does-not-know",
        rewrite(
            CE1,
            f"  neighbor {ER} fall-over bfd",
            f"  neighbor {ER} fall-over bfd\n  neighbor {ER} local-as 65023",
        ),
        {("router-link-asn", CE1)},
    ),
    Broken(
        "confederation-that-the-circuit-does-not-know",
        rewrite(CE2, "router bgp 65020\n", "router bgp 65020\n bgp confederation identifier 65100\n"),
        {("router-link-asn", CE2)},
    ),
    Broken(
        "key-on-the-router-alone",
        append_lines(
            CE2,
            "router bgp 65020",
            "address-family ipv4 vrf 31",
            "neighbor 192.168.31.18 password 6 JDYkqyIFWeBv",
        ),
        {("router-link-key", CE2)},
    ),
    Broken(
        "two-keys-on-a-link",
        all_of(
            add(
                "md5-key",
                Planned(
                    kind="random:index/randomPassword:RandomPassword",
                    inputs={"length": 24, "special": False},
                    outputs={"result": Hidden("aB3dE5fG7hJ9kL1mN3pQ5rS7")},
                    exists=True,
                ),
            ),
            put("circuit-2-peering", "sharedKey", Hidden(Ref("md5-key", "result"))),
            put(CE2, "secrets", Hidden({"md5": "zB3dE5fG7hJ9kL1mN3pQ5rS7"})),
            put("location2-ce2", "secrets", Hidden({"md5": Ref("md5-key", "result")})),
            append_lines(
                CE2,
                "router bgp 65020",
                "address-family ipv4 vrf 31",
                "neighbor 192.168.31.18 password <secret:md5>",
            ),
            append_lines(
                "location2-ce2",
                "router bgp 65020",
                "address-family ipv4 vrf 31",
                "neighbor 192.168.31.22 password <secret:md5>",
            ),
        ),
        {("router-link-key", CE2)},
    ),
    Broken(
        "bfd-on-another-port",
        all_of(
            rewrite(CE2, " bfd interval 300 min_rx 300 multiplier 3\n", ""),
            append_lines(
                CE2, "interface TenGigabitEthernet1/0/0.30", " bfd interval 300 min_rx 300 multiplier 3"
            ),
        ),
        {("router-bfd", CE2)},
        "advisory",
    ),
]

TUNNELS = [
    Broken("gre-by-default", rewrite(CE1, " tunnel mode ipsec ipv4\n", ""), {("router-tunnel-mode", CE1)}),
    Broken(
        "gre-inside",
        rewrite(CE1, "tunnel mode ipsec ipv4", "tunnel mode gre ip"),
        {("router-tunnel-mode", CE1)},
    ),
    Broken(
        "no-protection",
        rewrite(CE1, " tunnel protection ipsec profile Cust30-azure-ipsec-profile\n", ""),
        {("router-tunnel-mode", CE1)},
    ),
    Broken(
        "far-end-through-the-tunnel",
        append_lines(CE1, "ip route <output:hub-vpn-gateway-public-ip-1> 255.255.255.255 Tunnel30 5"),
        {("router-tunnel-endpoint", CE1)},
    ),
    Broken(
        "static-route-to-the-gateways-address",
        append_lines(CE1, f"ip route vrf 30 10.11.30.0 255.255.255.192 {VPN}"),
        {("router-static-over-tunnel", CE1)},
    ),
    Broken(
        "static-route-with-a-tag",
        append_lines(CE1, "ip route vrf 30 10.11.30.0 255.255.255.192 Tunnel30 tag 250"),
        {("router-static-over-tunnel", CE1)},
    ),
    Broken(
        "static-route-over-another-tunnel-to-a-vnet",
        append_lines(
            CE1,
            "interface Tunnel44",
            "ip vrf forwarding 30",
            "tunnel mode gre ip",
            "ip route vrf 30 10.11.30.0 255.255.255.192 Tunnel44",
        ),
        {("router-static-over-tunnel", CE1)},
    ),
    Broken(
        "clamped-on-one-of-two-ports",
        all_of(
            rewrite(CE1, " ip mtu 1400\n ip tcp adjust-mss 1350\n", ""),
            append_lines(
                CE1,
                "interface TenGigabitEthernet1/0/0.30",
                " ip tcp adjust-mss 1350",
                "interface TenGigabitEthernet2/0/0.30",
                " ip vrf forwarding 30",
                " ip address 10.2.30.129 255.255.255.128",
            ),
        ),
        {("router-tunnel-size", CE1)},
    ),
    *(
        Broken(
            f"policies-differ-in-{name}",
            put(TO_SITE, f"ipsecPolicies.0.{name}", value),
            {("router-ipsec-agrees", CE1)},
        )
        for name, value in (
            *(("ikeEncryption", "AES192"), ("ikeIntegrity", "SHA384")),
            *(("pfsGroup", "ECP384"), ("pfsGroup", "PFS24")),
        )
    ),
    Broken(
        "policies-differ-in-phase-2",
        all_of(
            put(TO_SITE, "ipsecPolicies.0.ipsecEncryption", "GCMAES128"),
            put(TO_SITE, "ipsecPolicies.0.ipsecIntegrity", "GCMAES128"),
        ),
        {("router-ipsec-agrees", CE1)},
    ),
    Broken("ike-version", put(TO_SITE, "connectionProtocol", "IKEv1"), {("router-ipsec-agrees", CE1)}),
    Broken(
        "weak-ikev1",
        append_lines(
            CE1,
            "crypto isakmp policy 10",
            " encr aes 256",
            " hash sha",
            " authentication pre-share",
            " group 14",
        ),
        {("router-ipsec-strong", CE1)},
        "advisory",
    ),
]

VRFS = [
    Broken(
        "vrf-without-rd",
        rewrite(CE1, "ip vrf 30\n rd 65021:30\n", "ip vrf 30\n"),
        {("router-vrf-whole", CE1)},
    ),
    Broken(
        "vrf-after-the-address",
        rewrite(
            CE1,
            " ip vrf forwarding 30\n ip address 192.168.30.17 255.255.255.252",
            " ip address 192.168.30.17 255.255.255.252\n ip vrf forwarding 30",
        ),
        {("router-vrf-whole", CE1)},
    ),
    Broken(
        "vrf-defined-too-late",
        all_of(rewrite(CE1, "ip vrf 30\n rd 65021:30\n", ""), append_lines(CE1, "ip vrf 30", " rd 65021:30")),
        {("router-vrf-whole", CE1)},
    ),
    Broken(
        "vrf-without-its-family",
        rewrite(CE1, "ip vrf 30\n rd 65021:30\n", "vrf definition 30\n rd 65021:30\n"),
        {("router-vrf-whole", CE1)},
    ),
    *(
        Broken(f"undefined-{name}", append_lines(CE1, *lines), {("router-reference-defined", CE1)})
        for name, lines in (
            ("community-list", ("route-map other permit 10", "match community MARKED")),
            ("access-list", ("route-map other permit 10", "match ip address 99")),
            (
                "peer-group",
                ("router bgp 65021", "address-family ipv4 vrf 30", "neighbor 10.2.30.9 peer-group SITE"),
            ),
            (
                "suppress-map",
                ("router bgp 65021", "aggregate-address 10.2.0.0 255.255.0.0 suppress-map LONGER"),
            ),
        )
    ),
]
