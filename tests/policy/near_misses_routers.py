"""What looks like a mistake of a router and is none."""

from __future__ import annotations

from tests.policy.broken import Near, all_of, append_lines, no_change, put, rewrite
from tests.policy.broken_routes_subtly import with_ibgp

CE1, CE2 = "location1-ce1", "location2-ce1"
ER, VPN = "192.168.30.18", "<output:hub-vpn-gateway-bgp-address-1>"
HUB_VPN = "hub-vpn-gateway"


ROUTERS = [
    Near(
        "route-map-without-a-match",
        no_change,
        ("router-expressroute-preferred", "router-expressroute-local-preference", "router-inbound-alike"),
    ),
    Near(
        "vpn-lowered-instead",
        all_of(
            rewrite(CE1, " set local-preference 200", " set local-preference 110"),
            rewrite(
                CE1,
                f"  neighbor {VPN} activate",
                f"  neighbor {VPN} activate\n  neighbor {VPN} route-map low in",
            ),
            append_lines(CE1, "route-map low permit 10", "set local-preference 50"),
        ),
        ("router-expressroute-preferred", "router-site-expressroute-preferred"),
    ),
    Near(
        "exact-prefix-list",
        no_change,
        ("router-outbound-filter", "router-network-told", "router-prefix-as-long"),
    ),
    Near(
        "a-list-with-a-range-over-expressroute",
        rewrite(
            CE1,
            "Cust30_to_Private seq 10 permit 10.2.30.0/25",
            "Cust30_to_Private seq 10 permit 10.2.30.0/24 le 25",
        ),
        ("router-prefix-as-long", "router-network-told", "router-outbound-filter"),
    ),
    Near("activated-in-its-vrf", no_change, ("router-neighbor-activated",)),
    Near(
        "one-process-in-two-listings",
        append_lines(CE1, "router bgp 65021", "address-family ipv4 vrf 30", f"neighbor {ER} send-community"),
        ("router-reference-defined", "router-asn-reserved", "router-neighbor-activated"),
    ),
    Near(
        "one-filter-on-both",
        all_of(
            rewrite(
                CE1,
                f"  neighbor {ER} activate",
                f"  neighbor {ER} activate\n  neighbor {ER} prefix-list Azure_to_Cust30 in",
            ),
            rewrite(
                CE1,
                f"  neighbor {VPN} activate",
                f"  neighbor {VPN} activate\n  neighbor {VPN} prefix-list Azure_to_Cust30 in",
            ),
        ),
        ("router-inbound-alike",),
    ),
    Near("host-route-to-the-peer", no_change, ("router-static-over-tunnel", "router-tunnel-host-route")),
    Near(
        "floating-static-and-default",
        append_lines(
            CE1,
            "ip route vrf 30 10.10.30.0 255.255.255.0 Tunnel30 250",
            "ip route vrf 30 0.0.0.0 0.0.0.0 Tunnel30",
            "ip route 198.51.100.0 255.255.255.0 Tunnel30",
        ),
        ("router-static-over-tunnel",),
    ),
    Near(
        "slash-31-on-the-lan", no_change, ("router-link-address", "router-link-enabled", "router-link-agrees")
    ),
    Near(
        "another-interface-shut-down",
        append_lines(CE2, "interface TenGigabitEthernet0/0/9", "shutdown"),
        ("router-link-enabled", "router-bfd"),
    ),
    Near("bfd-over-expressroute-alone", no_change, ("router-bfd", "router-bfd-over-vpn")),
    Near("clamped-without-an-mtu", rewrite(CE1, " ip mtu 1400\n", ""), ("router-tunnel-size",)),
    Near("small-without-a-clamp", rewrite(CE1, " ip tcp adjust-mss 1350\n", ""), ("router-tunnel-size",)),
    Near(
        "hop-security-off",
        rewrite(CE1, f"neighbor {VPN} ebgp-multihop 5", f"neighbor {VPN} disable-connected-check"),
        ("router-tunnel-multihop",),
    ),
    Near(
        "strong-algorithms-with-like-names",
        rewrite(CE1, "group 14", "group 20 21 15"),
        ("router-ipsec-strong",),
    ),
    Near("default-route-while-it-is-there", no_change, ("router-default-always",)),
    Near("two-routers", no_change, ("router-shared-fate",)),
    Near("all-as-azure-has-it", no_change, ("router-link-known", "router-link-asn", "router-tunnel-asn")),
    Near("vlan-30-twice-across-ports", no_change, ("router-link-vlan",)),
    Near(
        "one-tag",
        rewrite(CE2, "dot1Q 31 second-dot1q 310", "dot1Q 310"),
        ("router-link-vlan",),
    ),
    Near(
        "loopback-as-the-source",
        no_change,
        ("router-tunnel-source", "router-azure-asn", "router-azure-address"),
    ),
    Near(
        "one-tunnel-to-one-instance",
        all_of(
            put(HUB_VPN, "activeActive", False),
            lambda d: d.resources[HUB_VPN].inputs["ipConfigurations"].pop(),
            rewrite(CE1, "hub-vpn-gateway-public-ip-2", "hub-vpn-gateway-public-ip-1"),
        ),
        ("router-every-instance",),
    ),
    Near("one-secret-on-both-sides", no_change, ("router-key-agrees",)),
    Near(
        "several-groups-on-offer",
        rewrite(CE1, " group 14", " group 20 14"),
        ("router-ipsec-agrees",),
    ),
    Near(
        "superset-of-the-vnets-told",
        append_lines(CE1, "ip prefix-list Cust30_to_Private seq 20 permit 10.0.0.0/8"),
        ("router-outbound-azure", "router-outbound-filter"),
    ),
    Near(
        "superset-of-the-vnets-as-a-network",
        rewrite(
            CE1,
            "  network 10.2.30.0 mask 255.255.255.128",
            "  network 10.2.30.0 mask 255.255.255.128\n  network 10.0.0.0",
        ),
        ("router-network-apart",),
    ),
    Near(
        "shorter-prefix-by-the-other-router",
        all_of(
            with_ibgp(),
            append_lines("location1-ce2", "ip prefix-list TO-VPN seq 5 permit 10.2.30.0/24"),
            rewrite(
                "location1-ce2",
                "  neighbor 192.168.30.22 remote-as 12076",
                "  no neighbor 192.168.30.22 remote-as 12076",
            ),
        ),
        ("router-site-prefix-as-long", "router-prefix-as-long", "router-site-expressroute-preferred"),
    ),
    Near("no-key-on-either-end", no_change, ("router-link-key",)),
    Near("ipsec-and-a-way-out", no_change, ("router-tunnel-mode", "router-tunnel-endpoint")),
    Near(
        "gre-to-somebody-else",
        append_lines(CE1, "interface Tunnel9", "tunnel mode gre ip", "tunnel destination 203.0.113.9"),
        ("router-tunnel-mode", "router-tunnel-size"),
    ),
    Near("vrf-in-its-order", no_change, ("router-vrf-whole",)),
]
