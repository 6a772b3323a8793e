"""Networks to be deployed, and what Azure says of their circuits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

NETWORK = "azure-native:network:"

PROVISIONED = {
    f"erc-expressroute{number}-test-eastus": {
        "serviceProviderProvisioningState": "Provisioned",
        "peerings": [],
    }
    for number in (1, 2)
}


def described(stack_file: Path) -> Any:
    return YAML(typ="safe").load(stack_file)["config"]["hybrid:network"]


SMALL: dict[str, Any] = {
    "location": "eastus",
    "virtualNetworks": {
        "hub": {
            "addressSpace": ["10.0.0.0/24"],
            "subnets": {"GatewaySubnet": {"prefix": "10.0.0.0/26"}},
            "expressRouteGateway": {},
        }
    },
    "circuits": {
        "c": {
            "provider": "Equinix",
            "peeringLocation": "Washington DC",
            "bandwidth": 50,
            "privatePeering": {
                "peerAsn": 65021,
                "vlanId": 300,
                "primary": {"prefix": "192.168.0.0/30"},
                "secondary": {"prefix": "192.168.0.4/30"},
            },
        }
    },
    "connections": {"c-hub": {"circuit": "c", "virtualNetwork": "hub"}},
}
