"""What looks like a mistake and is none: the traps that rules must not step into."""

from __future__ import annotations

from tests.policy.broken import Near, add, all_of, append_lines, no_change, put, rewrite
from tests.policy.broken_connections import (
    AUTHORIZATION_KEY,
    OTHER_SUBSCRIPTION,
    custom_addresses,
    link_local_site,
    policy,
    second_site,
)
from tests.policy.broken_gateways import (
    many_prefixes,
    many_spokes,
    more_circuits,
    network_interface,
    on_spoke,
    on_subnet,
    reach,
    route,
    route_server,
    sku,
)
from tests.policy.broken_subtly import MD5_KEY, md5, premium_connections, with_ibgp
from tests.policy.deployments import Hidden, half

CE1, CE2 = "location1-ce1", "location2-ce1"
ER, VPN = "192.168.30.18", "<output:hub-vpn-gateway-bgp-address-1>"
HUB_ER, REMOTE_ER, HUB_VPN = "hub-expressroute-gateway", "remote-expressroute-gateway", "hub-vpn-gateway"
BRANCH_VPN, SITE, TO_SITE = "branch-vpn-gateway", "location1-gateway", "location1-connection"

ASNS = [
    Near(
        "65515-on-both-gateways-of-a-hub", no_change, ("vpn-gateway-asn-reserved", "connection-asn-distinct")
    ),
    Near(
        "65514",
        put(BRANCH_VPN, "bgpSettings.asn", 65514),
        ("vpn-gateway-asn-reserved", "vpn-gateway-asn-grey"),
    ),
    Near(
        "65516-on-vpn-is-no-error", put(BRANCH_VPN, "bgpSettings.asn", 65516), ("vpn-gateway-asn-reserved",)
    ),
    Near("four-bytes", put(SITE, "bgpSettings.asn", 4200000000), ("local-network-gateway-asn-reserved",)),
    Near(
        "router-beside-the-reserved-ones",
        rewrite(CE2, "router bgp 65020", "router bgp 65521"),
        ("router-asn-reserved",),
    ),
    Near(
        "65514-and-65521-on-expressroute",
        put("circuit-peering", "peerASN", 65521),
        ("circuit-peering-asn-reserved",),
    ),
    Near(
        "inline-peering-of-65514",
        put("circuit", "peerings", [{"name": "AzurePrivatePeering", "peerASN": 65514}]),
        ("circuit-inline-peering-asn-reserved",),
    ),
]

PEERINGS = [
    Near("adjacent-halves-of-a-25", no_change, ("peering-addresses-apart", "peering-both-halves")),
    Near(
        "transit-on-both-sides",
        all_of(put("spoke-half", "allowGatewayTransit", True), put("spoke-half", "useRemoteGateways", False)),
        ("peering-flags-agree", "peering-transit-used", "peering-gateways-lent"),
    ),
    Near(
        "spoke-peers-with-two-and-uses-one",
        all_of(
            add("spoke-to-branch", half("spoke", "branch")),
            add("branch-to-spoke", half("branch", "spoke")),
        ),
        ("peering-single-remote-gateway", "peering-no-own-gateway", "peering-remote-gateway-exists"),
    ),
]

SUBNETS = [
    Near(
        "gateway-subnet-of-27",
        no_change,
        ("gateway-subnet-size", "gateway-subnet-room", "gateway-subnet-name"),
    ),
    Near(
        "subnet-of-the-gateways-applications",
        put("spoke-network", "subnets", [{"name": "gateway-api", "addressPrefix": "10.11.30.0/27"}]),
        ("subnet-gateway-name",),
    ),
    Near(
        "security-group-on-a-workload",
        put(
            "spoke-network",
            "subnets",
            [
                {
                    "name": "workload",
                    "addressPrefix": "10.11.30.0/27",
                    "networkSecurityGroup": {"id": "/x/nsg"},
                }
            ],
        ),
        ("gateway-subnet-security-group",),
    ),
    Near(
        "routes-to-an-appliance-on-gateway-subnet",
        on_subnet("hub-gateway-subnet", routes=[route("10.11.30.0/26", "VirtualAppliance")]),
        ("gateway-subnet-default-route", "gateway-subnet-propagation", "route-next-hop-gateway"),
    ),
    Near(
        "default-route-without-propagation-on-a-workload",
        on_spoke(routes=[route("0.0.0.0/0", "VirtualAppliance")], disableBgpRoutePropagation=True),
        ("gateway-subnet-default-route", "gateway-subnet-propagation"),
    ),
    Near(
        "next-hop-gateway-beside-a-vpn-gateway-alone",
        on_subnet("branch-gateway-subnet", routes=[route("10.2.0.0/16", "VirtualNetworkGateway")]),
        ("route-next-hop-gateway",),
    ),
    Near(
        "interface-elsewhere",
        all_of(
            put("branch-gateway-subnet", "subnetName", "workload"),
            put("branch-gateway-subnet", "addressPrefix", "10.11.30.96/27"),
            lambda d: setattr(
                d.resources["branch-gateway-subnet"], "path", "virtualNetworks/vnet-branch/subnets/workload"
            ),
            add("interface", network_interface("branch-gateway-subnet")),
        ),
        ("gateway-subnet-alone",),
    ),
]

