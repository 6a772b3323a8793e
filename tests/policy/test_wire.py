"""The pack over the protocol that the engine speaks."""

from __future__ import annotations

from typing import Any

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import proto


def test_the_pack_lists_its_rules(analyzer: Any) -> None:
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty(), timeout=30)
    assert info.name == "hybrid-network"
    assert "circuit-peering-asn-reserved" in {policy.name for policy in info.policies}


def test_a_resource_is_judged_before_it_is_created(analyzer: Any) -> None:
    request = proto.AnalyzeRequest(
        urn="urn:pulumi:test::hybrid::azure-native:network:ExpressRouteCircuitPeering::p",
        type="azure-native:network:ExpressRouteCircuitPeering",
        name="p",
        properties=json_format.ParseDict({"peerASN": 65516}, struct_pb2.Struct()),
    )
    found = analyzer.Analyze(request, timeout=30).diagnostics
    assert [(d.policyName, d.enforcementLevel) for d in found] == [
        ("circuit-peering-asn-reserved", proto.MANDATORY)
    ]
