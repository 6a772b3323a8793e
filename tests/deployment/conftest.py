"""A project of its own for each test, on a lab of its own, driven by the real Pulumi engine.

What tests assert on is what the engine says and exports, what the emulated Azure holds and was asked, and
what the emulated routers run.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab import background
from lab.directory import LabDirectory
from lab.stacks import MINUTE, PLAIN
from tests.deployment.forked_labs import launch

ROOT = Path(__file__).parents[2]
_LINKED = ("__main__.py", "components", "onprem", "policy", "routing", "topology", "networks", ".venv")
_SECONDS = 240
NOW = ("--yes", "--skip-preview")
"""For a test that looks at no preview."""
HUB = "rg-hybrid-test-eastus/providers/Microsoft.Network"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one run of Pulumi came to."""

    code: int
    output: str

    @property
    def changes(self) -> dict[str, int]:
        """The summary's counts, such as {"created": 3, "unchanged": 1}."""
        summary = self.output.rpartition("\nResources:\n")[2]
        return {
            word: int(count)
            for count, word in re.findall(r"^\s+(?:[-+~]+ )?(\d+) (?:to )?(\w+)", summary, re.MULTILINE)
        }


@dataclass
class Deployment:
    """A project with one stack, and the lab that it is deployed to."""

    project: Path
    directory: LabDirectory
    variables: dict[str, str] = field(default_factory=dict)
    azure_endpoint: str = ""
    lives: bool = False
    """Whether a network lives behind the routers."""

    # --- the lab -----------------------------------------------------------------------------------------

    def start_lab(self, provider_delay: float = 0.0, minute: float = 60.0) -> None:
        """Start it, or start it again after a stop; `minute` is that of routers' timers, in seconds."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(MINUTE, str(minute))
            if not self.lives:
                environment.setenv(PLAIN, "1")
            status = background.start(self.directory, self.project, provider_delay, launch=launch)
        self.variables, self.azure_endpoint = status["variables"], status["azure"]

    def stop_lab(self) -> None:
        """Stop it; it keeps its state."""
        background.stop(self.directory)

    # --- the stack file ----------------------------------------------------------------------------------

    @property
    def stack_file(self) -> Path:
        """The file that describes the network."""
        return self.project / "Pulumi.test.yaml"

    def describe(self, network: str) -> None:
        """Put another network into the stack file: YAML, indented by four."""
        text = self.stack_file.read_text(encoding="utf-8")
        (salt,) = (line for line in text.splitlines() if line.startswith("encryptionsalt:"))
        self.stack_file.write_text(f"{salt}\nconfig:\n  hybrid:network:\n{network}", encoding="utf-8")

    def edit(self, *replacements: tuple[str, str]) -> None:
        """Change the stack file as an editor would; each text must be there."""
        text = self.stack_file.read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, f"{old!r} is not in the stack file"
            text = text.replace(old, new)
        self.stack_file.write_text(text, encoding="utf-8")

    # --- Pulumi ------------------------------------------------------------------------------------------

    def pulumi(self, *arguments: str, **more: str) -> Result:
        """Run Pulumi to its end; `more` adds to its environment."""
        process = self.start_pulumi(*arguments, **more)
        output, _ = process.communicate(timeout=_SECONDS)
        return Result(code=process.returncode, output=output)

    def start_pulumi(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start Pulumi and do not wait for it."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.project,
            env=self.directory.environment({**self.variables, "PULUMI_STACK": "test", **more}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def up(self) -> Result:
        """Deploy, and show what was said if it fails."""
        result = self.pulumi("up", *NOW)
        assert result.code == 0, result.output
        return result

    def state(self) -> list[dict[str, Any]]:
        """Return the resources of the exported state."""
        exported = json.loads(self.pulumi("stack", "export").output)
        resources: list[dict[str, Any]] = exported["deployment"].get("resources", [])
        return resources

    # --- what the emulators recorded ---------------------------------------------------------------------

    def azure(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the emulated Azure as somebody else would, or its lab side."""
        separator = "&" if "?" in path else "?"
        url = f"https://{self.azure_endpoint}{path}{separator}api-version=2024-05-01"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, method=method)
        request.add_header("Authorization", "Bearer test")
        request.add_header("Content-Type", "application/json")
        trusted = ssl.create_default_context(cafile=self.variables["SSL_CERT_FILE"])
        with urllib.request.urlopen(request, context=trusted, timeout=30) as response:
            text = response.read()
        return json.loads(text) if text else None

    def azure_resource(self, path: str) -> Any:
        """Return a resource by its path below the subscription's resource groups."""
        subscription = self.variables["ARM_SUBSCRIPTION_ID"]
        return self.azure("GET", f"/subscriptions/{subscription}/resourceGroups/{path}")

    def azure_resources(self) -> list[str]:
        """Return the ids of all that Azure holds."""
        return sorted(self.azure("GET", "/lab/resources"))

    def azure_requests(self) -> list[tuple[str, str]]:
        """Return method and path of everything that Azure was asked since `forget_requests`."""
        return [(entry["method"], entry["path"]) for entry in self.azure("GET", "/lab/requests")]

    def forget_requests(self) -> None:
        """Empty the journal."""
        self.azure("DELETE", "/lab/requests")

    def running(self, router: str, host: str = "") -> str:
        """Return what a router runs; its host is its name unless the stack file has another."""
        file = self.directory.devices / (host or router) / f"{router}.cfg"
        return file.read_text(encoding="utf-8")

    def transcript(self, router: str) -> str:
        """Return what was typed on a router, keys masked."""
        file = self.directory.devices / router / f"{router}.transcript"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def bend_router(self, router: str, **wish: Any) -> None:
        """Make a router misbehave, as `lab/iosxe/fault_file.py` tells."""
        self._faults(router).write_text(json.dumps(wish), encoding="utf-8")

    def heal_router(self, router: str) -> None:
        """Let a router behave again."""
        self._faults(router).unlink()

    def _faults(self, router: str) -> Path:
        return self.directory.devices / router / f"{router}.faults.json"

    def type_on_router(self, router: str, *lines: str) -> str:
        """Configure a router behind Pulumi's back, over its own SSH."""
        import netmiko  # noqa: PLC0415 (slow, and few tests need it)

        connection = netmiko.ConnectHandler(
            device_type="cisco_xe",
            host=router,
            username=self.variables["IOSXE_USERNAME"],
            password=self.variables["IOSXE_PASSWORD"],
            ssh_config_file=str(self.directory.ssh_config),
            system_host_keys=False,
        )
        with connection:
            return str(connection.send_config_set(list(lines)))


