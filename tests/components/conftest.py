"""Runs the components under Pulumi mocks and hands back what was registered, as plain data."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import grpc
import pulumi
import pytest
from pulumi.runtime import mocks, rpc, set_all_config, settings, stack
from ruamel.yaml import YAML

from components.aliases import drop_old_version_aliases
from components.configuration import read_settings
from components.hybrid_network import HybridNetwork

ROOT = Path(__file__).parents[2]

OWN_SUBSCRIPTION = "00000000-0000-0000-0000-00000000000A"
OTHERS_INSTANCES = [
    {"defaultBgpIpAddresses": ["10.0.0.62"], "tunnelIpAddresses": ["203.0.113.1"]},
    {"defaultBgpIpAddresses": ["10.0.0.61"], "tunnelIpAddresses": ["203.0.113.2"]},
]

_SIGNATURE, _SECRET = rpc._special_sig_key, rpc._special_secret_sig


@dataclass(kw_only=True)
class Registered:
    """One resource as the engine would have seen it."""

    type: str
    name: str
    inputs: dict[str, Any]
    provider: str
    """`URN::id` of the provider it was given, empty for the default one."""


@dataclass(kw_only=True)
class Deployment:
    """Everything a program registered, in order, and what Azure is said to have."""

    resources: list[Registered] = field(default_factory=list)
    circuits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """The functions that were called."""
    outputs: dict[str, Any] = field(default_factory=dict)

    def of_type(self, type_: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a type, by logical name."""
        return {r.name: r.inputs for r in self.resources if r.type == type_}


class InvokeError(grpc.RpcError):
    """What the engine answers when a provider's function fails; any other error would end the program."""

    def __init__(self, details: str) -> None:
        super().__init__(details)
        self._details = details

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return self._details


class RecordingAzure(mocks.Mocks):
    """Records what is registered, and answers with what Azure would fill in."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = _in_clear(args.inputs)
        self.deployment.resources.append(
            Registered(type=args.typ, name=args.name, inputs=inputs, provider=args.provider or "")
        )
        outputs = {**args.inputs, "name": _physical_name(args)}
        if args.typ.endswith(":PublicIPAddress"):
            outputs["ipAddress"] = "52.168.162.84"
        elif args.typ.endswith(":VirtualNetworkGateway") and "bgpSettings" in args.inputs:
            outputs["bgpSettings"] = {**args.inputs["bgpSettings"], **_bgp_addresses(args)}
        elif args.typ.endswith(":ExpressRouteCircuit"):
            outputs["serviceKey"] = "00000000-0000-4000-8000-000000000001"
        elif args.typ.endswith(":ExpressRouteCircuitAuthorization"):
            outputs["authorizationKey"] = "00000000-0000-4000-8000-000000000002"
        elif args.typ.endswith(":RandomPassword"):
            outputs["result"] = f"generated-for-{args.name}"
        return f"id-of-{args.name}", outputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        self.deployment.asked.append(args.token)
        if args.token.endswith(":getClientConfig"):
            return {"subscriptionId": OWN_SUBSCRIPTION}, []
        if args.token.endswith(":getVirtualNetworkGateway"):
            return {"bgpSettings": {"bgpPeeringAddresses": OTHERS_INSTANCES}}, []
        name = str(args.args.get("circuitName"))
        if name in self.deployment.circuits:
            return dict(self.deployment.circuits[name]), []
        raise InvokeError(f'Status=404 Code="ResourceNotFound" Message="{args.token} {name}"')


def _bgp_addresses(args: mocks.MockResourceArgs) -> dict[str, Any]:
    """Name each instance's address, in another order than the instances', as nothing says which it is."""
    names = [part["name"] for part in args.inputs["ipConfigurations"]]
    peerings = [
        {
            "ipconfigurationId": f"id-of-{args.name}/ipConfigurations/{name}",
            "defaultBgpIpAddresses": [f"10.10.30.{254 - index}"],
            "customBgpIpAddresses": [],
            "tunnelIpAddresses": [],
        }
        for index, name in enumerate(names)
    ]
    addresses = ",".join(part["defaultBgpIpAddresses"][0] for part in reversed(peerings))
    return {"bgpPeeringAddress": addresses, "bgpPeeringAddresses": peerings[::-1]}


def _in_clear(value: Any) -> Any:
    """Unwrap secrets, which mocks get as the wire has them."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _in_clear(value["value"])
        return {key: _in_clear(inner) for key, inner in value.items()}
    return [_in_clear(inner) for inner in value] if isinstance(value, list) else value


def _physical_name(args: mocks.MockResourceArgs) -> str:
    named = [
        value for key, value in args.inputs.items() if key.endswith("Name") and key != "resourceGroupName"
    ]
    return str(named[0] if named else args.inputs.get("resourceGroupName", args.name))


def _deploy(
    network: Mapping[str, Any] | Path,
    *,
    preview: bool = False,
    circuits: Mapping[str, Mapping[str, Any]] | None = None,
    config: Mapping[str, str] | None = None,
    in_clear: bool = False,
) -> Deployment:
    """Run the program on a network's description, or on a stack file's, and return what it registered."""
    deployment = Deployment(circuits=circuits or {})
    described = _described(network) if isinstance(network, Path) else network

    def program() -> None:
        drop_old_version_aliases()
        built = HybridNetwork("network", read_settings(ROOT))
        deployment.outputs = {**built.outputs, "sourcePlaces": built.source_places}
        for name, value in deployment.outputs.items():
            pulumi.export(name, value)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    settings.SETTINGS.rpc_manager.clear()
    settings.SETTINGS.outputs.clear()
    settings.set_root_resource(cast("Any", None))  # none yet, which the signature does not foresee
    try:
        mocks.set_mocks(RecordingAzure(deployment), project="hybrid", stack="test", preview=preview)
        secrets = [key for key in config or {} if key.endswith("Keys") and not in_clear]
        set_all_config({"hybrid:network": json.dumps(described), **(config or {})}, secrets)
        loop.run_until_complete(stack.run_pulumi_func(program))
    finally:
        loop.close()
    return deployment


def _described(path: Path) -> Any:
    return YAML(typ="safe").load(path)["config"]["hybrid:network"]


@pytest.fixture
def deploy() -> Callable[..., Deployment]:
    """Deploys a network under recording mocks."""
    return _deploy


@pytest.fixture(scope="module")
def test_stack() -> Deployment:
    """The test stack with circuits that are provisioned already."""
    provisioned = {"serviceProviderProvisioningState": "Provisioned", "peerings": []}
    names = ("erc-expressroute1-test-eastus", "erc-expressroute2-test-eastus")
    return _deploy(ROOT / "Pulumi.test.yaml", circuits=dict.fromkeys(names, provisioned))


@pytest.fixture
def stack_file() -> Path:
    """The test stack's file."""
    return ROOT / "Pulumi.test.yaml"
