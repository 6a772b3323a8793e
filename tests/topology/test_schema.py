"""The JSON Schema is what the model says, takes what the loader takes, and refuses what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from topology import Document, StackFileError, load_network
from topology.loader import _validate
from topology.reference import with_reference
from topology.schema import REFERENCE_FILE, SCHEMA_FILE, stack_file_schema

ROOT = Path(__file__).parents[2]
STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))
EXTENDED_FILES = sorted((ROOT / "networks").glob("*.yaml"))

SchemaErrors = Callable[[Any], list[str]]


def test_the_schema_file_is_in_step_with_the_model() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == stack_file_schema(), (
        "run python -m topology.schema"
    )


def test_the_reference_is_in_step_with_the_schema() -> None:
    guide = REFERENCE_FILE.read_text(encoding="utf-8")
    assert guide == with_reference(guide, stack_file_schema()), "run python -m topology.schema"


def test_a_guide_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the lines"):
        with_reference("# A guide\n", stack_file_schema())


def test_every_key_is_described() -> None:
    rows = [row.split(" | ") for row in REFERENCE_FILE.read_text(encoding="utf-8").splitlines()]
    assert [row[0] for row in rows if row[0].startswith("| `") and not row[-1].strip(" |")] == []


@pytest.mark.parametrize("path", [*STACK_FILES, *EXTENDED_FILES], ids=lambda path: path.name)
def test_it_takes_every_file_of_ours(path: Path, schema_errors: SchemaErrors) -> None:
    assert schema_errors(YAML(typ="safe").load(path)) == []


@pytest.mark.parametrize("path", [*STACK_FILES, *EXTENDED_FILES], ids=lambda path: path.name)
def test_every_file_of_ours_names_the_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == SCHEMA_FILE


MISTAKES: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "an unknown key": (("virtualNetwork",), {}),
    "an unknown key inside": (("circuits", "expressroute1", "privatePeering", "primary", "vlan"), 3),
    "a key in snake case": (("router_mode",), "push"),
    "a name beside the key": (("locations", "location1", "name"), "location1"),
    "a name with a blank": (("locations", "location 3"), {"asn": 65001, "prefixes": ["10.3.0.0/16"]}),
    "a required key missing": (("location",), ...),
    "a required key missing inside": (("routers", "location1-ce1", "vrf", "name"), ...),
    "a number for text": (("location",), 5),
    "text for a number": (("locations", "location1", "asn"), "65021"),
    "text for a truth value": (("protect",), "yes"),
    "a mapping for a list": (("virtualNetworks", "hub", "addressSpace"), {}),
    "a list for a mapping": (("circuits",), []),
    "an empty list": (("locations", "location1", "prefixes"), []),
    "three circuits": (("globalReach",), {"a": {"circuits": ["a", "b", "c"], "prefix": "10.9.0.0/29"}}),
    "a value that is not on the list": (("circuits", "expressroute1", "tier"), "standard"),
    "too large a number": (("connections", "expressroute1-hub", "weight"), 32001),
    "an address for a prefix": (("virtualNetworks", "hub", "addressSpace"), ["10.10.30.0"]),
    "a netmask for a length": (("virtualNetworks", "hub", "addressSpace"), ["10.10.30.0/255.255.255.0"]),
    "a prefix for an address": (("virtualNetworks", "hub", "host"), "10.10.30.4/32"),
    "an octet too large": (("virtualNetworks", "hub", "host"), "10.10.30.256"),
    "an octet with a leading zero": (("virtualNetworks", "hub", "host"), "10.10.030.4"),
    "an area below zero": (("routers", "location1-ce1", "ospf", "area"), -1),
    "an area in words": (("routers", "location1-ce1", "ospf", "area"), "backbone"),
    "an interface's name as typed": (("routers", "location1-ce1", "lan", "interface"), "te0/0/0"),
    "an unknown preset": (("tunnels", "hub-branch", "ipsecPolicy"), "weak"),
    "an incomplete resource id": (("circuits", "expressroute1", "existing"), {"id": "expressroute1"}),
    "null for a mapping": (("virtualNetworks", "hub"), None),
    "null for a number": (("connections", "expressroute1-hub", "weight"), None),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_it_refuses_the_mistakes_that_the_loader_refuses(
    mistake: tuple[tuple[str, ...], Any],
    test_stack: Callable[[], dict[str, Any]],
    schema_errors: SchemaErrors,
) -> None:
    path, value = mistake
    data = test_stack()
    _set(data, path, value)
    with pytest.raises(StackFileError):
        load_network(Document(data=data))
    assert schema_errors({"config": {"hybrid:network": data}})


def _set(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        data = data.setdefault(key, {})
    if value is ...:
        del data[path[-1]]
    else:
        data[path[-1]] = value


# --- every key, with every kind of value -----------------------------------------------------------------

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/kind/name"
LINK = {
    "prefix": "192.168.0.0/30",
    "router": "ce1",
    "interface": "GigabitEthernet0/0/0",
    "outerVlan": 30,
    "enabled": True,
    "bfd": True,
    "advertisedPrefixes": ["10.0.0.0/24"],
    "asPathPrepend": 1,
}
COMPLETE: Mapping[str, Any] = {
    "location": "westeurope",
    "workload": "hybrid",
    "tags": {"a": "b"},
    "protect": False,
    "routerMode": "render",
    "virtualNetworks": {
        "hub": {
            "location": "westeurope",
            "addressSpace": ["10.1.0.0/24"],
            "subnets": {"GatewaySubnet": {"prefix": "10.1.0.0/26", "routeTable": "table"}},
            "host": "10.1.0.100",
            "expressRouteGateway": {
                "sku": "ErGw1AZ",
                "allowRemoteVnetTraffic": True,
                "existing": {"id": ID},
            },
            "vpnGateway": {
                "sku": "VpnGw1AZ",
                "asn": 65515,
                "activeActive": True,
                "zones": ["1"],
                "existing": {"id": ID},
            },
            "routeServer": {"branchToBranch": True},
            "existing": {"id": ID},
        }
    },
    "routeTables": {
        "table": {
            "location": "westeurope",
            "routes": {"out": {"prefix": "0.0.0.0/0", "nextHop": "VirtualAppliance", "address": "10.1.0.4"}},
            "propagateGatewayRoutes": True,
            "existing": {"id": ID},
        }
    },
    "peerings": {
        "hub-spoke": {"hub": "hub", "spoke": "spoke", "gatewayTransit": True, "allowForwardedTraffic": True}
    },
    "circuits": {
        "circuit": {
            "location": "westeurope",
            "provider": "Equinix",
            "peeringLocation": "Amsterdam",
            "bandwidth": 50,
            "tier": "Standard",
            "family": "MeteredData",
            "privatePeering": {"peerAsn": 65010, "vlanId": 100, "primary": LINK, "secondary": LINK},
            "existing": {"id": ID},
        }
    },
    "connections": {"circuit-hub": {"circuit": "circuit", "virtualNetwork": "hub", "weight": 1}},
    "globalReach": {"both": {"circuits": ["circuit", "other"], "prefix": "192.168.1.0/29"}},
    "tunnels": {
        "hub-office": {
            "virtualNetwork": "hub",
            "remoteVirtualNetwork": "branch",
            "router": {
                "name": "ce1",
                "publicAddress": "198.51.100.10",
                "bgpAddress": "10.0.0.254",
                "tunnelNumbers": [0],
                "loopbackNumber": 0,
                "advertisedPrefixes": ["10.0.0.0/24"],
                "asPathPrepend": 1,
            },
            "ipsecPolicy": {
                "ikeEncryption": "AES256",
                "ikeIntegrity": "SHA256",
                "dhGroup": "DHGroup14",
                "ipsecEncryption": "GCMAES256",
                "ipsecIntegrity": "GCMAES256",
                "pfsGroup": "PFS2048",
                "saLifetimeSeconds": 3600,
                "saDataSizeKilobytes": 102400,
            },
        }
    },
    "locations": {
        "office": {
            "asn": 65010,
            "prefixes": ["10.0.0.0/24"],
            "host": "10.0.0.10",
            "defaultGateway": "10.0.0.1",
        }
    },
    "routers": {
        "ce1": {
            "location": "office",
            "management": {
                "host": "ce1.example.com",
                "hostKey": "ssh-ed25519 AAAA",
                "serial": "FXS1932Q0AB",
                "revertMinutes": 10,
                "mode": "push",
            },
            "vrf": {"name": "10", "routeDistinguisher": "65010:10"},
            "lan": {
                "interface": "GigabitEthernet0/0/2",
                "vlan": 30,
                "address": "192.168.2.0/31",
                "nextHop": "192.168.2.1",
            },
            "ospf": {
                "process": 1,
                "routerId": "10.0.0.1",
                "area": "0.0.0.0",
                "defaultMetric": 10,
                "defaultInformation": "always",
            },
            "bgp": {"expressRouteLocalPreference": 200, "vpnLocalPreference": 90},
            "internetNextHop": "198.51.100.9",
        }
    },
}


def _keys(data: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where each value of some data stands."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*place, key)
        yield from _keys(value, (*place, key))


VALUES: tuple[Any, ...] = (
    *(
        "10.0.0.0/8",
        "10.0.0.1/8",
        "10.0.0.4",
        "0.0.0.0",
        "10.0.0.0/08",
        "192.168.0.1/31",
        "10.0.0.0/33",
        "::/0",
    ),
    *("strong", "legacy", "push", "pull", "Standard", "standard", "hub", "a" * 40, "a" * 300, ""),
    *("te0/0/0", "GigabitEthernet0/0/0", "65010:10", "true", "5", "\u00e4", ID, f"{ID[1:]}"),
    *(-1, 0, 1, 9, 10, 11, 299, 300, 1023, 1024, 4094, 4095, 32000, 32001, 65535, 65536, 172799, 172800),
    *(2**24 - 2, 2**24 - 1, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1, 2**32, 1.5, True, False, None),
    *(
        {},
        [],
        [None],
        ["10.0.0.0/8"],
        [1],
        ["a", "b"],
        ["a", "b", "c"],
        {"prefix": "10.0.0.0/30"},
        {"id": ID},
    ),
    *({"x": {}}, {"": {}}, {"a b": {}}),
)
_NOT_A_SCHEMAS_BUSINESS = ("has host bits set", "is the network's own", "is to be written as")
"""What depends on a number's bits, which a schema cannot say."""


