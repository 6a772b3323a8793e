"""A state that came from an old version of azure-native: when its aliases are needed, and when no longer."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.deployment.conftest import ROOT, Deployment

pytestmark = pytest.mark.engine


def aliases_are_needed(deployment: Deployment) -> tuple[bool, str]:
    """Run the check command on the exported state; return its answer and its words."""
    state = deployment.project / "state.json"
    assert deployment.pulumi("stack", "export", "--file", str(state)).code == 0
    command = [sys.executable, "-m", "components.aliases", str(state)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode in {0, 1}, answer.stderr
    return answer.returncode == 1, answer.stdout


def test_an_old_state_needs_the_aliases_for_one_up(deployed: Deployment) -> None:
    needed, words = aliases_are_needed(deployed)
    assert (needed, "dropping the aliases is safe" in words) == (False, True)

    old = deployed.project / "state.json"
    text = old.read_text(encoding="utf-8").replace("azure-native:network:", "azure-native:network/v20230201:")
    old.write_text(text, encoding="utf-8")
    resources = json.loads(text)["deployment"]["resources"]
    assert len([r for r in resources if "/v20230201:" in r["type"]]) == 30
    assert deployed.pulumi("stack", "import", "--file", str(old)).code == 0

    needed, words = aliases_are_needed(deployed)
    assert needed
    assert "pulumi config set hybrid:keepOldAliases true" in words
    without = deployed.pulumi("preview")
    assert without.changes.get("create", 0) >= 30, "without the aliases, all would be made anew"

    deployed.pulumi("config", "set", "hybrid:keepOldAliases", "true")
    kept = deployed.pulumi("preview", "--expect-no-changes")
    assert kept.code == 0, kept.output
    deployed.up()
    deployed.pulumi("config", "rm", "hybrid:keepOldAliases")
    assert not aliases_are_needed(deployed)[0]
    after = deployed.pulumi("preview", "--expect-no-changes")
    assert after.code == 0, after.output
