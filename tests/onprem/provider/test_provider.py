"""The provider process, spoken to as the engine speaks to it, against emulated routers over SSH."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import plugin_pb2, provider_pb2, status_pb2

from lab.iosxe.editor import Position
from lab.iosxe.faults import Fault, no_faults
from lab.iosxe.server import RouterServer
from tests.onprem.provider_process import LAUNCHER, UNKNOWN, URN, Engine, Provider, secret
from tests.onprem.routers import CANARY, PASSWORD, ROUTER, SECRETS, VALUES, Lab, fault_at, on_line

LINES = (Path(__file__).parents[1] / "golden" / f"{ROUTER}.cfg").read_text().splitlines()
OUTPUTS = {name: value for name, value in VALUES.items() if name.startswith("hub-")}
DESCRIBED = {
    "router": ROUTER,
    "host": ROUTER,
    "mode": "push",
    "lines": LINES,
    "values": OUTPUTS,
    "secrets": secret(SECRETS),
}
NOT_YET = {**DESCRIBED, "values": dict.fromkeys(OUTPUTS, UNKNOWN), "secrets": secret(UNKNOWN)}
PREFERS_300 = {**DESCRIBED, "lines": [line.replace("preference 200", "preference 300") for line in LINES]}
Start = Callable[..., Provider]


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
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


def fails(call: Callable[[], object]) -> str:
    """The one sentence with which a call fails."""
    with pytest.raises(grpc.RpcError) as failure:
        call()
    assert isinstance(failure.value, grpc.Call)
    assert failure.value.code() is grpc.StatusCode.FAILED_PRECONDITION, failure.value.details()
    return failure.value.details() or ""


def changed(answer: Any) -> dict[str, str]:
    """The paths of a detailed diff with their kinds."""
    kinds = provider_pb2.PropertyDiff.Kind
    return {path: kinds.Name(found.kind) for path, found in answer.detailedDiff.items()}


# --- the life of a resource --------------------------------------------------------------------------


@pytest.mark.promise("P1", "P2", "P3", "P30")
def test_from_preview_to_destroy(provider: Provider, router: RouterServer) -> None:
    before = router.running
    assert provider.check(NOT_YET) == []
    foreseen = provider.create(NOT_YET, preview=True)
    assert foreseen["lines"] == LINES
    assert foreseen["running"] == UNKNOWN
    assert "secrets" not in foreseen
    [shown] = provider.said()
    assert shown.startswith("INFO location1-ce1: +84 -0 lines, compared with the router:\n--- ")
    for line in (
        "+   address <output:hub-vpn-gateway-public-ip-1>",
        "pre-shared-key local <secret:hub-location1",
    ):
        assert line in shown
    assert router.running == before

    state = provider.create(DESCRIBED)
    assert state["running"] == "as pushed"
    assert "  address 203.0.113.10" in state["pushedLines"]
    assert "secrets" not in state
    assert CANARY not in str(state)
    assert router.device.startup == router.running != before

    provider.said()
    assert provider.diff(state, DESCRIBED).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert provider.said() == []

    answer = provider.diff(state, PREFERS_300)
    assert changed(answer) == {"lines[9]": "UPDATE", "running": "UPDATE"}
    [shown] = provider.said()
    assert "-  set local-preference 200\n+  set local-preference 300" in shown
    assert provider.update(state, PREFERS_300, preview=True)["running"] == UNKNOWN
    assert "local-preference 200" in router.running

    state = provider.update(state, PREFERS_300)
    assert "local-preference 300" in router.running
    provider.delete(state)
    assert router.running == before


def test_update_removes_a_line(provider: Provider, router: RouterServer) -> None:
    state = provider.create(DESCRIBED)
    fewer = {**DESCRIBED, "lines": [line for line in LINES if "next-hop-self" not in line]}
    assert changed(provider.diff(state, fewer)) == {"lines": "UPDATE", "running": "UPDATE"}
    provider.update(state, fewer)
    assert "next-hop-self" not in router.running


@pytest.mark.promise("P25", "P26")
def test_secret_that_changes_is_pushed_and_never_shown(provider: Provider, router: RouterServer) -> None:
    state = provider.create(DESCRIBED)
    sealed = router.running
    rotated = {**DESCRIBED, "secrets": secret(dict.fromkeys(SECRETS, f"{CANARY}-2"))}
    assert changed(provider.diff(state, rotated)) == {"secrets": "UPDATE", "running": "UPDATE"}
    shown, about_key = provider.said()[-2:]
    assert "+   pre-shared-key local <secret:hub-location1-shared-key>" in shown
    assert about_key.startswith("WARNING location1-ce1: psk changed: hub-location1-shared-key; ")
    after = provider.update(state, rotated)
    assert router.running != sealed
    assert provider.diff(after, rotated).changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.promise("P30")
def test_refresh_finds_drift_and_update_mends_it(provider: Provider, router: RouterServer) -> None:
    state = provider.create(DESCRIBED)
    assert provider.read(state, DESCRIBED) == (state, DESCRIBED)
    provider.create(PREFERS_300)  # somebody else, who knows nothing of our state
    provider.said()
    drifted, inputs = provider.read(state, DESCRIBED)
    assert inputs == DESCRIBED
    assert drifted["running"] == "drifted since the push"
    assert "+  set local-preference 200" in drifted["drift"]
    assert provider.said()[0].startswith("WARNING location1-ce1: +1 -1 lines would bring back the last push")
    assert changed(provider.diff(drifted, DESCRIBED)) == {"running": "UPDATE"}
    mended = provider.update(drifted, DESCRIBED)
    assert (mended["running"], mended["drift"]) == ("as pushed", [])
    assert "local-preference 200" in router.running


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


def test_other_router_is_a_replacement(provider: Provider, lab: Lab, router: RouterServer) -> None:
    state = provider.create(DESCRIBED)
    lab.start("location1-ce2")
    answer = provider.diff(state, {**DESCRIBED, "router": "location1-ce2", "host": "location1-ce2"})
    assert list(answer.replaces) == ["router"]
    assert changed(answer)["router"] == "UPDATE_REPLACE"
    del router


# --- what fails --------------------------------------------------------------------------------------


@pytest.mark.promise("P31")
def test_unreachable_router_is_not_compared_and_not_unchanged(
    provider: Provider, lab: Lab, router: RouterServer
) -> None:
    state = provider.create(DESCRIBED)
    lab.run(router.stop())
    provider.said()
    answer = provider.diff(state, DESCRIBED)
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert changed(answer) == {"running": "UPDATE"}
    [shown] = provider.said()
    assert shown.startswith(f"WARNING not compared: {ROUTER}: cannot log in to 127.0.0.1:")
    provider.create(DESCRIBED, preview=True)
    assert provider.said()[0].startswith("WARNING not compared")
    assert provider.read(state, DESCRIBED)[0] == state
    assert "cannot log in" in fails(lambda: provider.update(state, PREFERS_300))
    assert "cannot log in" in fails(lambda: provider.delete(state))


def _hang_up(listener: socket.socket) -> None:
    listener.accept()[0].close()


def test_trouble_of_the_ssh_library_is_one_sentence(provider: Provider, project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        hangs_up = threading.Thread(target=_hang_up, args=(listener,))
        hangs_up.start()
        (project / "ssh_config").write_text(f"Host {ROUTER}\n  HostName 127.0.0.1\n  Port {port}\n")
        says = fails(lambda: provider.create(DESCRIBED))
        hangs_up.join(10)
    assert f"{ROUTER}: cannot log in to 127.0.0.1:{port}: " in says
    assert "\n" not in says
    assert "Traceback" not in provider.output


def test_failed_push_is_one_sentence(provider: Provider, router: RouterServer) -> None:
    before = router.running
    router.faults = fault_at(on_line("pre-shared-key remote"), Fault(reject=f"% Invalid key {CANARY}"))
    says = fails(lambda: provider.create(DESCRIBED))
    assert "was rejected: % Invalid key <secret:hub-location1-shared-key>; the router is where it was" in says
    assert "Traceback" not in says + provider.output
    assert router.running == before


@pytest.mark.promise("P10")
def test_cancel_undoes_a_running_push(start: Start, router: RouterServer) -> None:
    provider = start()
    before = router.running

    async def cancels(_: int, __: object, text: str) -> Fault | None:
        if text.strip() == "interface Tunnel30":
            provider.stub.Cancel(empty_pb2.Empty(), timeout=10)
        return None

    router.faults = cancels
    assert "was cancelled; the router is where it was before" in fails(lambda: provider.create(DESCRIBED))
    assert router.running == before


@pytest.mark.promise("P10", "P15", "F1")
def test_half_pushed_router_is_remembered(start: Start, lab: Lab, router: RouterServer) -> None:
    provider = start()
    before = router.running
    gone = False

    async def away(_: int, __: object, text: str) -> Fault | None:
        nonlocal gone
        gone = gone or text.strip() == "interface Tunnel30"
        return Fault(drop=True) if gone else None

    router.faults = away
    status = status_pb2.Status()
    with pytest.raises(grpc.RpcError) as failure:
        provider.create(DESCRIBED)
    assert isinstance(failure.value, grpc.Call)
    assert "could NOT be put back" in (failure.value.details() or "")
    metadata = dict(failure.value.trailing_metadata() or ())
    status.ParseFromString(metadata["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    state = json_format.MessageToDict(detail.properties)
    assert state["running"] == "left between two configurations by a push that failed"
    assert state["secretFingerprints"] == {}
    assert router.running != before
    router.faults = no_faults
    assert "running" in changed(provider.diff(state, DESCRIBED))
    provider.delete(provider.update(state, DESCRIBED))
    assert router.running == before
    del lab


def test_provider_ends_after_its_engine(project: Path) -> None:
    engine = Engine()
    script = '"$0" "$1" & echo $!; exec sleep 60'
    shell = subprocess.Popen(
        ["sh", "-c", script, LAUNCHER, engine.address],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHON": sys.executable},
        cwd=project,
    )
    assert shell.stdout is not None
    numbers = [shell.stdout.readline(), shell.stdout.readline()]
    shell.kill()
    shell.wait()
    assert all(number.strip().isdecimal() for number in numbers)
    assert shell.stdout.read() == "", "the pipe ends with the last process that holds it"
    engine.stop()


def test_import_is_refused(provider: Provider) -> None:
    assert "cannot be imported" in fails(lambda: provider.read({}, {}))


# --- modes -------------------------------------------------------------------------------------------


def test_render_writes_a_file_and_talks_to_no_router(
    provider: Provider, router: RouterServer, project: Path
) -> None:
    rendered = {**DESCRIBED, "mode": "render"}
    file = project / "rendered/test" / f"{ROUTER}.cfg"
    provider.create(rendered, preview=True)
    assert not file.exists()
    state = provider.create(rendered)
    text = file.read_text()
    assert "  address 203.0.113.10\n  pre-shared-key local <secret:hub-location1-shared-key>\n" in text
    assert CANARY not in text
    assert provider.diff(state, rendered).changes == provider_pb2.DiffResponse.DIFF_NONE
    provider.said()
    other = {**PREFERS_300, "mode": "render"}
    assert changed(provider.diff(state, other)) == {"lines[9]": "UPDATE", "running": "UPDATE"}
    assert "compared with what was rendered last:" in provider.said()[0]
    file.unlink()
    assert changed(provider.diff(state, rendered)) == {"running": "UPDATE"}
    provider.update(state, rendered)
    provider.delete(provider.update(state, rendered))
    assert not file.parent.exists()
    assert router.transcript == []


@pytest.mark.promise("P3")
def test_preview_reads_and_never_writes(provider: Provider, router: RouterServer) -> None:
    before = router.running
    described = {**DESCRIBED, "mode": "preview"}
    state = provider.create(described)
    assert state["running"] == "different from the description"
    assert state["pushedLines"] == []
    assert changed(provider.diff(state, described)) == {"running": "UPDATE"}
    assert {entry.mode for entry in router.transcript} == {"exec"}
    provider.delete(state)
    assert router.running == before


def test_preview_of_a_router_that_is_as_described(provider: Provider, router: RouterServer) -> None:
    pushed = provider.create(DESCRIBED)
    described = {**DESCRIBED, "mode": "preview"}
    state = provider.update(pushed, described)
    assert state["running"] == "as described"
    assert provider.diff(state, described).changes == provider_pb2.DiffResponse.DIFF_NONE
    before = router.running
    provider.said()
    provider.delete(state)
    [said] = provider.said()
    assert (
        "WARNING location1-ce1: its mode is 'preview', so the 86 lines that were pushed once stay on" in said
    )
    assert router.running == before


def test_comparing_with_the_state_needs_no_login(
    provider: Provider, start: Start, router: RouterServer
) -> None:
    state = provider.create(DESCRIBED)
    seen = len(router.transcript)
    provider = start(IOSXE_COMPARE="state")
    assert provider.diff(state, DESCRIBED).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert changed(provider.diff(state, PREFERS_300)) == {"lines[9]": "UPDATE"}
    [shown] = provider.said()
    assert "+  set local-preference 300" in shown
    assert "compared with the last push:" in shown
    drifted = {**state, "running": "drifted since the push"}
    assert changed(provider.diff(drifted, DESCRIBED)) == {"running": "UPDATE"}
    assert len(router.transcript) == seen


# --- inputs that are refused -------------------------------------------------------------------------

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


# --- the process -------------------------------------------------------------------------------------


def test_attach_names_another_engine(start: Start, router: RouterServer) -> None:
    provider = start()
    other = Engine()
    provider.stub.Attach(plugin_pb2.PluginAttach(address=other.address), timeout=10)
    provider.create(DESCRIBED, preview=True)
    assert [message.urn for message in other.messages] == [URN]
    assert provider.said() == []
    other.stop()
    del router


def test_credentials_from_the_environment(lab: Lab, project: Path, router: RouterServer) -> None:
    environment = {
        "IOSXE_SSH_CONFIG": str(lab.ssh_config),
        "IOSXE_USERNAME": "netops",
        "IOSXE_PASSWORD": PASSWORD,
    }
    provider = Provider(project, environment, {})
    provider.create(DESCRIBED)
    provider.stop()
    assert "ip vrf 30" in router.running


def test_schema_names_inputs_and_outputs(provider: Provider) -> None:
    schema = provider.stub.GetSchema(provider_pb2.GetSchemaRequest(), timeout=10).schema
    assert '"iosxe:index:Configuration"' in schema


def test_launcher_finds_the_projects_python(tmp_path: Path) -> None:
    plugin = tmp_path / "onprem/iosxe_plugin"
    plugin.mkdir(parents=True)
    launcher = shutil.copy(LAUNCHER, plugin)
    (plugin / "__main__.py").write_text("import sys; print(sys.argv[1:])")
    clean = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    missing = subprocess.run([launcher, "x"], env=clean, check=False, capture_output=True, text=True)
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    assert ".venv/bin/python - create .venv from requirements/, or set PYTHON" in missing.stderr
    named = subprocess.run(
        [launcher, "a b"], env={**clean, "PYTHON": sys.executable}, check=True, capture_output=True, text=True
    )
    assert named.stdout == "['a b']\n"
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    found = subprocess.run([launcher, "x"], cwd="/", env=clean, check=True, capture_output=True, text=True)
    assert found.stdout == "['x']\n"


# --- what was shown, sites, and the right box --------------------------------------------------------


@pytest.mark.promise("P2", "F11")
def test_update_keeps_to_what_the_preview_of_the_same_run_showed(
    start: Start, router: RouterServer, lab: Lab
) -> None:
    start().create(NOT_YET, preview=True)
    updating = start()  # the engine starts the provider anew for the update
    lab.run(_type(router, "ip vrf 30", "rd 65021:99"))
    drifted = router.running
    assert "drifted since the preview" in fails(lambda: updating.create(DESCRIBED))
    assert router.running == drifted


@pytest.mark.promise("P2")
def test_update_of_an_unchanged_router_sends_what_the_preview_showed(
    start: Start, router: RouterServer
) -> None:
    start().create(NOT_YET, preview=True)
    state = start().create(DESCRIBED)
    assert state["running"] == "as pushed"
    assert "rd 65021:30" in router.running


@pytest.mark.promise("P2")
def test_push_waits_for_its_approval(start: Start, router: RouterServer) -> None:
    before = router.running
    asking = start(IOSXE_APPROVED="none")
    asking.create(NOT_YET, preview=True)
    said = asking.said()[-1]
    assert said.endswith("is to be approved")
    fingerprint = said.split()[-5].rstrip(",")
    assert "waits for an approval" in fails(lambda: asking.create(DESCRIBED))
    assert router.running == before
    assert start(IOSXE_APPROVED=fingerprint).create(DESCRIBED)["running"] == "as pushed"


@pytest.mark.promise("P18", "B10")
def test_serial_number_is_an_input(provider: Provider, router: RouterServer) -> None:
    before = router.running
    wrong = {**DESCRIBED, "serial": "FOX0000"}
    assert provider.check(wrong) == []
    assert "not FOX0000" in fails(lambda: provider.create(wrong))
    assert router.running == before


@pytest.mark.promise("P19")
def test_twin_of_a_router_that_failed_is_not_pushed_to(start: Start, router: RouterServer, lab: Lab) -> None:
    twin = lab.start("location1-ce2")
    before = twin.running
    process = start()
    router.faults = fault_at(on_line("ip vrf 30"), Fault(reject="% no"))
    fails(lambda: process.create({**DESCRIBED, "site": "location1"}))
    other = {**DESCRIBED, "router": "location1-ce2", "host": "location1-ce2", "site": "location1"}
    assert "location1-ce1 of the same site has failed" in fails(lambda: process.create(other))
    assert twin.running == before


@pytest.mark.promise("P19")
def test_canary_that_fails_is_the_last_to_be_pushed_to(start: Start, router: RouterServer, lab: Lab) -> None:
    far = lab.start("location2-ce1")
    before = far.running
    process = start(IOSXE_CANARY="true")
    router.faults = fault_at(on_line("ip vrf 30"), Fault(reject="% no"))
    fails(lambda: process.create({**DESCRIBED, "site": "location1"}))
    other = {**DESCRIBED, "router": "location2-ce1", "host": "location2-ce1", "site": "location2"}
    assert "location1-ce1, the first of this run, has failed" in fails(lambda: process.create(other))
    assert far.running == before


@pytest.mark.promise("P2")
def test_removal_waits_for_its_approval_too(start: Start, router: RouterServer) -> None:
    state = start().create(DESCRIBED)
    running = router.running
    asking = start(IOSXE_APPROVED="none")
    said = fails(lambda: asking.delete(state))
    assert "waits for an approval" in said
    assert "- ip vrf 30" in said, "no preview shows what a removal sends"
    assert router.running == running
    fingerprint = said.split(" among the approved ones")[0].split()[-1]
    start(IOSXE_APPROVED=fingerprint).delete(state)
    assert "ip vrf 30" not in router.running


@pytest.mark.promise("P11", "F10")
@pytest.mark.parametrize("minutes", [-1, 1.5, 121])
def test_revert_minutes_are_bounded(provider: Provider, minutes: float) -> None:
    found = provider.check({**DESCRIBED, "revertMinutes": minutes})
    assert [place for place, _ in found] == ["revertMinutes"]


async def _type(router: RouterServer, *lines: str) -> None:
    position = Position()
    for line in lines:
        position = router.device.editor.take(position, line).position
