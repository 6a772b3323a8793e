"""`--diff`: which paths change between two versions, in the steady state and under failures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path as FilePath

import pytest

from routing import Comparison, Effect, FindingKind, Forecast, compare_forecasts, comparison_document
from tests.routing.changes import Changes
from topology import Network, Place

Stack = Callable[..., Network]
Compare = Callable[..., Comparison]


@pytest.fixture(scope="module")
def compare(stack: Stack) -> Compare:
    """Return `compare(before, after)`: both as changes of the test stack."""

    def compared(before: Changes, after: Changes, *failed: str) -> Comparison:
        return compare_forecasts(Forecast(stack(before)), Forecast(stack(after)), *failed)

    return compared


def effects(comparison: Comparison, failure: str | None = None) -> dict[tuple[str, str], Effect]:
    changes = next((each.changes for each in comparison.scenarios if each.failure == failure), ())
    return {(change.source, change.destination): change.effect for change in changes}


VPN_FIRST = {"routers": {"location1-ce1": {"bgp": {"vpnLocalPreference": 300}}}}
UNSET = {"routers": {"location1-ce1": {"bgp": {"expressRouteLocalPreference": None}}}}
NO_TUNNEL = {"tunnels": {"hub-location1": None}}
SPOKE2 = {
    "virtualNetworks": {"spoke2": {"addressSpace": ["10.12.30.0/26"]}},
    "peerings": {"hub-spoke2": {"hub": "hub", "spoke": "spoke2"}},
}


def test_the_same_network_changes_nothing(compare: Compare) -> None:
    comparison = compare({}, {})
    assert [scenario.failure for scenario in comparison.scenarios] == [None]
    assert effects(comparison) == {}
    assert (comparison.appeared, comparison.disappeared) == ((), ())
    assert (comparison.new_findings, comparison.mended_findings) == ((), ())


def test_a_preference_for_vpn_makes_paths_asymmetric(compare: Compare) -> None:
    pairs = {pair for site in ("hub", "spoke") for pair in ((site, "location1"), ("location1", site))}
    comparison = compare({}, VPN_FIRST)
    assert effects(comparison) == dict.fromkeys(pairs, Effect.ASYMMETRIC)
    assert FindingKind.ASYMMETRIC in {finding.kind for finding in comparison.new_findings}
    back = compare(VPN_FIRST, {})
    assert effects(back) == dict.fromkeys(pairs, Effect.MOVES)
    assert FindingKind.ASYMMETRIC in {finding.kind for finding in back.mended_findings}


def test_a_failure_repeats_nothing_that_changes_alike_with_everything_up(compare: Compare) -> None:
    """The failure of circuit 2 leaves location1's change as it is; that of circuit 1 ends the difference."""
    assert [scenario.failure for scenario in compare({}, VPN_FIRST).scenarios] == [None]


def test_without_the_preference_the_choice_is_left_to_chance(compare: Compare) -> None:
    comparison = compare({}, UNSET)
    assert effects(comparison)["location1", "hub"] is Effect.CHANCE


def test_a_backup_that_goes_away_shows_under_the_failures_it_was_for(compare: Compare) -> None:
    comparison = compare({}, NO_TUNNEL)
    assert effects(comparison) == {
        ("branch", "location1"): Effect.LOST,
        ("location1", "branch"): Effect.LOST,
    }
    lost = {pair for site in ("hub", "spoke") for pair in ((site, "location1"), ("location1", site))}
    assert effects(comparison, "circuit:expressroute1") == dict.fromkeys(lost, Effect.LOST)
    assert comparison.disappeared == ("tunnel:hub-location1",)


def test_pairs_appear_and_disappear_with_their_sites(compare: Compare) -> None:
    comparison = compare({}, SPOKE2)
    assert set(effects(comparison).values()) == {Effect.APPEARS}
    assert len(effects(comparison)) == 2 * 6
    assert comparison.appeared == ("peering:hub-spoke2",)
    assert [scenario.failure for scenario in comparison.scenarios] == [None]
    assert set(effects(compare(SPOKE2, {})).values()) == {Effect.DISAPPEARS}


def test_a_finding_that_gains_a_pair_is_neither_new_nor_mended(compare: Compare) -> None:
    comparison = compare({}, SPOKE2)
    assert {finding.causes[0] for finding in comparison.new_findings} == {("peerings", "hub-spoke2")}
    assert comparison.mended_findings == ()
    assert comparison.changed_findings
    for changed in comparison.changed_findings:
        assert all("spoke2" in pair for pair in changed.more.pairs)
        assert changed.fewer.pairs == ()
    back = compare(SPOKE2, {})
    assert back.new_findings == ()
    assert len(back.changed_findings) == len(comparison.changed_findings)
    assert all("spoke2" in pair for changed in back.changed_findings for pair in changed.fewer.pairs)


def test_prefixes_of_sites_come_and_go(compare: Compare) -> None:
    grown = {"virtualNetworks": {"spoke": {"addressSpace": ["10.11.30.0/26", "10.13.30.0/24"]}}}
    assert compare({}, grown).new_prefixes == (("spoke", "10.13.30.0/24"),)
    assert compare(grown, {}).gone_prefixes == (("spoke", "10.13.30.0/24"),)
    assert compare({}, SPOKE2).new_prefixes == (("spoke2", "10.12.30.0/26"),)


def test_one_failure_lists_all_that_differs_under_it(compare: Compare) -> None:
    comparison = compare({}, VPN_FIRST, "circuit:expressroute2")
    assert len(effects(comparison, "circuit:expressroute2")) == 4
    assert effects(compare({}, VPN_FIRST, "circuit:expressroute1"), "circuit:expressroute1") == {}


def test_as_data_each_change_has_both_paths(compare: Compare) -> None:
    def at(path: tuple[str, ...]) -> Place:
        return Place(file=FilePath("new.yaml"), line=len(path), column=1)

    document = comparison_document("test", "old.yaml", compare({}, SPOKE2), at, at)
    (scenario,) = document["scenarios"]
    change = scenario["changes"][0]
    assert change["before"] is None
    assert change["after"]["segments"][-1] == {"kind": "peering", "over": "hub-spoke2"}
    assert document["prefixes"]["appeared"] == [{"site": "spoke2", "prefix": "10.12.30.0/26"}]
    changed = document["findings"]["changed"][0]
    assert len(changed["after"]["pairs"]) > len(changed["before"]["pairs"])
    assert json.loads(json.dumps(document)) == document
