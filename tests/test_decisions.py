"""Every decision on the published configuration (docs/test-setup.md) is explained, and held by a test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

COMPONENTS = "components/test_hybrid_network.py"
CONSISTENCY = "topology/test_consistency.py::test_each_contradiction_has_its_message_and_its_place"
TAKEN = "topology/test_consistency.py::test_what_only_looks_wrong_is_taken"
PUBLISHED = (
    "onprem/rendering/test_published_configuration.py::"
    "test_rendering_differs_from_the_published_configuration_only_as_decided"
)
RULES = "policy/test_rules.py::test_a_broken_rule_is_found"
FINDINGS = "routing/test_findings.py"
GATEWAYS = "lab/azure/test_rules_gateways.py"

HELD_BY: Mapping[int, tuple[str, ...]] = {
    1: (f"{COMPONENTS}::test_hub_lends_its_gateways_and_only_the_spoke_uses_them", RULES),
    2: (f"{COMPONENTS}::test_circuit_connections_carry_neither_shared_key_nor_authorization",),
    3: (f"{COMPONENTS}::test_expressroute_gateways_leave_public_ip_and_asn_to_azure",),
    4: (f"{COMPONENTS}::test_branch_gateway_has_its_own_asn", TAKEN, CONSISTENCY, RULES),
    5: (TAKEN, "policy/test_valid.py::test_nothing_is_said_of_a_sound_deployment"),
    6: (f"{COMPONENTS}::test_local_network_gateway_has_no_prefixes_beside_bgp", RULES),
    7: ("test_decisions.py::test_what_is_not_published_is_marked_in_the_stack_file",),
    8: (f"{FINDINGS}::test_the_test_stack_has_these_warnings_and_no_errors",),
    9: (f"{FINDINGS}::test_the_router_that_ends_circuit_and_vpn_is_a_shared_fate",),
    10: (
        f"{FINDINGS}::test_single_points_of_failure_are_the_elements_whose_failure_ends_a_path",
        "deployment/test_stack_files.py::test_a_company_in_production",
    ),
    11: (TAKEN, CONSISTENCY),
    12: ("onprem/rendering/test_render.py::test_golden", CONSISTENCY),
    13: ("deployment/test_lifecycle.py::test_a_network_that_moves_is_replaced",),
    14: ("routing/test_steady_state.py::test_each_pair_takes_the_path_that_microsoft_traced",),
    15: ("routing/test_failures.py::test_a_failure_changes_these_paths_and_no_others",),
    16: ("topology/test_model.py::test_links_have_the_customer_first_and_microsoft_second", CONSISTENCY),
    17: ("topology/test_model.py::test_both_addresses_of_a_31_are_hosts", PUBLISHED),
    18: (PUBLISHED, CONSISTENCY, TAKEN),
    19: (PUBLISHED, "onprem/rendering/test_render.py::test_the_vrf_precedes_the_address_of_an_interface"),
    20: (PUBLISHED, "onprem/rendering/test_render.py::test_what_is_referred_to_is_defined_above", RULES),
    21: (
        PUBLISHED,
        f"{FINDINGS}::test_a_default_route_that_is_always_offered_swallows_what_is_not_reached",
    ),
    22: (CONSISTENCY,),
    23: (PUBLISHED, TAKEN),
    24: (
        "onprem/rendering/test_derivation.py::test_ibgp_between_routers_that_both_have_a_session",
        "onprem/rendering/test_derivation.py::test_no_ibgp_with_a_router_whose_only_link_is_disabled",
    ),
    25: (PUBLISHED, f"{FINDINGS}::test_a_longer_prefix_over_vpn_is_found_with_the_session_that_carries_it"),
    26: (PUBLISHED, "onprem/rendering/test_derivation.py::test_advertising_part_of_the_location"),
    27: (PUBLISHED, "onprem/rendering/test_derivation.py::test_without_bfd_nothing_speaks_of_it"),
    28: ("onprem/rendering/test_render.py::test_no_section_is_opened_twice_and_no_line_repeated_in_one",),
    29: (PUBLISHED, RULES),
    30: (
        "deployment/test_keys.py::test_an_own_key_reaches_both_ends_and_is_nowhere_in_clear",
        "deployment/test_keys.py::test_an_unusable_key_is_refused_without_being_shown",
        "policy/test_keys.py::test_a_line_that_spells_out_a_key_is_found",
    ),
    31: (PUBLISHED, RULES, f"{COMPONENTS}::test_both_ends_of_each_tunnel_have_the_strong_policy_by_default"),
    32: (PUBLISHED,),
    33: (PUBLISHED,),
    34: (PUBLISHED, TAKEN, CONSISTENCY),
    35: (PUBLISHED,),
    36: (PUBLISHED,),
    37: (PUBLISHED, CONSISTENCY),
    38: (PUBLISHED, f"{COMPONENTS}::test_local_network_gateway_has_no_prefixes_beside_bgp", CONSISTENCY),
    39: ("deployment/test_lifecycle.py::test_up_builds_both_sides_and_leaves_nothing_to_do",),
}


@pytest.mark.parametrize("decision", range(1, 40))
def test_each_decision_is_explained_and_held_by_tests(decision: int) -> None:
    guide = (ROOT / "docs" / "test-setup.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| {decision} \| .*$", guide, re.MULTILINE)
    kind, published, here = (cell.strip() for cell in row.split("|")[2:5])
    assert kind in {"wrong", "missing", "old", "kept"}
    assert len(published) > 10
    assert len(here) > 20
    for name in HELD_BY[decision]:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), name


def test_there_are_no_more_decisions_than_rows() -> None:
    guide = (ROOT / "docs" / "test-setup.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \| ", guide, re.MULTILINE)] == list(HELD_BY)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "azure-native:location: eastus",
            "location: centralus",
            "location: westus2",
            "addressSpace: [10.10.30.0/24]",
        ),
        *("provider: Equinix", "prefix: 192.168.30.20/30", "peerAsn: 65020", "asn: 65020"),
        *("prefixes: [10.1.31.0/25]", "internetNextHop: 66.198.12.105"),
    ],
)
def test_what_is_not_published_is_marked_in_the_stack_file(line: str) -> None:
    stack_file = (ROOT / "Pulumi.test.yaml").read_text(encoding="utf-8")
    marked = [text for text in stack_file.splitlines() if text.strip().startswith(line)]
    assert marked
    assert any("# assumed" in text for text in marked), marked
