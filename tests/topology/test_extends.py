"""One description on top of another: what is merged, what is replaced, what null removes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from topology import Network, StackFileError, load_config, load_stack
from topology.document import read_document

Write = Callable[..., Path]

BASE = """
location: westeurope
tags: {owner: network-team, environment: base}
virtualNetworks:
  hub:
    addressSpace: [10.1.0.0/24, 10.1.1.0/24]
    subnets:
      GatewaySubnet: {prefix: 10.1.0.0/26}
    vpnGateway: {asn: 65514, sku: VpnGw2AZ}
  spoke: {addressSpace: [10.2.0.0/24]}
peerings:
  hub-spoke: {hub: hub, spoke: spoke}
locations:
  office: {asn: 65010, prefixes: [10.0.0.0/24], host: 10.0.0.4}
"""


@pytest.fixture
def extended(write: Write, tmp_path: Path) -> Callable[..., Path]:
    """Return `extended(own, **files)`: a stack file on top of BASE, and files by name without suffix."""

    def stack_file(own: str, **files: str) -> Path:
        for name, content in {"base": BASE, **files}.items():
            (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
        return write(own if "extends:" in own else f"extends: base.yaml\n{own}")

    return stack_file


def as_data(path: Path) -> Mapping[str, Any]:
    return read_document(path, "hybrid:network").data


def test_mappings_are_merged_and_the_rest_replaces(extended: Callable[..., Path]) -> None:
    network = load_stack(
        extended("""
tags: {environment: dev}
virtualNetworks:
  hub:
    addressSpace: [10.1.0.0/24]
    vpnGateway: {sku: VpnGw1AZ}
