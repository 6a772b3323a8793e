"""Inputs that are refused before anything runs, and those that stay secret."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from lab.iosxe.server import RouterServer
from tests.onprem.provider.described import (
    DESCRIBED,
    LINES,
    NOT_YET,
    OUTPUTS,
    fails,
)
from tests.onprem.provider_process import UNKNOWN, Provider, secret
from tests.onprem.routers import CANARY, SECRETS

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "value missing": (
        {"values": {"hub-vpn-gateway-public-ip-1": "203.0.113.10"}},
        "values",
        "has no hub-vpn-gateway-bgp-address-1, which <output:hub-vpn-gateway-bgp-address-1> in",
    ),
    "secret missing": ({"secrets": secret({})}, "secrets", "has no hub-location1-shared-key"),
    "value that is a name": ({"values": {**OUTPUTS, "x": "example.org"}}, "values.x", "IPv4 address"),
    "value with a line end": ({"values": {**OUTPUTS, "x": "192.0.2.1\nend"}}, "values.x", "IPv4 address"),
    "value with a blank": ({"values": {**OUTPUTS, "x": "192.0.2.1 255.0.0.0"}}, "values.x", "IPv4 address"),
    "secret with a line end": (
        {"secrets": secret({**SECRETS, "x": f"{CANARY}\nend"})},
        "secrets.x",
        "printable",
    ),
    "secret with '?'": ({"secrets": secret({**SECRETS, "x": f"{CANARY}?"})}, "secrets.x", "printable"),
    "empty secret": ({"secrets": secret({**SECRETS, "x": ""})}, "secrets.x", "printable"),
    "no lines": ({"lines": []}, "lines", "not nothing"),
    "control character": ({"lines": [*LINES, "ip vrf 31\x03"]}, f"lines[{len(LINES)}]", "printable ASCII"),
    "tab": ({"lines": [*LINES, "\tdescription x"]}, f"lines[{len(LINES)}]", "printable ASCII"),
    "typographic dash": ({"lines": [*LINES, "ip vrf a\u2013b"]}, f"lines[{len(LINES)}]", "printable ASCII"),
    "question mark": ({"lines": [*LINES, "ip vrf ?"]}, f"lines[{len(LINES)}]", "prints its help"),
    "long line": ({"lines": [*LINES, f"ip vrf {'x' * 254}"]}, f"lines[{len(LINES)}]", "has 261 characters"),
    "leaves the configuration": (
        {"lines": [*LINES, "end"]},
        f"lines[{len(LINES)}]",
        "leaves the configuration",
    ),
    "runs a command": ({"lines": [*LINES, "do reload"]}, f"lines[{len(LINES)}]", "leaves the configuration"),
    "another name": ({"lines": [*LINES, "hostname R2"]}, f"lines[{len(LINES)}]", "renames the router"),
    "asks": ({"lines": [*LINES, "crypto key zeroize rsa"]}, f"lines[{len(LINES)}]", "asks for something"),
    "prompt": ({"lines": [*LINES, "R1(config)#ip vrf 31"]}, f"lines[{len(LINES)}]", "begins like a prompt"),
    "indented too far": ({"lines": [*LINES, "   x"]}, f"lines[{len(LINES)}]", "is indented by 3"),
    "key in clear": (
        {"lines": [*LINES, "enable secret canary-in-clear"]},
        f"lines[{len(LINES)}]",
        "'enable secret <secret>' needs its key as <secret:NAME>",
    ),
    "secret in an unknown place": (
        {"lines": [*LINES, "description <secret:hub-location1-shared-key>"]},
        f"lines[{len(LINES)}]",
        "could not be hidden again",
    ),
    "misspelt placeholder": (
        {"lines": [*LINES, "ip vrf <ouput:x>"]},
        f"lines[{len(LINES)}]",
        "no placeholder",
    ),
    "router": ({"router": "location1 ce1"}, "router", "hostname"),
    "host": ({"host": "-oProxyCommand=x y"}, "host", "host name"),
    "mode": ({"mode": "pull"}, "mode", "must be one of render, preview, push"),
    "host key": ({"hostKey": "ssh-rsa"}, "hostKey", "no public key"),
    "lines that are unknown": ({"lines": UNKNOWN}, "", "has to be known before the deployment"),
    "unknown input": ({"hosts": "x"}, "hosts", "is not an input"),
}


@pytest.mark.parametrize(("changes", "place", "says"), REFUSED.values(), ids=REFUSED)
@pytest.mark.promise("B1", "B2", "B3", "B4", "B5", "B8")
def test_check_refuses(provider: Provider, changes: dict[str, Any], place: str, says: str) -> None:
    [failure] = provider.check({**DESCRIBED, **changes})
    assert failure[0] == place
    assert says in failure[1]
    assert "canary" not in failure[1]


def test_check_reports_everything_at_once(provider: Provider) -> None:
    wrong = {**DESCRIBED, "mode": "pull", "lines": [*LINES, "end", "exit"], "values": {}}
    assert len(provider.check(wrong)) == 5


def test_check_takes_what_is_not_known_yet(provider: Provider) -> None:
    assert provider.check(NOT_YET) == []
    assert provider.check({**NOT_YET, "secrets": secret(dict.fromkeys(SECRETS, UNKNOWN))}) == []


def test_value_that_was_given_as_a_secret_stays_one(provider: Provider, router: RouterServer) -> None:
    values = {name: secret(value) for name, value in OUTPUTS.items()}
    state = provider.create({**DESCRIBED, "values": values})
    for name in ("values", "pushedLines", "drift"):
        assert set(state[name]) == set(secret("")), name
    assert (
        provider.diff(state, {**DESCRIBED, "values": values}).changes == provider_pb2.DiffResponse.DIFF_NONE
    )
    provider.delete(state)
    assert "vrf 30" not in router.running


@pytest.mark.promise("P18", "B10")
def test_serial_number_is_an_input(provider: Provider, router: RouterServer) -> None:
    before = router.running
    wrong = {**DESCRIBED, "serial": "FOX0000"}
    assert provider.check(wrong) == []
    assert "not FOX0000" in fails(lambda: provider.create(wrong))
    assert router.running == before


@pytest.mark.promise("P11", "F10")
@pytest.mark.parametrize("minutes", [-1, 1.5, 121])
def test_revert_minutes_are_bounded(provider: Provider, minutes: float) -> None:
    found = provider.check({**DESCRIBED, "revertMinutes": minutes})
    assert [place for place, _ in found] == ["revertMinutes"]
