"""The lab as its command line runs it: started, stopped, restarted, reset."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.conftest import ROOT

pytestmark = pytest.mark.engine


class CommandLine:
    """`python -m lab` on a folder with a stack file of its own."""

    def __init__(self, folder: Path) -> None:
        self.project, self.directory = folder, folder / ".lab"
        shutil.copy(ROOT / "Pulumi.minimal.yaml", folder)

    def __call__(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        lab = [
            sys.executable,
            "-m",
            "lab",
            "--directory",
            str(self.directory),
            "--project",
            str(self.project),
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
        return subprocess.run(
            [*lab, *arguments],
            cwd=self.project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def status(self) -> dict[str, object]:
        content: dict[str, object] = json.loads((self.directory / "lab.json").read_text())
        return content


def has_ended(pid: object) -> bool:
    """Wait until a process is gone, or is only waiting for its parent to take note."""
    stat = Path(f"/proc/{pid}/stat")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[CommandLine]:
    command = CommandLine(tmp_path)
    yield command
    command("reset")


def test_a_lab_is_started_once_and_stopped(lab: CommandLine) -> None:
    assert lab("status").returncode == 1
    assert lab("start").returncode == 0
    first = lab.status
    assert lab("start").returncode == 0
    assert lab.status == first
    assert "office-ce" in lab("status").stdout
    assert "running already" in lab("serve").stderr
    assert "keeps its state" in lab("stop").stdout
    assert has_ended(first["pid"])
    assert lab("stop").stdout == "it was not running\n"


def test_a_restart_keeps_ports_keys_and_state(lab: CommandLine) -> None:
    lab("start")
    first, hosts = lab.status, (lab.directory / "known_hosts").read_text()
    lab("stop")
    lab("start")
    again = lab.status
    assert {key: again[key] for key in ("azure", "routers", "variables")} == {
        key: first[key] for key in ("azure", "routers", "variables")
    }
    assert (lab.directory / "known_hosts").read_text() == hosts


def test_a_lab_that_crashed_can_be_started_again(lab: CommandLine) -> None:
    lab("start")
    os.kill(int(str(lab.status["pid"])), 9)
    time.sleep(0.2)
    assert lab("status").returncode == 1
    assert lab("start").returncode == 0


def test_routers_come_with_the_stack_files_that_describe_them(lab: CommandLine) -> None:
    lab("start")
    described = (ROOT / "Pulumi.minimal.yaml").read_text().replace("office-ce", "attic-ce")
    (lab.project / "Pulumi.attic.yaml").write_text(described)
    deadline = time.monotonic() + 30
    while "attic-ce" not in (lab.directory / "ssh_config").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "office-ce" in (lab.directory / "ssh_config").read_text()


def test_a_lab_without_stack_files_starts_too(lab: CommandLine) -> None:
    (lab.project / "Pulumi.minimal.yaml").unlink()
    assert lab("start").returncode == 0
    assert lab.status["routers"] == {}


def test_a_shell_has_the_labs_environment(lab: CommandLine, tmp_path: Path) -> None:
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\necho "$PULUMI_BACKEND_URL $ARM_METADATA_HOSTNAME"\npulumi version\n')
    shell.chmod(0o755)
    answer = lab("shell", SHELL=str(shell))
    assert f"file://{lab.directory}/state 127.0.0.1:" in answer.stdout
    assert "v3." in answer.stdout
    sourced = subprocess.run(
        ["sh", "-c", f". {lab.directory}/env; echo $IOSXE_USERNAME; command -v pulumi"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sourced.stdout.splitlines() == ["lab", str(lab.directory / "bin/pulumi")]


def test_nothing_is_installed_that_could_stand_in_for_a_real_plugin(lab: CommandLine) -> None:
    lab("start")
    variables = lab.status["variables"]
    assert isinstance(variables, dict)
    assert sorted(file.name for file in (lab.directory / "bin").iterdir()) in (
        ["pulumi"],
        ["pulumi", "pulumi-language-python"],
    )
    assert not list(lab.directory.rglob("*resource-*"))
    home = Path(str(variables["PULUMI_HOME"]))
    assert home.is_relative_to(lab.directory)
    assert not (home / "plugins").exists()
    attached = [entry.split(":")[0] for entry in variables["PULUMI_DEBUG_PROVIDERS"].split(",")]
    assert attached == ["azure-native", "random"]


def test_a_reset_leaves_nothing(lab: CommandLine) -> None:
    lab("start")
    pid = lab.status["pid"]
    assert lab("reset").returncode == 0
    assert not lab.directory.exists()
    assert has_ended(pid)


def test_what_keeps_a_lab_from_starting_is_said(lab: CommandLine) -> None:
    lab.directory.mkdir()
    (lab.directory / "azure").write_text("in the way")
    answer = lab("start")
    assert answer.returncode == 2
    assert "the lab did not start" in answer.stderr
    assert "azure" in answer.stderr


def test_an_unknown_stack_is_refused_with_those_that_there_are(lab: CommandLine) -> None:
    for command in ("demo", "start", "shell"):
        answer = lab(command, "--stack", "nope")
        assert (answer.returncode, answer.stderr) == (
            2,
            "there is no stack nope: Pulumi.nope.yaml is missing (the stacks here: minimal)\n",
        )
    assert not lab.directory.exists()
    assert [file.name for file in lab.project.glob("Pulumi.*")] == ["Pulumi.minimal.yaml"]


def test_a_demo_says_the_mistakes_of_a_stack_file_before_it_starts_anything(lab: CommandLine) -> None:
    file = lab.project / "Pulumi.minimal.yaml"
    wrong = file.read_text().replace("interface: GigabitEthernet", "interface: Gi").replace("asn: ", "asm: ")
    file.write_text(wrong)
    answer = lab("demo", "--stack", "minimal")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.count("as the router prints it") >= 1
    assert "unknown key, did you mean asn?" in answer.stderr
    assert not lab.directory.exists()


def test_a_lab_that_runs_for_another_stack_is_not_taken(lab: CommandLine) -> None:
    other = (ROOT / "Pulumi.minimal.yaml").read_text().replace("office-ce", "attic-ce")
    (lab.project / "Pulumi.attic.yaml").write_text(other)
    if "lives their network" not in lab("start", "--stack", "minimal").stdout:
        assert lab("start", "--stack", "attic").returncode == 0, (
            "no network can live here: any stack's will do"
        )
        return
    for command in ("demo", "start", "shell"):
        answer = lab(command, "--stack", "attic")
        assert answer.returncode == 2
        assert "the lab runs for stack minimal, not for attic" in answer.stderr
        assert "`make lab-stop`" in answer.stderr
    assert lab.status["stack"] == "minimal"
    assert lab("start", "--stack", "minimal").returncode == 0