def test_the_complete_network_has_every_key() -> None:
    described = {key for key in _keys(COMPLETE) if isinstance(key[-1], str)}
    for name, definition in stack_file_schema()["definitions"].items():
        if definition.get("type") != "object" or name.endswith("InPart"):
            continue
        missing = set(definition["properties"]) - {str(key[-1]) for key in described}
        assert not missing, name


@pytest.mark.parametrize("place", list(_keys(COMPLETE)), ids=lambda place: ".".join(map(str, place)))
def test_it_takes_and_refuses_at_each_place_what_the_loader_does(
    place: tuple[str | int, ...], schema_errors: SchemaErrors
) -> None:
    section, around = str(place[0]), deepcopy(dict(COMPLETE))
    network = {"location": "a", section: around[section]}  # each section is checked by itself
    holder: Any = network
    for key in place[:-1]:
        holder = holder[key]
    for value in VALUES:
        holder[place[-1]] = value
        _, mistakes = _validate(network)
        refused = schema_errors({"config": {"hybrid:network": network}})
        if mistakes:
            said = [m for m in mistakes if not any(w in m.message for w in _NOT_A_SCHEMAS_BUSINESS)]
            assert refused or not said, f"the schema takes {value!r}, the loader says: {mistakes}"
        else:
            assert not refused, f"the loader takes {value!r}, the schema says: {refused}"


