"""What the stand-ins for azure-native and random answer an engine, held to the real plugins' sources.

Sources: pulumi/pulumi-azure-native, provider/pkg: provider/provider.go, provider/crud/crud.go and
azure/client_azcore.go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from importlib.metadata import version
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2
from pulumi.runtime.rpc import UNKNOWN

from lab.azure.azure_native import AzureNative
from lab.azure.conversion import from_struct, to_struct
from lab.azure.plugins import serve_plugins
from lab.azure.random_provider import Random
from lab.directory import azure_variables
from tests.lab.azure.azure_client import GROUP, Azure

VNET = "azure-native:network:VirtualNetwork"
SPACE = {"addressSpace": {"addressPrefixes": ["10.0.0.0/24"]}}


def urn(kind: str, name: str = "hub") -> str:
    return f"urn:pulumi:test::hybrid::{kind}::{name}"


class Plugin:
    """One engine's connection to a stand-in."""

    def __init__(self, address: str) -> None:
        # engines are processes of their own: none shares its connection with another
        self.channel = grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    async def configure(self, **settings: str) -> Any:
        return await self.stub.Configure(provider_pb2.ConfigureRequest(args=to_struct(settings)))

    async def check(self, kind: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> Any:
        request = provider_pb2.CheckRequest(
            urn=urn(kind), name="hub", olds=to_struct(old or {}), news=to_struct(inputs), randomSeed=b"seed"
        )
        return await self.stub.Check(request)

    async def diff(self, kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
        return await self.stub.Diff(
            provider_pb2.DiffRequest(urn=urn(kind), old_inputs=to_struct(old), news=to_struct(new))
        )

    async def create(self, kind: str, inputs: Mapping[str, Any], *, preview: bool = False) -> Any:
        return await self.stub.Create(
            provider_pb2.CreateRequest(urn=urn(kind), properties=to_struct(inputs), preview=preview)
        )

    async def update(
        self, kind: str, of: Any, inputs: Mapping[str, Any], *, preview: bool = False
    ) -> Mapping[str, Any]:
        answer = await self.stub.Update(
            provider_pb2.UpdateRequest(
                id=of.id, urn=urn(kind), olds=of.properties, news=to_struct(inputs), preview=preview
            )
        )
        return from_struct(answer.properties)


@pytest.fixture
async def ports(azure: Azure) -> AsyncIterator[dict[str, str]]:
    variables = azure_variables(azure.server.endpoint, azure.server.certificate)
    async with serve_plugins(variables) as attached:
        yield {
            name: f"127.0.0.1:{port}" for name, port in (entry.split(":") for entry in attached.split(","))
        }


@pytest.fixture
async def plugin(ports: dict[str, str]) -> AsyncIterator[Plugin]:
    """The stand-in for azure-native, configured."""
    connected = Plugin(ports["azure-native"])
    await connected.configure()
    yield connected
    await connected.channel.close(None)


def network(name: str = "hub", **more: Any) -> dict[str, Any]:
    return {"resourceGroupName": GROUP, "virtualNetworkName": name, "location": "eastus", **SPACE, **more}


async def refused(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def trailer_of(error: grpc.aio.AioRpcError) -> dict[str, Any]:
    metadata: Any = error.trailing_metadata()  # pairs, which the stubs do not say
    return dict(metadata or ())


async def until_there(azure: Azure, count: int) -> None:
    """Wait until Azure holds so many resources, groups included."""
    for _ in range(500):
        if len(azure.lab("GET", "resources").json()) == count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"there never were {count} resources")


def init_failed(error: grpc.aio.AioRpcError) -> Any:
    """Return what an error says of a resource that is there, but not as it should be."""
    trailer = trailer_of(error)
    status = status_pb2.Status.FromString(trailer["grpc-status-details-bin"])
    details = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(details)
    return details


# --- what they are ---------------------------------------------------------------------------------------


async def test_each_says_the_version_that_it_stands_in_for(ports: dict[str, str]) -> None:
    for name, provider in (("azure-native", AzureNative), ("random", Random)):
        stub = Plugin(ports[name]).stub
        assert (await stub.GetPluginInfo(Empty())).version == provider.version == version(f"pulumi-{name}")


async def test_without_an_emulated_azure_it_refuses_and_says_what_it_is() -> None:
    async with serve_plugins({}) as attached:
        plugin = Plugin(f"127.0.0.1:{dict(e.split(':') for e in attached.split(','))['azure-native']}")
        error = await refused(plugin.configure())
    assert "the lab's stand-in for the azure-native provider" in str(error.details())
    assert "speaks only to an emulated Azure" in str(error.details())


async def test_what_it_lacks_is_named(plugin: Plugin) -> None:
    error = await refused(plugin.check("azure-native:network:LoadBalancer", {}))
    assert (
        error.details() == "the stand-in for azure-native has no resource azure-native:network:LoadBalancer"
    )
    invoke = plugin.stub.Invoke(provider_pb2.InvokeRequest(tok="azure-native:network:getLoadBalancer"))
    assert "has no function azure-native:network:getLoadBalancer" in str((await refused(invoke)).details())


async def test_it_says_who_is_logged_in(plugin: Plugin, azure: Azure) -> None:
    request = provider_pb2.InvokeRequest(tok="azure-native:authorization:getClientConfig")
    answer = from_struct(getattr(await plugin.stub.Invoke(request), "return"))
    assert answer["subscriptionId"] == azure.server.subscription
    assert set(answer) == {"clientId", "objectId", "subscriptionId", "tenantId"}


# --- names, checks, differences --------------------------------------------------------------------------


async def test_a_resource_without_a_name_gets_one_and_keeps_it(plugin: Plugin) -> None:
    inputs = {"resourceGroupName": GROUP, "location": "eastus", **SPACE}
    named = from_struct((await plugin.check(VNET, inputs)).inputs)
    assert named["virtualNetworkName"].startswith("hub")
    assert len(named["virtualNetworkName"]) == len("hub") + 8
    assert named["__createBeforeDelete"] is True
    again = from_struct((await plugin.check(VNET, inputs, named)).inputs)
    assert again["virtualNetworkName"] == named["virtualNetworkName"]


async def test_a_child_is_called_as_in_the_program(plugin: Plugin) -> None:
    inputs = {"resourceGroupName": GROUP, "virtualNetworkName": "hub", "addressPrefix": "10.0.0.0/26"}
    named = from_struct((await plugin.check("azure-native:network:Subnet", inputs)).inputs)
    assert named["subnetName"] == "hub"
    assert "__createBeforeDelete" not in named
    assert named["azureApiVersion"] == "2024-05-01"


async def test_a_location_comes_from_the_group_unless_given(plugin: Plugin) -> None:
    inputs = {key: value for key, value in network().items() if key != "location"}
    assert from_struct((await plugin.check(VNET, inputs)).inputs)["location"] == "eastus"
    unknown = await plugin.check(VNET, {**inputs, "resourceGroupName": UNKNOWN})
    assert from_struct(unknown.inputs)["location"] == UNKNOWN
    missing = await plugin.check(VNET, {**inputs, "resourceGroupName": "no-such-group"})
    assert "location" not in from_struct(missing.inputs)


async def test_missing_properties_and_wrong_types_are_said_and_unknown_words_pass(plugin: Plugin) -> None:
    wrong = {**network(), "addressSpace": {"addressPrefixes": "10.0.0.0/24"}, "tags": {"a": "b"}}
    del wrong["resourceGroupName"]
    found = {(f.property, f.reason) for f in (await plugin.check(VNET, wrong)).failures}
    assert found == {
        ("resourceGroupName", "missing required property 'resourceGroupName'"),
        (
            "addressSpace.addressPrefixes",
            "'addressSpace.addressPrefixes' should be of type list but is '10.0.0.0/24'",
        ),
    }
    gateway = {"resourceGroupName": GROUP, "virtualNetworkGatewayName": "a", "gatewayType": "Satellite"}
    kind = "azure-native:network:VirtualNetworkGateway"
    assert list((await plugin.check(kind, {**gateway, "location": "eastus"})).failures) == []


@pytest.mark.parametrize(
    ("change", "changes", "replaces"),
    [
        pytest.param({}, False, [], id="nothing"),
        pytest.param({"location": "East US"}, False, [], id="a location's other spelling"),
        pytest.param({"location": "westus"}, True, ["location"], id="a location"),
        pytest.param({"virtualNetworkName": "b"}, True, ["virtualNetworkName"], id="a name"),
        pytest.param({"tags": {"a": "b"}}, True, [], id="tags"),
    ],
)
async def test_what_a_change_replaces(
    plugin: Plugin, change: dict[str, Any], changes: bool, replaces: list[str]
) -> None:
    answer = await plugin.diff(VNET, network(), {**network(), **change})
    assert answer.changes == (answer.DIFF_SOME if changes else answer.DIFF_NONE)
    assert list(answer.replaces) == replaces
    assert answer.deleteBeforeReplace is bool(replaces)


# --- previews --------------------------------------------------------------------------------------------


async def test_a_preview_knows_inputs_and_name_only(plugin: Plugin, azure: Azure) -> None:
    answer = await plugin.create(VNET, network(), preview=True)
    planned = from_struct(answer.properties)
    assert (answer.id, planned["name"], planned["addressSpace"]["addressPrefixes"]) == (
        "",
        "hub",
        ["10.0.0.0/24"],
    )
    assert planned["id"] == planned["resourceGuid"] == planned["provisioningState"] == UNKNOWN
    assert azure.lab("GET", "resources").json() == [azure.id("")]


async def test_a_preview_of_an_update_knows_no_output_but_name_and_location(plugin: Plugin) -> None:
    kind = "azure-native:network:PublicIPAddress"
    inputs = {
        "resourceGroupName": GROUP,
        "publicIpAddressName": "ip",
        "location": "eastus",
        "publicIPAllocationMethod": "Static",
        "sku": {"name": "Standard"},
    }
    created = await plugin.create(kind, inputs)
    assert from_struct(created.properties)["ipAddress"].startswith("198.")
    planned = await plugin.update(kind, created, {**inputs, "tags": {"a": "b"}}, preview=True)
    assert (planned["name"], planned["location"], planned["tags"]) == ("ip", "eastus", {"a": "b"})
    assert planned["ipAddress"] == planned["id"] == UNKNOWN


# --- creating, updating, reading, deleting ---------------------------------------------------------------


async def test_what_exists_is_not_created(plugin: Plugin) -> None:
    await plugin.create(VNET, network())
    error = await refused(plugin.create(VNET, network()))
    assert "cannot create already existing resource '/subscriptions/" in str(error.details())


async def test_children_that_the_inputs_do_not_mention_stay(plugin: Plugin, azure: Azure) -> None:
    created = await plugin.create(VNET, network())
    azure.put("virtualNetworks/hub/subnets/a", {"properties": {"addressPrefix": "10.0.0.0/26"}})
    updated = await plugin.update(VNET, created, network(tags={"a": "b"}))
    assert [subnet["name"] for subnet in updated["subnets"]] == ["a"]
    assert azure.get("virtualNetworks/hub")["tags"] == {"a": "b"}


async def test_what_azure_refuses_is_in_its_words_and_leaves_nothing(plugin: Plugin) -> None:
    error = await refused(plugin.create(VNET, network(addressSpace={"addressPrefixes": ["10.0.0.1/24"]})))
    assert str(error.details()).startswith('Status=400 Code="InvalidRequestFormat" Message="')
    assert "grpc-status-details-bin" not in trailer_of(error)


async def test_what_azure_fails_at_is_kept_with_what_there_is_of_it(plugin: Plugin, azure: Azure) -> None:
    fault = {"path_pattern": "virtualNetworks/hub$", "operation": "failed", "code": "InternalServerError"}
    azure.lab("POST", "faults", fault)
    details = init_failed(await refused(plugin.create(VNET, network())))
    assert details.id == azure.id("virtualNetworks/hub")
    assert from_struct(details.properties)["provisioningState"] == "Failed"
    assert from_struct(details.inputs)["virtualNetworkName"] == "hub"
    assert "InternalServerError" in details.reasons[0]


async def test_an_interrupted_operation_is_kept_without_its_outputs(plugin: Plugin, azure: Azure) -> None:
    azure.lab("POST", "faults", {"path_pattern": "virtualNetworks/hub$", "operation": "slow", "delay": 30.0})
    creating = asyncio.ensure_future(plugin.create(VNET, network()))
    await until_there(azure, 2)
    await plugin.stub.Cancel(Empty())
    details = init_failed(await refused(creating))
    assert details.id == azure.id("virtualNetworks/hub")
    assert not details.HasField("properties")
    assert "context canceled" in details.reasons[0]


async def test_one_engines_interruption_is_not_anothers(
    plugin: Plugin, ports: dict[str, str], azure: Azure
) -> None:
    azure.lab("POST", "faults", {"path_pattern": "virtualNetworks/hub$", "operation": "slow", "delay": 1.0})
    creating = asyncio.ensure_future(plugin.create(VNET, network()))
    await until_there(azure, 2)
    other = Plugin(ports["azure-native"])
    await other.configure()
    await other.stub.Cancel(Empty())
    await other.channel.close(None)
    assert (await creating).id == azure.id("virtualNetworks/hub")


async def test_a_resource_may_set_how_long_it_waits(plugin: Plugin, azure: Azure) -> None:
    azure.lab("POST", "faults", {"path_pattern": "virtualNetworks/hub$", "operation": "slow", "delay": 30.0})
    request = provider_pb2.CreateRequest(urn=urn(VNET), properties=to_struct(network()), timeout=0.3)
    details = init_failed(await refused(plugin.stub.Create(request)))
    assert details.id == azure.id("virtualNetworks/hub")


async def test_what_is_gone_is_said_to_be_and_may_be_deleted_again(plugin: Plugin, azure: Azure) -> None:
    created = await plugin.create(VNET, network())
    deletion = provider_pb2.DeleteRequest(id=created.id, urn=urn(VNET), properties=created.properties)
    await plugin.stub.Delete(deletion)
    await plugin.stub.Delete(deletion)
    read = await plugin.stub.Read(provider_pb2.ReadRequest(id=created.id, urn=urn(VNET)))
    assert read.id == ""
    assert azure.send("GET", created.id).status_code == 404


async def test_an_import_takes_all_that_can_be_set_and_the_names_from_the_id(
    plugin: Plugin, azure: Azure
) -> None:
    azure.put("virtualNetworks/theirs", {"location": "eastus", "properties": SPACE, "tags": {"a": "b"}})
    request = provider_pb2.ReadRequest(id=azure.id("virtualNetworks/theirs"), urn=urn(VNET))
    inputs = from_struct((await plugin.stub.Read(request)).inputs)
    assert (inputs["resourceGroupName"], inputs["virtualNetworkName"]) == (GROUP, "theirs")
    assert (inputs["tags"], inputs["addressSpace"]) == ({"a": "b"}, SPACE["addressSpace"])
    assert "resourceGuid" not in inputs


async def test_a_refresh_takes_up_what_changed_and_nothing_that_azure_filled_in(
    plugin: Plugin, azure: Azure
) -> None:
    created = await plugin.create(VNET, network())
    azure.put("virtualNetworks/hub", {"location": "eastus", "properties": SPACE, "tags": {"by": "hand"}})
    request = provider_pb2.ReadRequest(
        id=created.id, urn=urn(VNET), properties=created.properties, inputs=to_struct(network())
    )
    assert from_struct((await plugin.stub.Read(request)).inputs) == network(tags={"by": "hand"})


# --- random ----------------------------------------------------------------------------------------------

PASSWORD = "random:index/randomPassword:RandomPassword"


async def test_a_password_has_its_length_and_alphabet_and_is_secret(ports: dict[str, str]) -> None:
    plugin = Plugin(ports["random"])
    made = from_struct((await plugin.create(PASSWORD, {"length": 48, "special": False})).properties)
    assert made["result"]["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270"
    value = made["result"]["value"]
    assert len(value) == 48
    assert value.isalnum()
    other = from_struct((await plugin.create(PASSWORD, {"length": 48, "special": False})).properties)
    assert other["result"]["value"] != value
    planned = from_struct((await plugin.create(PASSWORD, {"length": 48}, preview=True)).properties)
    assert "result" not in planned


async def test_a_password_is_made_anew_for_any_change_and_read_as_it_was(ports: dict[str, str]) -> None:
    plugin = Plugin(ports["random"])
    changed = await plugin.diff(PASSWORD, {"length": 48}, {"length": 49})
    assert list(changed.replaces) == ["length"]
    same = await plugin.diff(PASSWORD, {"length": 48}, {"length": 48})
    assert same.changes == same.DIFF_NONE
    stored = to_struct({"length": 48, "result": "kept"})
    read = await plugin.stub.Read(
        provider_pb2.ReadRequest(
            id="none", urn=urn(PASSWORD), properties=stored, inputs=to_struct({"length": 48})
        )
    )
    assert from_struct(read.properties)["result"] == "kept"


@pytest.mark.parametrize("length", [0, None, "many"])
async def test_a_password_needs_a_length(ports: dict[str, str], length: Any) -> None:
    answer = await Plugin(ports["random"]).check(PASSWORD, {"length": length})
    assert [failure.property for failure in answer.failures] == ["length"]
