"""What `make packages` installs, says and leaves alone; apt-get is a script that notes its arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab import packages
from lab.bgp.prerequisites import PACKAGES, missing_programs

APT_GET = """#!/bin/sh
echo "$@" >> "{calls}"
{does}
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return `machine(apt_get, root)`: nothing but an apt-get on it; then what was said and called."""

    def make(apt_get: str | None, *, root: bool = True) -> Path:
        calls = tmp_path / "calls"
        if apt_get is not None:
            (tmp_path / "apt-get").write_text(APT_GET.format(calls=calls, does=apt_get))
            (tmp_path / "apt-get").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/nonexistent")
        monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
        monkeypatch.setattr(packages, "_POLICY", tmp_path / "policy-rc.d")
        return calls

    return make


def test_what_is_missing_is_installed_and_announced(
    machine: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    calls = machine(f"test -x {tmp_path}/policy-rc.d")
    assert packages.main() == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in said] == [
        "installing FRR and strongSwan",
        "installing Chromium",
    ]
    update, living, _, browser = calls.read_text().splitlines()
    assert update.endswith(" update")
    assert living.endswith(f"install -y --no-install-recommends {' '.join(PACKAGES)}")
    assert browser.endswith(" chromium")
    assert not (tmp_path / "policy-rc.d").exists()


@pytest.mark.parametrize(
    ("apt_get", "root", "reason"),
    [
        pytest.param(None, True, "as there is no apt-get", id="not Debian"),
        pytest.param("true", False, "as that needs root", id="no root"),
        pytest.param(
            "echo 'E: no network' >&2; exit 100",
            True,
            "apt-get update failed (E: no network)",
            id="no network",
        ),
    ],
)
def test_where_it_cannot_be_installed_one_sentence_says_so_and_nothing_fails(
    machine: Any, capsys: pytest.CaptureFixture[str], apt_get: str | None, root: bool, reason: str
) -> None:
    calls = machine(apt_get, root=root)
    assert packages.main() == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "are skipped" in line and reason in line and "living networks" in line]
    assert [line for line in said if "are skipped" in line and reason in line and "browser" in line]
    assert not calls.exists() or root


def test_where_everything_is_there_it_says_and_calls_nothing() -> None:
    if missing_programs() or not any(map(shutil.which, ("chromium", "google-chrome"))):
        pytest.skip("not everything is here")
    done = subprocess.run([sys.executable, "-m", "lab.packages"], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
