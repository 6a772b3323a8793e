"""What a pack's user sets, what becomes of a rule that crashes, and that nothing is said twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from network_policies import Case, Finding, Level, Resource, Rule
from network_policies.analyzer import NetworkAnalyzer
from network_policies.configuration import Settings, read_settings
from network_policies.judgement import judge
from network_policies.stack import stack_of
from network_policies.values import Secret

RULE = "vpn-gateway-asn-reserved"


def exemption(until: str, resource: str = "branch-*") -> dict[str, Any]:
    return {RULE: {"exemptions": [{"resource": resource, "reason": "moves in spring", "until": until}]}}


@pytest.fixture
def broken(deployment: Any) -> Any:
    deployment.put("branch-vpn-gateway", "bgpSettings.asn", 65517)
    return deployment


@pytest.mark.parametrize(
    ("configured", "level", "words"),
    [
        ({}, "mandatory", "65517"),
        ({RULE: {"enforcementLevel": "advisory"}}, "advisory", "65517"),
        ({RULE: {"enforcementLevel": "remediate"}}, "mandatory", "65517"),
        (exemption("9999-12-31"), "advisory", "exempted until 9999-12-31 (moves in spring)"),
        (exemption("9999-12-31", "*::branch-vpn-gateway"), "advisory", "exempted until 9999-12-31"),
        (exemption("2020-01-31"), "mandatory", "its exemption ended on 2020-01-31 (moves in spring)"),
        (exemption("9999-12-31", "hub-*"), "mandatory", "65517"),
    ],
    ids=[
        "default",
        "advisory",
        "remediate",
        "exempted",
        "exempted-by-urn",
        "exemption-over",
        "other-exempted",
    ],
)
def test_levels_and_exemptions(broken: Any, shape: str, configured: Any, level: str, words: str) -> None:
    (found,) = broken.judge(shape, configured)
    assert (found.rule, found.level) == (RULE, level)
    assert words in found.message


def test_the_exemption_that_lasts_longest_counts(broken: Any, shape: str) -> None:
    entries = [
        {"resource": "branch-*", "reason": "once", "until": "2020-01-31"},
        {"resource": "*", "reason": "again", "until": "9999-12-31"},
    ]
    for exemptions in (entries, entries[::-1]):
        (found,) = broken.judge(shape, {RULE: {"exemptions": exemptions}})
        assert (found.level, "again" in found.message) == ("advisory", True)


def test_a_disabled_rule_is_silent(broken: Any, shape: str) -> None:
    assert broken.judge(shape, {RULE: {"enforcementLevel": "disabled"}}) == []


def test_a_parameter_is_taken(deployment: Any, hidden: Any) -> None:
    for half in ("branch-connection-from-hub", "branch-connection-from-branch"):
        deployment.put(half, "sharedKey", hidden("kZ7mQ2xW9rT4vB8nL3cD"))
    assert deployment.judge("up") == []
    said = deployment.judge("up", {"connection-key-strong": {"minimumLength": 24}})
    assert [("shorter than 24" in found.message) for found in said] == [True, True]


@pytest.mark.parametrize(
    ("configured", "words"),
    [
        ({"vpn-gateway-asn": {}}, "no rule vpn-gateway-asn"),
        ({RULE: {"exemption": []}}, "no setting exemption"),
        ({"all": {"exemptions": []}}, "takes a level only"),
        (exemption("2027-02-30"), "a date in until"),
        ({RULE: {"exemptions": [{"resource": "*", "until": "2027-02-01"}]}}, "a reason"),
    ],
    ids=["rule", "setting", "all", "date", "reason"],
)
def test_a_misspelt_configuration_is_refused(
    deployment: Any, refused: Any, configured: Any, words: str
) -> None:
    with pytest.raises(refused, match=words):
        deployment.judge("preview", configured)


def test_a_message_says_what_is_wrong_what_to_set_and_where_to_read(broken: Any) -> None:
    (found,) = broken.judge("preview")
    holds, message = found.message.split("\n")
    assert holds == "A VPN gateway has an ASN that nobody reserves."
    assert "bgpSettings.asn of branch-vpn-gateway is 65517" in message
    assert "Set bgpSettings.asn to" in message
    assert "(ASN-1, ASN-2, ASN-3, ASN-7: https://learn.microsoft.com/" in message


def crashing(check: Any) -> Rule:
    return Rule(
        name="circuit-crash",
        level=Level.MANDATORY,
        holds="It does not crash.",
        kinds=("k:m:T",),
        sources=("X-1",),
        page="https://example.com/",
        check=check,
    )


def judged(rule: Rule, *resources: Resource) -> list[Any]:
    settings = {rule.name: read_settings(rule, {})}
    return list(judge([rule], resources, stack_of(resources), settings, date(2026, 1, 1)))


def resource(name: str, **inputs: Any) -> Resource:
    return Resource(urn=f"urn:pulumi:s::p::k:m:T::{name}", type="k:m:T", name=name, inputs=inputs)


def test_a_rule_that_crashes_is_said_without_its_text_and_the_others_run() -> None:
    def check(case: Case) -> Any:
        yield Finding(wrong=f"{case.resource.name} is wrong", mend="Set it")
        if case.resource.name == "a":
            raise RuntimeError(f"cannot parse {case.resource.text('key')}")

    verdicts = judged(crashing(check), resource("a", key=Secret("hunter2-hunter2")), resource("b"))
    assert [verdict.urn[-1] for verdict in verdicts] == ["a", "a", "b"]
    crash = verdicts[1]
    assert crash.level is None
    assert "RuntimeError in test_judgement.py, line" in crash.message
    assert "hunter2" not in crash.message


def test_a_secret_is_never_in_a_representation() -> None:
    shown = repr([resource("a", key=Secret("hunter2-hunter2")), Secret("hunter2-hunter2")])
    assert "hunter2" not in shown


def test_settings_default() -> None:
    rule = crashing(lambda _: iter(()))
    assert read_settings(rule, {}) == Settings(parameters={}, exemptions=())


def test_what_the_inputs_showed_is_not_said_again(broken: Any) -> None:
    inputs, everything = broken.requests("up")
    analyzer: Any = NetworkAnalyzer()
    before = [d for request in inputs for d in analyzer.Analyze(request, None).diagnostics]
    assert [d.policyName for d in before] == [RULE]
    assert not analyzer.AnalyzeStack(everything, None).diagnostics


def test_the_end_says_what_no_inputs_showed(broken: Any) -> None:
    """With --target the engine sends no inputs of what it leaves alone."""
    _, everything = broken.requests("up")
    analyzer: Any = NetworkAnalyzer()
    said = analyzer.AnalyzeStack(everything, None).diagnostics
    assert RULE in [d.policyName for d in said]
