"""What exists already, referred to by its Azure resource id: read, never created, changed or deleted."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import network

import topology
from components.references import (
    CircuitReference,
    ExpressRouteGatewayReference,
    ResourceId,
    Subscriptions,
    VirtualNetworkReference,
    VpnGatewayReference,
)


def existing_virtual_network(
    existing: topology.Existing, subscriptions: Subscriptions
) -> VirtualNetworkReference:
    """Refer to a virtual network; its gateway subnet is the one Azure knows by that name."""
    found = ResourceId.parse(existing.id, "virtualNetworks")
    return VirtualNetworkReference(
        id=pulumi.Output.from_input(found.text),
        name=found.name,
        resource_group_name=found.resource_group,
        gateway_subnet_id=pulumi.Output.from_input(f"{found.text}/subnets/{topology.GATEWAY_SUBNET}"),
        provider=subscriptions.provider(subscriptions.other(found.subscription)),
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
    gateway = network.get_virtual_network_gateway_output(
        resource_group_name=found.resource_group,
        virtual_network_gateway_name=found.name,
        opts=pulumi.InvokeOutputOptions(provider=provider),
    )

    def address(index: int, kind: str) -> pulumi.Output[str]:
        return gateway.apply(lambda result: _instance_address(found.name, result, index, kind))

    return VpnGatewayReference(
        id=pulumi.Output.from_input(found.text),
        public_ips=[address(index, "tunnel_ip_addresses") for index in range(instance_count)],
        bgp_addresses=[address(index, "default_bgp_ip_addresses") for index in range(instance_count)],
        resource_group_name=found.resource_group,
        provider=provider,
    )


def _instance_address(
    name: str, gateway: network.GetVirtualNetworkGatewayResult, index: int, kind: str
) -> str:
    instances = (gateway.bgp_settings and gateway.bgp_settings.bgp_peering_addresses) or []
    if index >= len(instances) or not getattr(instances[index], kind):
        raise ValueError(
            f"VPN gateway {name} has {len(instances)} instances with BGP, but instance {index + 1} is "
            "described: set activeActive as the gateway has it"
        )
    address: str = getattr(instances[index], kind)[0]
    return address


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
