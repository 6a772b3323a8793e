"""The whole network: what is described, joined in the order that Azure and the routers need."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

import pulumi

import onprem
import topology
from components.circuit import ExpressRouteCircuit, ExpressRouteCircuitArgs
from components.circuit_connection import CircuitConnection, CircuitConnectionArgs
from components.configuration import Settings
from components.existing import (
    existing_circuit,
    existing_express_route_gateway,
    existing_virtual_network,
    existing_vpn_gateway,
)
from components.gateways import (
    ExpressRouteGateway,
    ExpressRouteGatewayArgs,
    VpnGateway,
    VpnGatewayArgs,
)
from components.global_reach import GlobalReach, GlobalReachArgs
from components.placements import Placements
from components.references import (
    CircuitReference,
    ExpressRouteGatewayReference,
    Subscriptions,
    VirtualNetworkReference,
    VpnGatewayReference,
)
from components.route_table import RouteTable, RouteTableArgs
from components.router_configuration import OnPremisesRouter, OnPremisesRouterArgs, gateway_outputs
from components.site_to_site import (
    RouterConnection,
    RouterConnectionArgs,
    VnetToVnetConnection,
    VnetToVnetConnectionArgs,
)
from components.virtual_network import VirtualNetwork, VirtualNetworkArgs
from components.vnet_peering import VnetPeering, VnetPeeringArgs


class HybridNetwork(pulumi.ComponentResource):
    """Both sides of a hybrid network, from one description."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("hybrid:network:HybridNetwork", name, None, opts)
        self._settings = settings
        self._network = settings.network
        self._subscriptions = Subscriptions(settings.subscription)
        self._child = pulumi.ResourceOptions(parent=self)
        self._placements = Placements(
            settings.network, settings.environment, self._subscriptions, self._child
        )
        self._source_places: dict[str, dict[str, object]] = {}
        self._gateways: dict[str, list[pulumi.Resource]] = {}
        self._service_keys: dict[str, pulumi.Output[str]] = {}
        self._circuits: dict[str, CircuitReference] = {}
        self._circuit_ids: dict[str, pulumi.Output[str]] = {}

        self._route_table_ids = self._create_route_tables()
        self._virtual_networks = self._create_virtual_networks()
        self._express_route_gateways = self._create_express_route_gateways()
        self._vpn_gateways = self._create_vpn_gateways()
        self._create_peerings()
        self._create_circuits()
        tunnels = self._create_tunnels()
        self._create_routers(tunnels)
        self.register_outputs(self.outputs)

    # --- outputs ---------------------------------------------------------------------------------------

    @property
    def outputs(self) -> dict[str, pulumi.Input[object]]:
        """What a later stack, or a person, needs: ids, addresses, and service keys as secrets."""
        return {
            "virtualNetworkIds": {name: vnet.id for name, vnet in self._virtual_networks.items()},
            "subnetIds": {name: dict(vnet.subnet_ids) for name, vnet in self._virtual_networks.items()},
            "expressRouteGatewayIds": {name: gw.id for name, gw in self._express_route_gateways.items()},
            "vpnGateways": {
                name: {
                    "id": gateway.id,
                    "publicIps": list(gateway.public_ips),
                    "bgpAddresses": list(gateway.bgp_addresses),
                }
                for name, gateway in self._vpn_gateways.items()
            },
            "circuitIds": self._circuit_ids,
            "serviceKeys": pulumi.Output.secret(self._service_keys),
        }

    @property
    def source_places(self) -> str:
        """Where each component is described: `FILE NAME@LINE NAME@LINE; FILE ...`, by its logical name.

        One text: a line that is added to the stack file moves all that follow, and a preview shows what an
        output changes to place by place. File names are quoted as in a URL; nothing in it reads as YAML, of
        which the engine would show the parts.
        """
        files: dict[str, list[str]] = {}
        for name, place in self._source_places.items():
            files.setdefault(quote(str(place["file"])), []).append(f"{name}@{place['line']}")
        return "; ".join(" ".join((file, *entries)) for file, entries in files.items())

    def _logical_name(self, kind: str, section: str, name: str, *keys: str) -> str:
        """Return an object's logical name, and note where in the stack file it is described.

        What belongs to it has a name that begins with its own, and so is found there too.
        """
        logical_name = f"{name}-{kind}"
        place = self._settings.source_place((section, name, *keys))
        if place is not None:
            self._source_places[logical_name] = place
        return logical_name

    # --- virtual networks and gateways -----------------------------------------------------------------

    def _create_route_tables(self) -> dict[str, pulumi.Output[str]]:
        ids = {}
        for name, table in self._network.route_tables.items():
            if table.existing:
                ids[name] = pulumi.Output.from_input(table.existing.id)
                continue
            args = RouteTableArgs(
                described=table, placement=self._placements.in_region(self._network.region(table))
            )
            ids[name] = RouteTable(
                self._logical_name("route-table", "routeTables", name), args, self._child
            ).id
        return ids

    def _create_virtual_networks(self) -> dict[str, VirtualNetworkReference]:
        references = {}
        for name, vnet in self._network.virtual_networks.items():
            if vnet.existing:
                region = self._network.region(vnet)
                references[name] = existing_virtual_network(vnet, vnet.existing, region, self._placements)
                continue
            args = VirtualNetworkArgs(
                described=vnet,
                placement=self._placements.in_region(self._network.region(vnet)),
                route_table_ids=self._route_table_ids,
            )
            logical_name = self._logical_name("virtual-network", "virtualNetworks", name)
            references[name] = VirtualNetwork(logical_name, args, self._child).reference
        return references

    def _create_express_route_gateways(self) -> dict[str, ExpressRouteGatewayReference]:
        references = {}
        for name, vnet in self._network.virtual_networks.items():
            if vnet.express_route_gateway is None:
                continue
            if vnet.express_route_gateway.existing:
                existing = vnet.express_route_gateway.existing
                references[name] = existing_express_route_gateway(existing, self._subscriptions)
                continue
            gateway = ExpressRouteGateway(
                self._logical_name("expressroute-gateway", "virtualNetworks", name, "expressRouteGateway"),
                ExpressRouteGatewayArgs(
                    described=vnet.express_route_gateway,
                    virtual_network=name,
                    gateway_subnet_id=self._gateway_subnet_id(name),
                    placement=self._virtual_networks[vnet.name].placement,
                ),
                self._child,
            )
            self._gateways.setdefault(name, []).append(gateway)
            references[name] = gateway.reference
        return references

    def _create_vpn_gateways(self) -> dict[str, VpnGatewayReference]:
        references = {}
        for name, vnet in self._network.virtual_networks.items():
            described = vnet.vpn_gateway
            if described is None:
                continue
            if described.existing:
                references[name] = existing_vpn_gateway(
                    described.existing, described.instance_count, self._subscriptions
                )
                continue
            gateway = VpnGateway(
                self._logical_name("vpn-gateway", "virtualNetworks", name, "vpnGateway"),
                VpnGatewayArgs(
                    described=described,
                    virtual_network=name,
                    gateway_subnet_id=self._gateway_subnet_id(name),
                    placement=self._virtual_networks[vnet.name].placement,
                ),
                self._child,
            )
            self._gateways.setdefault(name, []).append(gateway)
            references[name] = gateway.reference
        return references

    def _gateway_subnet_id(self, virtual_network: str) -> pulumi.Output[str]:
        return self._virtual_networks[virtual_network].subnet_ids[topology.GATEWAY_SUBNET]

    def _create_peerings(self) -> None:
        for name, peering in self._network.peerings.items():
            VnetPeering(
                self._logical_name("peering", "peerings", name),
                VnetPeeringArgs(
                    described=peering,
                    hub=self._virtual_networks[peering.hub],
                    spoke=self._virtual_networks[peering.spoke],
                    hub_gateways=tuple(self._gateways.get(peering.hub, ())),
                ),
                self._child,
            )

    # --- ExpressRoute ----------------------------------------------------------------------------------

    def _create_circuits(self) -> None:
        for name in self._network.connections:
            self._logical_name("connection", "connections", name)  # its place is known though it may wait
        for name in self._network.global_reach:
            self._logical_name("global-reach", "globalReach", name)
        for name, described in self._network.circuits.items():
            if described.existing:
                reference = existing_circuit(described.existing, self._subscriptions)
                self._circuit_ids[name] = reference.id
                self._connect_circuit(name, reference)
                continue
            args = ExpressRouteCircuitArgs(
                described=described, placement=self._placements.in_region(self._network.region(described))
            )
            circuit = ExpressRouteCircuit(self._logical_name("circuit", "circuits", name), args, self._child)
            self._circuit_ids[name] = circuit.id
            self._service_keys[name] = circuit.service_key
            circuit.when_provisioned(partial(self._connect_circuit, name))

    def _connect_circuit(self, circuit: str, reference: CircuitReference) -> None:
        self._circuits[circuit] = reference
        self._create_global_reach(circuit)
        for name, described in self._network.connections.items():
            if described.circuit != circuit:
                continue
            vnet = self._network.virtual_networks[described.virtual_network]
            CircuitConnection(
                self._logical_name("connection", "connections", name),
                CircuitConnectionArgs(
                    described=described,
                    circuit=reference,
                    gateway=self._express_route_gateways[vnet.name],
                    authorization_key=self._settings.authorization_keys.get(name),
                    placement=self._virtual_networks[vnet.name].placement,
                ),
                self._child,
            )

    def _create_global_reach(self, circuit: str) -> None:
        """Join a circuit to those that can be connected already; the later of two joins both."""
        for name, reach in self._network.global_reach.items():
            if circuit in reach.circuits and all(other in self._circuits for other in reach.circuits):
                first, second = (self._circuits[other] for other in reach.circuits)
                GlobalReach(
                    self._logical_name("global-reach", "globalReach", name),
                    GlobalReachArgs(
                        described=reach,
                        circuit=first,
                        peer=second,
                        authorization_key=self._settings.authorization_keys.get(name),
                    ),
                    self._child,
                )

    # --- VPN and routers -------------------------------------------------------------------------------

    def _create_tunnels(self) -> dict[str, RouterConnection]:
        """Create every tunnel, and return those to routers by name."""
        to_routers = {}
        for name, tunnel in self._network.tunnels.items():
            if tunnel.router:
                to_routers[name] = self._create_router_connection(tunnel, tunnel.router)
            else:
                self._create_vnet_to_vnet(tunnel)
        return to_routers

    def _create_router_connection(
        self, tunnel: topology.Tunnel, router: topology.TunnelRouter
    ) -> RouterConnection:
        vnet = self._network.virtual_networks[tunnel.virtual_network]
        return RouterConnection(
            self._logical_name("tunnel", "tunnels", tunnel.name),
            RouterConnectionArgs(
                described=tunnel,
                router=router,
                router_asn=self._network.router_asn(self._network.routers[router.name]),
                gateway=self._vpn_gateways[vnet.name],
                own_key=self._settings.shared_keys.get(tunnel.name),
                placement=self._virtual_networks[vnet.name].placement,
            ),
            self._child,
        )

    def _create_vnet_to_vnet(self, tunnel: topology.Tunnel) -> None:
        vnet = self._network.virtual_networks[tunnel.virtual_network]
        remote = self._network.virtual_networks[str(tunnel.remote_virtual_network)]
        VnetToVnetConnection(
            self._logical_name("tunnel", "tunnels", tunnel.name),
            VnetToVnetConnectionArgs(
                described=tunnel,
                gateway=self._vpn_gateways[vnet.name],
                remote_gateway=self._vpn_gateways[remote.name],
                own_key=self._settings.shared_keys.get(tunnel.name),
                placement=self._virtual_networks[vnet.name].placement,
                remote_placement=self._virtual_networks[remote.name].placement,
            ),
            self._child,
        )

    def _create_routers(self, tunnels: Mapping[str, RouterConnection]) -> None:
        outputs = gateway_outputs(self._vpn_gateways)
        secrets = {onprem.shared_key(name): tunnel.shared_key for name, tunnel in tunnels.items()}
        last_of_location: dict[str, OnPremisesRouter] = {}
        for name, router in self._network.routers.items():
            # routers that stand in for each other change one after the other: a bad change stops at the first
            before = [last_of_location[router.location]] if router.location in last_of_location else []
            last_of_location[router.location] = OnPremisesRouter(
                self._logical_name("router", "routers", name),
                OnPremisesRouterArgs(network=self._network, router=router, outputs=outputs, secrets=secrets),
                pulumi.ResourceOptions(parent=self, depends_on=before),
            )
