"""Keys: found where they are in clear, and in no message ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.policy.sound_deployment import OTHER_KEY, everything

pytestmark = pytest.mark.thorough

LONG_KEY = "r2D5t8W1z4C7f0J3m6Q9v"

PLACES = {
    "shared-key": ("location1-connection", "sharedKey", LONG_KEY),
    "md5-key": ("circuit-peering", "sharedKey", LONG_KEY),
    "authorization": ("circuit-connection", "authorizationKey", LONG_KEY),
    "router-secrets": ("location1-ce1", "secrets", {"hub-location1-shared-key": LONG_KEY}),
    "vrf-name": ("location1-ce1", "lines", [f"ip vrf forwarding {LONG_KEY}", f"key-string {LONG_KEY}"]),
    "subnet-name": ("hub-gateway-subnet", "subnetName", LONG_KEY),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_no_message_holds_a_key(deployment: Any, shape: str, place: Any) -> None:
    deployment.put(*place)
    deployment.put("spoke-network", "tags", {"psk": LONG_KEY})
    deployment.put("branch-connection-from-hub", "sharedKey", LONG_KEY)
    said = deployment.judge(shape)
    assert said
    assert not [found for found in said if LONG_KEY in found.message]
    assert {"key-in-clear", "connection-key-secret"} <= {found.rule for found in said}


def _texts_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts_in(each, (*path, key))


@pytest.mark.parametrize("name", sorted(everything()))
def test_no_message_holds_a_key_wherever_it_is_written(name: str, new_deployment: Any) -> None:
    """Write the site's key into each text of each resource in turn; in a line, as its last word."""
    for path in _texts_in(everything()[name].inputs):
        deployment = new_deployment(everything())
        place = deployment.resources[name].inputs
        for step in path[:-1]:
            place = place[step]
        before = place[path[-1]]
        place[path[-1]] = f"{before.rpartition(' ')[0]} {OTHER_KEY}" if path[0] == "lines" else OTHER_KEY
        said = deployment.judge("up")
        assert not [found for found in said if OTHER_KEY in found.message], path
        assert {found.rule for found in said} & {"key-in-clear", "router-key-in-lines"}, path


@pytest.mark.parametrize(
    "word", ["CannotSetSharedKeyForExpressRouteConnectionType", "TenGigabitEthernet30Port1"]
)
def test_a_long_word_is_no_key(deployment: Any, word: str) -> None:
    deployment.put("circuit", "sku.tier", word)
    assert [word in found.message for found in deployment.judge("up") if found.rule == "circuit-sku"] == [
        True
    ]


def test_a_short_secret_is_taken_out_as_a_word(deployment: Any, hidden: Any) -> None:
    deployment.put("branch-vpn-gateway", "bgpSettings.asn", hidden(65516))
    deployment.put("hub-network", "tags", {"pin": hidden("65516")})
    deployment.put("branch-network", "tags", {"pin": hidden("65516")})
    deployment.put("branch-vpn-gateway", "tags", {"pin": hidden("65516")})
    (found,) = deployment.judge("up")
    assert found.rule == "vpn-gateway-asn-grey"
    assert "65516" not in found.message


@pytest.mark.parametrize(
    "line",
    [
        "crypto isakmp key opensesame1 address 52.168.162.84",
        "crypto isakmp key 0 opensesame1 address 52.168.162.84",
        "pre-shared-key opensesame1",
        "pre-shared-key hex 0f1e2d3c4b5a",
        "pre-shared-key address 52.168.162.84 key 0 opensesame1",
        "neighbor 192.168.30.18 password opensesame1",
        "neighbor 192.168.30.18 password 7 070C285F4D06",
        "ip ospf message-digest-key 1 md5 opensesame1",
        "ip ospf authentication-key opensesame1",
        "key-string opensesame1",
        "snmp-server community opensesame1 RO",
        "username admin privilege 15 password 0 opensesame1",
        "enable secret 0 opensesame1",
        "tacacs-server key opensesame1",
        "pre-shared-key local <output:hub-location1-shared-key>",
    ],
)
def test_a_line_that_spells_out_a_key_is_found(deployment: Any, line: str) -> None:
    deployment.resources["location2-ce1"].inputs["lines"].append(line)
    rules = {found.rule for found in deployment.judge("preview") if found.resource == "location2-ce1"}
    assert "router-key-in-lines" in rules


@pytest.mark.parametrize(
    "line",
    [
        "username admin privilege 15 secret 9 $9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM",
        "neighbor 192.168.30.18 password 6 JDYkqyIFWeBvzpljSfWmRZrmRSRE8",
        "description pre-shared-key local opensesame1",
        "authentication local pre-share",
        "key chain OSPF-KEYS",
        "no neighbor 192.168.30.18 password opensesame1",
    ],
)
def test_a_line_without_a_clear_key_passes(deployment: Any, line: str) -> None:
    deployment.resources["location2-ce1"].inputs["lines"].append(line)
    assert "router-key-in-lines" not in {found.rule for found in deployment.judge("preview")}


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("IamSecure1234567", "shorter than 20"),
        ("abababababababababababab", "different characters"),
        ("kZ7mQ2xW9rT4-B8nL3cD6fG1", "hyphen"),
        ("kZ7mQ2xW9rT4 B8nL3cD6fG1", "printable ASCII"),
        ("kZ7mQ2xW9rT4öB8nL3cD6fG1", "printable ASCII"),
    ],
    ids=["short", "monotonous", "hyphen", "blank", "umlaut"],
)
def test_a_weak_key_is_found(deployment: Any, hidden: Any, shape: str, key: str, word: str) -> None:
    deployment.put("location1-connection", "sharedKey", hidden(key))
    (found,) = [one for one in deployment.judge(shape) if one.rule != "router-key-agrees"]
    assert (found.rule, found.resource) == ("connection-key-strong", "location1-connection")
    assert word in found.message
    assert key not in found.message


@pytest.mark.parametrize(
    ("setting", "value"), [("length", 12), ("special", None)], ids=["short", "with-hyphens"]
)
def test_a_key_still_to_be_made_is_judged_by_what_makes_it(deployment: Any, setting: str, value: Any) -> None:
    deployment.put("location1-key", setting, value)
    (found,) = deployment.judge("preview")
    assert (found.rule, found.resource, found.level) == (
        "connection-key-strong",
        "location1-connection",
        "mandatory",
    )


def test_a_service_key_that_will_not_be_secret_is_found_before_it_exists(deployment: Any) -> None:
    deployment.resources["circuit"].secret_outputs = ()
    deployment.resources["circuit"].exists = False
    said = {(found.rule, found.resource, found.level) for found in deployment.judge("preview")}
    assert said == {
        ("circuit-key-secret", "circuit", "mandatory"),
        ("circuit-provisioned", "circuit", "advisory"),
    }


def test_the_stacks_own_output_may_not_show_a_service_key(deployment: Any) -> None:
    deployment.resources["stack"].outputs["serviceKeys"] = {"c": "7c1f9b2e-4d3a-4e6b-8f5c-0a9d8e7f6b5c"}
    (found,) = deployment.judge("up")
    assert (found.rule, found.resource) == ("key-in-clear", "stack")
    assert "serviceKeys.c" in found.message


def test_redacted_secrets_of_a_state_file_are_secrets(deployment: Any) -> None:
    deployment.put("location1-connection", "sharedKey", "[secret]")
    said = deployment.judge("up")
    assert {found.rule for found in said} == {"connection-key-strong", "router-key-agrees"}
    assert {found.level for found in said} == {"advisory"}
    assert all("not proven" in found.message for found in said)
