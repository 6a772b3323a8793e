"""A sound deployment passes, as it is previewed and as it stands, however unusual it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.valid_deployments import VALID_DEPLOYMENTS
from tests.policy.valid_routers import VALID_ROUTERS


def test_nothing_is_said_of_a_sound_deployment(deployment: Any, shape: str) -> None:
    assert deployment.judge(shape) == []


@pytest.mark.parametrize("written", VALID_ROUTERS, ids=lambda written: written.id)
def test_nothing_is_said_of_a_router_that_others_write(deployment: Any, shape: str, written: Any) -> None:
    deployment.resources["location1-ce1"].inputs["lines"] = written.text.splitlines()
    said = deployment.judge(shape)
    if shape == "preview":  # whether a literal address will be Azure's, no first preview knows
        said = [found for found in said if found.rule != "router-azure-address"]
    assert {found.rule for found in said} == written.doubts, said
    assert all("not proven" in found.message for found in said)


@pytest.mark.parametrize("valid", VALID_DEPLOYMENTS, ids=lambda valid: valid.id)
def test_an_unusual_deployment_is_no_violation(shape: str, valid: Any, new_deployment: Any) -> None:
    said = new_deployment(valid.build()).judge(shape)
    doubts = [found for found in said if "not proven" in found.message]
    expected = valid.doubts | (valid.first_doubts if shape == "preview" else frozenset())
    assert {found.rule for found in doubts} == expected, doubts
    rest = [found for found in said if found not in doubts]
    assert {found.rule for found in rest} == valid.warnings, rest
    assert {found.level for found in rest} <= {"advisory"}
