"""Each finding and each doubt of each rule is missed by some case when it falls silent."""

from __future__ import annotations

import pytest

from tests.policy.mutants import Bench, mutants_of, mutated_modules, survivors

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("module", mutated_modules())
def test_no_finding_can_fall_silent_unnoticed(bench: Bench, module: str) -> None:
    assert [str(mutant) for mutant, lives in survivors(bench, module, conditions=False) if lives] == []


def test_there_is_something_to_change() -> None:
    places = sum(1 for name in mutated_modules() for _ in mutants_of(name, conditions=False))
    assert places > 130
