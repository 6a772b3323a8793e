"""Site-to-site VPN: a tunnel to an on-premises router, and a tunnel between two VPN gateways.

Both carry BGP and an explicit IPsec policy. A tunnel between gateways is two connections, one from each side,
with one key and one policy; traffic passes only once both are there.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
from components.naming import Placement
from components.references import VpnGatewayReference
from components.replacement import CONNECTION, replaced_for
from components.shared_key import create_shared_key


@dataclass(frozen=True, kw_only=True)
class RouterConnectionArgs:
    """A tunnel from a VPN gateway to an on-premises router."""

    described: topology.Tunnel
    router: topology.TunnelRouter
    router_asn: topology.Asn
    gateway: VpnGatewayReference
    own_key: pulumi.Output[str] | None
    placement: Placement


class RouterConnection(pulumi.ComponentResource):
    """The Azure half of a tunnel to an on-premises router: its local network gateway and its connection."""

    shared_key: pulumi.Output[str]

    def __init__(
        self, name: str, args: RouterConnectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("hybrid:network:RouterConnection", name, None, opts)
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        self.shared_key = create_shared_key(f"{name}-shared-key", args.own_key, child)
        local_gateway = self._create_local_network_gateway(name)
        self.connection = self._create_connection(name, local_gateway)
        self.register_outputs({"connectionId": self.connection.id, "sharedKey": self.shared_key})

    def _create_local_network_gateway(self, name: str) -> network.LocalNetworkGateway:
        placement, router = self._args.placement, self._args.router
        return network.LocalNetworkGateway(
            f"{name}-local-network-gateway",
            local_network_gateway_name=placement.name("lgw", self._args.described.name),
            resource_group_name=self._args.gateway.resource_group_name,
            location=placement.region,
            gateway_ip_address=str(router.public_address),
            # VPN-5: with BGP the address space stays empty, or its prefixes become static routes
            local_network_address_space=network.AddressSpaceArgs(address_prefixes=[]),
            bgp_settings=network.BgpSettingsArgs(
                asn=self._args.router_asn, bgp_peering_address=str(router.bgp_address)
            ),
            tags=placement.tags,
            opts=pulumi.ResourceOptions(parent=self, provider=self._args.gateway.provider),
        )

    def _create_connection(
        self, name: str, local_gateway: network.LocalNetworkGateway
    ) -> network.VirtualNetworkGatewayConnection:
        placement, gateway = self._args.placement, self._args.gateway
        return network.VirtualNetworkGatewayConnection(
            f"{name}-connection",
            virtual_network_gateway_connection_name=placement.name("con", self._args.described.name),
            resource_group_name=gateway.resource_group_name,
            location=placement.region,
            connection_type=network.VirtualNetworkGatewayConnectionType.IPSEC,
            connection_protocol=network.VirtualNetworkGatewayConnectionProtocol.IK_EV2,
            virtual_network_gateway1=network.VirtualNetworkGatewayArgs(id=gateway.id),
            local_network_gateway2=network.LocalNetworkGatewayArgs(id=local_gateway.id),
            enable_bgp=True,
            shared_key=self.shared_key,
            ipsec_policies=[ipsec_policy_args(self._args.described.policy)],
            tags=placement.tags,
            opts=replaced_for(CONNECTION, pulumi.ResourceOptions(parent=self, provider=gateway.provider)),
        )


@dataclass(frozen=True, kw_only=True)
class VnetToVnetConnectionArgs:
    """A tunnel between the VPN gateways of two virtual networks."""

    described: topology.Tunnel
    gateway: VpnGatewayReference
    remote_gateway: VpnGatewayReference
    own_key: pulumi.Output[str] | None
    placement: Placement
    remote_placement: Placement


class VnetToVnetConnection(pulumi.ComponentResource):
    """Both halves of a tunnel between two VPN gateways."""

    def __init__(
        self, name: str, args: VnetToVnetConnectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("hybrid:network:VnetToVnetConnection", name, None, opts)
        self._policy = ipsec_policy_args(args.described.policy)
        child = pulumi.ResourceOptions(parent=self)
        self._shared_key = create_shared_key(f"{name}-shared-key", args.own_key, child)
        halves = (
            (args.described.virtual_network, args.gateway, args.remote_gateway, args.placement),
            (
                str(args.described.remote_virtual_network),
                args.remote_gateway,
                args.gateway,
                args.remote_placement,
            ),
        )
        self.connections = tuple(self._create_half(name, args.described.name, *half) for half in halves)
        self.register_outputs({"connectionIds": [connection.id for connection in self.connections]})

    def _create_half(
        self,
        name: str,
        tunnel: str,
        site: str,
        local: VpnGatewayReference,
        remote: VpnGatewayReference,
        placement: Placement,
    ) -> network.VirtualNetworkGatewayConnection:
        return network.VirtualNetworkGatewayConnection(
            f"{name}-connection-from-{site}",
            virtual_network_gateway_connection_name=placement.name("con", f"{tunnel}-from-{site}"),
            resource_group_name=local.resource_group_name,
            location=placement.region,
            connection_type=network.VirtualNetworkGatewayConnectionType.VNET2_VNET,
            virtual_network_gateway1=network.VirtualNetworkGatewayArgs(id=local.id),
            virtual_network_gateway2=network.VirtualNetworkGatewayArgs(id=remote.id),
            enable_bgp=True,
            shared_key=self._shared_key,
            ipsec_policies=[self._policy],
            tags=placement.tags,
            opts=replaced_for(CONNECTION, pulumi.ResourceOptions(parent=self, provider=local.provider)),
        )


def ipsec_policy_args(policy: topology.IpsecPolicy) -> network.IpsecPolicyArgs:
    """Return Azure's form of a policy: every field or none at all (IPSEC-2)."""
    return network.IpsecPolicyArgs(
        ike_encryption=policy.ike_encryption,
        ike_integrity=policy.ike_integrity,
        dh_group=policy.dh_group,
        ipsec_encryption=policy.ipsec_encryption,
        ipsec_integrity=policy.ipsec_integrity,
        pfs_group=policy.pfs_group,
        sa_life_time_seconds=policy.sa_lifetime_seconds,
        sa_data_size_kilobytes=policy.sa_data_size_kilobytes,
    )
