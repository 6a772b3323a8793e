"""Each rule: a sound deployment with one thing broken, in both shapes, and all that is said about it.

Beside it, what looks broken and is not: a false alarm is worse than a miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from network_policies import RULES
from network_policies.router_lines import parse

from tests.policy.near_misses import NEAR_MISSES
from tests.policy.table import TABLE

SHAPES = ("preview", "up")


def in_shapes(cases: Iterable[Any]) -> list[Any]:
    """Each case in each shape that it shows in; what is a second look at a case takes part in `make test`."""
    return [
        pytest.param(shape, case, id=f"{shape}-{case.id}", marks=[pytest.mark.thorough] if looks else [])
        for case in cases
        for looks, shape in enumerate(shape for shape in SHAPES if shape in getattr(case, "shapes", SHAPES))
    ]


@pytest.mark.parametrize(("shape", "case"), in_shapes(TABLE))
def test_a_broken_rule_is_found(deployment: Any, shape: str, case: Any) -> None:
    case.break_it(deployment)
    said = deployment.judge(shape)
    assert {(found.rule, found.resource) for found in said} == case.found
    assert case.level in {found.level for found in said}
    assert not [found for found in said if "itself failed" in found.message]
    assert [found.message for found in said if not names_section(deployment, found)] == []


def names_section(deployment: Any, found: Any) -> bool:
    """Whether a finding that gives a router's line by its number gives its section, too.

    A preview numbers no line. An interface's section is its name.
    """
    number = re.search(r"\bline (\d+)", found.message)
    if number is None or "lines" not in deployment.resources[found.resource].inputs:
        return True
    lines = parse(tuple(map(str, deployment.resources[found.resource].inputs["lines"])))
    section = next(line.section for line in lines if line.number == int(number[1]))
    return section.removeprefix("interface ") in found.message


@pytest.mark.parametrize(("shape", "case"), in_shapes(NEAR_MISSES))
def test_what_looks_broken_and_is_not_passes(deployment: Any, shape: str, case: Any) -> None:
    case.change(deployment)
    said = deployment.judge(shape)
    assert [found for found in said if found.rule in case.rules] == []
    assert not [found for found in said if "itself failed" in found.message]


def test_every_rule_has_a_broken_case() -> None:
    broken = {rule for case in TABLE for rule, _ in case.found}
    assert {rule.name for rule in RULES} - broken == set()


def test_every_rule_has_a_near_miss() -> None:
    near = [rule for case in NEAR_MISSES for rule in case.rules]
    assert {rule.name for rule in RULES} - set(near) == set()
    assert set(near) - {rule.name for rule in RULES} == set()
