"""One small break each, on either side, of the kind that a reviewer overlooks."""

from __future__ import annotations

from typing import Any

from tests.policy.broken import Broken, Change, add, all_of, append_lines, drop, put, rewrite
from tests.policy.broken_connections import TO_SITE, authorization, second_site
from tests.policy.broken_gateways import many_prefixes, more_circuits, on_subnet, sku
from tests.policy.deployments import OTHER_KEY, Hidden, Planned, Ref, Unknown, half

CE1, CE2, OTHER = "location1-ce1", "location2-ce1", "location1-ce2"
ER, VPN = "192.168.30.18", "<output:hub-vpn-gateway-bgp-address-1>"
HUB_ER, HUB_VPN, SITE = "hub-expressroute-gateway", "hub-vpn-gateway", "location1-gateway"


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

MD5_KEY = "aB3dE5fG7hJ9kL1mN3pQ5rS7t"


def md5(key: Any) -> Change:
    """Give a peering that no router of the stack uses an MD5 key."""
    return all_of(
        drop("location2-ce1"), drop("location2-ce2"), put("circuit-2-peering", "sharedKey", Hidden(key))
    )


def foreign_circuit(deployment: Any) -> None:
    """Connect the hub to a circuit of another subscription that has the name of one of the stack's."""
    circuit = deployment.resources["circuit-2"].id.replace("11111111", "99999999")
    deployment.put("circuit-2-connection", "peer.id", circuit)


def inline_half(**flags: bool) -> Change:
    """Write the spoke's half inside its VNet."""

    def run(deployment: Any) -> None:
        del deployment.resources["spoke-half"]
        half = {"name": "to-hub", "remoteVirtualNetwork": {"id": Ref("hub-network")}, **flags}
        deployment.put("spoke-network", "virtualNetworkPeerings", [half])

    return run


PREMIUM = {"name": "Premium_MeteredData", "tier": "Premium", "family": "MeteredData"}


def premium_connections(count: int) -> Change:
    """Make a circuit of 50 Mbps Premium, with so many connections."""

    def run(deployment: Any) -> None:
        deployment.put("circuit", "sku", PREMIUM)
        for number in range(count - 2):
            name = f"circuit-connection-{number}"
            deployment.resources[name] = deployment.resources["circuit-connection"]

    return run