""")
    )
    assert network.location == "westeurope"
    assert dict(network.tags) == {"owner": "network-team", "environment": "dev"}
    hub = network.virtual_networks["hub"]
    assert [str(space) for space in hub.address_space] == ["10.1.0.0/24"]
    assert hub.vpn_gateway
    assert (hub.vpn_gateway.asn, hub.vpn_gateway.sku) == (65514, "VpnGw1AZ")


def test_the_order_is_the_extended_files(extended: Callable[..., Path]) -> None:
    network = load_stack(
        extended("virtualNetworks: {new: {addressSpace: [10.3.0.0/24]}, hub: {host: 10.1.1.4}}")
    )
    assert network.sites == ("hub", "spoke", "new", "office")


def test_null_removes_an_object_a_part_of_one_and_a_section(extended: Callable[..., Path]) -> None:
    own = "virtualNetworks:\n  hub: {vpnGateway: null}\n  spoke: null\npeerings: null\ntags: null"
    network = load_stack(extended(own))
    assert list(network.virtual_networks) == ["hub"]
    assert network.virtual_networks["hub"].vpn_gateway is None
    assert dict(network.peerings) == {}
    assert dict(network.tags) == {}


def test_null_is_a_value_where_no_mapping_is_removed(extended: Callable[..., Path]) -> None:
    network = load_stack(extended("locations: {office: {host: null}}"))
    assert network.locations["office"].host is None


def test_null_does_not_remove_what_the_extended_file_does_not_have(extended: Callable[..., Path]) -> None:
    with pytest.raises(StackFileError, match=r"locations\.offize: is empty: null removes only what"):
        load_stack(extended("locations: {offize: null}"))


def test_an_object_that_was_removed_may_not_be_referred_to(extended: Callable[..., Path]) -> None:
    with pytest.raises(StackFileError, match=r"base\.yaml:12:25 peerings\.hub-spoke\.spoke: spoke is not in"):
        load_stack(extended("virtualNetworks: {spoke: null}"))


def test_a_file_that_is_extended_may_extend_another(extended: Callable[..., Path]) -> None:
    path = extended(
        "extends: middle.yaml\nworkload: own",
        middle="extends: base.yaml\nworkload: middle\ntags: {environment: middle}\nlocations: null\n",
    )
    network = load_stack(path)
    assert (network.workload, network.sites) == ("own", ("hub", "spoke"))
    assert dict(network.tags) == {"owner": "network-team", "environment": "middle"}


def test_a_path_is_relative_to_the_file_that_names_it(write: Write, tmp_path: Path) -> None:
    for name, content in {
        "shared/company.yaml": "extends: parts/tags.yaml\nlocation: a",
        "shared/parts/tags.yaml": "tags: {a: b}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    network = load_stack(write("extends: shared/company.yaml"))
    assert (network.location, dict(network.tags)) == ("a", {"a": "b"})


def test_files_are_merged_from_the_bottom_up(extended: Callable[..., Path]) -> None:
    """What is on top counts, however the files between are cut."""
    at_once = as_data(
        extended("workload: b\ntags: {environment: c, x: y}\nlocations: {office: {host: null}}")
    )
    in_steps = as_data(
        extended(
            "extends: middle.yaml\ntags: {environment: c}\nlocations: {office: {host: null}}",
            middle="extends: base.yaml\nworkload: b\ntags: {environment: b, x: y}\n",
        )
    )
    assert at_once == in_steps


# --- mistakes --------------------------------------------------------------------------------------------


def test_mistakes_are_placed_in_the_file_they_are_in(extended: Callable[..., Path]) -> None:
    path = extended(
        "extends: middle.yaml\nlocations:\n  office: {hosts: 10.0.0.5}",
        middle="extends: base.yaml\ntags: {a: 0300}\nlocations:\n  office: {asn: 64500}\n",
    )
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    assert [
        (mistake.place.file and mistake.place.file.name, mistake.place.line, ".".join(mistake.path))
        for mistake in caught.value.mistakes
    ] == [
        ("Pulumi.given.yaml", 5, "locations.office.hosts"),
        ("middle.yaml", 2, "tags.a"),
    ]


def test_a_contradiction_is_placed_where_the_value_on_top_stands(extended: Callable[..., Path]) -> None:
    with pytest.raises(
        StackFileError, match=r"Pulumi\.given\.yaml:4:29 locations\.office\.host: 10\.9\.0\.4"
    ):
        load_stack(extended("locations: {office: {   host: 10.9.0.4}}"))


@pytest.mark.parametrize(
    ("own", "files", "message"),
    [
        pytest.param(
            "extends: none.yaml",
            {},
            "Pulumi.given.yaml:3:5 extends: there is no file none.yaml beside this one",
            id="missing",
        ),
        pytest.param(
            "extends: .", {}, "Pulumi.given.yaml:3:5 extends: there is no file . beside", id="a folder"
        ),
        pytest.param(
            "extends: [base.yaml]", {}, "extends: needs the path of one file, relative to", id="a list"
        ),
        pytest.param("extends:", {}, "extends: needs the path of one file", id="nothing"),
        pytest.param(
            "extends: Pulumi.given.yaml",
            {},
            "Pulumi.given.yaml:3:5 extends: Pulumi.given.yaml extends this file in turn",
            id="itself",
        ),
        pytest.param(
            "extends: a.yaml",
            {"a": "location: a\nextends: b.yaml", "b": "extends: a.yaml"},
            "b.yaml:1:1 extends: a.yaml extends this file in turn",
            id="a circle",
        ),
        pytest.param("extends: a.yaml", {"a": "- b"}, "a.yaml: holds no network", id="a file with a list"),
        pytest.param("extends: a.yaml", {"a": "a: {"}, "a.yaml:1:5: is no YAML", id="a file with no YAML"),
        pytest.param(
            "extends: a.yaml",
            {"a": "config: {hybrid:network: {location: a}}"},
            "config: unknown key",
            id="another stack file",
        ),
    ],
)
def test_files_that_cannot_be_extended(
    own: str, files: Mapping[str, str], message: str, extended: Callable[..., Path]
) -> None:
    with pytest.raises(StackFileError) as caught:
        load_stack(extended(own, **files))
    assert message in str(caught.value)


def test_configuration_from_pulumi_extends_a_file_beside_the_stack_file(
    extended: Callable[..., Path], tmp_path: Path
) -> None:
    extended("")
    data = {"extends": "base.yaml", "workload": "x", "peerings": None}
    network = load_config(data, tmp_path / "Pulumi.elsewhere.yaml")
    assert (network.workload, dict(network.peerings)) == ("x", {})


def test_loading_twice_gives_the_same(extended: Callable[..., Path]) -> None:
    path = extended("workload: again")
    first, second = load_stack(path), load_stack(path)
    assert isinstance(first, Network)
    assert first == second