GATEWAYS = [
    Near(
        "scalable-gateway",
        all_of(
            sku(HUB_ER, "ErGwScale"), put(HUB_ER, "autoScaleConfiguration", {"bounds": {"min": 2, "max": 40}})
        ),
        ("gateway-sku", "gateway-scale-units", "gateway-zone-redundant", "expressroute-gateway-circuits"),
    ),
    Near(
        "region-without-zones",
        all_of(sku(BRANCH_VPN, "VpnGw1"), put(BRANCH_VPN, "location", "westus")),
        ("gateway-zone-redundant", "vpn-gateway-sku-retired"),
    ),
    Near(
        "standard-on-expressroute",
        sku(HUB_ER, "Standard"),
        ("vpn-gateway-sku-retired", "gateway-coexistence-sku"),
    ),
    Near("one-of-each-type", no_change, ("gateway-single-per-type", "gateway-coexistence-sku")),
    Near(
        "basic-alone-without-bgp",
        all_of(sku(BRANCH_VPN, "Basic"), put(BRANCH_VPN, "enableBgp", False)),
        ("gateway-coexistence-sku", "vpn-gateway-bgp-sku", "vpn-gateway-public-ip-standard"),
    ),
    Near(
        "policy-based-alone-without-bgp",
        all_of(put(BRANCH_VPN, "vpnType", "PolicyBased"), put(BRANCH_VPN, "enableBgp", False)),
        ("vpn-gateway-route-based",),
    ),
    Near("expressroute-without-public-ip", no_change, ("expressroute-gateway-public-ip",)),
    Near("public-ip-without-zones", put("hub-address-1", "zones", None), ("vpn-gateway-public-ip-zones",)),
    Near(
        "active-standby-with-one-address",
        all_of(
            put(BRANCH_VPN, "activeActive", False),
            lambda d: d.resources[BRANCH_VPN].inputs["ipConfigurations"].pop(),
        ),
        ("vpn-gateway-active-active-addresses", "vpn-gateway-public-ip-standard"),
    ),
    Near("expressroute-is-no-active-active", no_change, ("vpn-gateway-active-active",)),
    Near("four-circuits", more_circuits(2, ("Chicago", "Dallas")), ("expressroute-gateway-circuits",)),
    Near("two-locations", no_change, ("expressroute-gateway-locations",)),
    Near(
        "peered-networks-on-one-circuit",
        all_of(
            put(HUB_ER, "allowRemoteVnetTraffic", False),
            put(REMOTE_ER, "allowRemoteVnetTraffic", False),
            add("hub-to-remote", half("hub", "remote")),
            add("remote-to-hub", half("remote", "hub")),
        ),
        ("expressroute-gateway-remote-traffic", "expressroute-gateway-remote-traffic-agreed"),
    ),
    Near(
        "1000-prefixes",
        all_of(
            many_prefixes("hub-network", 999),
            lambda d: setattr(d.resources["circuit-connection"], "exists", True),
            lambda d: setattr(d.resources["circuit-2-connection"], "exists", True),
        ),
        ("expressroute-gateway-prefixes",),
    ),
    Near("a-few-spokes", many_spokes(3), ("expressroute-gateway-peered-networks",)),
    Near(
        "route-server-without-branches",
        all_of(route_server(branches=False), put(HUB_VPN, "bgpSettings.asn", 65010)),
        ("vpn-gateway-route-server",),
    ),
    Near("route-server-as-it-should-be", route_server(branches=True), ("vpn-gateway-route-server",)),
    Near(
        "fastpath-on-the-largest",
        all_of(sku(HUB_ER, "ErGw3AZ"), put("circuit-connection", "expressRouteGatewayBypass", True)),
        ("connection-fastpath-sku",),
    ),
]

