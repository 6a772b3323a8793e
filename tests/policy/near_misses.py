"""What looks like a mistake and is none: the traps that rules must not step into."""

from __future__ import annotations

from tests.policy.broken import Near, add, all_of, no_change, put, rewrite
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
from tests.policy.broken_subtly import MD5_KEY, md5, premium_connections
from tests.policy.deployments import Hidden
from tests.policy.near_misses_routers import ROUTERS
from tests.policy.sound_deployment import half

CE2 = "location2-ce1"
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
    Near("20-connections-on-premium", premium_connections(20), ("circuit-connections",)),
    Near("md5-key-of-25", md5(MD5_KEY), ("circuit-peering-key-form",)),
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
    Near(
        "authorization-between-subscriptions",
        all_of(
            put("circuit-2-connection", "peer.id", OTHER_SUBSCRIPTION),
            put("circuit-2-connection", "authorizationKey", Hidden(AUTHORIZATION_KEY)),
        ),
        ("connection-authorization-needless",),
    ),
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


NEAR_MISSES = [
    *(*ASNS, *PEERINGS, *SUBNETS, *GATEWAYS, *CIRCUITS),
    *(*CONNECTIONS, *LOCAL_GATEWAYS, *KEYS, *ROUTERS),
]
