"""Which route tables packets between sites look into, and the appliances that those lead to.

- A site's own traffic goes by the table of its host's subnet; without a host, of its first subnet that is not
  a service's.
- What gateways hand on goes by GatewaySubnet's table, what an appliance forwards by that of its own subnet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address

from topology import (
    GATEWAY_SUBNET,
    SERVICE_SUBNETS,
    Network,
    Peering,
    RouteTable,
    Subnet,
    VirtualNetwork,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """What user-defined routes hand traffic to; nothing but its address is described."""

    virtual_network: str
    address: IPv4Address

    @property
    def name(self) -> str:
        """Its element's name, without the kind."""
        return f"{self.virtual_network}/{self.address}"


@dataclass(frozen=True)
class UserRouting:
    """The route tables of a network, by who looks into them."""

    network: Network

    def host_table(self, vnet: VirtualNetwork) -> RouteTable | None:
        """Return the route table that a site's own traffic looks into."""
        if vnet.host is not None:
            return self._table(_subnet_of(vnet, vnet.host))
        return self._table(
            next((each for name, each in vnet.subnets.items() if name not in SERVICE_SUBNETS), None)
        )

    def gateway_table(self, vnet: VirtualNetwork) -> RouteTable | None:
        """Return the route table of what comes out of a virtual network's gateways."""
        return self._table(vnet.subnets.get(GATEWAY_SUBNET)) if vnet.has_gateway else None

    def appliance_table(self, appliance: Appliance) -> RouteTable | None:
        """Return the route table of what an appliance forwards."""
        vnet = self.network.virtual_networks[appliance.virtual_network]
        return self._table(_subnet_of(vnet, appliance.address))

    def appliance_at(self, vnet: str, address: IPv4Address) -> tuple[Appliance, Peering | None] | None:
        """Return the appliance of an address that a virtual network may use, and the peering to it.

        It must be in the virtual network itself, or in one that it is peered with (PATH-5).
        """
        near = ((vnet, None), *((_other_end(each, vnet), each) for each in self._peerings.get(vnet, ())))
        for name, peering in near:
            if any(address in space for space in self.network.virtual_networks[name].address_space):
                return Appliance(virtual_network=name, address=address), peering
        return None

    @cached_property
    def appliances(self) -> tuple[Appliance, ...]:
        """The appliances that packets between sites may pass, each once."""
        found: dict[Appliance, None] = {}
        waiting = [
            (vnet.name, table)
            for vnet in (self.network.virtual_networks.values() if self.network.route_tables else ())
            for table in (self.host_table(vnet), self.gateway_table(vnet))
        ]
        for vnet, table in waiting:  # which grows on the way
            for route in table.routes.values() if table else ():
                near = self.appliance_at(vnet, route.appliance) if route.appliance else None
                if near and near[0] not in found:
                    found[near[0]] = None
                    waiting.append((near[0].virtual_network, self.appliance_table(near[0])))
        return tuple(found)

    def _table(self, subnet: Subnet | None) -> RouteTable | None:
        return self.network.route_tables.get(subnet.route_table or "") if subnet else None

    @cached_property
    def _peerings(self) -> dict[str, list[Peering]]:
        found: dict[str, list[Peering]] = {}
        for peering in self.network.peerings.values():
            for end in (peering.hub, peering.spoke):
                found.setdefault(end, []).append(peering)
        return found


def _subnet_of(vnet: VirtualNetwork, address: IPv4Address) -> Subnet | None:
    """Return the described subnet that an address is in, if there is one."""
    return next((subnet for subnet in vnet.subnets.values() if address in subnet.prefix), None)


def _other_end(peering: Peering, vnet: str) -> str:
    return peering.spoke if vnet == peering.hub else peering.hub
