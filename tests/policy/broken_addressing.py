"""Broken ASNs, peerings and GatewaySubnets."""

from __future__ import annotations

from tests.policy.broken import Broken, all_of, drop, put, rename_subnet, rewrite

ASN = "bgpSettings.asn"
OTHER = "location2-ce2"


def of_both_halves(rule: str) -> set[tuple[str, str]]:
    return {(rule, "branch-connection-from-hub"), (rule, "branch-connection-from-branch")}


ASNS = [
    *(
        Broken(
            f"vpn-gateway-{asn}",
            put("branch-vpn-gateway", ASN, asn),
            {("vpn-gateway-asn-reserved", "branch-vpn-gateway")},
        )
        for asn in (
            0,
            8074,
            8075,
            12076,
            23456,
            64496,
            64511,
            65517,
            65518,
            65519,
            65520,
            65535,
            65551,
            429496729,
        )
    ),
    Broken(
        "vpn-gateway-65516-is-grey",
        put("branch-vpn-gateway", ASN, 65516),
        {("vpn-gateway-asn-grey", "branch-vpn-gateway")},
        "advisory",
    ),
    *(
        Broken(
            f"circuit-peering-{asn}",
            put("circuit-peering", "peerASN", asn),
            {
                ("circuit-peering-asn-reserved", "circuit-peering"),
                ("router-link-asn", "location1-ce1"),
                ("router-link-asn", "location1-ce2"),
            },
        )
        for asn in (65515, 65516, 65517, 65520, 12076, 0, 4294967295, 4294967296)
    ),
    Broken(
        "circuit-inline-peering-65516",
        put("circuit", "peerings", [{"name": "AzurePrivatePeering", "peerASN": 65516}]),
        {("circuit-inline-peering-asn-reserved", "circuit")},
    ),
    Broken(
        "local-network-gateway-64500",
        put("location1-gateway", ASN, 64500),
        {
            ("local-network-gateway-asn-reserved", "location1-gateway"),
            ("router-tunnel-asn", "location1-ce1"),
        },
    ),
    Broken(
        "local-network-gateway-as-the-vpn-gateway",
        put("location1-gateway", ASN, 65515),
        {
            ("local-network-gateway-asn-reserved", "location1-gateway"),
            ("connection-asn-distinct", "location1-connection"),
            ("router-tunnel-asn", "location1-ce1"),
        },
    ),
    Broken(
        "branch-as-the-hub",
        put("branch-vpn-gateway", ASN, 65515),
        of_both_halves("connection-asn-distinct"),
    ),
    Broken(
        "branch-as-the-hub-by-default",
        put("branch-vpn-gateway", "bgpSettings", None),
        of_both_halves("connection-asn-distinct"),
    ),
    Broken(
        "router-65520",
        rewrite(OTHER, "router bgp 65020", "router bgp 65520"),
        {("router-asn-reserved", OTHER), ("router-link-asn", OTHER)},
    ),
]

PEERINGS = [
    Broken(
        "seed-hub-uses-gateways",
        all_of(put("hub-half", "allowGatewayTransit", False), put("hub-half", "useRemoteGateways", True)),
        {
            ("peering-gateways-lent", "hub-half"),
            ("peering-gateways-lent", "spoke-half"),
            ("peering-no-own-gateway", "hub-half"),
            ("peering-remote-gateway-exists", "hub-half"),
        },
    ),
    Broken(
        "hub-lends-nothing",
        put("hub-half", "allowGatewayTransit", False),
        {("peering-gateways-lent", "spoke-half")},
    ),
    Broken(
        "spoke-uses-nothing",
        put("spoke-half", "useRemoteGateways", False),
        {("peering-transit-used", "hub-half")},
        "advisory",
    ),
    Broken(
        "hub-half-missing",
        drop("hub-half"),
        {("peering-both-halves", "spoke-half"), ("peering-gateways-lent", "spoke-half")},
    ),
    Broken("spoke-half-missing", drop("spoke-half"), {("peering-both-halves", "hub-half")}),
    Broken(
        "both-flags-on-one-half",
        put("spoke-half", "allowGatewayTransit", True),
        {("peering-flags-agree", "spoke-half")},
    ),
    Broken(
        "hub-without-gateways",
        all_of(
            drop("hub-vpn-gateway"),
            drop("hub-expressroute-gateway"),
            drop("circuit-connection"),
            drop("circuit-2-connection"),
            drop("location1-connection"),
            drop("branch-connection-from-hub"),
            drop("branch-connection-from-branch"),
            drop("location1-ce1"),
            drop("location1-ce2"),
        ),
        {("peering-remote-gateway-exists", "spoke-half")},
    ),
]

PEERINGS += [
    Broken(
        "networks-overlap",
        put("spoke-network", "addressSpace.addressPrefixes", ["10.11.30.0/26", "10.10.30.64/26"]),
        {("peering-addresses-apart", "hub-half"), ("peering-addresses-apart", "spoke-half")},
    ),
]

GATEWAY_SUBNETS = [
    Broken(
        "expressroute-in-28",
        put("hub-gateway-subnet", "addressPrefix", "10.10.30.240/28"),
        {("gateway-subnet-size", "hub-expressroute-gateway"), ("gateway-subnet-room", "hub-vpn-gateway")},
    ),
    Broken(
        "vpn-in-30",
        put("branch-gateway-subnet", "addressPrefix", "10.11.30.96/30"),
        {("gateway-subnet-size", "branch-vpn-gateway")},
    ),
    Broken(
        "vpn-in-29",
        put("branch-gateway-subnet", "addressPrefix", "10.11.30.96/29"),
        {("gateway-subnet-room", "branch-vpn-gateway")},
        "advisory",
    ),
    Broken(
        "gateway-in-another-subnet",
        rename_subnet("workload"),
        {("gateway-subnet-name", "hub-expressroute-gateway"), ("gateway-subnet-name", "hub-vpn-gateway")},
    ),
    Broken(
        "gateway-subnet-misspelt",
        rename_subnet("gateway-subnet"),
        {
            ("gateway-subnet-name", "hub-expressroute-gateway"),
            ("gateway-subnet-name", "hub-vpn-gateway"),
            ("subnet-gateway-name", "hub-gateway-subnet"),
        },
    ),
    Broken(
        "gateway-subnet-misspelt-inline",
        put("spoke-network", "subnets", [{"name": "Gatewaysubnet", "addressPrefix": "10.11.30.32/27"}]),
        {("subnet-gateway-name", "spoke-network")},
    ),
]
