"""From a stack file to a network: every mistake at once, each at its place, none as a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from topology import Document, Network, StackFileError, load_config, load_network, load_stack

Mistakes = Callable[[str], list[str]]
Write = Callable[..., Path]

ROOT = Path(__file__).parents[2]

SMALL = """
location: westeurope
virtualNetworks:
  hub:
    addressSpace: [10.1.0.0/24]
    host: 10.1.0.68
    subnets:
      GatewaySubnet: {prefix: 10.1.0.0/27}
      workload: {prefix: 10.1.0.64/26}
    vpnGateway: {}
locations:
  office: {asn: 65010, prefixes: [10.0.0.0/24]}
"""


def test_a_network_is_loaded_in_the_order_of_the_file(load: Callable[[str], Network]) -> None:
    network = load(SMALL)
    assert network.sites == ("hub", "office")
    assert list(network.virtual_networks["hub"].subnets) == ["GatewaySubnet", "workload"]
    assert network.virtual_networks["hub"].name == "hub"


def test_every_mistake_is_reported_at_once_in_the_order_of_the_file(mistakes: Mistakes) -> None:
    assert mistakes("""
lokation: westeurope
location: 0300
virtualNetworks:
  hub:
    addressSpace: [10.1.0.1/24]
    vpnGateway: {activeactive: yes}
  spoke:
    addressSpace: [10.2.0.0/24]
    host: 10.3.0.4
peerings:
  hub-spoke: {hub: hub, spoke: spok}
locations:
  office: {asn: 65010, prefixes: [10.0.0.0/24], asn: 65011}
