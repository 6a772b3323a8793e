"""What exists already, referred to by its Azure resource id: read, never created, changed or deleted."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import network

import topology
from components.lookup import saying
from components.placements import Placements
from components.references import (
    CircuitReference,
    ExpressRouteGatewayReference,
    ResourceId,
    Subscriptions,
    VirtualNetworkReference,
    VpnGatewayReference,
)


def existing_virtual_network(
    described: topology.VirtualNetwork, existing: topology.Existing, region: str, placements: Placements
) -> VirtualNetworkReference:
    """Refer to a virtual network; its gateway subnet is the one Azure knows by that name."""
    found = ResourceId.parse(existing.id, "virtualNetworks")
    gateway_subnet = f"{found.text}/subnets/{topology.GATEWAY_SUBNET}"
    return VirtualNetworkReference(
        id=pulumi.Output.from_input(found.text),
        name=found.name,
        subnet_ids={topology.GATEWAY_SUBNET: pulumi.Output.from_input(gateway_subnet)},
        address_space=described.address_space,
        placement=placements.beside(found, region),
    )


def existing_express_route_gateway(
    existing: topology.Existing, subscriptions: Subscriptions
) -> ExpressRouteGatewayReference:
    """Refer to an ExpressRoute gateway."""
    found = ResourceId.parse(existing.id, "virtualNetworkGateways")
    subscription = subscriptions.other(found.subscription)
    return ExpressRouteGatewayReference(
        id=pulumi.Output.from_input(found.text),
        subscription=subscription,
        resource_group_name=found.resource_group,
        provider=subscriptions.provider(subscription),
    )


def existing_vpn_gateway(
    existing: topology.Existing, instance_count: int, subscriptions: Subscriptions
) -> VpnGatewayReference:
    """Refer to a VPN gateway, and look up the addresses that its peers need."""
    found = ResourceId.parse(existing.id, "virtualNetworkGateways")
    provider = subscriptions.provider(subscriptions.other(found.subscription))
    with saying(f"VPN gateway {found.name} could not be looked up in Azure"):
        gateway = network.get_virtual_network_gateway(
            resource_group_name=found.resource_group,
            virtual_network_gateway_name=found.name,
            opts=pulumi.InvokeOptions(provider=provider),
        )
    instances = [
        instance
        for instance in (gateway.bgp_settings and gateway.bgp_settings.bgp_peering_addresses) or ()
        if instance.tunnel_ip_addresses and instance.default_bgp_ip_addresses
    ]
    if len(instances) != instance_count:
        raise pulumi.RunError(
            f"VPN gateway {found.name} has {len(instances)} instances with addresses for BGP, but "
            f"{instance_count} described: set activeActive as the gateway has it"
        )
    return VpnGatewayReference(
        id=pulumi.Output.from_input(found.text),
        public_ips=[pulumi.Output.from_input(instance.tunnel_ip_addresses[0]) for instance in instances],
        bgp_addresses=[
            pulumi.Output.from_input(instance.default_bgp_ip_addresses[0]) for instance in instances
        ],
        resource_group_name=found.resource_group,
        provider=provider,
    )


def existing_circuit(existing: topology.Existing, subscriptions: Subscriptions) -> CircuitReference:
    """Refer to a circuit that somebody ordered, had provisioned and peered already."""
    found = ResourceId.parse(existing.id, "expressRouteCircuits")
    subscription = subscriptions.other(found.subscription)
    return CircuitReference(
        id=pulumi.Output.from_input(found.text),
        name=found.name,
        resource_group_name=found.resource_group,
        subscription=subscription,
        provider=subscriptions.provider(subscription),
    )
