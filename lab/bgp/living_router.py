"""A router that lives by its typed lines: wires, addresses, FRR and tunnels follow its running configuration.

- A cable is in a port of the box. An interface has it if it is on that port with the tags that the other side
  puts on its frames; with other tags it is up, and nobody hears what it sends.
- The global table is a node of its own, with the line to the Internet; the VRF is another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface

from lab.bgp.blueprint import Blueprint, Jack, NodeKind, Port
from lab.bgp.errors import LivingLabError
from lab.bgp.frr import render_frr
from lab.bgp.frr_node import FrrNode
from lab.bgp.ios.interfaces import Interface, StaticRoute, Tables
from lab.bgp.ios.router import Meaning, read_router
from lab.bgp.kernel_state import Item, KernelState
from lab.bgp.living_circuits import Jacks
from lab.bgp.namespaces import add_void
from lab.bgp.tunnels import Side, Tunnels

_LOOPBACK = "lo"
_INTERNET_PORT = "net0"
_LONGEST_NAME = 15


class LivingRouter:
    """One router; `blueprint` is the network as described, of which only its wires are read."""

    def __init__(self, blueprint: Blueprint, node: str, tunnels: Tunnels) -> None:
        self.node = node
        self.names: Mapping[str, str] = {}
        """Linux's names of the interfaces that exist, by IOS's."""
        self.vrf: str | None = None
        self._tables = Tables(interfaces={}, routes=(), vrf=None)
        self._router_id: IPv4Address | None = None
        routing = blueprint.nodes[node].routing
        assert routing is not None
        self._bare = render_frr(routing)
        self.frr = FrrNode(node, self._bare)
        self._lan_jacks = {
            port.jack: port
            for wire in blueprint.cables
            for port, other in (wire.ends, wire.ends[::-1])
            if port.node == node and port.jack and blueprint.nodes[other.node].kind is NodeKind.LAN
        }
        self._links: Jacks = {}
        self._text = ""
        public = f"{NodeKind.PUBLIC}.{node}"
        self.public_node = public if public in blueprint.nodes else None
        """The global table's, where tunnels are built."""
        self._tunnels = tunnels
        self._kernel = KernelState()
        self._voids: dict[str, str] = {}
        self.switched = 0
        """How often its power was taken or given back: odd while it has none."""

    def configure(self, text: str) -> tuple[str, ...]:
        """Live by another running configuration, keys in clear; what of it is not brought to life.

        Raises:
            LivingLabError: if it has no power.
            FailedCommandError: if the kernel or a program refuses it.
        """
        if not self.has_power:
            raise LivingLabError("it has no power")
        self._text = text
        notes: list[str] = []
        meaning = read_router(text, lambda tables: self._name(tables, notes), self._router_id)
        kernel = self._wanted(meaning.tables, notes)
        gone = {address for node, address in self._kernel.addresses - kernel.addresses if node == self.node}
        notes += self._kernel.become(kernel)
        self._kernel = kernel
        notes += [f"FRR refuses `{line}`" for line in self.frr.bring_to(meaning.frr)]
        self.frr.end_sessions_from({address.partition("/")[0] for address in gone})
        self._tunnels.replace(self.node, self._sides(meaning, notes))
        self.vrf, self._tables, self._router_id = meaning.tables.vrf, meaning.tables, meaning.router_id
        return (*notes, *meaning.remarks)

    @property
    def has_power(self) -> bool:
        """Whether it takes lines."""
        return self.switched % 2 == 0

    def lose_power(self) -> None:
        """Take no lines until there is power again; whoever takes it ends the programs."""
        self.switched += 1 if self.has_power else 0
        self._text = ""

    def start_anew(self) -> None:
        """Have nothing but the programs, which know nothing; the lines have to be told again.

        Raises:
            FailedCommandError: if the kernel or a program refuses it.
        """
        self._kernel.become(KernelState())
        self._kernel = KernelState()
        self._tunnels.replace(self.node, ())
        self._router_id = None
        self.frr = FrrNode(self.node, "")
        self.frr.bring_to(self._bare)
        self.switched += 2 if self.has_power else 1

    def plug(self, links: Jacks) -> None:
        """Have these links to Azure come in, and no others.

        Raises:
            FailedCommandError: if the kernel or a program refuses it.
        """
        if links != self._links:
            self._links = links
            if self.has_power:
                self.configure(self._text)

    def local_address(self, network: str) -> IPv4Address | None:
        """Return the router's own address on a connected network; None if that is the network itself."""
        for _, address in self._kernel.addresses:
            own = IPv4Interface(address.partition(" ")[0])
            if str(own.network) == network and own.network.prefixlen < own.max_prefixlen:
                return own.ip
        return None

    def interface_towards(self, address: str) -> str:
        """Return the interface on whose network an address is; empty if there is none."""
        found = self._tables.interface_towards(IPv4Address(address))
        return found.name if found is not None else ""

    def restore_routes(self) -> None:
        """Have the kernel know the global table's routes again after an interface was down."""
        self._kernel.restore_routes()

    # --- interfaces ----------------------------------------------------------------------------------

    def _name(self, tables: Tables, notes: list[str]) -> Mapping[str, str]:
        names = {}
        for one in tables.living:
            if one.is_loopback:
                names[one.name] = _LOOPBACK
            elif one.tunnel is not None and len(one.name) > _LONGEST_NAME:
                notes.append(
                    f"{one.name}: a name of more than {_LONGEST_NAME} letters is not brought to life"
                )
            elif one.tunnel is not None:
                names[one.name] = one.name
            elif (port := self._port_of(one)) is not None:
                names[one.name] = port.interface
            elif one.addresses:
                names[one.name] = self._void(one.name)
        notes += [
            f"{one.name}: its cable leads nowhere, for the VRF that lives is {tables.vrf}"
            for one in tables.interfaces.values()
            if one.is_ethernet and one.vrf != tables.vrf and one.addresses and self._port_of(one)
        ]
        self.names = names
        return names

    def _port_of(self, interface: Interface) -> Port | None:
        jack = Jack(port=interface.port, tags=interface.tags)
        return self._lan_jacks.get(jack) or self._links.get(jack)

    def _void(self, name: str) -> str:
        """Return an interface whose other end is nowhere, for one that has no cable."""
        if name not in self._voids:
            self._voids[name] = f"void{len(self._voids)}"
            add_void(self.node, self._voids[name])
        return self._voids[name]

    def _wanted(self, tables: Tables, notes: list[str]) -> KernelState:
        addresses: set[Item] = set()
        up: set[Item] = set()
        for one in tables.living:
            name = self.names.get(one.name)
            if name is None or one.tunnel is not None or (one.is_loopback and one.shut):
                continue
            addresses |= {(self.node, f"{address} dev {name}") for address in one.addresses}
            if not one.shut and not one.is_loopback:
                up.add((self.node, name))
        if self.public_node is not None:
            addresses |= {
                (self.public_node, f"{address} dev {_LOOPBACK}") for address in _global_loopbacks(tables)
            }
        routes = frozenset(self._global_routes(tables, notes))
        return KernelState(addresses=frozenset(addresses), up=frozenset(up), routes=routes)

    def _global_routes(self, tables: Tables, notes: list[str]) -> Iterator[Item]:
        for route in tables.routes:
            if route.vrf:
                continue
            if self.public_node is None or route.via is None:
                notes.append(
                    f"{_written(route)}: the global table has a line to the Internet for tunnels only"
                )
            else:
                yield self.public_node, f"{route.destination} via {route.via} dev {_INTERNET_PORT} onlink"

    # --- tunnels -------------------------------------------------------------------------------------

    def _sides(self, meaning: Meaning, notes: list[str]) -> Iterator[Side]:
        joined: set[tuple[IPv4Address, IPv4Address]] = set()
        for one in meaning.protections:
            name, ends = one.interface.name, (one.connection.local, one.connection.remote)
            without = f"{name} has no tunnel"
            if self.public_node is None:
                notes.append(f"{without}: the router has no line to the Internet here")
            elif ends in joined:
                notes.append(f"{without}: another one joins the same two addresses")
            elif name in self.names:
                joined.add(ends)
                yield Side(
                    port=Port(node=self.node, interface=name, addresses=one.interface.addresses),
                    public_node=self.public_node,
                    connection=one.connection,
                )


def _global_loopbacks(tables: Tables) -> Iterator[IPv4Interface]:
    for one in tables.interfaces.values():
        if one.is_loopback and not one.vrf and not one.shut:
            yield from one.addresses


def _written(route: StaticRoute) -> str:
    return f"ip route {route.destination} {route.via or route.interface}"
