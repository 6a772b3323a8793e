"""Makes networks of any size, for measuring: hubs with spokes, each hub on a circuit of its own."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import islice
from typing import Any

SPOKES_PER_HUB = 400
"""Less than the 500 peerings that Azure allows a virtual network (PEER-12)."""

RESOURCES_PER_HUB = 11
"""A network, two subnets, both gateways, a public IP, a circuit, its peering and connection; the groups."""

RESOURCES_PER_SPOKE = 4
"""A network, a subnet and both halves of a peering."""


def generate_network(resources: int) -> dict[str, Any]:
    """Return the description of a network of about so many Azure resources, as a stack file has it."""
    blocks = IPv4Network("10.0.0.0/8").subnets(new_prefix=24)
    links = IPv4Network("192.168.0.0/16").subnets(new_prefix=30)
    network: dict[str, Any] = {
        "location": "eastus",
        "virtualNetworks": {},
        "peerings": {},
        "circuits": {},
        "connections": {},
    }
    remaining = resources
    hub_number = 0
    while remaining > RESOURCES_PER_HUB:
        hub_number += 1
        hub = f"hub{hub_number}"
        _add_hub(network, hub, blocks, links)
        remaining -= RESOURCES_PER_HUB
        spokes = min(SPOKES_PER_HUB, remaining // RESOURCES_PER_SPOKE)
        _add_spokes(network, hub, list(islice(blocks, spokes)))
        remaining -= spokes * RESOURCES_PER_SPOKE
    return network


def _add_hub(
    network: dict[str, Any], hub: str, blocks: Iterator[IPv4Network], links: Iterator[IPv4Network]
) -> None:
    space = next(blocks)
    workload, gateways = space.subnets(prefixlen_diff=1)
    network["virtualNetworks"][hub] = {
        "addressSpace": [str(space)],
        "subnets": {"workload": {"prefix": str(workload)}, "GatewaySubnet": {"prefix": str(gateways)}},
        "expressRouteGateway": {},
        "vpnGateway": {},
    }
    network["circuits"][f"circuit-{hub}"] = {
        "provider": "Equinix",
        "peeringLocation": "Washington DC",
        "bandwidth": 1000,
        "privatePeering": {
            "peerAsn": 65021,
            "vlanId": 300,
            "primary": {"prefix": str(next(links))},
            "secondary": {"prefix": str(next(links))},
        },
    }
    network["connections"][f"{hub}-connection"] = {"circuit": f"circuit-{hub}", "virtualNetwork": hub}


def _add_spokes(network: dict[str, Any], hub: str, spaces: list[IPv4Network]) -> None:
    for number, space in enumerate(spaces, start=1):
        spoke = f"{hub}-spoke{number}"
        network["virtualNetworks"][spoke] = {
            "addressSpace": [str(space)],
            "subnets": {"workload": {"prefix": str(space)}},
        }
        network["peerings"][spoke] = {"hub": hub, "spoke": spoke}
