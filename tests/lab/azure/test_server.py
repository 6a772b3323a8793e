"""The emulated Azure as a server: login, operations, lists, persistence, and what the lab may order."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import ClientSecretCredential

from lab.azure.control_plane import ControlPlane
from tests.lab.azure.azure_client import GROUP, refused
from tests.lab.azure.interoperability import KEY

SPACE: dict[str, Any] = {
    "location": "eastus",
    "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/24"]}},
}


def send_plain(azure: Any, method: str, path: str, **options: Any) -> HttpResponse:
    """A request without the token that Azure's client adds."""
    address = path if path.startswith("https:") else f"{azure.root}{path}"
    pipeline: Any = PipelineClient(azure.root, policies=[], connection_verify=str(azure.server.certificate))
    with pipeline as client:
        answer: HttpResponse = client.send_request(HttpRequest(method, address, **options))
        return answer


def test_metadata_leads_to_the_emulator_only(azure: Any) -> None:
    shown = send_plain(azure, "GET", "/metadata/endpoints?api-version=2022-09-01").json()
    assert shown["resourceManager"] == azure.root
    assert shown["authentication"]["loginEndpoint"] == azure.root
    assert shown["authentication"]["audiences"][0] == azure.root


def test_a_client_that_discovers_its_authority_logs_in_too(azure: Any) -> None:
    host = azure.server.endpoint
    found = send_plain(
        azure, "GET", f"/common/discovery/instance?api-version=1.1&authorization_endpoint=https://{host}/t"
    ).json()
    assert found["metadata"][0]["aliases"] == [host]
    configuration = send_plain(azure, "GET", found["tenant_discovery_endpoint"]).json()
    assert configuration["token_endpoint"].startswith(azure.root)
    credential = ClientSecretCredential(
        "22222222-2222-2222-2222-222222222222",
        "client",
        "client-secret",
        authority=azure.root,
        disable_instance_discovery=True,
        connection_verify=str(azure.server.certificate),
    )
    assert credential.get_token(f"{azure.root}/.default").token.count(".") == 2


def test_no_token_without_a_client(azure: Any) -> None:
    answer = send_plain(azure, "POST", "/t/oauth2/v2.0/token", data={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("?api-version=2024-05-01", {}, 401, "AuthenticationFailed"),
        ("", {"Authorization": "Bearer x"}, 400, "MissingApiVersionParameter"),
        ("?api-version=2023-02-01", {"Authorization": "Bearer x"}, 400, "NoRegisteredProviderFound"),
        ("/absent?api-version=2024-05-01", {"Authorization": "Bearer x"}, 404, "ResourceNotFound"),
    ],
    ids=["no-token", "no-version", "old-version", "absent"],
)
def test_what_every_request_needs(
    azure: Any, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = send_plain(azure, "GET", azure.id("virtualNetworks") + path, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/subscriptions/99999999-0000-0000-0000-000000000000/resourceGroups/g", "SubscriptionNotFound"),
        ("/subscriptions/{s}/resourceGroups/absent", "ResourceGroupNotFound"),
        (
            "/subscriptions/{s}/resourceGroups/absent/providers/Microsoft.Network/virtualNetworks/v",
            "ResourceGroupNotFound",
        ),
        (
            "/subscriptions/{s}/resourceGroups/interoperability/providers/Microsoft.Compute/disks/d",
            "NotFound",
        ),
    ],
    ids=["subscription", "group", "network", "compute"],
)
def test_what_is_not_there_is_404(azure: Any, path: str, code: str) -> None:
    answer = azure.send("GET", path.replace("{s}", azure.server.subscription))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


def test_a_put_is_an_operation_that_succeeds(azure: Any) -> None:
    path = azure.id("virtualNetworks/v")
    created = azure.send("PUT", path, SPACE)
    assert created.status_code == 201
    assert created.json()["properties"]["provisioningState"] == "Updating"
    assert created.headers["Retry-After"] == "0"
    azure.wait(created)
    followed = azure.client.send_request(HttpRequest("GET", created.headers["Azure-AsyncOperation"]))
    assert followed.json() == {"status": "Succeeded"}
    assert azure.get("virtualNetworks/v")["properties"]["provisioningState"] == "Succeeded"
    assert azure.send("PUT", path, SPACE).status_code == 200


def test_a_delete_is_followed_by_its_location(azure: Any) -> None:
    azure.put("virtualNetworks/v", SPACE)
    answer = azure.send("DELETE", azure.id("virtualNetworks/v"))
    assert answer.status_code == 202
    azure.wait(answer)
    assert azure.client.send_request(HttpRequest("GET", answer.headers["Location"])).status_code == 200
    assert azure.send("DELETE", azure.id("virtualNetworks/v")).status_code == 204


