"""The test stack as a blueprint and, where this machine can do it, as a living network."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lab.bgp.blueprint import Blueprint
from lab.bgp.construction import draw_blueprint
from lab.bgp.prerequisites import missing_prerequisite
from tests.commands import ROOT, start
from topology import Document, Network, load_network, load_stack

LIVING_SECONDS = 150


class CommandLine:
    """`python -m lab.bgp`, on one lab directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command without waiting for it."""
        return start("lab.bgp", "--directory", str(self.directory), *arguments)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Runs a command to its end; its exit code and all that it said."""
        process = self.start(*arguments)
        try:
            said, _ = process.communicate(timeout=LIVING_SECONDS)
        except BaseException:
            process.kill()
            raise
        return process.returncode, said

    def inside(self, node: str, *program: str) -> str:
        """What a program says in a node of the living network."""
        _, said = self.run("run", node, *program)
        return said


@pytest.fixture(scope="session")
def network() -> Network:
    return load_stack(ROOT / "Pulumi.test.yaml")


@pytest.fixture(scope="session")
def blueprint(network: Network) -> Blueprint:
    return draw_blueprint(network)


@pytest.fixture
def changed() -> Callable[[Callable[..., None]], Network]:
    """Return `changed(change)`: the test stack after `change(data)`."""

    def load(change: Callable[..., None]) -> Network:
        data = YAML(typ="safe").load(ROOT / "Pulumi.test.yaml")["config"]["hybrid:network"]
        change(data)
        return load_network(Document(data=data))

    return load


def skip_unless_able() -> None:
    """Skips where a living network cannot be: without root, namespaces or packages."""
    if (missing := missing_prerequisite()) is not None:
        pytest.skip(missing)


@pytest.fixture
def command_line(tmp_path: Path) -> Iterator[CommandLine]:
    """A lab directory in which nothing runs yet, and nothing does at the end."""
    skip_unless_able()
    command_line = CommandLine(tmp_path / "lab")
    yield command_line
    command_line.run("down")


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The test stack, alive and settled."""
    skip_unless_able()
    command_line = CommandLine(tmp_path_factory.mktemp("living"))
    try:
        code, said = command_line.run("up", "--lifetime", "600")
        assert code == 0, said
        yield command_line
    finally:
        command_line.run("down")
