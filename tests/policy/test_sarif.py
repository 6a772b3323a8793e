"""The engine's events in SARIF: the right line, level and rule, in a form that the schema allows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from network_policies import RULES
from network_policies.sarif_command import main

from tests.policy.deployments import PACK
from tests.policy.sarif_format import mistakes

URN = "urn:pulumi:s::p::hybrid:network:Hub$azure-native:network:VirtualNetworkGateway::hub-vpn-gateway"
RULE = "vpn-gateway-asn-reserved"
STACK_URN = "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s"


def finding(message: str, level: str = "mandatory", rule: str = RULE, urn: str = URN) -> str:
    """Word a finding as the engine's event does."""
    event = {
        "resourceUrn": urn,
        "message": f"A VPN gateway has an ASN that nobody reserves.\n{message}\n",
        "color": "never",
        "policyName": rule,
        "policyPackName": "hybrid-network",
        "policyPackVersion": "0.1.0",
        "enforcementLevel": level,
    }
    return json.dumps({"sequence": 7, "timestamp": 1, "policyEvent": event})


def outputs(places: Any) -> str:
    metadata = {"op": "same", "urn": STACK_URN, "type": "pulumi:pulumi:Stack"}
    new = {"outputs": {"sourcePlaces": places}}
    return json.dumps({"sequence": 9, "resOutputsEvent": {"metadata": {**metadata, "new": new}}})


@pytest.fixture
def convert(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def run(*lines: str, options: tuple[str, ...] = ()) -> dict[str, Any]:
        events, log = tmp_path / "events.json", tmp_path / "policy.sarif"
        events.write_text("\n".join((*lines, '{"sequence": 10, "cancelEvent": {}}')), encoding="utf-8")
        assert main([str(events), "-o", str(log), *options]) == 0
        read: dict[str, Any] = json.loads(log.read_text(encoding="utf-8"))
        assert mistakes(read) == []
        return read

    return run


def results(log: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def place(result: dict[str, Any]) -> tuple[str, int]:
    physical = result["locations"][0]["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


@pytest.mark.parametrize(
    ("message", "level", "expected"),
    [
        ("bgpSettings.asn is 65517. Set it.", "mandatory", "error"),
        ("bgpSettings.asn is 65516. Set it.", "advisory", "warning"),
        ("not proven: bgpSettings.asn of hub is not known yet.", "advisory", "note"),
        ("exempted until 2027-01-31 (moves): bgpSettings.asn is 65517.", "advisory", "note"),
    ],
    ids=["mandatory", "advisory", "not-proven", "exempted"],
)
def test_levels(convert: Any, message: str, level: str, expected: str) -> None:
    (result,) = results(convert(finding(message, level)))
    assert result["level"] == expected
    assert ("suppressions" in result) == message.startswith("exempted")
    assert message in result["message"]["text"]


def test_a_rule_is_described_with_its_page(convert: Any) -> None:
    log = convert(finding("wrong"))
    described = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == [rule.name for rule in RULES]
    (result,) = results(log)
    assert described[result["ruleIndex"]]["id"] == result["ruleId"] == RULE
    assert described[result["ruleIndex"]]["helpUri"].startswith("https://learn.microsoft.com/")


def test_a_finding_of_another_pack_is_kept(convert: Any) -> None:
    (result,) = results(log := convert(finding("wrong", rule="no-public-ip")))
    assert log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "no-public-ip"


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({"hub-vpn-gateway": {"file": "Pulumi.s.yaml", "line": 23}}, ("Pulumi.s.yaml", 23)),
        (
            {
                "hybrid:network:Hub$azure-native:network:VirtualNetworkGateway::hub-vpn-gateway": {
                    "file": "networks/a.yaml",
                    "line": 4.0,
                },
                "hub-vpn-gateway": {"file": "Pulumi.s.yaml", "line": 23},
            },
            ("networks/a.yaml", 4),
        ),
        ({URN: {"file": "Pulumi.s.yaml"}}, ("Pulumi.s.yaml", 1)),
        ({"hub": {"file": "Pulumi.s.yaml", "line": 2}}, ("Pulumi.yaml", 1)),
        ({"hub-vpn-gateway": "Pulumi.s.yaml:23"}, ("Pulumi.yaml", 1)),
        ("nothing", ("Pulumi.yaml", 1)),
    ],
    ids=["name", "end-of-the-urn", "no-line", "another-name", "no-place", "no-places"],
)
def test_the_line_comes_from_the_stacks_output(convert: Any, places: Any, expected: Any) -> None:
    (result,) = results(convert(finding("wrong"), outputs(places)))
    assert place(result) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.yaml hub@9 hub-vpn-gateway@3", ("a.yaml", 3)),
        ("a.yaml hub@9; its%20own/b.yaml hub-vpn-gateway@31 spoke@40", ("its%20own/b.yaml", 31)),
        ("a.yaml hub@9", ("Pulumi.yaml", 1)),
        ("a.yaml hub-vpn-gateway@ hub-vpn-gateway@x; ;", ("Pulumi.yaml", 1)),
    ],
    ids=["one-file", "two-files", "another-name", "no-lines"],
)
def test_the_places_may_be_one_text(convert: Any, tmp_path: Path, text: str, expected: Any) -> None:
    (result,) = results(convert(finding("wrong"), outputs(text)))
    assert place(result) == expected
    given = tmp_path / "outputs.json"
    given.write_text(json.dumps({"sourcePlaces": text}), encoding="utf-8")
    (result,) = results(convert(finding("wrong"), options=("--places", str(given))))
    assert place(result) == expected


