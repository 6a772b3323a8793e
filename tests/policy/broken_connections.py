"""Broken connections, IPsec policies and local network gateways."""

from __future__ import annotations

from typing import Any

from tests.policy.broken import Broken, Change, add, all_of, drop, put
from tests.policy.deployments import NETWORK, Hidden, Planned, Ref
from tests.policy.sound_deployment import connection, shared_key

HUB_VPN = "hub-vpn-gateway"
FROM_HUB, FROM_BRANCH = "branch-connection-from-hub", "branch-connection-from-branch"
TO_SITE, TO_CIRCUIT = "location1-connection", "circuit-connection"
SITE = "location1-gateway"
ROUTER = "location1-ce1"
OTHER_SUBSCRIPTION = (
    "/subscriptions/99999999-2222-4333-8444-555555555555/resourceGroups/rg-lines/providers/Microsoft.Network"
    "/expressRouteCircuits/erc-9"
)
AUTHORIZATION_KEY = "0a1b2c3d-0000-4000-8000-123456789abc"


def authorization() -> Planned:
    return Planned(
        kind=f"{NETWORK}ExpressRouteCircuitAuthorization",
        path="expressRouteCircuits/erc-1/authorizations/a",
        inputs={
            "circuitName": Ref("circuit", "name"),
            "resourceGroupName": "rg-hybrid",
            "authorizationName": "a",
        },
        outputs={"authorizationKey": Hidden(AUTHORIZATION_KEY)},
        secret_outputs=("authorizationKey",),
    )


def policy(name: str, value: Any) -> Change:
    """Change both halves' policy, so that they still agree."""
    return all_of(*(put(one, f"ipsecPolicies.0.{name}", value) for one in (FROM_HUB, FROM_BRANCH)))


BRANCH_PAIR = (FROM_HUB, FROM_BRANCH)


def of_both(rule: str) -> set[tuple[str, str]]:
    return {(rule, name) for name in BRANCH_PAIR}


def second_site(**inputs: Any) -> Change:
    """Lead a second tunnel of the hub to another router."""
    local = Planned(
        kind=f"{NETWORK}LocalNetworkGateway",
        path="localNetworkGateways/lgw-2",
        inputs={
            "gatewayIpAddress": "198.51.100.9",
            "localNetworkAddressSpace": {"addressPrefixes": []},
            "bgpSettings": {"asn": 65030, "bgpPeeringAddress": "10.9.9.9"},
            **inputs,
        },
    )

    def run(deployment: Any) -> None:
        joined = dict(deployment.resources[TO_SITE].inputs)
        joined["localNetworkGateway2"] = {"id": Ref("location2-gateway")}
        deployment.resources["location2-gateway"] = local
        deployment.resources["location2-connection"] = connection("location2", **joined)

    return run


def custom_addresses(name: str, *addresses: str) -> Change:
    entries = [
        {"ipconfigurationId": f"/configurations/{number}", "customBgpIpAddresses": [address]}
        for number, address in enumerate(addresses)
    ]
    return put(name, "bgpSettings.bgpPeeringAddresses", entries)


def link_local_site(address: str) -> Change:
    """Give the site's router a link-local BGP address, on both sides."""

    def run(deployment: Any) -> None:
        deployment.put(SITE, "bgpSettings.bgpPeeringAddress", address)
        deployment.rewrite(ROUTER, " ip address 10.2.30.125 ", f" ip address {address} ")

    return run


CONNECTIONS = [
    Broken("no-local-gateway", put(TO_SITE, "localNetworkGateway2", None), {("connection-ends", TO_SITE)}),
    Broken(
        "circuit-on-a-vpn-gateway",
        put("circuit-connection-remote", "virtualNetworkGateway1.id", Ref("branch-vpn-gateway")),
        {
            ("connection-ends", "circuit-connection-remote"),
            ("expressroute-gateway-locations", "remote-expressroute-gateway"),
        },
    ),
    Broken("weight", put(TO_CIRCUIT, "routingWeight", 32001), {("connection-weight", TO_CIRCUIT)}),
    Broken(
        "weight-on-vpn",
        put(TO_SITE, "routingWeight", 10),
        {("connection-weight-vpn", TO_SITE)},
        "advisory",
    ),
    Broken(
        "circuit-without-peering",
        all_of(
            drop("circuit-2-peering"),
            drop("location2-ce1"),
            drop("location2-ce2"),
        ),
        {
            ("connection-circuit-peering", "circuit-2-connection"),
            ("connection-circuit-peering", "circuit-2-connection-remote"),
        },
    ),
    Broken(
        "authorization-missing",
        put("circuit-2-connection", "peer.id", OTHER_SUBSCRIPTION),
        {("connection-authorization", "circuit-2-connection")},
    ),
    Broken(
        "authorization-needless",
        all_of(
            add("authorization", authorization()),
            put(TO_CIRCUIT, "authorizationKey", Hidden(Ref("authorization", "authorizationKey"))),
        ),
        {("connection-authorization-needless", TO_CIRCUIT)},
        "advisory",
    ),
    Broken(
        "authorization-twice",
        all_of(
            *(
                all_of(
                    put(name, "peer.id", OTHER_SUBSCRIPTION),
                    put(name, "authorizationKey", Hidden(AUTHORIZATION_KEY)),
                )
                for name in ("circuit-2-connection", "circuit-2-connection-remote")
            )
        ),
        {("connection-authorization-single", "circuit-2-connection-remote")},
    ),
    Broken("half-missing", drop(FROM_BRANCH), {("connection-both-halves", FROM_HUB)}),
    Broken(
        "halves-with-two-keys",
        all_of(
            add("second-key", shared_key("qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC")),
            put(FROM_BRANCH, "sharedKey", Hidden(Ref("second-key", "result"))),
        ),
        {("connection-halves-agree", FROM_HUB)},
    ),
    Broken(
        "halves-with-two-policies",
        put(FROM_BRANCH, "ipsecPolicies.0.dhGroup", "ECP384"),
        {("connection-halves-agree", FROM_HUB)},
    ),
    Broken(
        "bgp-on-one-half",
        put(FROM_BRANCH, "enableBgp", False),
        {("connection-halves-agree", FROM_HUB)},
    ),
    *(
        Broken(
            f"bgp-without-{name}",
            put(SITE, f"bgpSettings.{name}", None),
            {("connection-bgp-peer", TO_SITE)},
        )
        for name in ("asn", "bgpPeeringAddress")
    ),
    Broken(
        "gateway-without-bgp",
        put("branch-vpn-gateway", "enableBgp", False),
        of_both("connection-bgp-gateway"),
    ),
    Broken(
        "dead-peer-detection",
        put(TO_SITE, "dpdTimeoutSeconds", 8),
        {("connection-dead-peer-detection", TO_SITE)},
    ),
]

