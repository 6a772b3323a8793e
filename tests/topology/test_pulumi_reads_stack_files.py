"""The real engine reads the stack files, rewrites them, and hands over the network that is in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lab.engine import find_engine
from topology import load_config, load_stack

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.engine

Pulumi = Callable[..., str]


@pytest.fixture(params=["test", "minimal", "dev", "prod"])
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def project(tmp_path: Path, stack: str) -> Path:
    """A project that only has configuration, in a folder of its own."""
    (tmp_path / "Pulumi.yaml").write_text("name: hybrid\nruntime: python\n", encoding="utf-8")
    shutil.copy(ROOT / f"Pulumi.{stack}.yaml", tmp_path)
    shutil.copytree(ROOT / "networks", tmp_path / "networks")
    return tmp_path


@pytest.fixture
def pulumi(project: Path, stack: str) -> Pulumi:
    """Run a command of the engine in the project, on a new stack."""
    (project / "state").mkdir()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PULUMI_HOME": str(project / "home"),
        "PULUMI_BACKEND_URL": f"file://{project}/state",
        "PULUMI_CONFIG_PASSPHRASE": "lab",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    binary = find_engine().binary

    def run(*arguments: str, text: str = "") -> str:
        command = [str(binary), *arguments, "--stack", stack, "--non-interactive"]
        result = subprocess.run(
            command, cwd=project, env=environment, input=text, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        return result.stdout

    subprocess.run(
        [str(binary), "stack", "init", stack, "--non-interactive"],
        cwd=project, env=environment, capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    return run


def test_it_hands_over_what_the_file_says(pulumi: Pulumi, project: Path, stack: str) -> None:
    handed_over: dict[str, Any] = json.loads(
        json.loads(pulumi("config", "--json"))["hybrid:network"]["value"]
    )
    network = load_config(handed_over, project / f"Pulumi.{stack}.yaml")
    assert network == load_stack(ROOT / f"Pulumi.{stack}.yaml")
    assert list(network.routers) == list(load_stack(ROOT / f"Pulumi.{stack}.yaml").routers)


def test_a_file_that_it_has_rewritten_says_the_same_and_keeps_to_the_schema(
    pulumi: Pulumi, project: Path, stack: str, schema_errors: Callable[[Any], list[str]]
) -> None:
    path = project / f"Pulumi.{stack}.yaml"
    pulumi("config", "set", "azure-native:location", "northeurope")
    pulumi("config", "set", "--secret", "--path", 'hybrid:sharedKeys["a-b"]', text="abcdefghijklmnopq")
    data = YAML(typ="safe").load(path)
    assert set(data["config"]["hybrid:sharedKeys"]["a-b"]) == {"secure"}
    assert data["encryptionsalt"]
    assert schema_errors(data) == []
    assert load_stack(path) == load_stack(ROOT / path.name)
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=")
