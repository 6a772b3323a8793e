"""The workflow for pull requests, as actionlint reads it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.engine.building import cache_directory

pytestmark = pytest.mark.engine  # it may have to be built, once, as the engine

VERSION = "v1.7.7"
WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"


@pytest.fixture(scope="module")
def actionlint() -> str:
    """Return actionlint: the one on PATH, else one that Go builds once for this machine."""
    installed = shutil.which("actionlint")
    if installed:
        return installed
    built = cache_directory() / "actionlint" / VERSION / "actionlint"
    if not built.exists():
        go = shutil.which("go")
        if go is None:
            pytest.skip("neither actionlint nor Go is here to build it")
        built.parent.mkdir(parents=True, exist_ok=True)
        command = [go, "install", f"github.com/rhysd/actionlint/cmd/actionlint@{VERSION}"]
        environment = {**os.environ, "GOBIN": str(built.parent), "GOFLAGS": "-mod=mod"}
        done = subprocess.run(
            command,
            env=environment,
            cwd=built.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
        if done.returncode != 0:
            pytest.skip(f"Go could not build actionlint: {done.stderr[-300:]}")
    return str(built)


def test_the_workflows_are_sound(actionlint: str) -> None:
    files = sorted(map(str, WORKFLOWS.glob("*.yml")))
    assert files
    done = subprocess.run([actionlint, "-no-color", *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_a_broken_workflow_is_noticed(actionlint: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    text = (WORKFLOWS / "pull-request.yml").read_text(encoding="utf-8")
    broken.write_text(
        text.replace("steps.preview.outputs.status", "steps.previous.outputs.status"), encoding="utf-8"
    )
    done = subprocess.run([actionlint, "-no-color", str(broken)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "previous" in done.stdout
