"""The process: how it is started, whom it speaks to, when it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pulumi.runtime.proto import plugin_pb2, provider_pb2

from lab.iosxe.server import RouterServer
from tests.onprem.provider.described import (
    DESCRIBED,
    Start,
)
from tests.onprem.provider_process import LAUNCHER, URN, Engine, Provider
from tests.onprem.routers import PASSWORD, Lab


def test_attach_names_another_engine(start: Start, router: RouterServer) -> None:
    provider = start()
    other = Engine()
    provider.stub.Attach(plugin_pb2.PluginAttach(address=other.address), timeout=10)
    provider.create(DESCRIBED, preview=True)
    assert [message.urn for message in other.messages] == [URN]
    assert provider.said() == []
    other.stop()
    del router


def test_credentials_from_the_environment(lab: Lab, project: Path, router: RouterServer) -> None:
    environment = {
        "IOSXE_SSH_CONFIG": str(lab.ssh_config),
        "IOSXE_USERNAME": "netops",
        "IOSXE_PASSWORD": PASSWORD,
    }
    provider = Provider(project, environment, {})
    provider.create(DESCRIBED)
    provider.stop()
    assert "ip vrf 30" in router.running


def test_schema_names_inputs_and_outputs(provider: Provider) -> None:
    schema = provider.stub.GetSchema(provider_pb2.GetSchemaRequest(), timeout=10).schema
    assert '"iosxe:index:Configuration"' in schema


def test_launcher_finds_the_projects_python(tmp_path: Path) -> None:
    plugin = tmp_path / "onprem/iosxe_plugin"
    plugin.mkdir(parents=True)
    launcher = shutil.copy(LAUNCHER, plugin)
    (plugin / "__main__.py").write_text("import sys; print(sys.argv[1:])")
    clean = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    missing = subprocess.run([launcher, "x"], env=clean, check=False, capture_output=True, text=True)
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    assert ".venv/bin/python - create .venv from requirements/, or set PYTHON" in missing.stderr
    named = subprocess.run(
        [launcher, "a b"], env={**clean, "PYTHON": sys.executable}, check=True, capture_output=True, text=True
    )
    assert named.stdout == "['a b']\n"
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    found = subprocess.run([launcher, "x"], cwd="/", env=clean, check=True, capture_output=True, text=True)
    assert found.stdout == "['x']\n"


def test_provider_ends_after_its_engine(project: Path) -> None:
    engine = Engine()
    script = '"$0" "$1" & echo $!; exec sleep 60'
    shell = subprocess.Popen(
        ["sh", "-c", script, LAUNCHER, engine.address],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHON": sys.executable},
        cwd=project,
    )
    assert shell.stdout is not None
    numbers = [shell.stdout.readline(), shell.stdout.readline()]
    shell.kill()
    shell.wait()
    assert all(number.strip().isdecimal() for number in numbers)
    assert shell.stdout.read() == "", "the pipe ends with the last process that holds it"
    engine.stop()