def test_a_file_with_places_counts_before_the_events(convert: Any, tmp_path: Path) -> None:
    given = tmp_path / "outputs.json"
    given.write_text(json.dumps({"sourcePlaces": {"hub-vpn-gateway": {"file": "a.yaml", "line": 3}}}))
    events = (finding("wrong"), outputs({"hub-vpn-gateway": {"file": "b.yaml", "line": 9}}))
    (result,) = results(convert(*events, options=("--places", str(given))))
    assert place(result) == ("a.yaml", 3)


def test_a_resource_without_a_place_is_shown_where_asked(convert: Any) -> None:
    (result,) = results(convert(finding("wrong"), options=("--fallback", "main.ts")))
    assert place(result) == ("main.ts", 1)


def test_a_fingerprint_outlives_the_values_of_a_message(convert: Any) -> None:
    first, again, other = results(
        convert(finding("asn is 1"), finding("asn is 2"), finding("asn is 1", urn=URN + "-2"))
    )
    assert first["partialFingerprints"] == again["partialFingerprints"] != other["partialFingerprints"]


def test_a_finding_that_is_said_twice_is_shown_once(convert: Any) -> None:
    assert len(results(convert(finding("wrong"), "warning: something", finding("wrong")))) == 1


SCHEMA = Path(__file__).with_name("sarif-schema-2.1.0.json")
"""From the OASIS SARIF committee's repository, unchanged."""


def test_a_log_is_valid_by_the_published_schema(convert: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: run `make setup`")
    schema = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    log = convert(
        finding("wrong"),
        finding("exempted until 2027-01-31 (moves): bgpSettings.asn is 65517.", "advisory"),
        finding("not proven: peerASN of hub is not known yet.", "advisory", "of-another-pack"),
        outputs({"hub-vpn-gateway": {"file": "Pulumi.s.yaml", "line": 23}}),
    )
    assert [mistake.message for mistake in schema.iter_errors(log)] == []
    results(log)[0]["levels"] = "error"
    assert len(list(schema.iter_errors(log))) == 1, "the schema must notice what it does not name"


def test_no_finding_is_a_valid_log_too(convert: Any) -> None:
    assert results(convert()) == []


def test_a_summary_for_people(convert: Any, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    convert(finding("a | b", "advisory"), finding("wrong"), options=("--summary", str(summary)))
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "**Policies:** 1 mandatory, 1 advisory."
    assert lines[4].startswith(f"| mandatory | `{RULE}` | `hub-vpn-gateway` | Pulumi.yaml:1 | wrong |")
    assert "a \\| b" in lines[5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no events"),
        ("Previewing update (s):\n", "holds no events"),
        ('{\n  "config": {},\n', "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"),
    ],
    ids=["empty", "text", "plain-preview"],
)
def test_what_holds_no_events_is_refused(tmp_path: Path, capsys: Any, text: str, words: str) -> None:
    events = tmp_path / "events.json"
    events.write_text(text, encoding="utf-8")
    assert main([str(events)]) == 2
    assert words in capsys.readouterr().err


def test_files_that_are_not_there_or_no_json_are_refused(tmp_path: Path, capsys: Any) -> None:
    assert main([str(tmp_path / "missing.json")]) == 2
    events, places = tmp_path / "events.json", tmp_path / "places.json"
    events.write_text(finding("wrong"), encoding="utf-8")
    places.write_text("[1,", encoding="utf-8")
    assert main([str(events), "--places", str(places)]) == 2
    places.write_text("[]", encoding="utf-8")
    assert main([str(events), "--places", str(places)]) == 2
    said = capsys.readouterr().err
    assert "missing.json" in said
    assert "no JSON" in said
    assert "no object with places" in said


def test_the_command_runs_from_anywhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PACK / "sarif.py"), "-"],
        input=finding("wrong"),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert mistakes(json.loads(done.stdout)) == []
