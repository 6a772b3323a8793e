"""The pack as the engine starts it, over the protocol that the engine speaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from network_policies import RULES
from pulumi.runtime import proto

RULE = "vpn-gateway-asn-reserved"


def said_of(answer: Any) -> set[tuple[str, str, int]]:
    return {(d.policyName, d.urn.rpartition("::")[2], d.enforcementLevel) for d in answer.diagnostics}


def configuration(settings: Mapping[str, Any], level: int = proto.MANDATORY) -> Any:
    properties = json_format.ParseDict(dict(settings), struct_pb2.Struct())
    entry = proto.PolicyConfig(enforcementLevel=level, properties=properties)  # type: ignore[arg-type]
    return proto.ConfigureAnalyzerRequest(policyConfig={RULE: entry})


@pytest.fixture
def configured(analyzer: Any) -> Any:
    """Give the analyzer back as it was."""
    yield analyzer
    analyzer.Configure(proto.ConfigureAnalyzerRequest(), timeout=30)


def test_the_pack_lists_its_rules(analyzer: Any) -> None:
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty(), timeout=30)
    assert (info.name, info.supportsConfig) == ("hybrid-network", True)
    listed = {policy.name: policy for policy in info.policies}
    assert list(listed) == [rule.name for rule in RULES]
    strong = listed["connection-key-strong"]
    assert (strong.enforcementLevel, strong.url) == (
        proto.MANDATORY,
        "https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-vpn-faq",
    )
    assert strong.configSchema.properties["minimumLength"]["default"] == 20
    assert "exemptions" in strong.configSchema.properties


def test_a_sound_deployment_passes(analyzer: Any, deployment: Any, shape: str) -> None:
    inputs, everything = deployment.requests(shape)
    for request in inputs:
        assert not analyzer.Analyze(request, timeout=30).diagnostics
        assert not analyzer.Remediate(request, timeout=30).remediations
    assert not analyzer.AnalyzeStack(everything, timeout=30).diagnostics


def test_a_resource_is_judged_before_it_exists_and_the_stack_at_the_end(
    analyzer: Any, deployment: Any, shape: str
) -> None:
    deployment.rewrite("location1-ce1", " set local-preference 200", " set local-preference 100")
    deployment.put("branch-vpn-gateway", "bgpSettings.asn", 65515)
    inputs, everything = deployment.requests(shape)
    before = set().union(*(said_of(analyzer.Analyze(request, timeout=30)) for request in inputs))
    assert before == {("router-expressroute-preferred", "location1-ce1", proto.MANDATORY)}
    after = said_of(analyzer.AnalyzeStack(everything, timeout=30))
    assert after == {
        ("connection-asn-distinct", f"branch-connection-from-{end}", proto.MANDATORY)
        for end in ("hub", "branch")
    }


def test_settings_reach_the_rules(configured: Any, deployment: Any) -> None:
    deployment.put("branch-vpn-gateway", "bgpSettings.asn", 65517)
    request = next(r for r in deployment.requests("preview")[0] if r.name == "branch-vpn-gateway")
    exemption = {"resource": "branch-*", "reason": "moves in spring", "until": "9999-12-31"}
    configured.Configure(configuration({"exemptions": [exemption]}), timeout=30)
    assert said_of(configured.Analyze(request, timeout=30)) == {(RULE, "branch-vpn-gateway", proto.ADVISORY)}
    configured.Configure(configuration({}, proto.DISABLED), timeout=30)
    assert said_of(configured.Analyze(request, timeout=30)) == set()


def test_a_misspelt_setting_is_refused(configured: Any) -> None:
    with pytest.raises(grpc.RpcError) as refusal:
        configured.Configure(configuration({"exemption": []}), timeout=30)
    assert refusal.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert f"rule {RULE} has no setting exemption" in str(refusal.value.details())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("vpn-gateway-asn", "did you mean vpn-gateway-asn-grey or vpn-gateway-asn-reserved"),
        ("colour", "policy/README.md has the rules' names"),
    ],
)
def test_a_misspelt_rule_is_told_by_the_names_that_are_near(configured: Any, name: str, meant: str) -> None:
    request = proto.ConfigureAnalyzerRequest(
        policyConfig={name: proto.PolicyConfig(enforcementLevel=proto.DISABLED)}
    )
    with pytest.raises(grpc.RpcError) as refusal:
        configured.Configure(request, timeout=30)
    said = str(refusal.value.details())
    assert f"the policy pack has no rule {name}: {meant}" in said
    assert len(said) < 300
