"""Virtual network gateways: ExpressRoute and VPN.

- An ExpressRoute gateway has no public IP of its own and no ASN to set: Azure gives it both (GW-15).
- A VPN gateway has one Standard static public IP for each instance, and says its ASN.
- Azure takes up to an hour for each; the time-outs leave it two.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

import topology
from components.naming import Placement
from components.references import ExpressRouteGatewayReference, VpnGatewayReference
from components.replacement import GATEWAY, replaced_for

SLOW = pulumi.CustomTimeouts(create="120m", update="120m", delete="120m")
"""For what Azure builds out of virtual machines."""


@dataclass(frozen=True, kw_only=True)
class ExpressRouteGatewayArgs:
    """What an ExpressRoute gateway is made of."""

    described: topology.ExpressRouteGateway
    virtual_network: str
    gateway_subnet_id: pulumi.Input[str]
    placement: Placement


class ExpressRouteGateway(pulumi.ComponentResource):
    """An ExpressRoute gateway of one virtual network."""

    id: pulumi.Output[str]

    def __init__(
        self, name: str, args: ExpressRouteGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("hybrid:network:ExpressRouteGateway", name, None, opts)
        self._placement = args.placement
        self._gateway = self._create_gateway(name, args)
        self.id = self._gateway.id
        self.register_outputs({"id": self.id})

    @property
    def reference(self) -> ExpressRouteGatewayReference:
        """What connections attach to."""
        return ExpressRouteGatewayReference(
            id=self.id,
            resource_group_name=self._placement.resource_group_name,
            subscription=self._placement.subscription,
            provider=self._placement.provider,
        )

    def _create_gateway(self, name: str, args: ExpressRouteGatewayArgs) -> network.VirtualNetworkGateway:
        return network.VirtualNetworkGateway(
            name,
            virtual_network_gateway_name=args.placement.name("ergw", args.virtual_network),
            resource_group_name=args.placement.resource_group_name,
            location=args.placement.region,
            gateway_type=network.VirtualNetworkGatewayType.EXPRESS_ROUTE,
            sku=network.VirtualNetworkGatewaySkuArgs(name=args.described.sku, tier=args.described.sku),
            ip_configurations=[_ip_configuration("default", args.gateway_subnet_id, None)],
            allow_remote_vnet_traffic=args.described.allow_remote_vnet_traffic,
            tags=args.placement.tags,
            opts=_gateway_options(self, args.placement),
        )


@dataclass(frozen=True, kw_only=True)
class VpnGatewayArgs:
    """What a VPN gateway is made of."""

    described: topology.VpnGateway
    virtual_network: str
    gateway_subnet_id: pulumi.Input[str]
    placement: Placement


class VpnGateway(pulumi.ComponentResource):
    """A route-based VPN gateway of one virtual network, with BGP."""

    id: pulumi.Output[str]
    public_ips: tuple[pulumi.Output[str], ...]
    bgp_addresses: tuple[pulumi.Output[str], ...]

    def __init__(self, name: str, args: VpnGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hybrid:network:VpnGateway", name, None, opts)
        self._args = args
        public_ips = [
            self._create_public_ip(name, number) for number in range(1, args.described.instance_count + 1)
        ]
        self._gateway = self._create_gateway(name, public_ips)
        self.id = self._gateway.id
        self.public_ips = tuple(public_ip.ip_address.apply(_required) for public_ip in public_ips)
        self.bgp_addresses = tuple(self._bgp_address(index) for index in range(args.described.instance_count))
        self.register_outputs(
            {"id": self.id, "publicIps": list(self.public_ips), "bgpAddresses": list(self.bgp_addresses)}
        )

    @property
    def reference(self) -> VpnGatewayReference:
        """What connections and routers attach to."""
        placement = self._args.placement
        return VpnGatewayReference(
            id=self.id,
            public_ips=self.public_ips,
            bgp_addresses=self.bgp_addresses,
            resource_group_name=placement.resource_group_name,
            provider=placement.provider,
        )

    def _create_public_ip(self, name: str, number: int) -> network.PublicIPAddress:
        placement = self._args.placement
        zones = [str(zone) for zone in self._args.described.address_zones]
        return network.PublicIPAddress(
            f"{name}-public-ip-{number}",
            public_ip_address_name=placement.name("pip", f"{self._args.virtual_network}-vpn", number),
            resource_group_name=placement.resource_group_name,
            location=placement.region,
            public_ip_allocation_method=network.IPAllocationMethod.STATIC,
            sku=network.PublicIPAddressSkuArgs(name=network.PublicIPAddressSkuName.STANDARD),
            zones=zones or None,
            tags=placement.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=placement.protect, provider=placement.provider),
        )

    def _create_gateway(
        self, name: str, public_ips: list[network.PublicIPAddress]
    ) -> network.VirtualNetworkGateway:
        placement, described = self._args.placement, self._args.described
        return network.VirtualNetworkGateway(
            name,
            virtual_network_gateway_name=placement.name("vgw", self._args.virtual_network),
            resource_group_name=placement.resource_group_name,
            location=placement.region,
            gateway_type=network.VirtualNetworkGatewayType.VPN,
            vpn_type=network.VpnType.ROUTE_BASED,
            sku=network.VirtualNetworkGatewaySkuArgs(name=described.sku, tier=described.sku),
            active_active=described.active_active,
            enable_bgp=True,
            bgp_settings=network.BgpSettingsArgs(asn=described.asn),
            ip_configurations=[
                _ip_configuration(_instance(number), self._args.gateway_subnet_id, public_ip.id)
                for number, public_ip in enumerate(public_ips, start=1)
            ],
            tags=placement.tags,
            opts=_gateway_options(self, placement),
        )

    def _bgp_address(self, index: int) -> pulumi.Output[str]:
        """Read an instance's BGP address from Azure: it is never computed (VPN-2)."""
        name = _instance(index + 1)
        return self._gateway.bgp_settings.apply(
            lambda settings: _required(next(iter(_bgp_addresses(settings, name)), None))
        )


def _gateway_options(parent: pulumi.Resource, placement: Placement) -> pulumi.ResourceOptions:
    options = pulumi.ResourceOptions(
        parent=parent, protect=placement.protect, provider=placement.provider, custom_timeouts=SLOW
    )
    return replaced_for(GATEWAY, options)


def _ip_configuration(
    name: str, subnet_id: pulumi.Input[str], public_ip_id: pulumi.Input[str] | None
) -> network.VirtualNetworkGatewayIPConfigurationArgs:
    return network.VirtualNetworkGatewayIPConfigurationArgs(
        name=name,
        private_ip_allocation_method=network.IPAllocationMethod.DYNAMIC,
        subnet=network.SubResourceArgs(id=subnet_id),
        public_ip_address=network.SubResourceArgs(id=public_ip_id) if public_ip_id is not None else None,
    )


def _instance(number: int) -> str:
    return f"instance-{number}"


def _bgp_addresses(settings: network.outputs.BgpSettingsResponse | None, instance: str) -> list[str]:
    """Return an instance's own BGP addresses; which one is whose follows from its IP configuration only."""
    for peering in (settings and settings.bgp_peering_addresses) or ():
        if str(peering.ipconfiguration_id).rpartition("/")[2] == instance:
            return list(peering.default_bgp_ip_addresses)
    return []


def _required(address: str | None) -> str:
    if not address:
        raise pulumi.RunError(
            "Azure gave a VPN gateway without its address: run `pulumi refresh`, then again"
        )
    return address