_INLINE = {
    "name": "MicrosoftPeering",
    "peeringType": "MicrosoftPeering",
    "peerASN": 65021,
    "vlanId": 301,
}

CIRCUITS = [
    Near(
        "names-in-other-capitals",
        put("circuit", "sku", {"name": "standard_meteredData", "tier": "Standard", "family": "MeteredData"}),
        ("circuit-sku",),
    ),
    Near("direct-of-100", put("circuit", "bandwidthInGbps", 100), ("circuit-bandwidth",)),
    Near(
        "provisioned",
        no_change,
        ("circuit-provisioned", "circuit-peering-links", "circuit-peering-link-apart"),
    ),
    Near(
        "premium-to-another-continent",
        all_of(
            *(
                put(name, "sku", {"name": "Premium_MeteredData", "tier": "Premium", "family": "MeteredData"})
                for name in ("circuit", "circuit-2")
            ),
            put(REMOTE_ER, "location", "westeurope"),
        ),
        ("circuit-reach", "circuit-sku"),
    ),
    Near(
        "ten-connections",
        lambda d: d.resources.update(
            {f"circuit-connection-{n}": d.resources["circuit-connection"] for n in range(8)}
        ),
        ("circuit-connections",),
    ),
    Near(
        "a-microsoft-peering-inline",
        put("circuit", "peerings", [_INLINE]),
        ("circuit-peering-once", "circuit-peering-links", "circuit-peering-vlan"),
    ),
    Near("two-adjacent-30", no_change, ("circuit-peering-link-prefix",)),
    Near("vlan-4094", put("circuit-peering", "vlanId", 4094), ("circuit-peering-vlan",)),
    Near(
        "one-vlan-on-two-circuits",
        put("circuit-2-peering", "vlanId", 300),
        ("circuit-peering-vlan-unique",),
    ),
    Near(
        "reach-within-a-continent",
        reach(),
        ("global-reach-locations", "global-reach-tier", "global-reach-prefix"),
    ),
]

CONNECTIONS = [
    Near(
        "greatest-weight",
        put("circuit-connection", "routingWeight", 32000),
        ("connection-weight", "connection-ends"),
    ),
    Near("no-weight-on-vpn", put(TO_SITE, "routingWeight", 0), ("connection-weight-vpn",)),
    Near("peering-as-a-resource", no_change, ("connection-circuit-peering",)),
    Near(
        "authorization-of-another-subscription",
        all_of(
            put("circuit-2-connection", "peer.id", OTHER_SUBSCRIPTION),
            put("circuit-2-connection", "authorizationKey", Hidden(AUTHORIZATION_KEY)),
        ),
        ("connection-authorization", "connection-authorization-single"),
    ),
    Near(
        "policies-in-other-capitals",
        put("branch-connection-from-branch", "ipsecPolicies.0.ikeEncryption", "aes256"),
        ("connection-halves-agree", "connection-both-halves", "connection-policy-offered"),
    ),
    Near("expressroute-needs-no-bgp-flag", no_change, ("connection-bgp-peer", "connection-bgp-gateway")),
    Near(
        "basic-without-a-policy",
        all_of(
            sku(BRANCH_VPN, "Basic"),
            *(put(f"branch-connection-from-{end}", "ipsecPolicies", None) for end in ("hub", "branch")),
        ),
        ("connection-policy-sku",),
    ),
    Near("azures-own-detection", put(TO_SITE, "dpdTimeoutSeconds", 0), ("connection-dead-peer-detection",)),
    Near("expressroute-without-a-policy", no_change, ("connection-policy-set",)),
    Near("one-policy", no_change, ("connection-policy-single",)),
    Near(
        "cbc-with-a-hash",
        all_of(policy("ipsecEncryption", "AES256"), policy("ipsecIntegrity", "SHA256")),
        ("connection-policy-authenticated", "connection-policy-strong", "connection-policy-complete"),
    ),
    Near("longest-lifetime", policy("saLifeTimeSeconds", 172799), ("connection-policy-offered",)),
    Near("group-14", policy("pfsGroup", "PFS14"), ("connection-policy-strong",)),
]