def test_lists_of_a_group_a_subscription_and_a_parent(network: Any) -> None:
    client = network.client
    for name in ("hub", "spoke"):
        network.add_virtual_network(name)
    assert [found.name for found in client.virtual_networks.list("interoperability")] == ["hub", "spoke"]
    assert [found.name for found in client.virtual_networks.list_all()] == ["hub", "spoke"]
    assert [found.name for found in client.subnets.list("interoperability", "hub")] == [
        "workload",
        "GatewaySubnet",
    ]


def test_ids_ignore_case_and_keep_their_first_spelling(azure: Any) -> None:
    azure.put("virtualNetworks/Hub", SPACE)
    shown = azure.send(
        "GET", azure.id("virtualnetworks/HUB").replace("resourceGroups", "resourcegroups")
    ).json()
    assert shown["id"] == azure.id("virtualNetworks/Hub")


def test_a_virtual_network_keeps_subnets_that_an_update_does_not_mention(azure: Any) -> None:
    azure.put("virtualNetworks/v", SPACE)
    azure.put("virtualNetworks/v/subnets/a", {"properties": {"addressPrefix": "10.0.0.0/26"}})
    assert len(azure.put("virtualNetworks/v", SPACE)["properties"]["subnets"]) == 1
    emptied = {**SPACE, "properties": {**SPACE["properties"], "subnets": []}}
    assert azure.put("virtualNetworks/v", emptied)["properties"]["subnets"] == []


def test_tags_are_changed_alone(azure: Any) -> None:
    before = azure.put("virtualNetworks/v", {**SPACE, "tags": {"a": "1"}})
    changed = azure.send("PATCH", azure.id("virtualNetworks/v"), {"tags": {"b": "2"}}).json()
    assert changed["tags"] == {"b": "2"}
    assert changed["etag"] != before["etag"]
    assert changed["properties"] == before["properties"]


def test_a_change_of_what_somebody_else_changed_is_refused(azure: Any) -> None:
    azure.put("virtualNetworks/v", SPACE)
    request = HttpRequest(
        "PUT",
        f"{azure.root}{azure.id('virtualNetworks/v')}?api-version=2024-05-01",
        headers={"If-Match": 'W/"old"'},
        json=SPACE,
    )
    assert azure.client.send_request(request).status_code == 412


def test_a_restart_keeps_everything_but_the_keys(network: Any, start: Any) -> None:
    network.build()
    before, endpoint = _content(network.azure), network.azure.server.endpoint
    start.stop()
    file = start.directory / "azure.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KEY not in file.read_text()

    again = start.connect()
    assert again.server.endpoint == endpoint
    assert _content(again) == before
    for key, matches in ((KEY, True), ("Another", False)):
        answer = again.lab("POST", "shared-key" + again.id("connections/hub-location1"), {"value": key})
        assert answer.json() == {"matches": matches}


def test_another_port_is_taken_if_the_last_one_is_not_free(azure: Any, start: Any) -> None:
    endpoint = azure.server.endpoint
    start.stop()
    with socket.socket() as taken:
        host, _, port = endpoint.partition(":")
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, int(port)))
        taken.listen()
        assert start().endpoint != endpoint


def test_the_module_runs_one_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lab.azure", str(tmp_path / "azure")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        endpoint = program.stdout.readline().strip()
        assert re.fullmatch(r"127\.0\.0\.1:\d+", endpoint)
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=30) == 0
    assert (tmp_path / "azure" / "azure.json").exists()


def test_a_public_address_depends_on_the_id_and_is_never_given_twice(azure: Any, network: Any) -> None:
    refused = {"location": "eastus", "sku": {"name": "Standard"}, "properties": {}}
    assert azure.send("PUT", azure.id("publicIPAddresses/one"), refused).status_code == 400
    network.add_public_ip("one", "eastus")
    first = azure.get("publicIPAddresses/one")["properties"]["ipAddress"]
    assert first == "198.19.201.221"
    azure.delete("publicIPAddresses/one")
    network.add_public_ip("one", "eastus")
    assert azure.get("publicIPAddresses/one")["properties"]["ipAddress"] != first


