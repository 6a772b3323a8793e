"""The table of the rules, and the README made of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from network_policies import RULES
from network_policies.documentation import README, with_table


def test_the_readme_shows_the_rules_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "renew it: cd policy && python -m network_policies.documentation"


def test_names_are_unique() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_declared_whole(rule: Any) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert rule.holds.endswith(".")
    assert rule.page.startswith("https://")
    assert rule.sources
    assert all(
        re.fullmatch(r"[A-Z]+(-\d+)?|APRL:[0-9a-f]{8}|[\w-]+/[\w-]+#\d+", source) for source in rule.sources
    )
    assert all("default" in schema and "description" in schema for schema in rule.parameters.values())