LOCAL_GATEWAYS = [
    Near(
        "peer-inside-the-site",
        no_change,
        ("local-network-gateway-peer-public", "local-network-gateway-peer-outside"),
    ),
    Near(
        "host-route-is-only-needless",
        put(SITE, "localNetworkAddressSpace.addressPrefixes", ["10.2.30.125/32"]),
        ("local-network-gateway-space-with-bgp",),
    ),
    Near(
        "prefixes-without-bgp",
        all_of(
            put(SITE, "localNetworkAddressSpace.addressPrefixes", ["10.2.30.0/25"]),
            put(TO_SITE, "enableBgp", False),
        ),
        (
            "local-network-gateway-space-with-bgp",
            "local-network-gateway-space-without-bgp",
            "local-network-gateway-host-route",
        ),
    ),
    Near("two-sites", second_site(), ("local-network-gateway-distinct",)),
    Near(
        "link-local-on-both-sides",
        all_of(custom_addresses(HUB_VPN, "169.254.21.5", "169.254.22.255"), link_local_site("169.254.21.9")),
        ("vpn-gateway-apipa-range", "vpn-gateway-apipa-distinct", "local-network-gateway-apipa"),
    ),
]

KEYS = [
    Near(
        "keys-that-are-secret",
        no_change,
        ("connection-key-secret", "connection-key-strong", "circuit-key-secret", "router-secrets-marked"),
    ),
    Near("expressroute-without-a-key", no_change, ("connection-expressroute-keyless",)),
    Near(
        "words-about-keys",
        put("circuit", "tags", {"note": "IamSecure1234 is no published key; ask for the pre-shared-key"}),
        ("key-published", "key-in-clear"),
    ),
    Near("placeholders-for-keys", no_change, ("router-key-in-lines", "router-placeholder-supplied")),
]

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
]

SUBTLE = [
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
    Near("20-connections-on-premium", premium_connections(20), ("circuit-connections",)),
    Near("no-key-on-either-end", no_change, ("router-link-key",)),
    Near("ipsec-and-a-way-out", no_change, ("router-tunnel-mode", "router-tunnel-endpoint")),
    Near(
        "gre-to-somebody-else",
        append_lines(CE1, "interface Tunnel9", "tunnel mode gre ip", "tunnel destination 203.0.113.9"),
        ("router-tunnel-mode", "router-tunnel-size"),
    ),
    Near("vrf-in-its-order", no_change, ("router-vrf-whole",)),
    Near("md5-key-of-25", md5(MD5_KEY), ("circuit-peering-key-form",)),
    Near(
        "authorization-between-subscriptions",
        all_of(
            put("circuit-2-connection", "peer.id", OTHER_SUBSCRIPTION),
            put("circuit-2-connection", "authorizationKey", Hidden(AUTHORIZATION_KEY)),
        ),
        ("connection-authorization-needless",),
    ),
    Near(
        "translated-prefix-of-the-hub",
        all_of(
            put(SITE, "localNetworkAddressSpace.addressPrefixes", ["10.10.30.64/27"]),
            put(TO_SITE, "enableBgp", False),
            put(HUB_VPN, "natRules", [{"name": "site", "type": "Static", "mode": "IngressSnat"}]),
        ),
        ("local-network-gateway-space-apart",),
    ),
    Near(
        "prefix-around-the-hub",
        all_of(
            put(SITE, "localNetworkAddressSpace.addressPrefixes", ["10.0.0.0/8"]),
            put(TO_SITE, "enableBgp", False),
        ),
        ("local-network-gateway-space-apart",),
    ),
]

NEAR_MISSES = [
    *(*ASNS, *PEERINGS, *SUBNETS, *GATEWAYS, *CIRCUITS),
    *(*CONNECTIONS, *LOCAL_GATEWAYS, *KEYS, *ROUTERS, *SUBTLE),
]
