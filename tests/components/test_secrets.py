"""Keys of one's own: used on both sides, and refused without being shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.components.descriptions import NETWORK


def test_users_own_key_is_used_on_both_sides(deploy: Callable[..., Any], stack_file: Any) -> None:
    own = {"hybrid:sharedKeys": '{"hub-location1": "Own.Key.0123456789"}'}
    deployment = deploy(stack_file, preview=True, config=own)
    connections = deployment.of_type(f"{NETWORK}VirtualNetworkGatewayConnection")
    assert connections["hub-location1-tunnel-connection"]["sharedKey"] == "Own.Key.0123456789"
    assert "hub-location1-tunnel-shared-key" not in deployment.of_type(
        "random:index/randomPassword:RandomPassword"
    )


@pytest.mark.parametrize(
    ("config", "says"),
    [
        pytest.param("not json: hunter2", "holds secrets by name: set each with `pulumi config", id="text"),
        pytest.param('["hunter2"]', "holds secrets by name", id="list"),
        pytest.param('{"hub-location1": {"a": "hunter2"}}', "hub-location1 must be text", id="mapping"),
        pytest.param('{"hub-location9": "hunter2"}', "hub-location9, which the network does", id="unknown"),
        pytest.param('{"hub-location1": "hunter2"}', "hub-location1 cannot be used", id="weak"),
    ],
)
def test_secrets_that_cannot_be_used_are_said_and_not_shown(
    deploy: Callable[..., Any], stack_file: Path, config: str, says: str
) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        deploy(stack_file, preview=True, config={"hybrid:sharedKeys": config})
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["sharedKeys", "authorizationKeys"])
def test_secrets_in_clear_are_refused(deploy: Callable[..., Any], stack_file: Path, key: str) -> None:
    config = {f"hybrid:{key}": '{"hub-location1": "Own.Key.0123456789"}'}
    with pytest.raises(pulumi.RunError, match=rf"hybrid:{key} stands in clear in the stack file") as caught:
        deploy(stack_file, preview=True, config=config, in_clear=True)
    assert "Own.Key" not in str(caught.value)
