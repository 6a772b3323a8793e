"""Broken routers."""

from __future__ import annotations

from tests.policy.broken import Broken, Change, add, all_of, append_lines, put, rewrite
from tests.policy.deployments import Hidden, Ref
from tests.policy.sound_deployment import shared_key

CE1, CE2, OTHER = "location1-ce1", "location2-ce1", "location2-ce2"
ER, VPN = "192.168.30.18", "<output:hub-vpn-gateway-bgp-address-1>"


def swap_neighbor(name: str, old: str, new: str) -> Change:
    return rewrite(name, f"neighbor {old} ", f"neighbor {new} ")


ROUTERS = [
    Broken(
        "no-inbound-route-map",
        rewrite(CE1, f"  neighbor {ER} route-map prefer-ER-over-VPN in\n", ""),
        {("router-expressroute-preferred", CE1)},
    ),
    Broken(
        "inbound-route-map-undefined",
        rewrite(
            CE1, f"neighbor {ER} route-map prefer-ER-over-VPN in", f"neighbor {ER} route-map prefer-er in"
        ),
        {("router-expressroute-preferred", CE1), ("router-reference-defined", CE1)},
    ),
    *(
        Broken(
            f"local-preference-{value}",
            rewrite(CE1, " set local-preference 200", f" set local-preference {value}"),
            {("router-expressroute-preferred", CE1)},
        )
        for value in (0, 99, 100)
    ),
    Broken(
        "no-local-preference",
        rewrite(CE1, " set local-preference 200\n", ""),
        {("router-expressroute-preferred", CE1)},
    ),
    Broken(
        "earlier-entry-without-set",
        rewrite(
            CE1,
            "route-map prefer-ER-over-VPN permit 10",
            "route-map prefer-ER-over-VPN permit 5\n match ip address prefix-list Azure_to_Cust30\n"
            "route-map prefer-ER-over-VPN permit 10",
        ),
        {("router-expressroute-preferred", CE1)},
    ),
    Broken(
        "later-entry-written-first",
        rewrite(
            CE1,
            "route-map prefer-ER-over-VPN permit 10",
            "route-map prefer-ER-over-VPN permit 20\n set local-preference 300\n"
            "route-map prefer-ER-over-VPN permit 10\n match ip address prefix-list Azure_to_Cust30\n"
            " set local-preference 90\nroute-map never permit 10",
        ),
        {("router-expressroute-preferred", CE1)},
    ),
    Broken(
        "entry-denies-everything",
        rewrite(CE1, "route-map prefer-ER-over-VPN permit 10", "route-map prefer-ER-over-VPN deny 10"),
        {("router-expressroute-preferred", CE1), ("router-inbound-alike", CE1)},
    ),
    Broken(
        "vpn-raised-as-high",
        rewrite(
            CE1,
            f"  neighbor {VPN} activate",
            f"  neighbor {VPN} activate\n  neighbor {VPN} route-map prefer-ER-over-VPN in",
        ),
        {("router-expressroute-preferred", CE1)},
    ),
    Broken(
        "vpn-with-weight",
        rewrite(CE1, f"  neighbor {VPN} activate", f"  neighbor {VPN} activate\n  neighbor {VPN} weight 10"),
        {("router-expressroute-preferred", CE1)},
    ),
    Broken(
        "vpn-of-another-asn-by-its-tunnel",
        all_of(
            rewrite(CE1, f"neighbor {VPN} remote-as 65515", f"neighbor {VPN} remote-as 65521"),
            rewrite(CE1, " set local-preference 200", " set local-preference 100"),
        ),
        {("router-expressroute-preferred", CE1), ("router-azure-asn", CE1)},
    ),
    Broken(
        "default-raised-above",
        rewrite(CE1, "router bgp 65021\n", "router bgp 65021\n bgp default local-preference 250\n"),
        {("router-expressroute-preferred", CE1)},
    ),
    Broken(
        "second-section-takes-it-back",
        lambda d: (
            d.resources[CE1]
            .inputs["lines"]
            .extend(
                [
                    "router bgp 65021",
                    "address-family ipv4 vrf 30",
                    f"no neighbor {ER} route-map prefer-ER-over-VPN in",
                ]
            )
        ),
        {("router-expressroute-preferred", CE1)},
    ),
    Broken(
        "expressroute-alone-not-raised-at-a-site-with-a-vpn",
        rewrite("location1-ce2", " set local-preference 200\n", ""),
        {("router-expressroute-local-preference", "location1-ce2")},
        "advisory",
    ),
    Broken(
        "vpn-on-the-other-router-of-the-site",
        all_of(
            rewrite(CE2, " set local-preference 200", " set local-preference 150"),
            rewrite(
                OTHER,
                " exit-address-family",
                "  neighbor 10.10.30.254 remote-as 65515\n  neighbor 10.10.30.254 ebgp-multihop 5\n"
                "  neighbor 10.10.30.254 activate\n  neighbor 10.10.30.254 route-map over-vpn in\n"
                "  neighbor 10.10.30.254 prefix-list Cust31_to_Private out\n exit-address-family\n"
                "route-map over-vpn permit 10\n set local-preference 180",
            ),
        ),
        {
            ("router-site-expressroute-preferred", CE2),
            ("router-tunnel-multihop", OTHER),
            ("router-tunnel-host-route", OTHER),
        },
    ),
    *(
        Broken(
            f"outbound-filter-missing-{kind}",
            rewrite(CE1, f"  neighbor {address} prefix-list Cust30_to_Private out\n", ""),
            {("router-outbound-filter", CE1)},
        )
        for kind, address in (("expressroute", ER), ("vpn", VPN))
    ),
    Broken(
        "outbound-filter-lets-everything-pass",
        rewrite(
            CE1,
            "Cust30_to_Private seq 10 permit 10.2.30.0/25",
            "Cust30_to_Private seq 10 permit 0.0.0.0/0 le 32",
        ),
        {("router-outbound-filter", CE1)},
    ),
    Broken(
        "outbound-filter-undefined",
        rewrite(CE1, "ip prefix-list Cust30_to_Private seq", "ip prefix-list Cust30_to_private seq"),
        {("router-outbound-filter", CE1), ("router-reference-defined", CE1)},
    ),
    Broken(
        "outbound-route-map-without-match",
        rewrite(
            CE1,
            f"neighbor {VPN} prefix-list Cust30_to_Private out",
            f"neighbor {VPN} route-map prefer-ER-over-VPN out",
        ),
        {("router-outbound-filter", CE1)},
    ),
    *(
        Broken(
            f"not-activated-{kind}",
            rewrite(CE1, f"  neighbor {address} activate\n", f"  no neighbor {address} activate\n"),
            {("router-neighbor-activated", CE1)},
        )
        for kind, address in (("expressroute", ER), ("vpn", VPN))
    ),
    *(
        Broken(
            f"undefined-{kind}",
            rewrite(CE1, old, new),
            {
                ("router-reference-defined", CE1),
                *([("router-tunnel-host-route", CE1)] if kind == "vrf-of-a-route" else []),
            },
        )
        for kind, old, new in (
            ("redistribution", "subnets route-map BGP2OSPF", "subnets route-map BGP2RIP"),
            (
                "matched-prefix-list",
                "match ip address prefix-list Azure_to_Cust30",
                "match ip address prefix-list A B",
            ),
            ("vrf", "ip vrf 30\n rd 65021:30\n", ""),
            ("vrf-of-a-route", "ip route vrf 30 ", "ip route vrf 31 "),
            ("proposal", "\n proposal Cust30-azure-proposal", "\n proposal another"),
            ("keyring", "keyring local Cust30-azure-keyring", "keyring local another"),
            ("ikev2-profile", "set ikev2-profile Cust30-azure-profile", "set ikev2-profile another"),
            (
                "transform-set",
                "set transform-set Cust30-azure-ipsec-proposal-set",
                "set transform-set another",
            ),
            (
                "ipsec-profile",
                "ipsec profile Cust30-azure-ipsec-profile\nip route",
                "ipsec profile other\nip route",
            ),
            ("tunnel-source", "tunnel source Loopback30", "tunnel source Loopback31"),
            ("update-source", "update-source Tunnel30", "update-source Tunnel39"),
        )
    ),
    Broken(
        "placeholder-without-value",
        put(CE1, "values.hub-vpn-gateway-bgp-address-1", None),
        {("router-placeholder-supplied", CE1)},
    ),
    Broken(
        "placeholder-without-secret",
        rewrite(CE1, "<secret:hub-location1-shared-key>", "<secret:hub-location-shared-key>"),
        {("router-placeholder-supplied", CE1)},
    ),
    Broken(
        "longer-prefix-over-vpn",
        all_of(
            rewrite(
                CE1,
                f"neighbor {VPN} prefix-list Cust30_to_Private out",
                f"neighbor {VPN} prefix-list Cust30_to_Backup out",
            ),
            append_lines(CE1, "ip prefix-list Cust30_to_Backup seq 10 permit 10.2.30.0/26"),
        ),
        {("router-prefix-as-long", CE1)},
    ),
    Broken(
        "longer-prefix-over-vpn-by-a-range",
        all_of(
            rewrite(
                CE1,
                f"neighbor {VPN} prefix-list Cust30_to_Private out",
                f"neighbor {VPN} route-map to-vpn out",
            ),
            append_lines(
                CE1,
                "route-map to-vpn permit 10",
                "match ip address prefix-list Cust30_to_Backup",
                "ip prefix-list Cust30_to_Backup seq 10 permit 10.2.30.0/25 le 27",
            ),
        ),
        {("router-prefix-as-long", CE1)},
        "advisory",
    ),
    Broken(
        "site-prefix-held-back",
        rewrite(
            CE1,
            "  network 10.2.30.0 mask 255.255.255.128",
            "  network 10.2.30.0 mask 255.255.255.128\n  network 10.2.31.0 mask 255.255.255.0",
        ),
        {("router-network-told", CE1)},
        "advisory",
    ),
    Broken(
        "inbound-filter-over-expressroute-alone",
        rewrite(
            CE1,
            f"  neighbor {ER} activate",
            f"  neighbor {ER} activate\n  neighbor {ER} prefix-list Azure_to_Cust30 in",
        ),
        {("router-inbound-alike", CE1)},
    ),
    Broken(
        "static-route-over-the-tunnel",
        append_lines(CE1, "ip route vrf 30 10.10.30.0 255.255.255.0 Tunnel30"),
        {("router-static-over-tunnel", CE1)},
    ),
    Broken(
        "ends-of-the-link-swapped",
        all_of(
            rewrite(CE2, "ip address 192.168.31.17", "ip address 192.168.31.18"),
            swap_neighbor(CE2, "192.168.31.18", "192.168.31.17"),
        ),
        {("router-link-address", CE2), ("router-link-agrees", CE2)},
    ),
    Broken(
        "link-too-wide",
        rewrite(CE2, "192.168.31.17 255.255.255.252", "192.168.31.17 255.255.255.248"),
        {("router-link-address", CE2)},
    ),
    Broken(
        "link-shut-down",
        rewrite(
            CE2,
            " ip address 192.168.31.17 255.255.255.252",
            (" ip address 192.168.31.17 255.255.255.252\n shutdown"),
        ),
        {("router-link-enabled", CE2)},
        "advisory",
    ),
    Broken(
        "neighbor-shut-down",
        rewrite(
            CE2,
            "  neighbor 192.168.31.18 activate",
            ("  neighbor 192.168.31.18 activate\n  neighbor 192.168.31.18 shutdown"),
        ),
        {("router-link-enabled", CE2)},
        "advisory",
    ),
    Broken(
        "no-bfd-on-the-neighbor",
        rewrite(CE2, "  neighbor 192.168.31.18 fall-over bfd\n", ""),
        {("router-bfd", CE2)},
        "advisory",
    ),
    Broken(
        "no-bfd-on-the-interface",
        rewrite(CE2, " bfd interval 300 min_rx 300 multiplier 3\n", ""),
        {("router-bfd", CE2)},
        "advisory",
    ),
    Broken(
        "bfd-over-vpn",
        rewrite(
            CE1, f"  neighbor {VPN} activate", f"  neighbor {VPN} activate\n  neighbor {VPN} fall-over bfd"
        ),
        {("router-bfd-over-vpn", CE1)},
        "advisory",
    ),
    Broken(
        "tunnel-neither-clamped-nor-small",
        all_of(
            rewrite(CE1, " ip mtu 1400\n", ""),
            rewrite(CE1, " ip tcp adjust-mss 1350", " ip tcp adjust-mss 1400"),
        ),
        {("router-tunnel-size", CE1)},
    ),
    Broken(
        "no-multihop",
        rewrite(CE1, f"  neighbor {VPN} ebgp-multihop 5\n", ""),
        {("router-tunnel-multihop", CE1)},
    ),
    Broken(
        "no-host-route",
        rewrite(CE1, f"ip route vrf 30 {VPN} 255.255.255.255 Tunnel30\n", ""),
        {("router-tunnel-host-route", CE1)},
    ),
    *(
        Broken(f"weak-{name}", rewrite(CE1, old, new), {("router-ipsec-strong", CE1), *more}, "advisory")
        for name, old, new, more in (
            ("cipher", "encryption aes-cbc-256", "encryption aes-cbc-256 3des", ()),
            ("hash", "integrity sha256", "integrity sha256 sha1", ()),
            ("group", "group 14", "group 14 2", ()),
            (
                *("transform", "esp-gcm 256", "esp-aes 256 esp-sha-hmac"),
                [("router-ipsec-agrees", CE1)],
            ),
            ("pfs", "set pfs group14", "set pfs group2", [("router-ipsec-agrees", CE1)]),
        )
    ),
    Broken(
        "default-route-always",
        rewrite(CE1, "default-information originate", "default-information originate always"),
        {("router-default-always", CE1)},
        "advisory",
    ),
    Broken(
        "shared-fate",
        rewrite(
            "location1-ce2",
            " ip address 192.168.30.21 255.255.255.252",
            (" ip address 192.168.30.21 255.255.255.252\n shutdown"),
        ),
        {("router-shared-fate", CE1), ("router-link-enabled", "location1-ce2")},
        "advisory",
    ),
    Broken(
        "link-of-no-circuit",
        put("circuit-2-peering", "primaryPeerAddressPrefix", "192.168.33.16/30"),
        {("router-link-known", CE2)},
    ),
    Broken(
        "other-end-of-the-link",
        put("circuit-2-peering", "primaryPeerAddressPrefix", "192.168.31.16/31"),
        {("circuit-peering-link-prefix", "circuit-2-peering"), ("router-link-known", CE2)},
    ),
    Broken(
        "circuit-in-another-as",
        put("circuit-2-peering", "peerASN", 65024),
        {("router-link-asn", CE2), ("router-link-asn", OTHER)},
    ),
    Broken(
        "circuit-with-another-vlan",
        rewrite(CE2, "second-dot1q 310", "second-dot1q 311"),
        {("router-link-vlan", CE2)},
    ),
    Broken(
        "router-in-another-as",
        put("location1-gateway", "bgpSettings.asn", 65022),
        {("router-tunnel-asn", CE1)},
    ),
    Broken(
        "hub-in-another-as",
        put("hub-vpn-gateway", "bgpSettings.asn", 65010),
        {("router-azure-asn", CE1)},
    ),
    Broken(
        "second-tunnel-to-the-same-instance",
        rewrite(CE1, "hub-vpn-gateway-public-ip-2", "hub-vpn-gateway-public-ip-1"),
        {("router-every-instance", CE1)},
        "advisory",
    ),
    Broken(
        "second-tunnel-switched-off",
        rewrite(CE1, "interface Tunnel31\n", "interface Tunnel31\n shutdown\n"),
        {("router-every-instance", CE1)},
        "advisory",
    ),
    Broken(
        "router-at-another-address",
        put("location1-gateway", "gatewayIpAddress", "66.198.12.107"),
        {("router-tunnel-source", CE1)},
    ),
    Broken(
        "another-key",
        all_of(
            add("second-key", shared_key("qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC")),
            put("location1-connection", "sharedKey", Hidden(Ref("second-key", "result"))),
        ),
        {("router-key-agrees", CE1)},
    ),
    Broken(
        "another-group",
        put("location1-connection", "ipsecPolicies.0.dhGroup", "ECP384"),
        {("router-ipsec-agrees", CE1)},
    ),
]