AZURE = [
    Broken("21-connections-on-premium", premium_connections(21), {("circuit-connections", "circuit")}),
    Broken(
        "peering-without-vlan",
        put("circuit-2-peering", "vlanId", None),
        {("circuit-peering-vlan", "circuit-2-peering")},
    ),
    *(
        Broken(f"md5-key-{name}", md5(key), {("circuit-peering-key-form", "circuit-2-peering")})
        for name, key in (("of-26", f"{MD5_KEY}9"), ("with-a-dot", "aB3dE5fG7.hJ9kL1mN3pQ"))
    ),
    Broken(
        "same-name-in-another-subscription",
        foreign_circuit,
        {("connection-authorization", "circuit-2-connection")},
    ),
    Broken(
        "one-authorization-for-two-new-connections",
        all_of(
            add("authorization", authorization()),
            *(
                put(
                    f"circuit-connection{end}",
                    "authorizationKey",
                    Hidden(Ref("authorization", "authorizationKey")),
                )
                for end in ("", "-remote")
            ),
        ),
        {
            ("connection-authorization-single", "circuit-connection-remote"),
            ("connection-authorization-needless", "circuit-connection"),
            ("connection-authorization-needless", "circuit-connection-remote"),
        },
    ),
    Broken(
        "half-inside-its-vnet-uses-nothing", inline_half(), {("peering-transit-used", "hub-half")}, "advisory"
    ),
    Broken(
        "half-inside-its-vnet-with-both-flags",
        inline_half(useRemoteGateways=True, allowGatewayTransit=True),
        {("peering-flags-agree", "spoke-network")},
    ),
    Broken(
        "scales-from-one",
        all_of(
            sku(HUB_ER, "ErGwScale"), put(HUB_ER, "autoScaleConfiguration", {"bounds": {"min": 1, "max": 2}})
        ),
        {("gateway-scale-units", HUB_ER)},
    ),
    Broken(
        "nine-circuits-on-few-scale-units",
        all_of(
            sku(HUB_ER, "ErGwScale"),
            put(HUB_ER, "autoScaleConfiguration", {"bounds": {"min": 9, "max": 9}}),
            more_circuits(7, ("Chicago", "Dallas", "Seattle", "Denver")),
        ),
        {("expressroute-gateway-circuits", HUB_ER)},
    ),
    Broken(
        "fastpath-on-few-scale-units",
        all_of(
            sku(HUB_ER, "ErGwScale"),
            put(HUB_ER, "autoScaleConfiguration", {"bounds": {"min": 9, "max": 40}}),
            put("circuit-connection", "expressRouteGatewayBypass", True),
        ),
        {("connection-fastpath-sku", "circuit-connection")},
    ),
    Broken(
        "fastpath-past-a-route-table",
        all_of(
            sku(HUB_ER, "ErGw3AZ"),
            put("circuit-connection", "expressRouteGatewayBypass", True),
            on_subnet("hub-gateway-subnet", routes=[]),
        ),
        {("connection-fastpath-sku", "circuit-connection")},
    ),
    Broken(
        "an-ipv6-prefix-too-many",
        put(
            "spoke-network",
            "addressSpace.addressPrefixes",
            ["10.11.30.0/26", *(f"fd00:{n:x}::/48" for n in range(101))],
        ),
        {("expressroute-gateway-prefixes", HUB_ER)},
    ),
    Broken(
        "a-sites-prefix-in-the-hub",
        all_of(
            put(SITE, "localNetworkAddressSpace.addressPrefixes", ["10.2.30.0/25", "10.10.30.64/27"]),
            put(TO_SITE, "enableBgp", False),
        ),
        {("local-network-gateway-space-apart", SITE)},
    ),
    Broken(
        "asn-of-five-bytes",
        put("branch-vpn-gateway", "bgpSettings.asn", 2**32),
        {("vpn-gateway-asn-reserved", "branch-vpn-gateway")},
    ),
    Broken(
        "second-site-inside-the-first",
        all_of(
            put(SITE, "localNetworkAddressSpace.addressPrefixes", ["10.2.30.0/25"]),
            put(TO_SITE, "enableBgp", False),
            second_site(localNetworkAddressSpace={"addressPrefixes": ["10.2.30.32/27"]}),
            put("location2-connection", "enableBgp", False),
        ),
        {("local-network-gateway-distinct", "location2-gateway")},
    ),
    Broken(
        "vpn-to-a-circuit",
        put(TO_SITE, "connectionType", "ExpressRoute"),
        {("connection-ends", TO_SITE), ("connection-expressroute-keyless", TO_SITE)},
    ),
    Broken(
        "policy-without-encryption",
        put(TO_SITE, "ipsecPolicies.0.ipsecEncryption", "None"),
        {("connection-policy-authenticated", TO_SITE), ("connection-policy-strong", TO_SITE)},
    ),
]


def two_hubs(deployment: Any) -> None:
    deployment.resources["spoke-half-2"] = half("spoke", "branch", uses=True)
    deployment.resources["branch-half"] = half("branch", "spoke", lends=True)


def not_provisioned(deployment: Any) -> None:
    deployment.resources["circuit"].outputs["serviceProviderProvisioningState"] = "NotProvisioned"


def with_public_ip(deployment: Any) -> None:
    deployment.put(HUB_ER, "ipConfigurations.0.publicIPAddress", {"id": Ref("hub-address-1")})