IPSEC_POLICIES = [
    Broken(
        "no-policy",
        put(TO_SITE, "ipsecPolicies", None),
        {("connection-policy-set", TO_SITE)},
        "advisory",
    ),
    Broken(
        "two-policies",
        lambda d: (
            d.resources[TO_SITE]
            .inputs["ipsecPolicies"]
            .append(d.resources[TO_SITE].inputs["ipsecPolicies"][0])
        ),
        {("connection-policy-single", TO_SITE)},
    ),
    *(
        Broken(f"policy-without-{name}", policy(name, None), of_both("connection-policy-complete"))
        for name in ("ikeEncryption", "ikeIntegrity", "dhGroup", "pfsGroup", "saLifeTimeSeconds")
    ),
    Broken("policy-not-offered", policy("dhGroup", "DHGroup5"), of_both("connection-policy-offered")),
    *(
        Broken(f"policy-lifetime-{value}", policy(name, value), of_both("connection-policy-offered"))
        for name, value in (
            ("saLifeTimeSeconds", 299),
            ("saLifeTimeSeconds", 172800),
            ("saDataSizeKilobytes", 1023),
        )
    ),
    Broken(
        "policy-gcm-with-a-hash",
        policy("ipsecIntegrity", "SHA256"),
        of_both("connection-policy-authenticated"),
    ),
    *(
        Broken(f"policy-weak-{value}", policy(name, value), of_both("connection-policy-strong"), "advisory")
        for name, value in (
            ("ikeEncryption", "DES3"),
            ("ikeIntegrity", "SHA1"),
            ("dhGroup", "DHGroup2"),
            ("pfsGroup", "None"),
        )
    ),
]

LOCAL_GATEWAYS = [
    Broken(
        "peer-is-public-address",
        put(SITE, "bgpSettings.bgpPeeringAddress", "66.198.12.106"),
        {("local-network-gateway-peer-public", SITE)},
    ),
    Broken(
        "peer-inside-the-hub",
        put(SITE, "bgpSettings.bgpPeeringAddress", "10.10.30.9"),
        {("local-network-gateway-peer-outside", SITE)},
    ),
    *(
        Broken(
            f"prefix-beside-bgp-{prefix}",
            put(SITE, "localNetworkAddressSpace.addressPrefixes", [prefix]),
            {("local-network-gateway-space-with-bgp", SITE)},
        )
        for prefix in ("10.2.30.0/25", "10.2.30.124/32")
    ),
    Broken(
        "host-route-of-the-peer",
        put(SITE, "localNetworkAddressSpace.addressPrefixes", ["10.2.30.125/32"]),
        {("local-network-gateway-host-route", SITE)},
        "advisory",
    ),
    Broken(
        "neither-bgp-nor-prefixes",
        put(TO_SITE, "enableBgp", False),
        {("local-network-gateway-space-without-bgp", SITE)},
    ),
    Broken(
        "two-tunnels-to-one-address",
        second_site(gatewayIpAddress="66.198.12.106"),
        {("local-network-gateway-distinct", "location2-gateway")},
    ),
    Broken(
        "two-tunnels-to-one-peer",
        second_site(bgpSettings={"asn": 65030, "bgpPeeringAddress": "10.2.30.125"}),
        {
            ("local-network-gateway-distinct", "location2-gateway"),
            ("router-tunnel-asn", ROUTER),
            ("router-tunnel-source", ROUTER),
        },
    ),
    Broken(
        "custom-address-out-of-range",
        custom_addresses(HUB_VPN, "169.254.20.5", "169.254.21.6"),
        {("vpn-gateway-apipa-range", HUB_VPN)},
    ),
    Broken(
        "custom-address-twice",
        custom_addresses(HUB_VPN, "169.254.21.5", "169.254.21.5"),
        {("vpn-gateway-apipa-distinct", HUB_VPN)},
    ),
    Broken(
        "custom-address-of-the-branch",
        all_of(
            custom_addresses(HUB_VPN, "169.254.21.5", "169.254.21.6"),
            custom_addresses("branch-vpn-gateway", "169.254.21.6", "169.254.21.7"),
        ),
        {("vpn-gateway-apipa-distinct", HUB_VPN)},
    ),
    Broken(
        "custom-address-of-the-router",
        all_of(custom_addresses(HUB_VPN, "169.254.21.5", "169.254.21.6"), link_local_site("169.254.21.6")),
        {("vpn-gateway-apipa-distinct", HUB_VPN)},
    ),
    Broken(
        "link-local-router-alone",
        link_local_site("169.254.21.9"),
        {("local-network-gateway-apipa", SITE)},
    ),
]