def test_the_journal_shows_requests_without_secrets(network: Any) -> None:
    network.add_virtual_network("hub")
    network.add_vpn_gateway("hub")
    network.add_local_network_gateway()
    azure = network.azure
    azure.lab("DELETE", "requests")
    ends = {"localNetworkGateway2": azure.ref("localNetworkGateways/location1")}
    network.add_vpn_connection("hub-location1", "hub", **ends)
    journal = azure.lab("GET", "requests").json()
    assert (journal[0]["method"], journal[0]["status"]) == ("PUT", 201)
    assert journal[0]["path"] == azure.id("connections/hub-location1")
    assert journal[0]["body"]["properties"]["sharedKey"] == "***"
    assert KEY not in json.dumps(journal)


def test_an_ordered_fault_happens_as_often_as_ordered(azure: Any) -> None:
    fault = {
        "method": "PUT",
        "path_pattern": "virtualNetworks/v$",
        "status": 409,
        "code": "AnotherOperationInProgress",
        "message": "busy",
        "times": 2,
    }
    assert azure.lab("POST", "faults", fault).status_code == 201
    statuses = [azure.send("PUT", azure.id("virtualNetworks/v"), SPACE).status_code for _ in range(3)]
    assert statuses == [409, 409, 201]
    assert azure.lab("POST", "faults", {"status": 500}).json()["error"]["code"] == "InvalidFault"


def test_an_operation_fails_after_its_change_was_taken(azure: Any) -> None:
    fault = {"path_pattern": "virtualNetworks/v$", "operation": "failed", "code": "InternalServerError"}
    azure.lab("POST", "faults", fault | {"message": "out of capacity", "delay": 0.3})
    path = "virtualNetworks/v"
    accepted = azure.send("PUT", azure.id(path), SPACE)
    assert (accepted.status_code, accepted.json()["properties"]["provisioningState"]) == (201, "Updating")
    azure.wait(accepted)
    outcome = azure.client.send_request(HttpRequest("GET", accepted.headers["Azure-AsyncOperation"])).json()
    assert (outcome["status"], outcome["error"]["code"]) == ("Failed", "InternalServerError")
    assert outcome["error"]["message"] == "out of capacity"
    assert azure.get(path)["properties"]["provisioningState"] == "Failed"

    peering = {"properties": {"remoteVirtualNetwork": azure.ref(path)}}
    azure.put(
        "virtualNetworks/w", {**SPACE, "properties": {"addressSpace": {"addressPrefixes": ["10.9.0.0/24"]}}}
    )
    code, _ = refused(lambda: azure.put("virtualNetworks/w/virtualNetworkPeerings/p", peering))
    assert code == "ReferencedResourceNotProvisioned"
    assert azure.put(path, SPACE)["properties"]["provisioningState"] == "Succeeded"


def test_azures_own_client_sees_an_operation_fail(azure: Any) -> None:
    fault = {"path_pattern": "virtualNetworks/v$", "operation": "failed", "code": "InternalServerError"}
    azure.lab("POST", "faults", fault)
    poller = azure.client.virtual_networks.begin_create_or_update(GROUP, "v", SPACE)
    with pytest.raises(HttpResponseError, match="InternalServerError"):
        poller.result(10)


def test_an_operation_is_over_no_sooner_than_its_change(azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def settle_late(*arguments: Any, **named: Any) -> Any:
        time.sleep(0.3)
        return settle(*arguments, **named)

    settle = ControlPlane.settle
    monkeypatch.setattr(ControlPlane, "settle", settle_late)
    azure.lab("POST", "faults", {"path_pattern": "virtualNetworks/v$", "operation": "slow", "delay": 0.2})
    assert azure.put("virtualNetworks/v", SPACE)["properties"]["provisioningState"] == "Succeeded"


def test_a_slow_operation_is_under_way_for_as_long_as_ordered(azure: Any) -> None:
    fault = {"path_pattern": "virtualNetworks/v$", "operation": "slow", "delay": 0.5}
    azure.lab("POST", "faults", fault)
    began = time.monotonic()
    assert azure.put("virtualNetworks/v", SPACE)["properties"]["provisioningState"] == "Succeeded"
    assert time.monotonic() - began >= 0.5


def test_a_failure_of_the_emulator_is_not_one_that_clients_repeat(
    azure: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lab.azure.arm.render", fail)
    answer = azure.send("PUT", azure.id("virtualNetworks/v"), SPACE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "EmulatorFailed")
    assert "the emulator failed" in answer.json()["error"]["message"]
    assert "ZeroDivisionError" in caplog.text


def _content(azure: Any) -> Any:
    """All that the group holds, as if it had settled."""
    shown = azure.send("GET", azure.id("") + "/resources", version="2024-03-01").json()
    return json.loads(json.dumps(shown).replace('"Updating"', '"Succeeded"'))
