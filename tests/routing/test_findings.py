"""What is wrong with a network: each finding with its cause, its pairs and its mend."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from routing import Finding, FindingKind, Forecast, Severity, collect_findings
from tests.routing.changes import Changes, preferences
from topology import Network

Find = Callable[..., list[Finding]]

EITHER = {"hub", "spoke"}
BACKUP_OFF: Changes = {"tunnels": {"hub-location1": {"router": {"advertisedPrefixes": []}}}}


@pytest.fixture(scope="module")
def find(stack: Callable[..., Network]) -> Find:
    """Return `find(kind, changes)`: the findings of one kind."""

    def found(kind: FindingKind, changes: Changes | None = None) -> list[Finding]:
        findings = collect_findings(Forecast(stack(changes)))
        return [finding for finding in findings if finding.kind is kind]

    return found


def causes(finding: Finding) -> list[str]:
    return [".".join(cause) for cause in finding.causes]


# --- the test stack --------------------------------------------------------------------------------------


def test_the_test_stack_has_these_warnings_and_no_errors(stack: Callable[..., Network]) -> None:
    findings = collect_findings(Forecast(stack()))
    assert {
        (finding.kind, causes(finding)[0]) for finding in findings if finding.severity != "information"
    } == {
        (FindingKind.SHARED_FATE, "tunnels.hub-location1.router.name"),
        (FindingKind.DISABLED_LINK, "circuits.expressroute1.privatePeering.secondary.enabled"),
        (FindingKind.BLACK_HOLE, "routers.location1-ce1.ospf.defaultInformation"),
    }
    assert not [finding for finding in findings if finding.severity is Severity.ERROR]


def test_the_router_that_ends_circuit_and_vpn_is_a_shared_fate(find: Find) -> None:
    (finding,) = find(FindingKind.SHARED_FATE)
    assert causes(finding) == [
        "tunnels.hub-location1.router.name",
        "circuits.expressroute1.privatePeering.primary.router",
    ]
    assert set(finding.pairs) == {
        pair for site in EITHER for pair in ((site, "location1"), ("location1", site))
    }
    assert finding.failures == ("router:location1-ce1",)


def test_a_second_link_ends_the_shared_fate(find: Find) -> None:
    enabled = {"circuits": {"expressroute1": {"privatePeering": {"secondary": {"enabled": True}}}}}
    assert find(FindingKind.SHARED_FATE, enabled) == []
    assert find(FindingKind.DISABLED_LINK, enabled) == []


def test_single_points_of_failure_are_the_elements_whose_failure_ends_a_path(find: Find) -> None:
    assert {finding.failures[0] for finding in find(FindingKind.SINGLE_POINT_OF_FAILURE)} == {
        "circuit:expressroute1",
        "circuit:expressroute2",
        "link:expressroute1/primary",
        "connection:expressroute1-hub",
        "connection:expressroute1-remote",
        "connection:expressroute2-hub",
        "gateway:hub/expressroute",
        "gateway:hub/vpn",
        "gateway:branch/vpn",
        "gateway:remote/expressroute",
        "peering:hub-spoke",
        "tunnel:hub-branch",
        "tunnel:hub-location1",
        "router:location1-ce1",
    }


def test_the_hub_is_transit_between_the_branch_and_location1(find: Find) -> None:
    (finding,) = find(FindingKind.TRANSIT)
    assert set(finding.pairs) == {("branch", "location1"), ("location1", "branch")}
    assert finding.severity is Severity.INFORMATION
    assert causes(finding) == ["tunnels.hub-branch", "tunnels.hub-location1"]


def test_a_default_route_that_is_always_offered_swallows_what_is_not_reached(find: Find) -> None:
    steady, failed = find(FindingKind.BLACK_HOLE)
    assert steady.pairs == (("location1", "location2"),)
    assert not steady.failures
    assert ("location1", "remote") in failed.pairs
    assert "gateway:remote/expressroute" in failed.failures
    never = {"routers": {"location1-ce1": {"ospf": {"defaultInformation": "never"}}}}
    assert find(FindingKind.BLACK_HOLE, never) == []


# --- what can be done wrong ------------------------------------------------------------------------------


def test_a_missing_preference_is_not_determined_by_the_router(find: Find) -> None:
    (finding,) = find(FindingKind.NOT_DETERMINED, preferences(None))
    assert causes(finding)[0] == "routers.location1-ce1.bgp.expressRouteLocalPreference"
    assert set(finding.pairs) == {("location1", "hub"), ("location1", "spoke")}
    assert "PATH-4" in finding.message
    assert "above 100" in finding.mend
    assert find(FindingKind.NOT_DETERMINED) == []


def test_a_preferred_vpn_is_asymmetric_by_the_preference(find: Find) -> None:
    (finding,) = find(FindingKind.ASYMMETRIC, preferences(200, 300))
    assert "routers.location1-ce1.bgp.vpnLocalPreference" in causes(finding)
    assert len(finding.pairs) == 4
    assert finding.severity is Severity.WARNING
    assert "above 300" in finding.mend
    assert find(FindingKind.ASYMMETRIC) == []


def test_a_longer_prefix_over_vpn_is_found_with_the_session_that_carries_it(find: Find) -> None:
    changes = {
        "tunnels": {"hub-location1": {"router": {"advertisedPrefixes": ["10.2.30.0/25", "10.2.30.0/26"]}}}
    }
    (finding,) = find(FindingKind.LONGER_PREFIX, changes)
    assert causes(finding) == ["tunnels.hub-location1.router.advertisedPrefixes"]
    assert set(finding.pairs) == {("hub", "location1"), ("spoke", "location1")}
    (asymmetric,) = find(FindingKind.ASYMMETRIC, changes)
    assert causes(asymmetric) == ["tunnels.hub-location1.router.advertisedPrefixes"]
    (summary,) = find(FindingKind.OVERLAPPING_SUMMARY, changes)
    assert causes(summary) == ["tunnels.hub-location1.router.advertisedPrefixes.1"]


def test_a_prefix_that_both_sessions_carry_is_no_longer_prefix(find: Find) -> None:
    parts = ["10.2.30.0/25", "10.2.30.0/26"]
    changes = {
        "tunnels": {"hub-location1": {"router": {"advertisedPrefixes": parts}}},
        "circuits": {"expressroute1": {"privatePeering": {"primary": {"advertisedPrefixes": parts}}}},
    }
    assert find(FindingKind.LONGER_PREFIX, changes) == []


def test_a_tunnel_that_advertises_nothing_is_no_backup(find: Find) -> None:
    (finding,) = find(FindingKind.BACKUP_THAT_IS_NONE, BACKUP_OFF)
    assert finding.severity is Severity.ERROR
    assert causes(finding) == ["tunnels.hub-location1.router.advertisedPrefixes"]
    assert finding.pairs == (("hub", "location1"), ("location1", "hub"))
    assert "does not advertise 10.2.30.0/25 here" in finding.message
    assert find(FindingKind.BACKUP_THAT_IS_NONE) == []


def test_a_circuit_with_both_links_disabled_is_no_backup_for_a_tunnel(find: Find) -> None:
    off = {"circuits": {"expressroute1": {"privatePeering": {"primary": {"enabled": False}}}}}
    (finding,) = find(FindingKind.BACKUP_THAT_IS_NONE, off)
    assert causes(finding) == [
        "circuits.expressroute1.privatePeering.primary.enabled",
        "circuits.expressroute1.privatePeering.secondary.enabled",
    ]


def test_a_site_that_can_send_but_not_be_reached_is_a_black_hole(find: Find) -> None:
    silent: Changes = {
        "circuits": {"expressroute1": {"privatePeering": {"primary": {"advertisedPrefixes": []}}}}
    }
    found = find(FindingKind.BLACK_HOLE, silent)
    (finding,) = [each for each in found if each.severity is Severity.ERROR and not each.failures]
    assert ("location1", "remote") in finding.pairs
    assert causes(finding) == ["circuits.expressroute1.privatePeering.primary.advertisedPrefixes"]
    assert "10.2.30.0/25" in finding.mend


def test_somebody_elses_router_may_leak(find: Find) -> None:
    links = {
        name: {"router": None, "interface": None, "outerVlan": None} for name in ("primary", "secondary")
    }
    changes = {
        "circuits": {"expressroute2": {"privatePeering": links}},
        "routers": {"location2-ce1": None, "location2-ce2": None},
    }
    leaks = [each for each in find(FindingKind.LEAK, changes) if each.severity is Severity.WARNING]
    assert [causes(each) for each in leaks] == [
        ["circuits.expressroute2.privatePeering.primary.router"],
        ["circuits.expressroute2.privatePeering.secondary.router"],
    ]
    (open_choice,) = [each for each in find(FindingKind.NOT_DETERMINED, changes) if not each.failures]
    assert causes(open_choice)[0] == "circuits.expressroute2.privatePeering.primary.router"


def test_a_lan_without_ospf_loses_traffic_at_the_router_without_a_way(find: Find) -> None:
    changes = {
        "routers": {
            "location1-ce1": {"ospf": None, "lan": {"nextHop": "192.168.30.1"}},
            "location1-ce2": {"ospf": None, "lan": {"nextHop": "192.168.30.5"}},
        }
    }
    (finding,) = [each for each in find(FindingKind.BLACK_HOLE, changes) if not each.failures]
    assert finding.severity is Severity.ERROR
    assert causes(finding) == ["routers.location1-ce1.lan.nextHop", "routers.location1-ce2.lan.nextHop"]


def test_a_lan_between_routers_may_send_back_what_one_hands_to_the_other(find: Find) -> None:
    changes = {
        "circuits": {"expressroute1": {"privatePeering": {"secondary": {"enabled": True}}}},
        "routers": {
            "location1-ce1": {"ospf": None, "lan": {"nextHop": "192.168.30.1"}},
            "location1-ce2": {
                "ospf": None,
                "lan": {"nextHop": "192.168.30.5"},
                "bgp": {"expressRouteLocalPreference": 150},
            },
        },
    }
    (finding,) = [each for each in find(FindingKind.LOOP, changes) if not each.failures]
    assert "comes back to location1" in finding.message
    assert "one LAN network" in finding.mend
    assert causes(finding) == ["routers.location1-ce1.lan.nextHop", "routers.location1-ce2.lan.nextHop"]


def test_both_links_on_one_router_share_its_fate(find: Find) -> None:
    secondary = {"enabled": True, "router": "location1-ce1", "interface": "TenGigabitEthernet0/0/1"}
    changes = {"circuits": {"expressroute1": {"privatePeering": {"secondary": secondary}}}}
    found = [causes(each)[0] for each in find(FindingKind.SHARED_FATE, changes)]
    assert "circuits.expressroute1.privatePeering.secondary.router" in found
