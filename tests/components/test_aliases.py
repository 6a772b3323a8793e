"""Which aliases are dropped, and the command that says whether a state needs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_azure_native import network

from components.aliases import _without_old_versions

_URN = "urn:pulumi:prod::hybrid::azure-native:network{version}:VirtualNetwork::hub-virtual-network"


def transformed(aliases: list[Any], kind: str = "azure-native:network:Subnet") -> Any:
    options = pulumi.ResourceOptions(aliases=aliases)
    arguments = pulumi.ResourceTransformationArgs(
        resource=object(),  # type: ignore[arg-type]  # not looked at
        type_=kind,
        name="subnet",
        props={},
        opts=options,
    )
    result = _without_old_versions(arguments)
    return options.aliases if result is None else result.opts.aliases


def test_old_versions_are_dropped_and_the_users_own_aliases_stay() -> None:
    own = [pulumi.Alias(name="its-old-name"), "urn:pulumi:prod::hybrid::a:b:C::d"]
    old = [pulumi.Alias(type_=f"azure-native:network/v2023{month:02}01:Subnet") for month in range(1, 13)]
    assert transformed([*old, *own]) == own


def test_a_user_who_renames_and_retypes_keeps_that_alias() -> None:
    moved = pulumi.Alias(name="its-old-name", type_="azure-native:network/v20230201:Subnet")
    assert transformed([moved]) == [moved]


def test_other_providers_keep_theirs() -> None:
    alias = pulumi.Alias(type_="random:index/randomString:RandomString")
    assert transformed([alias], "random:index/randomPassword:RandomPassword") == [alias]


def test_the_sdk_still_writes_its_aliases_in_the_form_that_is_dropped() -> None:
    """Fails if a newer SDK words them otherwise: then nothing would be dropped any more."""
    source = Path(str(sys.modules[network.Subnet.__module__].__file__)).read_text(encoding="utf-8")
    assert 'pulumi.Alias(type_="azure-native:network/v20230201:Subnet")' in source


@pytest.mark.parametrize(
    ("version", "code", "says"),
    [
        pytest.param("", 0, "dropping the aliases is safe", id="new state"),
        pytest.param("/v20230201", 1, "pulumi config set hybrid:keepOldAliases true", id="old state"),
        pytest.param(None, 2, "is no exported state", id="no state"),
    ],
)
def test_the_command_says_whether_a_state_needs_them(
    tmp_path: Path, version: str | None, code: int, says: str
) -> None:
    state = tmp_path / "state.json"
    if version is None:
        state.write_text("not JSON")
    else:
        resources = [{"urn": _URN.format(version=version)}]
        state.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    command = [sys.executable, "-m", "components.aliases", str(state)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == code
    assert says in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