@pytest.mark.parametrize(
    ("network", "taken"),
    [
        pytest.param({"location": "westeurope"}, True, id="only what differs"),
        pytest.param({"circuits": {"a": None}}, True, id="null removes an object"),
        pytest.param(
            {"virtualNetworks": {"hub": {"vpnGateway": None}}}, True, id="null removes a part of one"
        ),
        pytest.param({"tunnels": None}, True, id="null removes a section"),
        pytest.param({"tunnels": {"a": {"ipsecPolicy": None}}}, True, id="null removes one of two forms"),
        pytest.param({"circuits": {"a": {"bandwith": 50}}}, False, id="an unknown key"),
        pytest.param({"circuits": {"a": {"tier": None}}}, False, id="null for a scalar"),
        pytest.param({"circuits": {"a": {"privatePeering": {"primary": {"prefix": 5}}}}}, False, id="a type"),
    ],
)
def test_a_description_that_extends_another_may_be_incomplete(
    network: dict[str, Any], taken: bool, schema_errors: SchemaErrors
) -> None:
    stack = {"config": {"hybrid:network": {"extends": "networks/company.yaml", **network}}}
    assert bool(schema_errors(stack)) is not taken
    assert bool(schema_errors(network)) is not taken, "in a file that is extended"


def test_pulumis_own_keys_and_other_configuration_are_taken(
    test_stack: Callable[[], dict[str, Any]], schema_errors: SchemaErrors
) -> None:
    stack = {
        "secretsprovider": "passphrase",
        "encryptionsalt": "v1:abc",
        "environment": ["shared"],
        "config": {
            "azure-native:location": "eastus",
            "hybrid:sharedKeys": {"hub-branch": {"secure": "v1:abc"}},
            "hybrid:network": test_stack(),
        },
    }
    assert schema_errors(stack) == []
    assert schema_errors({**stack, "encryptionsald": "v1:abc"})
    assert schema_errors({"config": {"azure-native:location": "eastus"}})
