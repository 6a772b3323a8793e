"""The network as an object: it does not change, and what follows from it by rule is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from topology import Document, Network, RouterMode, StackFileError, load_network, load_stack
from topology.addressing import host_address, inside, outside, overlapping

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=["test", "minimal", "dev", "prod"])
def network(request: pytest.FixtureRequest) -> Network:
    return load_stack(ROOT / f"Pulumi.{request.param}.yaml")


def parts(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, BaseModel):
        inner: Any = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, Mapping):
        inner = value.values()
    else:
        inner = value if isinstance(value, tuple) else ()
    for part in inner:
        yield from parts(part)


# --- frozen ----------------------------------------------------------------------------------------------


def test_no_object_can_be_changed(network: Network) -> None:
    for part in parts(network):
        if isinstance(part, BaseModel):
            name = next(iter(type(part).model_fields))
            with pytest.raises(ValidationError, match="frozen"):
                setattr(part, name, None)


def test_no_collection_can_be_changed(network: Network) -> None:
    for part in parts(network):
        assert not isinstance(part, list | dict | set)
        if isinstance(part, Mapping):
            with pytest.raises(TypeError):
                part["new"] = None  # type: ignore[index]


def test_objects_without_free_keys_can_be_keys(network: Network) -> None:
    for section in (network.circuits, network.connections, network.tunnels, network.locations):
        assert len({hash(item) for item in section.values()}) == len(section)
    assert {router: name for name, router in network.routers.items()}


def test_equal_files_give_equal_networks(network: Network) -> None:
    again = Network.model_validate(network.model_dump())
    assert again == network


# --- what follows by rule --------------------------------------------------------------------------------


def test_links_have_the_customer_first_and_microsoft_second() -> None:
    link = load_stack(ROOT / "Pulumi.test.yaml").circuits["expressroute1"].private_peering.primary
    assert str(link.customer_address) == "192.168.30.17/30"
    assert str(link.microsoft_address) == "192.168.30.18/30"


def test_regions_modes_and_routers_of_the_test_stack() -> None:
    network = load_stack(ROOT / "Pulumi.test.yaml")
    assert network.region(network.virtual_networks["hub"]) == "eastus"
    assert network.region(network.virtual_networks["remote"]) == "westus2"
    assert network.mode(network.routers["location1-ce1"]) is RouterMode.PUSH
    assert network.router_asn(network.routers["location2-ce1"]) == 65020
    assert [(circuit.name, name) for circuit, name, _ in network.router_links("location1-ce2")] == [
        ("expressroute1", "secondary")
    ]
    assert [tunnel.name for tunnel in network.router_tunnels("location1-ce1")] == ["hub-location1"]
    assert network.site_prefixes("location1") == (IPv4Network("10.2.30.0/25"),)
    with pytest.raises(KeyError):
        network.site_prefixes("location9")


# --- addressing ------------------------------------------------------------------------------------------

networks = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)


@given(st.lists(networks, max_size=8))
def test_overlapping_is_what_shares_an_address(prefixes: list[IPv4Network]) -> None:
    labelled = [(str(index), prefix) for index, prefix in enumerate(prefixes)]
    expected = {
        (str(first), str(second))
        for second in range(len(prefixes))
        for first in range(second)
        if max(prefixes[first][0], prefixes[second][0]) <= min(prefixes[first][-1], prefixes[second][-1])
    }
    assert set(overlapping(labelled)) == expected


@given(networks, st.lists(networks, max_size=4))
def test_a_prefix_is_inside_or_outside(prefix: IPv4Network, spaces: list[IPv4Network]) -> None:
    held = any(space[0] <= prefix[0] and prefix[-1] <= space[-1] for space in spaces)
    assert inside(prefix, spaces) is held
    by_default_only = prefix.prefixlen > 0 and not inside(
        prefix, [space for space in spaces if space.prefixlen]
    )
    assert list(outside([prefix], tuple(spaces))) == ([] if held and not by_default_only else [(0, prefix)])


@given(networks.filter(lambda prefix: prefix.prefixlen <= 30))
def test_host_addresses_are_counted_from_the_networks_own(prefix: IPv4Network) -> None:
    assert host_address(prefix, 0) == prefix.network_address
    assert host_address(prefix, 1) == next(prefix.hosts())


def load_with(
    prefix: str = "10.0.0.0/24",
    host: str | float = "10.0.0.4",
    lan: str = "192.168.0.0/31",
    area: object = "0.0.0.0",
) -> Network:
    router = {
        "location": "office",
        "vrf": {"name": "10", "routeDistinguisher": "65010:10"},
        "lan": {"interface": "GigabitEthernet1", "address": lan},
        "ospf": {"process": 1, "routerId": "1.1.1.1", "area": area},
    }
    site = {"asn": 65010, "prefixes": [prefix], "host": host}
    data = {"location": "a", "locations": {"office": site}, "routers": {"ce": router}}
    return load_network(Document(data=data))


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"prefix": "10.0.0.0"}, "'10.0.0.0' lacks its length: write it as 10.0.0.0/24"),
        ({"prefix": "10.0.0.1/24"}, "'10.0.0.1/24' has host bits set: the prefix is 10.0.0.0/24"),
        ({"prefix": "10.0.0.0/33"}, "'10.0.0.0/33' is no IPv4 prefix such as"),
        ({"prefix": "10.0.0.0/255.255.255.0"}, "is to be written as 10.0.0.0/24"),
        ({"prefix": "10.0.0.0/024"}, "is to be written as 10.0.0.0/24"),
        ({"prefix": "fd00::/8"}, "'fd00::/8' is no IPv4 prefix such as"),
        ({"host": "10.0.0.4/32"}, "'10.0.0.4/32' is no IPv4 address such as"),
        ({"host": "10.0.0.04"}, "'10.0.0.04' is no IPv4 address such as"),
        ({"host": "office.example.com"}, "is no IPv4 address such as"),
        ({"lan": "192.168.0.0"}, "'192.168.0.0' lacks its length: write it as 192.168.0.0/31"),
        ({"lan": "192.168.0.0/24"}, "192.168.0.0/24 is the network's own or its broadcast address"),
        ({"lan": "192.168.0.255/24"}, "192.168.0.255/24 is the network's own or its broadcast address"),
        ({"lan": "192.168.0.1/255.255.255.0"}, "is to be written as 192.168.0.1/24"),
        ({"lan": "office"}, "'office' is no address with a length such as"),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_addresses_as_a_file_may_not_write_them(given_: dict[str, str], message: str) -> None:
    with pytest.raises(StackFileError) as caught:
        load_with(**given_)
    assert len(caught.value.mistakes) == 1
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("area", "dotted"),
    [(0, "0.0.0.0"), ("0", "0.0.0.0"), (7, "0.0.0.7"), ("256", "0.0.1.0"), ("0.0.0.7", "0.0.0.7")],
)
def test_an_ospf_area_is_written_as_a_number_or_dotted(area: int | str, dotted: str) -> None:
    """IOS takes both, and they are one area."""
    ospf = load_with(area=area).routers["ce"].ospf
    assert ospf
    assert str(ospf.area) == dotted


@pytest.mark.parametrize("area", [-1, 2**32, "4294967296", "0.0.0", "backbone", 1.5, True])
def test_what_is_no_ospf_area_gets_one_message_with_both_spellings(area: object) -> None:
    with pytest.raises(
        StackFileError, match=r"routers\.ce\.ospf\.area: .* is no OSPF area such as 0 or 0\.0\.0\.0"
    ):
        load_with(area=area)


@pytest.mark.parametrize("host", [5, 10.1])
def test_a_number_for_an_address_is_not_told_to_be_put_in_quotes(host: float) -> None:
    with pytest.raises(StackFileError, match=f"{host} is no IPv4 address such as"):
        load_with(host=host)


@pytest.mark.parametrize("lan", ["192.168.0.0/31", "192.168.0.1/31", "192.168.0.1/30", "192.168.0.1/32"])
def test_both_addresses_of_a_31_are_hosts(lan: str) -> None:
    assert str(load_with(lan=lan).routers["ce"].lan.address) == lan


def test_a_network_has_no_secret_to_show(load: Callable[[str], Network]) -> None:
    """Keys stand elsewhere, so that a network can be printed."""
    assert not [name for name in Network.model_json_schema()["$defs"] if "secret" in name.lower()]
    assert "Network(" in repr(load("location: a"))
