"""`python -m onprem` as people run it: in a project, on emulated routers, without Pulumi."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.iosxe.faults import Fault, no_faults
from lab.iosxe.server import RouterServer
from onprem.placeholders import shared_key
from tests.onprem.project import Project
from tests.onprem.provider_process import SECRET, SIGNATURE, secret
from tests.onprem.routers import CANARY, ROUTER, VALUES, Lab, fault_at, on_line


@pytest.fixture
def router(lab: Lab) -> RouterServer:
    return lab.start()


@pytest.mark.promise("P1", "P2", "P3", "P25")
def test_diff_push_diff_rollback(run: Project, router: RouterServer, tmp_path: Path) -> None:
    before = router.running
    shown = run("diff", ROUTER)
    assert shown.returncode == 1, shown.stderr
    assert "+   pre-shared-key local <secret:hub-location1-shared-key>" in shown.stdout
    assert router.running == before
    refused = run("push", ROUTER, "--yes", "--approved", "000000000000")
    assert refused.returncode == 1
    assert "waits for an approval" in refused.stdout
    done = run("push", ROUTER, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pushed, read back, confirmed and saved; not up yet: BGP session with" in done.stdout
    assert "set local-preference 200" in router.running
    assert router.device.startup == router.running
    same = run("diff", ROUTER)
    assert (same.returncode, same.stdout) == (0, f"{ROUTER}: as described\n")
    again = run("push", ROUTER, "--yes")
    assert again.stdout == f"= {ROUTER}: unchanged\n"
    back = run("rollback", ROUTER, "--yes")
    assert back.returncode == 0, back.stdout + back.stderr
    assert router.running == before
    written = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "keys.json"]
    assert not [file for file in written if CANARY.encode() in file.read_bytes()]


@pytest.mark.promise("P30")
def test_rollback_returns_to_the_push_before_the_last(run: Project, router: RouterServer) -> None:
    assert run("push", ROUTER, "--yes").returncode == 0
    before = router.running
    other = "203.0.113.77"
    values = [f"--value={name}={other if 'public-ip' in name else value}" for name, value in VALUES.items()]
    assert run("push", ROUTER, "--yes", *values, "--keys", "keys.json", given=False).returncode == 0
    assert other in router.running
    assert run("rollback", ROUTER, "--yes").returncode == 0
    masked = [re.sub("(pre-shared-key) .*", r"\1", text) for text in (before, router.running)]
    assert sorted(masked[0].splitlines()) == sorted(masked[1].splitlines())


@pytest.mark.promise("P9", "P10")
def test_failed_push_is_one_sentence(run: Project, router: RouterServer) -> None:
    before = router.running
    router.faults = fault_at(on_line("tunnel destination"), Fault(reject="% Invalid"))
    failed = run("push", ROUTER, "--yes")
    router.faults = no_faults
    assert failed.returncode == 1
    assert failed.stdout.startswith(f"! {ROUTER}: 'tunnel destination")
    assert "where it was before" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr
    assert router.running == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("diff", "nobody"), "nobody: no such router", id="unknown router"),
        pytest.param(("diff", ROUTER, "--stack", "none"), "Pulumi.none.yaml", id="unknown stack"),
        pytest.param(("push", ROUTER), "add --yes", id="nobody to ask"),
        pytest.param(("diff", ROUTER, "--value", "x"), "NAME=ADDRESS", id="value"),
        pytest.param(("diff", ROUTER, "--state", "Pulumi.yaml"), "pulumi stack export", id="state"),
        pytest.param(("diff", ROUTER, "--keys", "Pulumi.test.yaml"), "chmod 600", id="keys"),
        pytest.param(("diff", ROUTER, "--state", "no.json"), "no.json: no such file", id="no state"),
        pytest.param(("diff", ROUTER, "--keys", "no.json"), "no.json: no such file", id="no keys"),
    ],
)
def test_bad_input_is_one_message(run: Project, lab: Lab, arguments: tuple[str, ...], says: str) -> None:
    found = run(*arguments, given=False)
    assert found.returncode == 2, found.stdout + found.stderr
    assert says in found.stderr
    assert "Traceback" not in found.stderr
    del lab


def test_state_with_secrets_is_read_if_it_has_them_in_clear(run: Project, router: RouterServer) -> None:
    provider = run.provider()
    given = run.inputs()
    values = {name: secret(value) for name, value in given["values"].items()}
    outputs = provider.create({**given, "values": values})
    hidden = [name for name, value in outputs.items() if SIGNATURE in value]
    assert hidden
    clear = {**outputs, **{name: in_clear(outputs[name]) for name in hidden}}
    assert run("diff", ROUTER, *run.export(clear)).returncode == 0
    found = run("diff", ROUTER, *run.export(encrypted(outputs)))
    assert (found.returncode, found.stdout) == (2, "")
    assert "pulumi stack export --show-secrets" in found.stderr
    del router


def in_clear(value: Mapping[str, Any]) -> dict[str, Any]:
    """A secret as `pulumi stack export --show-secrets` writes it."""
    return {SIGNATURE: SECRET, "plaintext": json.dumps(value["value"])}


def encrypted(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs as `pulumi stack export` writes them."""
    return {
        name: {SIGNATURE: SECRET, "ciphertext": "v1:x:y"} if SIGNATURE in value else value
        for name, value in outputs.items()
    }


def test_values_and_keys_that_are_missing_are_named(run: Project, router: RouterServer) -> None:
    found = run("push", ROUTER, "--yes", given=False)
    assert found.returncode == 1
    assert "values has no hub-vpn-gateway-public-ip-1" in found.stdout
    assert "secrets has no hub-location1-shared-key" in found.stdout
    del router


@pytest.mark.promise("P31")
def test_unreachable_router_is_not_compared(run: Project, lab: Lab, router: RouterServer) -> None:
    lab.run(router.stop())
    found = run("diff", ROUTER)
    assert found.returncode == 2
    assert found.stdout.startswith("not compared: ")


def test_missing_key_is_no_difference(run: Project, router: RouterServer) -> None:
    values = [f"--value={name}={value}" for name, value in VALUES.items()]
    found = run("diff", ROUTER, *values, given=False)
    assert found.returncode == 2
    assert f"secrets has no {shared_key('hub-location1')}" in found.stdout
    del router


@pytest.mark.promise("P3")
def test_router_that_is_only_compared_is_neither_pushed_to_nor_rolled_back(
    run: Project, router: RouterServer
) -> None:
    assert run("push", ROUTER, "--yes").returncode == 0
    before = router.running
    run.describe(*managed("mode: preview"))
    for command in ("push", "rollback"):
        refused = run(command, ROUTER, "--yes")
        assert refused.returncode == 1
        assert "its mode is 'preview'" in refused.stdout
    assert router.running == before


@pytest.mark.promise("P18", "B10")
def test_router_has_the_serial_number_of_the_stack_file(run: Project, router: RouterServer) -> None:
    before = router.running
    run.describe(*managed("serial: FOX0000AAAA"))
    refused = run("push", ROUTER, "--yes")
    assert refused.returncode == 1
    assert "not FOX0000AAAA" in refused.stdout
    assert router.running == before


def managed(setting: str) -> tuple[str, str]:
    """What describes the router's management in the stack file: old text, new text."""
    line = "      location1-ce1:\n        location: location1\n"
    return line, f"{line}        management: {{{setting}}}\n"
