"""A running emulated Azure, and the test network in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.azure.azure_client import OTHER_SUBSCRIPTION, Azure, Starter, add_group, connect, run_server
from tests.lab.azure.interoperability import InteroperabilitySetup


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """A starter; what it started is stopped at the end."""
    starter = Starter(tmp_path / "azure")
    yield starter
    starter.stop()


@pytest.fixture
def azure(start: Starter) -> Azure:
    """A client of an emulated Azure that has one empty resource group."""
    return add_group(start.connect())


@pytest.fixture
def network(azure: Azure) -> InteroperabilitySetup:
    """The test network, not yet built."""
    return InteroperabilitySetup(azure)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteroperabilitySetup]:
    """The test network, built once for the tests of a module that leave it as it is."""
    with run_server(tmp_path_factory.mktemp("azure"), further_subscriptions=(OTHER_SUBSCRIPTION,)) as server:
        shared = InteroperabilitySetup(add_group(connect(server)))
        shared.build()
        yield shared
