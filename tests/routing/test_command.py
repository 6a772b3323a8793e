"""`python -m routing`, as a shell and a script see it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from routing.__main__ import main

ROOT = Path(__file__).parents[2]


class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class JsonSegment(Exact):
    kind: Literal["peering", "expressroute", "vpn"]
    over: str


class JsonDirection(Exact):
    via: str = Field(pattern=r"^(none|peering|(expressroute|vpn)(\+(expressroute|vpn))?)$")
    circuits: list[str]
    segments: list[JsonSegment]
    hops: list[list[str]]


class JsonPath(JsonDirection):
    source: str
    destination: str
    reachable: bool
    back: JsonDirection = Field(alias="return")
    symmetric: bool
    determined: bool
    reason: str = Field(pattern=r"^[^.].*[^.]\.$")


class JsonScenario(Exact):
    failure: str | None
    paths: list[JsonPath]


class JsonCause(Exact):
    path: str
    place: str | None


class JsonFinding(Exact):
    kind: str
    severity: Literal["error", "warning", "information"]
    message: str
    causes: list[JsonCause] = Field(min_length=1)
    mend: str = Field(pattern=r"\.$")
    pairs: list[tuple[str, str]]
    failures: list[str]


class JsonPrediction(Exact):
    stack: str
    scenarios: list[JsonScenario]
    findings: list[JsonFinding] = Field(default=[], strict=False)


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command in this process: loading it takes longer than most of what it does."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(list(arguments))
        except SystemExit as end:  # of the parser's, for a mistake in the arguments
            code = int(end.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def run_from_a_shell(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-m", "routing", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def predicted(*arguments: str, cwd: Path = ROOT) -> JsonPrediction:
    done = run("--stack", "test", "--json", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return JsonPrediction.model_validate_json(done.stdout)


@pytest.fixture(scope="module")
def prediction() -> JsonPrediction:
    return predicted()


def test_routing_that_never_settles_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.propagation._ROUNDS", 1)  # the test stack settles, but not as soon as that
    done = run("--stack", "test")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("which way to 10.")
    assert done.stderr.count("\n") == 1


def test_json_has_the_agreed_shape(prediction: JsonPrediction) -> None:
    assert prediction.stack == "test"
    assert [scenario.failure for scenario in prediction.scenarios][:2] == [None, "circuit:expressroute1"]


def test_hops_are_elements_and_agree_with_the_segments(prediction: JsonPrediction) -> None:
    elements = {scenario.failure for scenario in prediction.scenarios}
    for scenario in prediction.scenarios:
        for path in scenario.paths:
            assert bool(path.hops) == path.reachable == (path.via != "none")
            for way in path.hops:
                assert set(way) <= elements
                assert scenario.failure not in way
            for circuit in path.circuits:
                assert any(f"circuit:{circuit}" in way for way in path.hops)


def test_the_way_back_is_the_other_pairs_way(prediction: JsonPrediction) -> None:
    for scenario in prediction.scenarios:
        paths = {(path.source, path.destination): path for path in scenario.paths}
        for path in paths.values():
            other = paths[path.destination, path.source]
            assert (path.back.segments, path.back.hops) == (other.segments, other.hops)


def test_one_failure_comes_after_the_steady_state_and_lists_all_pairs() -> None:
    scenarios = predicted("--failure", "router:location1-ce1").scenarios
    assert [(scenario.failure, len(scenario.paths)) for scenario in scenarios] == [
        (None, 30),
        ("router:location1-ce1", 30),
    ]


def test_the_stack_file_is_found_from_inside_the_project() -> None:
    assert len(predicted(cwd=ROOT / "routing").scenarios[0].paths) == 30


def test_the_stack_file_may_be_named_by_its_path(tmp_path: Path) -> None:
    described = tmp_path / "another.yaml"
    described.write_text((ROOT / "Pulumi.test.yaml").read_text(), encoding="utf-8")
    by_path = run("--stack", str(described), "--json", cwd=tmp_path)
    assert (
        json.loads(by_path.stdout)["scenarios"]
        == json.loads(run("--stack", "test", "--json").stdout)["scenarios"]
    )


def test_tables_show_every_pair_and_what_each_failure_changes() -> None:
    done = run_from_a_shell("--stack", "test")
    assert (done.returncode, done.stderr) == (0, "")
    steady, *failures = done.stdout.split("Failure of ")
    assert "location1" in steady
    assert "hub-spoke, expressroute1" in steady
    assert any(text.startswith("link:expressroute1/secondary: every path stays") for text in failures)
    assert any("hub-location1" in text for text in failures if text.startswith("link:expressroute1/primary"))


def test_the_table_of_one_failure_marks_what_changes() -> None:
    failed = run("--stack", "test", "--failure", "tunnel:hub-location1").stdout.split("Failure of ")[1]
    rows = [line for line in failed.splitlines() if line.startswith("│")]
    marked = [row.split()[2:5:2] for row in rows if row.startswith("│ * ")]
    assert marked == [["branch", "location1"], ["location1", "branch"]]


def test_a_pipe_gets_no_colour_even_if_the_environment_asks_for_it() -> None:
    done = run_from_a_shell("--stack", "test", FORCE_COLOR="1", CLICOLOR_FORCE="1", TTY_COMPATIBLE="1")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("output", [(), ("--json",)], ids=["table", "json"])
def test_an_unknown_element_gets_one_message_with_the_near_one(output: tuple[str, ...]) -> None:
    done = run("--stack", "test", "--failure", "link:expressroute1/primry", *output)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Did you mean link:expressroute1/primary?" in done.stderr
    assert "tunnel:hub-branch" in done.stderr


def test_a_missing_stack_file_is_named() -> None:
    done = run_from_a_shell("--stack", "absent")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Pulumi.absent.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_stack_file_is_refused_with_every_mistake(tmp_path: Path) -> None:
    text = (ROOT / "Pulumi.test.yaml").read_text(encoding="utf-8")
    text = text.replace("virtualNetwork: remote}", "virtualNetwork: remoet}")
    text = text.replace("peerAsn: 65021", "peerAsn: 65516")
    (tmp_path / "Pulumi.bad.yaml").write_text(text, encoding="utf-8")
    done = run_from_a_shell("--stack", "bad", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "remoet" in done.stderr
    assert "65516" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_stack_is_a_usage_error() -> None:
    done = run_from_a_shell()
    assert done.returncode == 2
    assert "--stack" in done.stderr


@pytest.mark.parametrize("output", ["", "--json"], ids=["table", "json"])
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_reader_that_has_seen_enough_gets_no_complaint(reader: str, output: str) -> None:
    command = (
        f"{sys.executable} -m routing --stack test {output} | {reader} >/dev/null; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_never_read_a_short_table_gets_no_complaint_either(tmp_path: Path) -> None:
    """What fits into one buffer is written at the very end."""
    network = "{location: eastus, virtualNetworks: {one: {addressSpace: [10.0.0.0/24]}}}"
    (tmp_path / "Pulumi.tiny.yaml").write_text(f"config: {{hybrid:network: {network}}}\n", encoding="utf-8")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "routing", "--stack", "tiny", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_findings_come_after_the_tables_with_their_place_in_the_file() -> None:
    out = run("--stack", "test").stdout
    assert out.index("Steady state") < out.index("Failure of router:location2-ce2") < out.index("Findings (")
    lines = (ROOT / "Pulumi.test.yaml").read_text(encoding="utf-8").splitlines()
    findings = predicted().findings
    (disabled,) = [finding for finding in findings if finding.kind == "disabled-link"]
    assert disabled.causes[0].path == "circuits.expressroute1.privatePeering.secondary.enabled"
    assert disabled.causes[0].place is not None
    file, line, _ = disabled.causes[0].place.split(":")
    assert (file, lines[int(line) - 1].split()[0]) == ("Pulumi.test.yaml", "enabled:")


def test_explain_tells_each_hop_and_the_result() -> None:
    done = run("--stack", "test", "--explain", "location1", "hub", "--failure", "link:expressroute1/primary")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2. location1-ce1: 10.10.30.0/24" in done.stdout
    assert "Result: delivered over vpn" in done.stdout
    as_json = run("--stack", "test", "--explain", "location1", "hub", "--json")
    assert [step["node"] for step in json.loads(as_json.stdout)["steps"]][1] == "location1-ce1"


def test_an_unknown_site_gets_one_message_with_the_near_one() -> None:
    done = run("--stack", "test", "--explain", "location1", "hubb")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Did you mean hub?" in done.stderr


def test_prediction_needs_neither_pulumi_nor_an_ssh_client() -> None:
    code = (
        "import sys, routing, routing.table, routing.__main__; "
        "print(sorted({'pulumi', 'netmiko', 'jinja2', 'paramiko', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout.replace("'", '"')) == []


def test_diff_shows_what_changes_and_ends_well(tmp_path: Path) -> None:
    text = (ROOT / "Pulumi.test.yaml").read_text(encoding="utf-8")
    before = tmp_path / "before.yaml"
    before.write_text(text.replace("hub-spoke: {", "hub-spoke: {gatewayTransit: false, "), encoding="utf-8")
    done = run("--stack", "test", "--diff", str(before))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Steady state: what changes" in done.stdout
    assert "restored" in done.stdout
    as_json = json.loads(run("--stack", "test", "--diff", str(before), "--json").stdout)
    assert {change["effect"] for change in as_json["scenarios"][0]["changes"]} == {"restored"}


def test_diff_reports_the_mistakes_of_both_files(tmp_path: Path) -> None:
    text = (ROOT / "Pulumi.test.yaml").read_text(encoding="utf-8")
    (tmp_path / "before.yaml").write_text(text.replace("vlanId: 300", "vlanId: 5000"), encoding="utf-8")
    (tmp_path / "Pulumi.bad.yaml").write_text(text.replace("host: 10.10.30.4", "host: x"), encoding="utf-8")
    done = run("--stack", "bad", "--diff", "before.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "before.yaml" in done.stderr
    assert "vlanId" in done.stderr
    assert "Pulumi.bad.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_failures_given_twice_are_one_failure_of_both() -> None:
    scenarios = predicted("--failure", "circuit:expressroute1", "--failure", "tunnel:hub-location1").scenarios
    assert [scenario.failure for scenario in scenarios] == [
        None,
        "circuit:expressroute1 + tunnel:hub-location1",
    ]
    ended = {(path.source, path.destination): path for path in scenarios[1].paths}["hub", "location1"]
    assert not ended.reachable


def test_pairs_of_failures_list_what_neither_failure_alone_does() -> None:
    scenarios = predicted("--pairs-of-failures").scenarios
    by_failure = {scenario.failure: scenario.paths for scenario in scenarios}
    both = by_failure["link:expressroute2/primary + link:expressroute2/secondary"]
    assert {(path.source, path.destination) for path in both} == {
        pair for site in ("hub", "spoke") for pair in ((site, "location2"), ("location2", site))
    }
    assert "circuit:expressroute1 + link:expressroute1/primary" not in by_failure
    assert scenarios[0].failure is None


def test_pairs_of_failures_go_with_the_table_only() -> None:
    done = run("--stack", "test", "--pairs-of-failures", "--explain", "hub", "spoke")
    assert done.returncode == 2
    assert "--pairs-of-failures" in done.stderr


def test_routes_shows_tables_to_lay_beside_the_real_ones() -> None:
    done = run("--stack", "test", "--routes", "router:location1-ce1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "compare with: show ip bgp vpnv4 vrf 30" in done.stdout
    assert "compare with: show ip route vrf 30" in done.stdout
    as_json = json.loads(run("--stack", "test", "--routes", "hub", "--json").stdout)
    assert as_json["tables"][0]["columns"][0] == "Source"
    unknown = run("--stack", "test", "--routes", "hubb")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
