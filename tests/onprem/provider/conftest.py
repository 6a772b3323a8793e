"""Provider processes, and the routers that they find by one configuration."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.iosxe.server import RouterServer
from tests.onprem.provider.described import (
    Start,
)
from tests.onprem.provider_process import Provider, secret
from tests.onprem.routers import CANARY, PASSWORD, Lab


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "Pulumi.yaml").touch()
    return folder


@pytest.fixture
def lab(tmp_path: Path, project: Path) -> Iterator[Lab]:
    """Routers of their own for each test, found by the one configuration that the providers were told of."""
    routers = Lab(tmp_path, ssh_config=project / "ssh_config")
    yield routers
    routers.stop()


@pytest.fixture(autouse=True)
def one_run_of_the_engine(project: Path) -> Iterator[None]:
    """Each test is a run of its own: what an earlier one has previewed is forgotten."""
    yield
    shutil.rmtree(project / ".iosxe", ignore_errors=True)


@pytest.fixture
def router(lab: Lab) -> RouterServer:
    return lab.start()


def begin(project: Path, **environment: str) -> Provider:
    settings = {"IOSXE_SSH_CONFIG": str(project / "ssh_config"), **environment}
    return Provider(project, settings, {"username": "netops", "password": secret(PASSWORD)})


def end(provider: Provider) -> None:
    provider.stop()
    assert CANARY not in provider.output
    assert PASSWORD not in provider.output


@pytest.fixture(scope="session")
def process(project: Path) -> Iterator[Provider]:
    """One provider process for all tests that leave it as it was: starting one takes about a second."""
    provider = begin(project)
    yield provider
    end(provider)


@pytest.fixture
def provider(process: Provider) -> Provider:
    output = process.output
    assert CANARY not in output
    assert PASSWORD not in output
    process.engine.messages.clear()
    return process


@pytest.fixture
def start(project: Path) -> Iterator[Start]:
    """Return `start(NAME=value, ...)`: a provider process of its own, with more environment."""
    running: list[Provider] = []

    def another(**environment: str) -> Provider:
        running.append(begin(project, **environment))
        return running[-1]

    yield another
    for provider in running:
        end(provider)
