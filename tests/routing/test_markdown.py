"""The report for a pull request: what it says, in which order, and how long it may get."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routing import (
    Difference,
    Forecast,
    Report,
    Severity,
    collect_findings,
    compare_forecasts,
    compile_report,
    element_names,
)
from routing.diagram import draw_up
from routing.markdown import MOST_CHARACTERS, code, plain_text, render_markdown
from routing.report import Appendix
from topology import Document, Network, Place, load_network

ROOT = Path(__file__).parents[2]
Stack = Callable[..., Network]


def place(path: tuple[str, ...]) -> Place:
    return Place(file=Path("Pulumi.test.yaml"), line=len(path), column=7)


def report_of(network: Network, before: Network | None = None, *failed: str) -> Report:
    forecast = Forecast(network)
    difference = None
    if before:
        earlier = Forecast(before)
        difference = Difference(
            name="before.yaml",
            comparison=compare_forecasts(earlier, forecast, *failed),
            diagram=draw_up(before, earlier.graph),
            place=place,
        )
    return compile_report("test", forecast, place, failed=failed, difference=difference)


def headings(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^#+ (.+)$|<summary>(.+)</summary>", text, re.MULTILINE)


def rows(text: str, heading: str) -> list[list[str]]:
    table = re.split(r"^(?:#+ |<details>)", text.split(heading, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


@pytest.fixture(scope="module")
def text(stack: Stack) -> str:
    return render_markdown(report_of(stack()))


def test_the_verdict_comes_first_and_counts(text: str, stack: Stack) -> None:
    count = Counter(finding.severity for finding in collect_findings(Forecast(stack())))
    findings = f"{count[Severity.WARNING]} warnings, {count[Severity.INFORMATION]} remarks"
    paths = "22 of 30 paths arrive with everything up; 14 of 20 single failures cut some off"
    assert text.splitlines()[:3] == ["## Paths of stack test", "", f"**Has warnings:** {paths}; {findings}."]


def test_every_path_and_failure_has_its_row(text: str, stack: Stack) -> None:
    assert len(rows(text, "Every path with everything up")) == 30
    failures = {row[0]: row[1:] for row in rows(text, "### What fails")}
    assert list(failures) == list(element_names(stack()))
    assert failures["circuit:expressroute1"] == [
        "hub and remote<br>remote and spoke<br>location1 and remote",
        "nothing",
        "hub and location1: vpn over hub-location1<br>location1 and spoke: vpn over hub-location1, hub-spoke",
    ]
    assert failures["link:expressroute1/secondary"] == ["nothing"] * 3


def test_findings_say_where_and_what_to_do(text: str) -> None:
    finding = text.split("**warning: disabled-link.**", 1)[1].partition("\n- ")[0]
    assert "`Pulumi.test.yaml:5:7` `circuits.expressroute1.privatePeering.secondary.enabled`" in finding
    assert "Mend: Enable it." in finding


def test_what_changes_comes_before_everything_else(stack: Stack) -> None:
    worse = stack({"connections": {"expressroute1-remote": None}})
    text = render_markdown(report_of(worse, stack()))
    assert [re.sub(r" \(.*", "", first or second) for first, second in headings(text)][:3] == [
        "Paths of stack test",
        "What changes from before.yaml",
        "Findings that are mended",
    ]
    assert text.splitlines()[2].startswith("**Worse:** with everything up 6 paths changed (6 lost)")
    changes = rows(text, "### What changes")
    assert next(row[:6] for row in changes if row[0] == "everything up") == [
        "everything up",
        "hub",
        "remote",
        "**lost**",
        "expressroute over expressroute1",
        "none",
    ]
    assert "Elements that are gone: connection:expressroute1-remote." in text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({}, "Unchanged", id="nothing"),
        pytest.param({"tags": {"setup": "other"}}, "Unchanged", id="what no path depends on"),
        pytest.param({"tunnels": {"hub-location1": None}}, "Worse", id="a backup less"),
        pytest.param(
            {
                "virtualNetworks": {"spoke2": {"addressSpace": ["10.12.30.0/26"]}},
                "peerings": {"hub-spoke2": {"hub": "hub", "spoke": "spoke2"}},
            },
            "Different",
            id="a spoke more",
        ),
        pytest.param(
            {"virtualNetworks": {"spoke": {"addressSpace": ["10.11.30.0/26", "10.13.30.0/24"]}}},
            "Different",
            id="a prefix more",
        ),
        pytest.param(
            {"routers": {"location1-ce1": {"bgp": {"expressRouteLocalPreference": 100}}}},
            "Worse",
            id="left to chance",
        ),
        pytest.param(
            {"routers": {"location1-ce1": {"ospf": {"defaultInformation": "never"}}}}, "Better", id="mended"
        ),
    ],
)
def test_a_change_is_judged(stack: Stack, changes: Mapping[str, Any], word: str) -> None:
    assert verdict_word(render_markdown(report_of(stack(changes), stack()))) == word


def verdict_word(text: str) -> str:
    return text.splitlines()[2].split(":")[0].strip("*")


def test_one_failure_is_told_alone(stack: Stack) -> None:
    text = render_markdown(report_of(stack(), None, "circuit:expressroute1"))
    assert text.splitlines()[2] == (
        "**After the failure of circuit:expressroute1:** of 30 paths, 10 paths changed (6 lost, 4 moved)."
    )
    assert [row[0] for row in rows(text, "### What fails")] == ["circuit:expressroute1"]


def test_the_topology_names_everything_that_can_fail(text: str, stack: Stack) -> None:
    drawn = text.split("```mermaid\n", 1)[1].partition("```")[0]
    labels = re.findall(r'"([^"]*)"', drawn)
    network = stack()
    for name in (*network.sites, *network.circuits):
        assert any(label.partition("<br>")[0] == name for label in labels)
    for name in (*network.routers, *network.connections, *network.tunnels, *network.peerings):
        assert name in labels
    assert labels.count("primary") == 2
    assert "secondary, off" in labels


def test_the_topology_marks_what_is_new_and_what_is_gone(stack: Stack) -> None:
    text = render_markdown(report_of(stack({"tunnels": {"hub-branch": None}}), stack()))
    assert '"hub-branch (gone)"' in text
    text = render_markdown(report_of(stack(), stack({"tunnels": {"hub-branch": None}})))
    assert '"hub-branch (new)"' in text


def star(spokes: int) -> Network:
    """Return a hub with spokes, whose gateway all of them use, and a location on a circuit."""
    names = [f"spoke-with-a-long-name-{number}" for number in range(spokes)]
    blocks = {name: f"10.{1 + number // 200}.{number % 200}.0/24" for number, name in enumerate(names)}
    link = {"interface": "TenGigabitEthernet0/0/0", "router": "ce"}
    return load_network(
        Document(
            data={
                "location": "eastus",
                "virtualNetworks": {
                    "hub": {
                        "addressSpace": ["10.0.0.0/24"],
                        "subnets": {"GatewaySubnet": {"prefix": "10.0.0.0/26"}},
                        "expressRouteGateway": {},
                    },
                    **{name: {"addressSpace": [block]} for name, block in blocks.items()},
                },
                "peerings": {name: {"hub": "hub", "spoke": name} for name in names},
                "circuits": {
                    "circuit": {
                        "provider": "Equinix",
                        "peeringLocation": "Amsterdam",
                        "bandwidth": 50,
                        "privatePeering": {
                            "peerAsn": 65010,
                            "vlanId": 100,
                            "primary": {**link, "prefix": "192.168.0.0/30", "outerVlan": 1},
                            "secondary": {**link, "prefix": "192.168.0.4/30", "outerVlan": 2},
                        },
                    }
                },
                "connections": {"circuit-hub": {"circuit": "circuit", "virtualNetwork": "hub"}},
                "locations": {"premises": {"asn": 65010, "prefixes": ["10.100.0.0/16"]}},
                "routers": {
                    "ce": {
                        "location": "premises",
                        "vrf": {"name": "1", "routeDistinguisher": "65010:1"},
                        "lan": {"interface": "TenGigabitEthernet1/0/0", "address": "192.168.1.0/31"},
                        "ospf": {"process": 1, "routerId": "10.100.0.1", "area": "0.0.0.0"},
                    }
                },
            }
        )
    )


def test_a_report_stays_within_a_comments_length_and_says_what_is_left_out() -> None:
    text = render_markdown(report_of(star(32), star(12)))
    assert 40_000 < len(text.encode()) <= MOST_CHARACTERS
    assert "more paths are left out here" in text
    # the more important table is cut after the others
    assert len(rows(text, "### What changes")) >= len(rows(text, "Every path"))
    assert len(rows(text, "### What fails")) >= len(rows(text, "Every path"))


def test_appendices_of_any_length_do_not_make_it_longer(stack: Stack) -> None:
    endless = Appendix(title="Long", note="", columns=("a",), rows=(("b" * 100,),) * 1000)
    report = replace(report_of(stack()), appendices=(endless,))
    text = render_markdown(report)
    assert len(text.encode()) <= MOST_CHARACTERS
    assert len(rows(text, "Every path with everything up")) == 30
    assert "900 more rows are left out here." in text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("a|b", r"a\|b", id="a table's border"),
        pytest.param("<img src=x>", r"\<img src=x\>", id="markup"),
        pytest.param("[a](b) `c` *d*", r"\[a\](b) \`c\` \*d\*", id="links, code, emphasis"),
        pytest.param("a\nb", "a b", id="lines"),
        pytest.param("#12 @all", "\\#12 @\u200ball", id="what a code host would link"),
    ],
)
def test_free_text_stays_text(value: str, written: str) -> None:
    assert plain_text(value) == written


def test_code_is_quoted_whatever_is_in_it() -> None:
    assert code("a") == "`a`"
    assert code("a`b``c") == "``` a`b``c ```"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "routing", "--stack", "test", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command_writes_it_and_nothing_else(tmp_path: Path) -> None:
    before = tmp_path / "before.yaml"
    before.write_text((ROOT / "Pulumi.test.yaml").read_text())
    file = tmp_path / "report.md"
    done = run("--report", str(file), "--diff", str(before))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    text = file.read_text()
    assert text.splitlines()[2].startswith("**Unchanged:**")
    assert "`Pulumi.test.yaml:69:13`" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--report", "report.txt"], "let it end in .md or .html", id="another suffix"),
        pytest.param(["--report", "no/such/folder/report.md"], "cannot be written", id="no folder"),
        pytest.param(["--report", "r.md", "--json"], "--report goes with", id="with another form"),
        pytest.param(["--report", "r.md", "--failure", "circuit:x"], "no element", id="unknown element"),
    ],
)
def test_what_it_refuses(arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
