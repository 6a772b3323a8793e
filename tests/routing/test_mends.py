"""A finding's mend, carried out in the description, ends the finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from routing import Finding, FindingKind, Forecast, collect_findings
from tests.routing.changes import Changes
from tests.routing.descriptions import Description, circuit, location, network, router, tunnel_end
from topology import Network


def of_kind(described: Network, kind: FindingKind) -> list[Finding]:
    return [finding for finding in collect_findings(Forecast(described)) if finding.kind is kind]


def causes(finding: Finding) -> list[str]:
    return [".".join(cause) for cause in finding.causes]


# --- the test stack, broken in one place -----------------------------------------------------------------


class Case(NamedTuple):
    kind: FindingKind
    cause: str
    """The value to change first, by the finding."""
    broken: Changes
    mended: Changes
    """On top of what is broken."""
    says: str


CE1 = "location1-ce1"


def bgp(**preferences: int | None) -> Changes:
    return {"routers": {CE1: {"bgp": preferences}}}


def circuit1(link: str, **values: object) -> Changes:
    return {"circuits": {"expressroute1": {"privatePeering": {link: values}}}}


def over_vpn(*prefixes: str) -> Changes:
    return {"tunnels": {"hub-location1": {"router": {"advertisedPrefixes": list(prefixes)}}}}


LONGER = "10.2.30.0/26"
ON_CE2 = {"tunnels": {"hub-location1": {"router": {"name": "location1-ce2"}}}}
WAY_OF_CE2 = {"routers": {"location1-ce2": {"internetNextHop": "66.198.12.105"}}}

STATIC_LAN = {
    "routers": {
        name: {"ospf": None, "lan": {"nextHop": way}}
        for name, way in (("location2-ce1", "192.168.31.1"), ("location2-ce2", "192.168.31.5"))
    }
}
OSPF_INSTEAD = {
    "routers": {
        name: {
            "ospf": {"process": 31, "routerId": f"172.16.31.{number}", "area": 0},
            "lan": {"nextHop": None},
        }
        for number, name in enumerate(("location2-ce1", "location2-ce2"), start=1)
    }
}
SECOND_TUNNEL = {
    "tunnels": {
        "second": {
            "virtualNetwork": "hub",
            "router": tunnel_end("location1-ce2", "10.2.30.124", 40, publicAddress="66.198.12.107"),
        }
    },
    "connections": {"expressroute1-hub": None},
    **WAY_OF_CE2,
}
STANDS_BY = {
    "tunnels": {"second": {"router": {"asPathPrepend": 2}}},
    "routers": {"location1-ce2": {"bgp": {"vpnLocalPreference": 90}}},
}

CASES = {
    "both links on one router": Case(
        FindingKind.SHARED_FATE,
        "circuits.expressroute1.privatePeering.secondary.router",
        circuit1("secondary", enabled=True, router=CE1, interface="TenGigabitEthernet0/0/5"),
        circuit1("secondary", router="location1-ce2"),
        "End the secondary link on another router of the location.",
    ),
    "a router that nobody describes": Case(
        FindingKind.LEAK,
        "circuits.expressroute1.privatePeering.secondary.router",
        circuit1("secondary", enabled=True, router=None, interface=None),
        circuit1("secondary", router="location1-ce2", interface="TenGigabitEthernet0/0/0"),
        "Describe the router",
    ),
    "what it prefers": Case(
        FindingKind.NOT_DETERMINED,
        "circuits.expressroute1.privatePeering.secondary.router",
        circuit1("secondary", enabled=True, router=None, interface=None),
        circuit1("secondary", router="location1-ce2", interface="TenGigabitEthernet0/0/0"),
        "Describe the router",
    ),
    "a site that sends and cannot be reached": Case(
        FindingKind.BLACK_HOLE,
        "circuits.expressroute1.privatePeering.primary.advertisedPrefixes",
        circuit1("primary", advertisedPrefixes=[]),
        circuit1("primary", advertisedPrefixes=["10.2.30.0/25"]),
        "Advertise 10.2.30.0/25 there, too.",
    ),
    "a LAN without OSPF": Case(
        FindingKind.LOOP,
        "routers.location2-ce1.lan.nextHop",
        STATIC_LAN,
        OSPF_INSTEAD,
        "Let the LAN learn its routes by OSPF",
    ),
    "two tunnels alike": Case(
        FindingKind.ASYMMETRIC,
        "tunnels.hub-location1.router.asPathPrepend",
        SECOND_TUNNEL,
        STANDS_BY,
        "Prepend on the tunnel that is to stand by",
    ),
    "a disabled link": Case(
        FindingKind.DISABLED_LINK,
        "circuits.expressroute1.privatePeering.secondary.enabled",
        {},
        circuit1("secondary", enabled=True),
        "Enable it.",
    ),
    "a default route that leads nowhere": Case(
        FindingKind.BLACK_HOLE,
        f"routers.{CE1}.ospf.defaultInformation",
        {},
        {"routers": {CE1: {"ospf": {"defaultInformation": "never"}}}},
        "Leave defaultInformation at never",
    ),
    "VPN on the circuit's router": Case(
        FindingKind.SHARED_FATE,
        "tunnels.hub-location1.router.name",
        {},
        {**ON_CE2, **WAY_OF_CE2},
        "End the backup on another router of the location.",
    ),
    "no preference": Case(
        FindingKind.NOT_DETERMINED,
        f"routers.{CE1}.bgp.expressRouteLocalPreference",
        bgp(expressRouteLocalPreference=None),
        bgp(expressRouteLocalPreference=101),
        f"Set expressRouteLocalPreference of {CE1} above 100",
    ),
    "VPN preferred": Case(
        FindingKind.ASYMMETRIC,
        f"routers.{CE1}.bgp.expressRouteLocalPreference",
        bgp(vpnLocalPreference=300),
        bgp(expressRouteLocalPreference=301),
        f"Set expressRouteLocalPreference of {CE1} above 300",
    ),
    "a longer prefix over VPN, told everywhere": Case(
        FindingKind.LONGER_PREFIX,
        "tunnels.hub-location1.router.advertisedPrefixes",
        over_vpn("10.2.30.0/25", LONGER),
        circuit1("primary", advertisedPrefixes=["10.2.30.0/25", LONGER]),
        f"Advertise {LONGER} on every session of the site, or on none.",
    ),
    "a longer prefix over VPN, told nowhere": Case(
        FindingKind.LONGER_PREFIX,
        "tunnels.hub-location1.router.advertisedPrefixes",
        over_vpn("10.2.30.0/25", LONGER),
        over_vpn("10.2.30.0/25"),
        f"Advertise {LONGER} on every session of the site, or on none.",
    ),
    "a backup that says nothing": Case(
        FindingKind.BACKUP_THAT_IS_NONE,
        "tunnels.hub-location1.router.advertisedPrefixes",
        over_vpn(),
        over_vpn("10.2.30.0/25"),
        "Let hub-location1 carry what its primary carries",
    ),
    "a prefix in another of one list": Case(
        FindingKind.OVERLAPPING_SUMMARY,
        "locations.location1.prefixes.1",
        {"locations": {"location1": {"prefixes": ["10.2.30.0/25", LONGER]}}},
        {"locations": {"location1": {"prefixes": ["10.2.30.0/25"]}}},
        f"Leave {LONGER} out",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_mend_ends_the_finding(stack: Callable[..., Network], case: Case) -> None:
    before = of_kind(stack(case.broken), case.kind)
    found = [finding for finding in before if causes(finding)[0] == case.cause]
    assert found
    assert all(finding.mend.startswith(case.says) for finding in found)
    after = of_kind(stack(case.broken, case.mended), case.kind)
    assert case.cause not in {causes(finding)[0] for finding in after}
    known = {finding.causes for finding in before}
    moved = [each for each in after if each.causes not in known and set(each.pairs) & set(found[0].pairs)]
    assert [finding.message for finding in moved] == []


# --- two circuits of one location ------------------------------------------------------------------------

HUB: Description = {
    "addressSpace": ["10.1.0.0/24"],
    "host": "10.1.0.68",
    "subnets": {"GatewaySubnet": {"prefix": "10.1.0.0/27"}, "workload": {"prefix": "10.1.0.64/26"}},
    "expressRouteGateway": {},
}


def two_circuits(*ends: tuple[str, str], preferences: Mapping[str, int], weight: int = 0) -> Network:
    """Return a hub and an office, joined by two circuits with two links each."""
    circuits = {f"c{number + 1}": circuit(65010, number, *end) for number, end in enumerate(ends)}
    for number, described in enumerate(circuits.values()):
        for link in ("primary", "secondary"):
            described["privatePeering"][link]["interface"] = f"TenGigabitEthernet0/0/{number}"
    return network(
        virtualNetworks={"hub": HUB},
        circuits=circuits,
        connections={
            f"{name}-hub": {"circuit": name, "virtualNetwork": "hub", "weight": weight if name == "c1" else 0}
            for name in circuits
        },
        locations={"office": location(65010, "10.2.0.0/24", host="10.2.0.10")},
        routers={
            name: router("office", number, expressRouteLocalPreference=preference)
            for number, (name, preference) in enumerate(preferences.items())
        },
    )


BOTH_ON_BOTH = (("ce1", "ce2"), ("ce1", "ce2"))
APART = (("ce1", "ce2"), ("ce3", "ce4"))


@pytest.mark.parametrize(("first", "weight"), [(200, 0), (300, 0), (200, 10), (300, 10)])
def test_two_circuits_on_the_same_routers_are_told_apart_by_no_preference(first: int, weight: int) -> None:
    """What decides at one router for one circuit decides for the other, too."""
    shared = two_circuits(*BOTH_ON_BOTH, preferences={"ce1": first, "ce2": 200}, weight=weight)
    found = of_kind(shared, FindingKind.NOT_DETERMINED) + of_kind(shared, FindingKind.ASYMMETRIC)
    assert found
    for finding in found:
        assert causes(finding)[0] == "circuits.c1.privatePeering.primary.router"
        assert finding.mend.startswith(
            "End c1 and c2 on routers of their own: a router has one local preference"
        )


def test_circuits_on_routers_of_their_own_with_preference_and_weight_go_one_way() -> None:
    preferences = {"ce1": 300, "ce2": 300, "ce3": 200, "ce4": 200}
    apart = two_circuits(*APART, preferences=preferences, weight=10)
    assert of_kind(apart, FindingKind.NOT_DETERMINED) == []
    assert of_kind(apart, FindingKind.ASYMMETRIC) == []


def test_without_the_weight_azure_uses_both_and_the_mend_says_so() -> None:
    preferences = {"ce1": 300, "ce2": 300, "ce3": 200, "ce4": 200}
    (finding,) = of_kind(two_circuits(*APART, preferences=preferences), FindingKind.ASYMMETRIC)
    assert finding.mend.startswith("Give one connection the higher weight")


# --- gateways --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "changes", "mend"),
    [
        (
            "gateway:hub/vpn",
            {"sku": "VpnGw1", "zones": []},
            "Let hub's ExpressRoute gateway carry these pairs, too; or make it zone-redundant",
        ),
        (
            "gateway:hub/vpn",
            {"sku": "VpnGw1AZ", "zones": ["1"]},
            "Let hub's ExpressRoute gateway carry these pairs, too; or make it zone-redundant",
        ),
        (
            "gateway:hub/vpn",
            {},
            "Let hub's ExpressRoute gateway carry these pairs, too. It is zone-redundant already",
        ),
        (
            "gateway:branch/vpn",
            {},
            "Add a gateway of the other type, ExpressRoute, with ways of its own: Azure takes one",
        ),
        (
            "gateway:remote/expressroute",
            {},
            "Add a gateway of the other type, VPN, with ways of its own: Azure takes one",
        ),
    ],
)
def test_a_gateway_is_not_told_to_be_what_it_is(
    stack: Callable[..., Network], element: str, changes: Changes, mend: str
) -> None:
    vpn = {"virtualNetworks": {element.partition(":")[2].partition("/")[0]: {"vpnGateway": changes}}}
    described = stack(vpn if changes else None)
    (finding,) = (
        f for f in of_kind(described, FindingKind.SINGLE_POINT_OF_FAILURE) if f.failures == (element,)
    )
    assert finding.mend.startswith(mend)
    assert ("make it zone-redundant" in finding.mend) is ("make it" in mend)


def test_an_active_active_gateway_in_several_zones_has_all_that_azure_offers(
    stack: Callable[..., Network],
) -> None:
    both = {
        "virtualNetworks": {"hub": {"vpnGateway": {"activeActive": True}}},
        "tunnels": {"hub-location1": {"router": {"tunnelNumbers": [30, 31]}}},
    }
    single = of_kind(stack(both), FindingKind.SINGLE_POINT_OF_FAILURE)
    (finding,) = (each for each in single if each.failures == ("gateway:hub/vpn",))
    assert "active-active" not in finding.mend
    assert finding.mend.endswith("it has already: instances in several zones (GW-11).")


def test_a_tunnel_between_gateways_is_not_told_to_end_on_a_router(stack: Callable[..., Network]) -> None:
    """Azure has one tunnel between two gateways, and no second one of either."""
    single = of_kind(stack(), FindingKind.SINGLE_POINT_OF_FAILURE)
    (finding,) = (each for each in single if each.failures == ("tunnel:hub-branch",))
    assert finding.mend == "Join the two virtual networks by peering or over ExpressRoute, too."
    peered = {"peerings": {"hub-branch": {"hub": "hub", "spoke": "branch", "gatewayTransit": False}}}
    after = of_kind(stack(peered), FindingKind.SINGLE_POINT_OF_FAILURE)
    left = (pair for each in after if each.failures == ("tunnel:hub-branch",) for pair in each.pairs)
    assert ("hub", "branch") not in set(left)
