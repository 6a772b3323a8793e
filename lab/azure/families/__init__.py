"""The resource types, one module for each family; `TYPES` has them all by their path."""

from __future__ import annotations

from lab.azure.declaration import ResourceType
from lab.azure.families import (
    circuit_peerings,
    circuits,
    connections,
    gateways,
    local_network_gateways,
    public_ip_addresses,
    resource_groups,
    route_tables,
    virtual_network_peerings,
    virtual_networks,
)

TYPES: dict[str, ResourceType] = {
    declared.path: declared
    for family in (
        resource_groups,
        route_tables,
        virtual_networks,
        virtual_network_peerings,
        public_ip_addresses,
        gateways,
        local_network_gateways,
        circuits,
        circuit_peerings,
        connections,
    )
    for declared in family.TYPES
}
