"""Programs, policy packs and their errors on the engine as the lab runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import background
from lab.directory import LabDirectory

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[3]


class Project:
    """A small program, its stack, and the engine to run it on; no lab is started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        self.directory = LabDirectory(folder / "lab")
        background.place_engine(self.directory)
        (self.directory.path / "state").mkdir()
        (self.folder / ".venv").symlink_to(ROOT / ".venv")
        self.write("Pulumi.yaml", "name: small\nruntime: {name: python, options: {virtualenv: .venv}}\n")
        self.write("__main__.py", "import pulumi\n")
        assert self.pulumi("stack", "init", "test").returncode == 0

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        variables = {
            "PULUMI_HOME": str(self.directory.path / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.directory.path / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.directory.environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, output)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_program_gets_its_configuration_and_its_own_interpreter(project: Project) -> None:
    project.write(
        "__main__.py",
        "import sys, pulumi\n"
        "pulumi.export('interpreter', sys.prefix)\n"
        "pulumi.export('word', pulumi.Config().require('word'))\n"
        "pulumi.export('hidden', pulumi.Config().require_secret('hidden'))\n"
        "pulumi.export('path', sys.path[0])\n",
    )
    project.pulumi("config", "set", "word", "spoken")
    project.pulumi("config", "set", "--secret", "hidden", "whispered")
    result = project.pulumi("up", "--yes", "--skip-preview")
    assert result.returncode == 0, result.stdout
    assert "spoken" in result.stdout
    assert "whispered" not in result.stdout
    assert str(project.folder / ".venv") in result.stdout
    assert "warning" not in result.stdout


def test_what_a_program_refuses_is_one_message(project: Project) -> None:
    project.write("__main__.py", "import pulumi\nraise pulumi.RunError('the reason, and the mend')\n")
    result = project.pulumi("preview")
    assert result.returncode != 0
    assert (
        result.stdout.count("error: the reason, and the mend") <= 2
    )  # once as it comes, once in the summary
    assert "Traceback" not in result.stdout


def test_a_crash_is_shown_with_its_place(project: Project) -> None:
    project.write(
        "__main__.py", "import pulumi\n\n\ndef build():\n    raise ValueError('broken')\n\n\nbuild()\n"
    )
    result = project.pulumi("preview")
    assert result.returncode != 0
    assert "ValueError: broken" in result.stdout
    assert '__main__.py", line 5, in build' in result.stdout


def test_a_program_that_ends_by_itself_is_named(project: Project) -> None:
    project.write("__main__.py", "import os\nos._exit(7)\n")
    result = project.pulumi("preview")
    assert result.returncode != 0
    assert "exit code 7" in result.stdout


def test_a_policy_pack_judges_a_preview(project: Project) -> None:
    pack = project.folder / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (pack / "__main__.py").write_text(
        "from pulumi_policy import *\n"
        "def judge(stack, report):\n    report('found wanting', None)\n"
        "PolicyPack('pack', [StackValidationPolicy('rule', 'holds', judge, EnforcementLevel.MANDATORY)])\n"
    )
    result = project.pulumi("preview", "--policy-pack", "pack")
    assert result.returncode != 0
    assert "found wanting" in result.stdout


def test_an_interrupt_ends_program_and_host_quietly(project: Project, tmp_path: Path) -> None:
    marker = _say_who_runs(project, tmp_path)
    process = project.start("preview")
    program = _when_it_runs(marker)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)  # the second one means at once
    output, _ = process.communicate(timeout=60)
    assert "Traceback" not in output
    _await_end(program)


def test_host_and_program_end_with_an_engine_that_was_killed(project: Project, tmp_path: Path) -> None:
    marker = _say_who_runs(project, tmp_path)
    process = project.start("preview")
    program = _when_it_runs(marker)
    host = int(_status(program)[1])
    process.kill()
    _await_end(program)
    _await_end(host)
    process.communicate(timeout=60)


def _say_who_runs(project: Project, folder: Path) -> Path:
    """Let the program write its number into a file, and go on for long."""
    marker = folder / "pid"
    project.write(
        "__main__.py",
        "import os, pathlib, time\n"
        f"pathlib.Path({str(marker)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(300)\n",
    )
    return marker


def _when_it_runs(marker: Path) -> int:
    deadline = time.monotonic() + 60
    while not marker.exists() or not marker.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int(marker.read_text())


def _await_end(process: int) -> None:
    deadline = time.monotonic() + 30
    while _status(process)[0] != "Z":
        assert time.monotonic() < deadline, f"process {process} goes on without its engine"
        time.sleep(0.05)


def _status(process: int) -> list[str]:
    """Return the state and the parent of a process; one that is gone is as good as a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return ["Z", "0"]


def test_the_host_is_the_one_of_this_checkout(project: Project) -> None:
    host = project.directory.commands / "pulumi-language-python"
    if not host.exists():
        pytest.skip("the engine was installed, with a host of its own")
    assert sys.executable in host.read_text()
    assert os.access(host, os.X_OK)
