"""One small break each of what routers prefer and tell, of the kind that a reviewer overlooks."""

from __future__ import annotations

from typing import Any

from tests.policy.broken import Broken, Change, all_of, append_lines, rewrite

CE1, OTHER = "location1-ce1", "location1-ce2"
ER, VPN = "192.168.30.18", "<output:hub-vpn-gateway-bgp-address-1>"
SITE = "location1-gateway"


def outbound(peer: str, *lines: str, more: tuple[str, ...] = ()) -> Change:
    """Give a neighbor of the first router other outbound filters."""
    new = "".join(f"  neighbor {peer} {line}\n" for line in lines)
    return all_of(
        rewrite(CE1, f"  neighbor {peer} prefix-list Cust30_to_Private out\n", new), append_lines(CE1, *more)
    )


def inbound(peer: str, *lines: str, more: tuple[str, ...] = ()) -> Change:
    """Add to what a neighbor of the first router has."""
    start = f"  neighbor {peer} activate\n"
    new = start + "".join(f"  neighbor {peer} {line}\n" for line in lines)
    return all_of(rewrite(CE1, start, new), append_lines(CE1, *more))


def er_map(*lines: str) -> Change:
    """Write the inbound route-map of ExpressRoute anew."""
    return rewrite(CE1, "route-map prefer-ER-over-VPN permit 10\n set local-preference 200", "\n".join(lines))


def preferred(level: str = "mandatory") -> dict[str, Any]:
    return {"found": {("router-expressroute-preferred", CE1)}, "level": level}


def with_ibgp(*lines: str) -> Change:
    """End a VPN on the second router of the site, which speaks iBGP with the first."""
    return all_of(
        rewrite(
            OTHER,
            " exit-address-family",
            "  neighbor 10.2.30.1 remote-as 65021\n  neighbor 10.10.30.254 remote-as 65515\n  neighbor "
            "10.10.30.254 ebgp-multihop 5\n  neighbor 10.10.30.254 update-source Tunnel9\n  neighbor "
            "10.10.30.254 prefix-list TO-VPN out\n" + "\n".join(lines) + "\n exit-address-family",
        ),
        rewrite(CE1, " exit-address-family", "  neighbor 10.2.30.2 remote-as 65021\n exit-address-family"),
        append_lines(
            OTHER,
            *("interface Tunnel9", "ip vrf forwarding 30", "ip unnumbered TenGigabitEthernet1/0/0.30"),
            *("ip mtu 1400", "tunnel source 203.0.113.9", "tunnel mode ipsec ipv4"),
            *("tunnel destination 203.0.113.10", "tunnel protection ipsec profile default"),
            "ip route vrf 30 10.10.30.254 255.255.255.255 Tunnel9",
        ),
    )


TO_VPN = "ip prefix-list TO-VPN seq 5 permit 10.2.30.0/25"

PREFERENCE = [
    Broken(
        "a-catch-all-that-raises-nothing",
        er_map(
            "route-map prefer-ER-over-VPN permit 10",
            " match ip address prefix-list Azure_to_Cust30",
            " set local-preference 200",
            "route-map prefer-ER-over-VPN permit 20",
        ),
        **preferred(),
    ),
    Broken(
        "lowered-after-a-continue",
        er_map(
            "route-map prefer-ER-over-VPN permit 10",
            " set local-preference 200",
            " continue 30",
            "route-map prefer-ER-over-VPN permit 20",
            "route-map prefer-ER-over-VPN permit 30",
            " set local-preference 100",
        ),
        **preferred(),
    ),
    Broken(
        "one-prefix-raised-over-vpn",
        inbound(
            VPN,
            "route-map over-vpn in",
            more=(
                *(
                    "route-map over-vpn permit 10",
                    "match ip address prefix-list Hub",
                    "set local-preference 300",
                ),
                *("route-map over-vpn permit 20", "ip prefix-list Hub seq 5 permit 10.10.30.0/24"),
            ),
        ),
        **preferred(),
    ),
    Broken(
        "weight-by-a-group",
        inbound(
            VPN,
            "peer-group TUNNELS",
            more=("router bgp 65021", "neighbor TUNNELS peer-group", "neighbor TUNNELS weight 1"),
        ),
        **preferred(),
    ),
    Broken(
        "another-map-by-a-template",
        all_of(
            rewrite(
                CE1,
                f"  neighbor {ER} route-map prefer-ER-over-VPN in\n",
                f"  neighbor {ER} inherit peer-policy ER\n",
            ),
            append_lines(
                CE1,
                "router bgp 65021",
                "template peer-policy ER",
                "route-map BGP2OSPF in",
                "exit-peer-policy",
            ),
        ),
        {("router-expressroute-preferred", CE1), ("router-inbound-alike", CE1)},
    ),
    Broken(
        "vpn-not-by-its-asn-but-by-its-host-route",
        all_of(
            rewrite(CE1, f"neighbor {VPN} ", "neighbor 10.10.30.250 "),
            rewrite(CE1, f"ip route vrf 30 {VPN} ", "ip route vrf 30 10.10.30.250 "),
            rewrite(CE1, "neighbor 10.10.30.250 remote-as 65515", "neighbor 10.10.30.250 remote-as 64999"),
            rewrite(CE1, "update-source Tunnel30", "update-source Loopback30"),
            rewrite(CE1, " set local-preference 200", " set local-preference 100"),
        ),
        **preferred(),
    ),
    Broken(
        "the-other-router-weighs-its-vpn",
        all_of(with_ibgp("  neighbor 10.10.30.254 weight 1"), append_lines(OTHER, TO_VPN)),
        {("router-site-expressroute-preferred", CE1), ("router-expressroute-preferred", OTHER)},
    ),
    Broken(
        "held-back-over-expressroute-by-its-route-map",
        er_map(
            "route-map prefer-ER-over-VPN permit 10",
            " match ip address prefix-list Azure_to_Cust30",
            " set local-preference 200",
        ),
        {("router-inbound-alike", CE1)},
    ),
    Broken(
        "vrfs-that-leak",
        all_of(
            rewrite(
                CE1,
                "ip vrf 30\n rd 65021:30\n",
                "ip vrf 30\n rd 65021:30\n route-target both 65021:1\nip vrf 31\n rd 65021:31\n "
                "route-target import 65021:1\n",
            ),
            append_lines(
                CE1,
                "router bgp 65021",
                "address-family ipv4 vrf 31",
                "neighbor 10.10.30.254 remote-as 65515",
                "neighbor 10.10.30.254 prefix-list Cust30_to_Private out",
            ),
        ),
        {
            ("router-expressroute-preferred", CE1),
            ("router-tunnel-multihop", CE1),
            ("router-tunnel-host-route", CE1),
        },
    ),
]