Make = Callable[..., Deployment]


@pytest.fixture
def make_deployment(tmp_path: Path) -> Iterator[Make]:
    """Makes a project from one of the repository's stack files; its lab is stopped after the test."""
    made: list[Deployment] = []

    def make(
        stack_file: str = "Pulumi.test.yaml", provider_delay: float = 0.0, *, lives: bool = False
    ) -> Deployment:
        deployment = _make_project(tmp_path, stack_file)
        deployment.lives = lives
        made.append(deployment)
        deployment.start_lab(provider_delay)
        created = deployment.pulumi("stack", "init", "test")
        assert created.code == 0, created.output
        return deployment

    yield make
    for deployment in made:
        deployment.stop_lab()


@pytest.fixture
def deployment(make_deployment: Make) -> Deployment:
    """The test stack's project on a lab, nothing deployed yet."""
    return make_deployment()


@pytest.fixture(scope="session")
def deployed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the test stack, deployed once for all of pytest's processes."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "deployed"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            _deploy_and_stop(unfinished)
            unfinished.rename(folder)
    return folder


def _deploy_and_stop(folder: Path) -> None:
    """Deploy the test stack, refresh it, and stop its lab.

    The refresh takes up what Azure finished after Pulumi had asked: the hub's half of a peering connects when
    the spoke's half comes.
    """
    deployment = _make_project(folder, "Pulumi.test.yaml")
    deployment.start_lab()
    try:
        for command in (("stack", "init", "test"), ("up", *NOW), ("refresh", *NOW)):
            result = deployment.pulumi(*command)
            assert result.code == 0, result.output
    finally:
        deployment.stop_lab()


@pytest.fixture
def deployed(deployed_once: Path, tmp_path: Path) -> Iterator[Deployment]:
    """The test stack, deployed and refreshed: a copy of it all, with a lab of its own."""
    ignored = shutil.ignore_patterns("bin")  # the engine: the lab puts it there again
    for name in ("project", "lab"):
        shutil.copytree(deployed_once / name, tmp_path / name, symlinks=True, ignore=ignored)
    deployment = Deployment(project=tmp_path / "project", directory=LabDirectory(tmp_path / "lab"))
    deployment.start_lab()
    yield deployment
    deployment.stop_lab()


def _make_project(folder: Path, stack_file: str) -> Deployment:
    project = folder / "project"
    project.mkdir()
    for name in _LINKED:
        (project / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "Pulumi.yaml", project)
    shutil.copy(ROOT / stack_file, project / "Pulumi.test.yaml")
    return Deployment(project=project, directory=LabDirectory(folder / "lab"))


def files_with(text: str, *folders: Path) -> list[Path]:
    """Return every file below some folders that holds a text."""
    files = [
        file for folder in folders for file in folder.rglob("*") if file.is_file() and not file.is_symlink()
    ]
    return [file for file in files if text.encode() in file.read_bytes()]


def only_waits_for(deployment: Deployment, part: str) -> Callable[[], bool]:
    """Return whether Azure has a resource with this in its id, and nothing else has come for a second.

    A request that is cut off while it is under way leaves what only Azure knows of.
    """
    seen: list[list[str]] = []

    def is_so() -> bool:
        seen.append(deployment.azure_resources())
        time.sleep(0.1)
        return len(seen) > 10 and seen[-10] == seen[-1] and any(part in resource for resource in seen[-1])

    return is_so


def wait_until(process: subprocess.Popen[str], happened: Callable[[], bool]) -> None:
    """Wait until something has happened that a process does."""
    deadline = time.monotonic() + _SECONDS
    while not happened():
        assert process.poll() is None, "it ended before that happened"
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)


def interrupt_when(process: subprocess.Popen[str], happened: Callable[[], bool]) -> str:
    """Press Ctrl-C once something has happened, and return what the process said until its end."""
    wait_until(process, happened)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=_SECONDS)
    return output