""") == [
        "1:1 lokation: unknown key, did you mean location?",
        "2:11 location: 0300 is read differently by different programs: write decimals, or quote it",
        "5:20 virtualNetworks.hub.addressSpace.0: '10.1.0.1/24' has host bits set: the prefix is 10.1.0.0/24",
        "6:18 virtualNetworks.hub.vpnGateway.activeactive: unknown key, did you mean activeActive?",
        "9:5 virtualNetworks.spoke.host: 10.3.0.4 is outside the address space",
        "11:25 peerings.hub-spoke.spoke: spok is not in virtualNetworks (spoke, hub)",
        "13:49 locations.office.asn: stands twice: leave one",
    ]


def test_the_message_counts_the_mistakes_and_lists_them(write: Write) -> None:
    path = write("location: 5\nworkload: 6")
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    assert str(caught.value).splitlines() == [
        "2 mistakes in the network's description:",
        f"  {path}:3:5 location: must be text: put 5 in quotes",
        f"  {path}:4:5 workload: must be text: put 6 in quotes",
    ]


def test_objects_with_mistakes_of_their_own_may_be_referred_to(mistakes: Mistakes) -> None:
    network = "location: a\npeerings:\n  a-b: {hub: a, spoke: b, gatewayTransit: false}\nvirtualNetworks: "
    assert mistakes(network + "{a: {adressSpace: []}, b: {addressSpace: [10.0.0.0/24]}}") == [
        "4:19 virtualNetworks.a.addressSpace: is missing",
        "4:23 virtualNetworks.a.adressSpace: unknown key, did you mean addressSpace?",
    ]
    assert mistakes(network + "[]") == ["4:1 virtualNetworks: must be a mapping (found [])"]


# --- what YAML's readers disagree on, and what is no plain data ------------------------------------------


@pytest.mark.parametrize(
    "scalar",
    ["0300", "-0300", "00", "12:30", "65021:30", "190:20:30", "0x1F", "0o17", "0b11", "65_001", "1_0"],
)
def test_numbers_that_are_read_differently_are_refused(scalar: str, mistakes: Mistakes) -> None:
    assert mistakes(f"location: a\ntags: {{build: {scalar}}}") == [
        f"2:15 tags.build: {scalar} is read differently by different programs: write decimals, or quote it"
    ]


@pytest.mark.parametrize("scalar", ['"0300"', "'12:30'", '"0x1F"', "10.0.0.0/8", "0.0.0.0", "a:1", "1:a"])
def test_the_same_in_quotes_and_what_only_looks_alike_are_taken(
    scalar: str, load: Callable[[str], Network]
) -> None:
    assert load(f"location: a\ntags: {{build: {scalar}}}").tags["build"] == scalar.strip("\"'")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-01", "3:6 tags.a: 2024-01-01 is a timestamp, which JSON does not have: quote it"),
        ("9" * 5000, "3:6 tags.a: is no number that can be read"),
        ("4711", "3:3 tags.a: must be text: put 4711 in quotes"),
        ("true", "3:3 tags.a: must be text: put true in quotes"),
        ("null", "3:3 tags.a: must be text (found null)"),
        ('"a\\0b"', "3:6 tags.a: holds a line break or a control character"),
        ('"\\ud800"', "3:6 tags.a: holds a line break or a control character"),
        ('"a\\nno ip routing"', "3:6 tags.a: holds a line break or a control character"),
        ("{secure: v1:abc}", "3:7 tags.a: is a secret: the network's description holds none"),
    ],
)
def test_scalars_that_are_no_text(value: str, expected: str, mistakes: Mistakes) -> None:
    found = mistakes(f"location: a\ntags:\n  a: {value}")
    assert found == [expected]


@pytest.mark.parametrize(
    "value",
    [
        "!!str 50",
        "!!int hello",
        "!!binary aGk=",
        "!vault abc",
        "&b !!str 50",
        "!!str &b 50",
        "!x [a]",
        "!x {b: c}",
    ],
)
def test_tags_are_refused(value: str, mistakes: Mistakes) -> None:
    (mistake,) = mistakes(f"location: a\ntags:\n  a: {value}")
    assert mistake.startswith("3:")
    assert mistake.endswith(" tags.a: has a tag, which programs read differently: leave it out")


@pytest.mark.parametrize("network", ["! :", "!!map {location: a}", "! location: a"])
def test_a_tag_before_all_of_it(network: str, mistakes: Mistakes) -> None:
    assert "has a tag, which programs read differently: leave it out" in mistakes(network)[0]


def test_a_tag_elsewhere_in_the_file_is_nobodys_business(write: Write) -> None:
    path = write("location: a!b")
    path.write_text(path.read_text(encoding="utf-8") + "  other: !!str 5\n", encoding="utf-8")
    assert load_stack(path).location == "a!b"


def test_aliases_of_aliases_are_counted_before_they_are_followed(mistakes: Mistakes) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert mistakes("\n".join(lines)) == ["1:1 : holds more than 200,000 values, by aliases of aliases"]


@pytest.mark.parametrize("value", ["on", "no", "yes", "off", "y", "~a"])
def test_words_that_are_truth_values_to_old_yaml_only(value: str, load: Callable[[str], Network]) -> None:
    assert load(f"location: a\ntags:\n  a: {value}").tags["a"] == value


@pytest.mark.parametrize(
    ("network", "message"),
    [
        pytest.param("tags: {<<: {a: b}}", "1:8 tags.<<: YAML 1.2 has no merge keys", id="merge key"),
        pytest.param("tags: &a {b: *a}", "1:7 tags.b: refers to itself", id="recursion"),
        pytest.param("? [a, b]\n: c", "1:3 : a key must be one word", id="complex key"),
        pytest.param("tags: {a: b, a: c}", "1:14 tags.a: stands twice: leave one", id="duplicate"),
    ],
)
def test_structures(network: str, message: str, mistakes: Mistakes) -> None:
    found = mistakes(f"{network}\nlocation: a")
    assert len(found) == 1
    assert found[0].startswith(message)


def test_an_alias_is_taken(load: Callable[[str], Network]) -> None:
    network = load(
        "location: a\nlocations:\n"
        "  one: {asn: 65010, prefixes: &lan [10.0.0.0/24]}\n"
        "  two: {asn: 65011, prefixes: [10.0.1.0/24]}\n"
        "connections: {}\n"
        "tags: {a: &b c, d: *b}"
    )
    assert dict(network.tags) == {"a": "c", "d": "c"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no network: put one under config: hybrid:network:"),
        (b"- a", "holds no network"),
        (b"config: {}", "holds no network"),
        (b"config: {hybrid:network: 5}", "holds no network"),
        (b"config: \xff", "is no text in UTF-8"),
        (b"config:\n\thybrid:network: {}", "2:1: is no YAML: found character '\\t'"),
        (b"config: {a: *b}", "1:13: is no YAML: found undefined alias"),
        (b"config: {}\n---\nconfig: {}", "2:1: is no YAML"),
        (b"config: {", "is no YAML"),
        (b"config: \x00", "is no YAML"),
        (b"config: " + b"[" * 1000, "is nested too deeply"),
    ],
)
def test_files_that_hold_no_network(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.bad.yaml"
    path.write_bytes(content)
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    assert len(caught.value.mistakes) == 1
    assert f"{path}" in str(caught.value)
    assert message in str(caught.value)


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StackFileError, match="does not exist"):
        load_stack(tmp_path / "Pulumi.none.yaml")
    with pytest.raises(StackFileError, match="cannot be read: Is a directory"):
        load_stack(tmp_path)


def test_the_network_may_stand_only_once(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.twice.yaml"
    path.write_text("config:\n  hybrid:network: {location: a}\n  hybrid:network: {location: b}\n")
    with pytest.raises(StackFileError, match=r":3:3: hybrid:network stands twice: leave one"):
        load_stack(path)


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfconfig:\n  hybrid:network: {location: a}\n")
    assert load_stack(path).location == "a"


# --- keys ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("virtualnetworks: {}", "unknown key, did you mean virtualNetworks?"),
        ("router_mode: push", "unknown key, did you mean routerMode?"),
        ("locations: {office: {asn: 1, prefixes: [10.0.0.0/8], prefixs: []}}", "did you mean prefixes?"),
        (
            "locations: {office: {asn: 1, prefixes: [10.0.0.0/8], xyz: 1}}",
            "unknown key: asn, defaultGateway, host, prefixes are known here",
        ),
        (
            "locations: {office: {asn: 1, prefixes: [10.0.0.0/8], name: a}}",
            "unknown key: its name is its key",
        ),
        (
            "tunnels: {a: {virtualNetwork: a, ipsecPolicy: {dhgroup: 1}}}",
            "unknown key, did you mean dhGroup?",
        ),
        (
            "tunnels: {a: {virtualNetwork: a, psk: hunter2}}",
            "unknown key: secrets stand in hybrid:sharedKeys or hybrid:authorizationKeys, encrypted",
        ),
        (
            "tunnels: {a: {virtualNetwork: a, sharedKey: hunter2}}",
            "unknown key: secrets stand in hybrid:shared",
        ),
        ("sharedKeys: {a: hunter2}", "unknown key: secrets stand in hybrid:sharedKeys"),
        ("whatever: 1", "unknown key: circuits, connections, globalReach, location, locations"),
    ],
)
def test_unknown_keys_say_what_was_probably_meant(line: str, message: str, mistakes: Mistakes) -> None:
    found = [text for text in mistakes(f"location: a\n{line}") if "unknown" in text]
    assert len(found) == 1
    assert message in found[0]
    assert "hunter2" not in found[0]


@pytest.mark.parametrize(
    "network",
    [
        "circuits: {a: {microsoftPeering: {}}}",
        "networkVirtualAppliances: {}",
    ],
)
def test_what_people_look_for_and_is_not_there_yet_is_said(network: str, mistakes: Mistakes) -> None:
    found = mistakes(f"location: a\n{network}")
    assert len([text for text in found if ": not supported yet: " in text]) == 1
    (key,) = re.findall(r"(\w+): not supported", "\n".join(found))
    guide = (ROOT / "docs" / "stack-file.md").read_text(encoding="utf-8")
    assert f"`{key}`" in guide.partition("## What may come")[2]


def test_names_of_objects(mistakes: Mistakes) -> None:
    long = "a" * 41
    found = mistakes(f"location: a\nlocations:\n  5: {{}}\n  a b: {{}}\n  {long}: {{}}\n  ok-1: {{}}")
    assert [text for text in found if "does not have the form" in text] == [
        f"{line}:3 locations.{name}: '{name}' does not have the form ^[A-Za-z][A-Za-z0-9-]{{0,39}}$"
        for line, name in ((3, "5"), (4, "a b"), (5, long))
    ]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("weak", "'weak' is not one of 'strong' or 'legacy'"),
        ("{dhGroup: DHGroup1}", "is not one of 'DHGroup24'"),
        ("{saLifetimeSeconds: 100}", "must be 300 or more (found 100)"),
        ("5", "must be a mapping (found 5)"),
        ("null", "is empty: null removes only"),
    ],
)
def test_a_policy_is_judged_by_the_form_that_was_meant(policy: str, message: str, mistakes: Mistakes) -> None:
    found = mistakes(f"location: a\ntunnels: {{a: {{virtualNetwork: b, ipsecPolicy: {policy}}}}}")
    assert len(found) == 1
    assert message in found[0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('location: ""', "location: must not be empty"),
        ("workload: {}", "workload: must be text (found {})"),
        ("protect: maybe", "protect: must be true or false (found 'maybe')"),
        ("routerMode: pull", "routerMode: 'pull' is not one of 'render', 'preview' or 'push'"),
        ("tags: []", "tags: must be a mapping (found [])"),
        ("locations: {a: {asn: 1, prefixes: 10.0.0.0/8}}", "prefixes: must be a list (found '10.0.0.0/8')"),
        ("locations: {a: {asn: 1, prefixes: []}}", "prefixes: must not be empty"),
        ("locations: {a: {asn: 1.5, prefixes: [10.0.0.0/8]}}", "asn: must be a whole number (found 1.5)"),
        ("locations: {a: {asn: true, prefixes: [10.0.0.0/8]}}", "asn: must be a whole number (found true)"),
        ("locations: {a: {asn: 4294967295, prefixes: [10.0.0.0/8]}}", "asn: must be 4294967294 or less"),
        (
            "globalReach: {a: {circuits: [a, b, c], prefix: 10.0.0.0/29}}",
            "circuits: must not be longer than 2",
        ),
        ("globalReach: {a: {circuits: [a], prefix: 10.0.0.0/29}}", "circuits.1: is missing"),
        (f"locations: {{a: {{asn: {'9' * 50}, prefixes: [10.0.0.0/8]}}}}", "or less (found int)"),
    ],
)
def test_what_is_wrong_is_said_in_words_of_the_file(line: str, message: str, mistakes: Mistakes) -> None:
    found = mistakes(line if line.startswith("location:") else f"location: a\n{line}")
    assert len([text for text in found if message in text]) == 1


# --- what Pulumi hands over ------------------------------------------------------------------------------


def test_configuration_from_pulumi_is_placed_in_the_file_it_is_from(write: Write) -> None:
    path = write("location: a\nlocations: {office: {asn: 65010}}")
    with pytest.raises(StackFileError, match=r"Pulumi.given.yaml:4:17 locations.office.prefixes: is missing"):
        load_config({"locations": {"office": {"asn": 65010}}, "location": "a"}, path)


@pytest.mark.parametrize("there", [True, False], ids=["another file", "no file"])
def test_configuration_from_elsewhere_counts_and_has_no_lines(
    there: bool, write: Write, tmp_path: Path
) -> None:
    path = write("location: b") if there else tmp_path / "Pulumi.none.yaml"
    assert load_config({"location": "a"}, path).location == "a"
    with pytest.raises(StackFileError, match=r"\n  locations.office.prefixes: is missing"):
        load_config({"location": "a", "locations": {"office": {"asn": 65010}}}, path)


@pytest.mark.parametrize("data", [None, [1, 2], "hello", 5])
def test_a_stack_without_a_network(data: object, tmp_path: Path) -> None:
    with pytest.raises(StackFileError, match="holds no network: put one under config: hybrid:network:"):
        load_config(data, tmp_path / "Pulumi.none.yaml")


def test_an_anchored_truth_value_is_one(load: Callable[[str], Network]) -> None:
    assert load("location: a\nprotect: &p true").protect is True


def test_a_secret_in_the_description_is_refused_though_pulumi_decrypts_it(write: Write) -> None:
    path = write("location: a\ntags: {a: {secure: v1:abc}}")
    with pytest.raises(StackFileError, match=r"tags\.a: is a secret") as caught:
        load_config({"location": "a", "tags": {"a": "in clear"}}, path)
    assert "in clear" not in str(caught.value)


def test_a_description_is_not_changed_by_loading_it() -> None:
    data = {"location": "a", "locations": {"office": {"asn": 65010, "prefixes": ["10.0.0.0/8"]}}}
    before = repr(data)
    load_network(Document(data=data))
    assert repr(data) == before
