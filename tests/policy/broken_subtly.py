"""One small break each, in Azure or between it and the routers, of the kind that a reviewer overlooks."""

from __future__ import annotations

from typing import Any

from tests.policy.broken import Broken, Change, add, all_of, drop, put, rewrite
from tests.policy.broken_connections import TO_SITE, authorization, second_site
from tests.policy.broken_gateways import many_prefixes, more_circuits, on_subnet, sku
from tests.policy.broken_routes_subtly import inbound
from tests.policy.deployments import Hidden, Ref, Unknown
from tests.policy.sound_deployment import OTHER_KEY, half

CE1, CE2 = "location1-ce1", "location2-ce1"
ER = "192.168.30.18"
HUB_ER, HUB_VPN, SITE = "hub-expressroute-gateway", "hub-vpn-gateway", "location1-gateway"


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
