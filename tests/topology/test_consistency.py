"""Every contradiction between the objects of a network: its message, and its place in the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.topology.changes import (
    CE1,
    HUB,
    ID,
    LINK,
    REACH,
    ROUTE_SERVER,
    TO_ROUTER,
    Changes,
    Expected,
    Table,
    at,
    both,
    many_vnets,
    merge,
    second_tunnel,
)
from tests.topology.contradictions_circuits import CIRCUITS, CONNECTIONS
from tests.topology.contradictions_routers import PREMISES, TUNNELS
from tests.topology.contradictions_virtual_networks import PEERINGS, ROUTE_TABLES, VIRTUAL_NETWORKS
from topology import Document, Network, StackFileError, load_network, load_stack
from topology.consistency import _CHECKS
from topology.loader import _with_names

NAMES: Table = {
    "peering to an unknown hub": (
        at("peerings.hub-spoke.hub", "hup"),
        (("peerings.hub-spoke.hub", "hup is not in virtualNetworks (hub, spoke, branch, remote)"),),
    ),
    "peering to an unknown spoke": (
        at("peerings.hub-spoke.spoke", "spok"),
        (("peerings.hub-spoke.spoke", "spok is not in virtualNetworks"),),
    ),
    "connection of an unknown circuit": (
        at("connections.expressroute1-hub.circuit", "expressroute3"),
        (("connections.expressroute1-hub.circuit", "expressroute3 is not in circuits"),),
    ),
    "connection to an unknown virtual network": (
        at("connections.expressroute1-hub.virtualNetwork", "hab"),
        (("connections.expressroute1-hub.virtualNetwork", "hab is not in virtualNetworks"),),
    ),
    "Global Reach to an unknown circuit": (
        both(REACH, at("globalReach.both.circuits", ["expressroute1", "other"])),
        (("globalReach.both.circuits.1", "other is not in circuits"),),
    ),
    "tunnel from an unknown virtual network": (
        at("tunnels.hub-branch.virtualNetwork", "hab"),
        (("tunnels.hub-branch.virtualNetwork", "hab is not in"),),
    ),
    "tunnel to an unknown virtual network": (
        at("tunnels.hub-branch.remoteVirtualNetwork", "branche"),
        (("tunnels.hub-branch.remoteVirtualNetwork", "branche is not in"),),
    ),
    "tunnel to an unknown router": (
        at(f"{TO_ROUTER}.name", "location1-ce9"),
        ((f"{TO_ROUTER}.name", "location1-ce9 is not in routers"),),
    ),
    "router of an unknown location": (
        at("routers.location2-ce2.location", "location3"),
        (("routers.location2-ce2.location", "location3 is not in locations (location1, location2)"),),
    ),
    "link to an unknown router": (
        at(f"{LINK}.router", "location1-ce9"),
        ((f"{LINK}.router", "location1-ce9 is not in routers"),),
    ),
    "a location named as a virtual network": (
        at("locations.spoke", {"asn": 65030, "prefixes": ["10.99.0.0/24"]}),
        (("locations.spoke", "is a virtual network's name too"),),
    ),
    "names that differ in case only": (
        at("virtualNetworks.Spoke", {"addressSpace": ["10.99.0.0/24"]}),
        (("virtualNetworks.Spoke", "differs from spoke in upper and lower case only"),),
    ),
}

TABLE: Table = {
    **NAMES,
    **VIRTUAL_NETWORKS,
    **ROUTE_TABLES,
    **PEERINGS,
    **CIRCUITS,
    **CONNECTIONS,
    **TUNNELS,
    **PREMISES,
}


ALLOWED: Mapping[str, Changes] = {
    "a location's summary around virtual networks and another location": at(
        "locations.location2.prefixes", ["10.1.31.0/25", "10.0.0.0/8"]
    ),
    "a location that is the way to everything": at(
        "locations.location2.prefixes", ["10.1.31.0/25", "0.0.0.0/0"]
    ),
    "one prefix at two locations": at("locations.location2.prefixes", ["10.1.31.0/25", "10.2.30.0/25"]),
    "one ASN on both of a virtual network's gateways": {},
    "more connections of a Premium circuit": both(
        many_vnets(
            9,
            lambda name: ("connections", {"circuit": "expressroute1", "virtualNetwork": name}),
            existing={"id": f"{ID}virtualNetworks/a"},
            expressRouteGateway={},
        ),
        at("circuits.expressroute1.tier", "Premium"),
    ),
    "the subnets of what exists are not described": both(
        at("virtualNetworks.branch.subnets", ...),
        at("virtualNetworks.branch.vpnGateway.existing", {"id": f"{ID}virtualNetworkGateways/branch"}),
    ),
    "no zones in a region that has none": at("virtualNetworks.branch.vpnGateway.zones", []),
    "an id in another case": at(
        "circuits.expressroute2.existing",
        {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/expressroutecircuits/a"},
    ),
    "a Route Server without a VPN gateway": both(
        at("virtualNetworks.remote.routeServer", {}),
        at("virtualNetworks.remote.addressSpace", ["10.17.30.0/26", "10.17.31.0/26"]),
        at("virtualNetworks.remote.subnets.RouteServerSubnet", {"prefix": "10.17.31.0/27"}),
    ),
    "a Route Server that keeps its gateways apart": both(
        ROUTE_SERVER, at(f"{HUB}.routeServer.branchToBranch", False)
    ),
    "tunnels from two gateways to one router": second_tunnel(),
    "an ASN that is free, but not on Azure's list, on a VPN gateway": at(
        "virtualNetworks.branch.vpnGateway.asn", 65516
    ),
    "the LAN's VLAN as a link's outer tag": both(
        at(f"{LINK}.interface", "TenGigabitEthernet1/0/0"), at(f"{CE1}.lan.vlan", 30)
    ),
    "one inner tag below two outer tags": both(
        at("circuits.expressroute1.privatePeering.secondary.router", "location1-ce1"),
        at("circuits.expressroute1.privatePeering.secondary.outerVlan", 31),
    ),
    "Global Reach": REACH,
    "a small data size between two gateways": at(
        "tunnels.hub-branch.ipsecPolicy", {"saDataSizeKilobytes": 1024}
    ),
    "GCM on both": at(
        "tunnels.hub-branch.ipsecPolicy", {"ipsecEncryption": "GCMAES128", "ipsecIntegrity": "GCMAES128"}
    ),
    "neither of them GCM": at(
        "tunnels.hub-branch.ipsecPolicy", {"ipsecEncryption": "AES256", "ipsecIntegrity": "SHA256"}
    ),
    "spokes of two hubs, one of them without transit": at(
        "peerings.remote-spoke", {"hub": "remote", "spoke": "spoke", "gatewayTransit": False}
    ),
}


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED)
def test_what_only_looks_wrong_is_taken(changes: Changes, test_stack: Callable[[], dict[str, Any]]) -> None:
    data = test_stack()
    merge(data, changes)
    assert load_network(Document(data=data))


@pytest.mark.parametrize(("changes", "expected"), TABLE.values(), ids=TABLE)
def test_each_contradiction_has_its_message_and_its_place(
    changes: Changes,
    expected: tuple[Expected, ...],
    test_stack: Callable[[], dict[str, Any]],
    tmp_path: Path,
) -> None:
    data = test_stack()
    merge(data, changes)
    path = tmp_path / "Pulumi.broken.yaml"
    path.write_text(json.dumps({"config": {"hybrid:network": data}}, indent=1), encoding="utf-8")
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    mistakes = caught.value.mistakes
    said = sorted((".".join(mistake.path), mistake.message) for mistake in mistakes)
    assert [where for where, _ in said] == sorted(where for where, _ in expected), said
    for where, part in expected:
        assert any(part in message for at_, message in said if at_ == where), said
    lines = path.read_text(encoding="utf-8").splitlines()
    for mistake in mistakes:
        assert mistake.place.file == path
        here = lines[mistake.place.line - 1][mistake.place.column - 1 :].lstrip('"')
        assert here.startswith(_deepest(data, mistake.path)), (mistake, here)


def _deepest(data: Any, path: tuple[str, ...]) -> str:
    """Return what stands at the deepest part of a path that the file has: a key, or an item of a list."""
    found = ""
    for part in path:
        if isinstance(data, dict) and part in data:
            data, found = data[part], part
        elif isinstance(data, list):
            data = data[int(part)]
            found = str(data)
        else:
            break
    return found


def test_every_check_finds_something(test_stack: Callable[[], dict[str, Any]]) -> None:
    """A check that no row of the table brings out would go unproven."""
    proven = set()
    for changes, _ in TABLE.values():
        data = test_stack()
        merge(data, changes)
        network = Network.model_validate_json(json.dumps(_with_names(data)[0]))
        proven |= {check for check in _CHECKS if list(check(network))}
    assert [check.__name__ for check in _CHECKS if check not in proven] == []