TRANSIT = [
    Broken(
        "one-of-azures-prefixes-denied",
        all_of(
            append_lines(CE1, "ip prefix-list Cust30_to_Private seq 5 deny 10.10.30.0/24"),
            rewrite(CE1, "seq 10 permit 10.2.30.0/25", "seq 10 permit 0.0.0.0/0 le 32"),
        ),
        {("router-outbound-filter", CE1), ("router-outbound-azure", CE1)},
    ),
    Broken(
        "a-summary-with-all-its-parts",
        rewrite(
            CE1,
            "Cust30_to_Private seq 10 permit 10.2.30.0/25",
            "Cust30_to_Private seq 10 permit 10.0.0.0/8 le 32",
        ),
        {("router-outbound-azure", CE1)},
    ),
    Broken(
        "almost-everything",
        rewrite(
            CE1,
            "Cust30_to_Private seq 10 permit 10.2.30.0/25",
            "Cust30_to_Private seq 10 permit 0.0.0.0/0 ge 8 le 30",
        ),
        {("router-outbound-filter", CE1)},
    ),
    Broken(
        "any-as-path",
        outbound(VPN, "filter-list 7 out", more=("ip as-path access-list 7 permit .*",)),
        {("router-outbound-filter", CE1)},
    ),
    Broken(
        "one-of-azures-paths-denied",
        outbound(
            ER,
            "route-map to-er out",
            more=(
                *("ip as-path access-list 8 permit ^12076", "route-map to-er deny 10", "match as-path 8"),
                "route-map to-er permit 20",
            ),
        ),
        {("router-outbound-filter", CE1)},
        "advisory",
    ),
    Broken(
        "a-route-map-by-a-list-of-everything",
        outbound(
            VPN,
            "route-map to-vpn out",
            more=(
                *("route-map to-vpn permit 10", "match ip address prefix-list ALL"),
                "ip prefix-list ALL seq 5 permit 0.0.0.0/0 le 32",
            ),
        ),
        {("router-outbound-filter", CE1), ("router-prefix-as-long", CE1)},
    ),
    *(
        Broken(
            f"an-access-list-{name}",
            outbound(VPN, f"distribute-list {number} out", more=more),
            {("router-outbound-filter", CE1), *found},
        )
        for name, number, more, found in (
            ("of-everything", 12, ("access-list 12 deny 10.10.30.0", "access-list 12 permit any"), ()),
            ("by-name", "SITE", ("ip access-list standard SITE", "10 permit any"), ()),
            ("that-nobody-wrote", 13, (), [("router-reference-defined", CE1)]),
        )
    ),
    Broken(
        "a-vnets-prefix-told",
        all_of(
            rewrite(
                CE1,
                "  network 10.2.30.0 mask 255.255.255.128",
                "  network 10.2.30.0 mask 255.255.255.128\n  network 10.11.30.32 mask 255.255.255.224",
            ),
            append_lines(CE1, "ip prefix-list Cust30_to_Private seq 20 permit 10.11.30.32/27"),
        ),
        {("router-network-apart", CE1)},
    ),
    Broken(
        "a-longer-prefix-by-the-other-router",
        all_of(with_ibgp(), append_lines(OTHER, "ip prefix-list TO-VPN seq 5 permit 10.2.30.0/26")),
        {("router-prefix-as-long", OTHER)},
    ),
    Broken(
        "a-longer-prefix-by-a-router-without-expressroute",
        all_of(
            with_ibgp(),
            append_lines(OTHER, "ip prefix-list TO-VPN seq 5 permit 10.2.30.0/26"),
            rewrite(
                OTHER,
                "  neighbor 192.168.30.22 remote-as 12076",
                "  no neighbor 192.168.30.22 remote-as 12076",
            ),
        ),
        {("router-site-prefix-as-long", OTHER), ("router-shared-fate", CE1)},
    ),
]
