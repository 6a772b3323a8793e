"""Each rule: a sound deployment with one thing broken, in both shapes, and all that is said about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from network_policies import RULES

ASN = "bgpSettings.asn"
CE1, CE2, OTHER = "location1-ce1", "location2-ce1", "location2-ce2"
ER, VPN = "192.168.30.18", "<output:hub-vpn-gateway-bgp-address-1>"


class Broken(NamedTuple):
    """What is broken, and which rules say so of which resources."""

    id: str
    break_it: Callable[[Any], None]
    found: set[tuple[str, str]]
    level: str = "mandatory"


def put(name: str, path: str, value: Any) -> Callable[[Any], None]:
    return lambda deployment: deployment.put(name, path, value)


def rewrite(name: str, old: str, new: str) -> Callable[[Any], None]:
    return lambda deployment: deployment.rewrite(name, old, new)


def drop(name: str) -> Callable[[Any], None]:
    def remove(deployment: Any) -> None:
        del deployment.resources[name]

    return remove


def rename_subnet(name: str) -> Callable[[Any], None]:
    def rename(deployment: Any) -> None:
        subnet = deployment.resources["hub-gateway-subnet"]
        subnet.inputs["subnetName"] = name
        subnet.path = f"virtualNetworks/vnet-hub/subnets/{name}"

    return rename


def all_of(*steps: Callable[[Any], None]) -> Callable[[Any], None]:
    def run(deployment: Any) -> None:
        for step in steps:
            step(deployment)

    return run


def in_clear(name: str, key: str, value: str) -> Callable[[Any], None]:
    def reveal(deployment: Any) -> None:
        deployment.resources[name].outputs[key] = value
        deployment.resources[name].secret_outputs = ()

    return reveal


ASNS = [
    *(
        Broken(
            f"vpn-gateway-{asn}",
            put("hub-vpn-gateway", ASN, asn),
            {("vpn-gateway-asn-reserved", "hub-vpn-gateway")},
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
            {("circuit-peering-asn-reserved", "circuit-peering")},
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
        {("local-network-gateway-asn-reserved", "location1-gateway")},
    ),
    Broken(
        "local-network-gateway-as-the-vpn-gateway",
        put("location1-gateway", ASN, 65515),
        {
            ("local-network-gateway-asn-reserved", "location1-gateway"),
            ("connection-asn-distinct", "location1-connection"),
        },
    ),
    Broken(
        "branch-as-the-hub",
        put("branch-vpn-gateway", ASN, 65515),
        {("connection-asn-distinct", "branch-connection-from-hub")},
    ),
    Broken(
        "branch-as-the-hub-by-default",
        put("branch-vpn-gateway", "bgpSettings", None),
        {("connection-asn-distinct", "branch-connection-from-hub")},
    ),
    Broken(
        "router-65520",
        rewrite(OTHER, "router bgp 65020", "router bgp 65520"),
        {("router-asn-reserved", OTHER)},
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
            drop("location1-connection"),
            drop("branch-connection-from-hub"),
            drop("location1-ce1"),
        ),
        {("peering-remote-gateway-exists", "spoke-half")},
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

KEYS = [
    Broken(
        "shared-key-in-clear",
        put("location1-connection", "sharedKey", "r2D5t8W1z4C7f0J3m6Q9"),
        {("connection-key-secret", "location1-connection")},
    ),
    Broken(
        "md5-key-of-a-circuit-in-clear",
        put("circuit-peering", "sharedKey", "r2D5t8W1z4C7f0J3m6Q9"),
        {("connection-key-secret", "circuit-peering")},
    ),
    Broken(
        "authorization-key-in-clear",
        put("circuit-connection", "authorizationKey", "0a1b2c3d-0000-4000-8000-123456789abc"),
        {("connection-key-secret", "circuit-connection")},
    ),
    Broken(
        "shared-key-on-expressroute",
        lambda d: d.put(
            "circuit-connection", "sharedKey", d.resources["location1-connection"].inputs["sharedKey"]
        ),
        {("connection-expressroute-keyless", "circuit-connection")},
    ),
    Broken(
        "service-key-not-marked",
        in_clear("circuit", "serviceKey", "7c1f9b2e-4d3a-4e6b-8f5c-0a9d8e7f6b5c"),
        {("circuit-key-secret", "circuit")},
    ),
    Broken(
        "published-key-in-a-description",
        put("circuit", "tags", {"note": "psk is IamSecure123."}),
        {("key-published", "circuit")},
    ),
    Broken(
        "key-in-router-lines",
        rewrite(
            CE1, "pre-shared-key local <secret:hub-location1-shared-key>", "pre-shared-key local r2D5t8W1z4"
        ),
        {("router-key-in-lines", CE1)},
    ),
    Broken(
        "router-secrets-in-clear",
        put(CE1, "secrets", {"hub-location1-shared-key": "r2D5t8W1z4C7f0J3m6Q9"}),
        {("router-secrets-marked", CE1)},
    ),
]

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
        {("router-expressroute-preferred", CE1)},
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
        {("router-expressroute-preferred", CE1)},
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
        "expressroute-alone-not-raised",
        rewrite(CE2, " set local-preference 200\n", ""),
        {("router-expressroute-local-preference", CE2)},
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
        {("router-site-expressroute-preferred", CE2)},
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
            rewrite(CE1, f"  neighbor {address} activate\n", ""),
            {("router-neighbor-activated", CE1)},
        )
        for kind, address in (("expressroute", ER), ("vpn", VPN))
    ),
    *(
        Broken(f"undefined-{kind}", rewrite(CE1, old, new), {("router-reference-defined", CE1)})
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
            ("update-source", "update-source Tunnel30", "update-source Tunnel31"),
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
]

TABLE = [*ASNS, *PEERINGS, *GATEWAY_SUBNETS, *KEYS, *ROUTERS]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.id)
def test_a_broken_rule_is_found(deployment: Any, shape: str, case: Any) -> None:
    case.break_it(deployment)
    said = deployment.judge(shape)
    assert {(found.rule, found.resource) for found in said} == case.found
    assert case.level in {found.level for found in said}


def test_every_rule_has_a_broken_case() -> None:
    broken = {rule for case in TABLE for rule, _ in case.found}
    assert {rule.name for rule in RULES} - broken - SHOWN_ELSEWHERE == set()


SHOWN_ELSEWHERE = {"connection-key-strong", "key-in-clear", "peering-single-remote-gateway"}
"""Broken in test_keys.py and test_stack.py, which need more than one change."""
