"""The pack on the real engine: an exported state judged without its program, and a first preview."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from network_policies.sarif_command import main

from lab import background
from lab.directory import LabDirectory
from tests.policy.sarif_format import mistakes

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
PACK = str(ROOT / "policy")
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
KEY = "r2D5t8W1z4C7f0J3m6Q9v"
_SECONDS = 180

PROGRAM = """
import pulumi
from pulumi_azure_native import network, resources

group = resources.ResourceGroup("group", resource_group_name="rg-hybrid", location="eastus")


def virtual_network(name, prefix):
    return network.VirtualNetwork(
        name,
        virtual_network_name=name,
        resource_group_name=group.name,
        location="eastus",
        address_space=network.AddressSpaceArgs(address_prefixes=[prefix]),
    )


def half(local, remote, **flags):
    return network.VirtualNetworkPeering(
        f"{local._name}-to-{remote._name}",
        virtual_network_peering_name=f"to-{remote._name}",
        resource_group_name=group.name,
        virtual_network_name=local.name,
        remote_virtual_network=network.SubResourceArgs(id=remote.id),
        **flags,
    )


hub, spoke = virtual_network("hub", "10.1.0.0/16"), virtual_network("spoke", "10.2.0.0/16")
subnet = network.Subnet(
    "hub-gateway-subnet",
    subnet_name="GatewaySubnet",
    resource_group_name=group.name,
    virtual_network_name=hub.name,
    address_prefix="10.1.255.0/28",
)
network.VirtualNetworkGateway(
    "hub-expressroute-gateway",
    resource_group_name=group.name,
    location="eastus",
    gateway_type="ExpressRoute",
    sku=network.VirtualNetworkGatewaySkuArgs(name="Standard", tier="Standard"),
    ip_configurations=[
        network.VirtualNetworkGatewayIPConfigurationArgs(
            name="default", subnet=network.SubResourceArgs(id=subnet.id)
        )
    ],
)
half(hub, spoke, use_remote_gateways=True)
half(spoke, hub, use_remote_gateways=True)
"""


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the engine with a language host and without a lab: judging a file needs neither cloud nor login."""
    directory = LabDirectory(tmp_path_factory.mktemp("engine"))
    background.place_engine(directory)
    variables = {
        "PULUMI_HOME": str(directory.path / "home"),
        "PULUMI_BACKEND_URL": f"file://{directory.path}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    return _runner(directory, variables)


@pytest.fixture(scope="module")
def lab_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run the engine on a lab of this module's own."""
    directory = LabDirectory(tmp_path_factory.mktemp("lab"))
    status = background.start(directory, ROOT)
    try:
        yield _runner(directory, status["variables"])
    finally:
        background.stop(directory)


def _runner(directory: LabDirectory, variables: Mapping[str, str]) -> Run:
    def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--color", "never"],
            cwd=cwd,
            env=directory.environment(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def analyze(engine: Run, deployment: Any, tmp_path: Path) -> Callable[..., tuple[int, list[Any], str]]:
    """Judge the deployment as a state file: the exit code, the violations, and all that was said."""

    def run(configured: Mapping[str, Any] | None = None) -> tuple[int, list[Any], str]:
        state = tmp_path / "stack.json"
        state.write_text(json.dumps(exported(deployment)), encoding="utf-8")
        arguments = ["policy", "analyze", "--file", str(state), "--policy-pack", PACK, "--json"]
        if configured is not None:
            settings = tmp_path / "settings.json"
            settings.write_text(json.dumps(configured), encoding="utf-8")
            arguments += ["--policy-pack-config", str(settings)]
        done = engine(*arguments)
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found = [event["policyEvent"] for event in events if "policyEvent" in event]
        return done.returncode, found, done.stdout + done.stderr

    return run


def exported(deployment: Any) -> dict[str, Any]:
    """Word a deployment as `pulumi stack export --show-secrets` does."""
    inputs, everything = deployment.plain("up")
    resources = []
    for name, planned in deployment.resources.items():
        resource = {
            "urn": f"urn:pulumi:test::hybrid::{planned.kind}::{name}",
            "type": planned.kind,
            "custom": planned.kind != "pulumi:pulumi:Stack",
            "inputs": _in_state(inputs[name]),
            "outputs": _in_state(everything[name]),
            "additionalSecretOutputs": list(planned.secret_outputs),
        }
        if resource["custom"]:
            resource["id"] = planned.id
        resources.append(resource)
    return {
        "version": 3,
        "deployment": {"manifest": {"time": "2026-01-01T00:00:00Z"}, "resources": resources},
    }


def _in_state(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return {SIGNATURE: SECRET, "plaintext": json.dumps(value["value"])}
        return {key: _in_state(element) for key, element in value.items()}
    return [_in_state(element) for element in value] if isinstance(value, list) else value


def test_a_sound_state_passes(analyze: Any) -> None:
    code, found, said = analyze()
    assert (code, found) == (0, []), said


def test_a_mandatory_violation_fails_and_an_advisory_one_does_not(deployment: Any, analyze: Any) -> None:
    deployment.put("branch-vpn-gateway", "bgpSettings.asn", 65516)
    code, found, said = analyze()
    assert code == 0, said
    assert [(one["policyName"], one["enforcementLevel"]) for one in found] == [
        ("vpn-gateway-asn-grey", "advisory")
    ]
    deployment.rewrite("location1-ce1", " set local-preference 200", " set local-preference 90")
    code, found, said = analyze()
    assert code != 0
    assert {one["policyName"] for one in found} == {"vpn-gateway-asn-grey", "router-expressroute-preferred"}


def test_no_key_leaves_the_engine(deployment: Any, analyze: Any) -> None:
    deployment.put("location1-connection", "sharedKey", KEY)
    deployment.put("spoke-network", "tags", {"psk": KEY})
    code, found, said = analyze()
    assert code != 0
    assert {"connection-key-secret", "key-in-clear"} <= {one["policyName"] for one in found}
    assert KEY not in said


def test_settings_come_from_the_file(deployment: Any, analyze: Any) -> None:
    deployment.put("branch-vpn-gateway", "bgpSettings.asn", 65517)
    rule = "vpn-gateway-asn-reserved"
    assert analyze({rule: "disabled"})[:2] == (0, [])
    code, (found,), said = analyze({"all": "advisory"})
    assert (code, found["policyName"], found["enforcementLevel"]) == (0, rule, "advisory"), said
    exemption = {"resource": "branch-*", "reason": "moves in spring", "until": "9999-12-31"}
    code, (found,), said = analyze({rule: {"exemptions": [exemption]}})
    assert (code, found["enforcementLevel"]) == (0, "advisory"), said
    assert "moves in spring" in found["message"]


@pytest.mark.parametrize(
    ("configured", "words"),
    [
        ({"vpn-gateway-asn": "disabled"}, "no rule vpn-gateway-asn: did you mean vpn-gateway-asn-grey or"),
        ({"vpn-gateway-asn-reserved": {"exemptions": [{"resource": "*", "until": "2027-01-31"}]}}, "reason"),
        (
            {"vpn-gateway-asn-reserved": {"exemptions": [{"resource": "*", "reason": "x", "until": "May"}]}},
            "until",
        ),
        ({"connection-key-strong": {"minimumLength": "long"}}, "minimumLength"),
    ],
    ids=["rule", "reason", "date", "parameter"],
)
def test_a_misspelt_setting_is_refused(analyze: Any, configured: Any, words: str) -> None:
    code, _, said = analyze(configured)
    assert code != 0
    assert words in said


def test_a_first_preview_is_judged_although_no_id_is_known(lab_engine: Run, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(textwrap.dedent(PROGRAM), encoding="utf-8")
    options = f"runtime: {{name: python, options: {{virtualenv: {ROOT / '.venv'}}}}}\n"
    (tmp_path / "Pulumi.yaml").write_text(f"name: small\n{options}", encoding="utf-8")
    created = lab_engine("stack", "init", "small", "--non-interactive", cwd=tmp_path)
    assert created.returncode == 0, created.stdout + created.stderr
    preview = ("preview", "--stack", "small", "--non-interactive", "--policy-pack", PACK)
    done = lab_engine(*preview, cwd=tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    for rule, resource in (
        ("peering-gateways-lent", "hub-to-spoke"),
        ("peering-gateways-lent", "spoke-to-hub"),
        ("peering-no-own-gateway", "hub-to-spoke"),
        ("peering-remote-gateway-exists", "hub-to-spoke"),
        ("gateway-subnet-size", "hub-expressroute-gateway"),
    ):
        assert any(rule in line and resource in line for line in said.splitlines()), said
    assert "not proven" not in said


def test_the_projects_own_stack_keeps_every_rule(lab_engine: Run) -> None:
    selected = lab_engine("stack", "select", "--create", "test", "--non-interactive")
    assert selected.returncode == 0, selected.stdout + selected.stderr
    preview = ("preview", "--stack", "test", "--non-interactive", "--policy-pack", PACK, "--suppress-outputs")
    done = lab_engine(*preview)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    verdicts = {(*line.split()[1:3], line.split()[-1].rstrip(")")) for line in verdict_lines(said)}
    assert verdicts == documented(), said
    assert len(verdicts) > 6


def documented() -> set[tuple[str, str, str]]:
    """Read the table of the test stack's warnings: level, rule, resource."""
    text = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    _, _, part = text.partition("## What it says of the test stack")
    rows = re.findall(r"^\| `([a-z-]+)` \| (`[^|]+`) \|", part.partition("\n## ")[0], re.MULTILINE)
    return {("[advisory]", rule, name) for rule, names in rows for name in re.findall(r"`([^`]+)`", names)}


def verdict_lines(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.strip().startswith(("- [mand", "- [adv"))]


# --- a network of somebody else ------------------------------------------------------------------------

FOREIGN = Path(__file__).parent / "foreign"
FOREIGN_MISTAKES = {
    ("local-network-gateway-space-with-bgp", "branch", "mandatory"),
    ("circuit-key-secret", "line", "mandatory"),
}
FOREIGN_WARNINGS = {
    ("vpn-gateway-active-active", "vpn", "advisory"),
    ("gateway-zone-redundant", "vpn", "advisory"),
    ("connection-policy-set", "branch-tunnel", "advisory"),
}


def findings(text: str) -> set[tuple[str, str, str]]:
    """Return what a run's events say: rule, resource, level."""
    events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    found = [event["policyEvent"] for event in events if "policyEvent" in event]
    return {(e["policyName"], e["resourceUrn"].rpartition("::")[2], e["enforcementLevel"]) for e in found}


def test_a_recorded_state_of_a_foreign_program_is_judged(engine: Run, tmp_path: Path) -> None:
    state = FOREIGN / "state.json"
    done = engine("policy", "analyze", "--file", str(state), "--policy-pack", PACK, "--json", cwd=tmp_path)
    said = done.stdout + done.stderr
    not_proven = {("connection-key-strong", "branch-tunnel", "advisory")}  # encrypted there
    assert findings(done.stdout) == FOREIGN_MISTAKES | FOREIGN_WARNINGS | not_proven, said
    assert done.returncode == 1
    events, log = tmp_path / "events.json", tmp_path / "policy.sarif"
    events.write_text(done.stdout, encoding="utf-8")
    assert main([str(events), "-o", str(log)]) == 0
    written = json.loads(log.read_text(encoding="utf-8"))
    assert mistakes(written) == []
    assert len(written["runs"][0]["results"]) == 6


@pytest.fixture
def foreign(lab_engine: Run, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the engine on the foreign program, after changes to its text."""
    options = f"runtime: {{name: python, options: {{virtualenv: {ROOT / '.venv'}}}}}\n"
    (tmp_path / "Pulumi.yaml").write_text(f"name: contoso\n{options}", encoding="utf-8")
    program = (FOREIGN / "program.py").read_text(encoding="utf-8")

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        text = program
        for name, new in changes.items():
            assert CHANGES[name] in text
            text = text.replace(CHANGES[name], new)
        (tmp_path / "__main__.py").write_text(text, encoding="utf-8")
        return lab_engine(*arguments, cwd=tmp_path)

    return run


CHANGES = {
    "space": 'address_prefixes=["10.50.0.0/24"]',
    "options": "bandwidth_in_mbps=200\n    ),\n)",
    "vlan": "vlan_id=100",
}
MENDED = {
    "space": "address_prefixes=[]",
    "options": "bandwidth_in_mbps=200\n    ),\n    opts=pulumi.ResourceOptions(additional_secret_outputs="
    '["serviceKey", "authorizations"]),\n)\n'
    'pulumi.export("sourcePlaces", {"vpn": {"file": "network.yaml", "line": 12}})',
}


UNKNOWN_AT_PREVIEW = """
from pulumi_azure_native import network, resources

group = resources.ResourceGroup("group", resource_group_name="rg-unknown", location="eastus")
circuit = network.ExpressRouteCircuit(
    "line",
    resource_group_name=group.name,
    location="eastus",
    sku=network.ExpressRouteCircuitSkuArgs(
        name="Standard_MeteredData", tier="Standard", family="MeteredData"
    ),
    service_provider_properties=network.ExpressRouteCircuitServiceProviderPropertiesArgs(
        service_provider_name="Equinix", peering_location="Dallas", bandwidth_in_mbps=200
    ),
    opts=pulumi.ResourceOptions(additional_secret_outputs=["serviceKey", "authorizations"]),
)
hub = network.VirtualNetwork(
    "hub",
    resource_group_name=group.name,
    location="eastus",
    address_space=network.AddressSpaceArgs(address_prefixes=[group.id.apply(lambda _: "10.1.0.0/16")]),
)
network.ExpressRouteCircuitPeering(
    "line-private",
    circuit_name=circuit.name,
    peering_name="AzurePrivatePeering",
    resource_group_name=group.name,
    peering_type="AzurePrivatePeering",
    peer_asn=group.id.apply(lambda _: 65516),
    primary_peer_address_prefix="172.16.0.0/30",
    secondary_peer_address_prefix="172.16.0.4/30",
    vlan_id=100,
)
"""


def test_a_mandatory_rule_that_meets_an_unknown_says_so(lab_engine: Run, tmp_path: Path) -> None:
    """One of each kind: peerASN is judged before its resource is created, the links at the end."""
    (tmp_path / "__main__.py").write_text(f"import pulumi\n{UNKNOWN_AT_PREVIEW}", encoding="utf-8")
    options = f"runtime: {{name: python, options: {{virtualenv: {ROOT / '.venv'}}}}}\n"
    (tmp_path / "Pulumi.yaml").write_text(f"name: unknown\n{options}", encoding="utf-8")
    assert lab_engine("stack", "init", "unknown", "--non-interactive", cwd=tmp_path).returncode == 0
    done = lab_engine(
        *("preview", "--stack", "unknown", "--non-interactive", "--policy-pack", PACK), cwd=tmp_path
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "not proven: peerASN of line-private is not known yet" in said
    assert "not proven: addressSpace.addressPrefixes[0] of hub is not known yet" in said
    verdicts = {tuple(line.split()[1:3]) for line in verdict_lines(said)}
    assert {level for level, _ in verdicts} == {"[advisory]"}
    assert {rule for _, rule in verdicts} >= {"circuit-peering-asn-reserved", "circuit-peering-link-apart"}


def test_the_pack_works_where_it_is_copied_to(engine: Run, tmp_path: Path) -> None:
    copied = tmp_path / "elsewhere"
    shutil.copytree(PACK, copied, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    settings = copied / "PulumiPolicy.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("../.venv", str(ROOT / ".venv")), encoding="utf-8")
    state = str(FOREIGN / "state.json")
    done = engine("policy", "analyze", "--file", state, "--policy-pack", str(copied), "--json", cwd=tmp_path)
    assert findings(done.stdout) >= FOREIGN_MISTAKES | FOREIGN_WARNINGS, done.stdout + done.stderr
    assert done.returncode == 1


def test_the_three_ways_of_running(foreign: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """Refuse an update by its preview, pass a mended one, judge what stands, stop a bad change at once."""
    pack = ("--non-interactive", "--policy-pack", PACK)
    assert foreign("stack", "init", "contoso", "--non-interactive").returncode == 0

    refused = foreign("up", "--yes", *pack)
    assert refused.returncode != 0
    assert "local-network-gateway-space-with-bgp" in refused.stdout
    assert "created" not in refused.stdout, "the preview must stop it"

    monkeypatch.setenv("PULUMI_DEBUG_COMMANDS", "true")
    log = tmp_path / "events.json"
    mended = foreign("up", "--yes", *pack, "--event-log", str(log), **MENDED)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert findings(log.read_text(encoding="utf-8")) >= FOREIGN_WARNINGS
    assert main([str(log), "-o", str(tmp_path / "policy.sarif")]) == 0
    results = json.loads((tmp_path / "policy.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    places = {
        (one["locations"][0]["logicalLocations"][0]["name"], where["artifactLocation"]["uri"])
        for one in results
        if (where := one["locations"][0]["physicalLocation"])
    }
    assert ("vpn", "network.yaml") in places
    assert ("branch-tunnel", "Pulumi.yaml") in places

    standing = foreign("policy", "analyze", "--stack", "contoso", "--policy-pack", PACK, "--json")
    assert (standing.returncode, findings(standing.stdout)) == (0, FOREIGN_WARNINGS), standing.stderr

    stopped = foreign("up", "--yes", "--skip-preview", *pack, **MENDED, vlan="vlan_id=4095")
    assert stopped.returncode != 0
    assert "circuit-peering-vlan" in stopped.stdout
    assert "updated" not in stopped.stdout, "a rule about one resource stops it before the change"