KNOWN = [
    Broken(
        "key-of-ten",
        put(TO_SITE, "sharedKey", Hidden("kZ7mQ2xW9r")),
        {("connection-key-strong", TO_SITE), ("router-key-agrees", CE1)},
        shapes=("up",),
    ),
    Broken(
        "key-with-a-hyphen-to-be-made",
        put("location1-key", "special", None),
        {("connection-key-strong", TO_SITE)},
        shapes=("preview",),
    ),
    Broken(
        "key-too-short-to-be-made",
        put("location1-key", "length", 12),
        {("connection-key-strong", TO_SITE)},
        shapes=("preview",),
    ),
    Broken(
        "key-in-a-tag",
        put("spoke-network", "tags", {"url": f"https://site:{OTHER_KEY}@example.com/"}),
        {("key-in-clear", "spoke-network")},
        shapes=("up",),
    ),
    Broken(
        "two-hubs", two_hubs, {("peering-single-remote-gateway", f"spoke-half{end}") for end in ("", "-2")}
    ),
    Broken("not-provisioned", not_provisioned, {("circuit-provisioned", "circuit")}),
    Broken(
        "new-gateway-with-a-public-ip",
        with_public_ip,
        {("expressroute-gateway-public-ip", HUB_ER)},
        shapes=("preview",),
    ),
    *(
        Broken(
            f"{name}-of-nobody",
            put(CE1, f"values.{name}", "10.10.30.253"),
            {("router-azure-address", CE1), *more},
            shapes=("up",),
        )
        for name, more in (
            ("hub-vpn-gateway-bgp-address-1", ()),
            ("hub-vpn-gateway-public-ip-1", (("router-every-instance", CE1),)),
        )
    ),
]


def site_of_a_gateway_elsewhere(deployment: Any) -> None:
    gateway = deployment.resources[HUB_VPN].id.replace("vpn-hub", "vpn-other").replace("Vpn-hub", "vpn-other")
    deployment.put(SITE, "localNetworkAddressSpace.addressPrefixes", ["10.2.30.0/25"])
    deployment.put(TO_SITE, "enableBgp", False)
    deployment.put(TO_SITE, "virtualNetworkGateway1.id", gateway)


DOUBTS = [
    Broken(
        "md5-key-unknown", md5(Unknown()), {("circuit-peering-key-form", "circuit-2-peering")}, "advisory"
    ),
    Broken(
        "md5-key-encrypted", md5("[secret]"), {("circuit-peering-key-form", "circuit-2-peering")}, "advisory"
    ),
    Broken(
        "many-prefixes-for-a-new-connection",
        many_prefixes("hub-network", 201),
        {("expressroute-gateway-prefixes", HUB_ER)},
        shapes=("preview",),
    ),
    Broken(
        "site-of-a-gateway-elsewhere",
        site_of_a_gateway_elsewhere,
        {
            ("local-network-gateway-space-apart", SITE),
            ("local-network-gateway-peer-outside", SITE),
            *((f"router-azure-{what}", CE1) for what in ("asn", "address")),
        },
        "advisory",
    ),
    Broken(
        "template-that-nobody-wrote",
        inbound(ER, "inherit peer-policy NOWHERE"),
        {
            ("router-reference-defined", CE1),
            *(
                (rule, CE1)
                for rule in (
                    *("router-expressroute-preferred", "router-outbound-filter", "router-outbound-azure"),
                    *("router-prefix-as-long", "router-inbound-alike", "router-static-over-tunnel"),
                    *("router-link-address", "router-link-enabled", "router-bfd", "router-bfd-over-vpn"),
                    *("router-tunnel-multihop", "router-tunnel-host-route", "router-shared-fate"),
                    *("router-link-known", "router-link-agrees", "router-link-asn", "router-link-key"),
                    *("router-link-vlan", "router-tunnel-asn", "router-azure-asn", "router-azure-address"),
                    "router-asn-reserved",
                )
            ),
        },
    ),
    Broken(
        "microsofts-address-on-the-router-too",
        rewrite(CE2, "ip address 192.168.31.17", "ip address 192.168.31.18"),
        {("router-link-address", CE2), ("router-link-agrees", CE2)},
    ),
    Broken(
        "the-routers-own-address-as-its-neighbor",
        rewrite(CE2, "neighbor 192.168.31.18 ", "neighbor 192.168.31.17 "),
        {("router-link-address", CE2), ("router-link-agrees", CE2)},
    ),
]

SUBTLE = [*DOUBTS, *KNOWN, *PREFERENCE, *TRANSIT, *LINKS, *TUNNELS, *VRFS, *AZURE]
