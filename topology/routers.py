"""Customer edge routers: how they are reached, their LAN side, and how they prefer ExpressRoute."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from topology.addressing import Address, InterfaceAddress, OspfArea
from topology.expressroute import VlanId
from topology.model import Described, Named
from topology.ports import LanPort


class RouterMode(StrEnum):
    """How far the program goes with a router."""

    RENDER = "render"
    """Writes configuration files, for somebody else to review and apply."""
    PREVIEW = "preview"
    """Reads the router and compares, never writes."""
    PUSH = "push"
    """Reads, compares and pushes."""


class Management(Described):
    """How a router is reached over SSH."""

    host: str | None = Field(None, min_length=1, max_length=253)
    """A name or address, which OpenSSH's configuration may map; the router's own name if left out."""
    host_key: str | None = None
    """The router's public host key, to pin it here instead of in known_hosts."""
    serial: str | None = Field(None, pattern=r"^[A-Za-z0-9]{4,32}$")
    """The chassis' serial number, to be checked before anything is sent; not checked if left out."""
    revert_minutes: int | None = Field(None, ge=0, le=120)
    """When a push undoes itself unless it is confirmed; `iosxe:revertMinutes` if left out, 0 does without."""
    mode: RouterMode | None = None
    """The network's own `routerMode` if left out."""


class Vrf(Described):
    """The routing table that carries the site's traffic."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    """Stands in the names of the router's objects too: `Cust<name>_to_Private`."""
    route_distinguisher: str = Field(pattern=r"^[0-9.]+:[0-9]+$")
    """`ASN:number` or `address:number`, its own for each VRF of a router."""


class DefaultInformation(StrEnum):
    """Whether a router offers the LAN a default route by OSPF."""

    NEVER = "never"
    WITH_DEFAULT = "withDefault"
    """While it has one itself."""
    ALWAYS = "always"
    """Also with no way out: the LAN's traffic may then vanish here."""


class Ospf(Described):
    """OSPF towards the LAN."""

    process: int = Field(ge=1, le=65535)
    """The process's number on this router."""
    router_id: Address
    """Only a label: it needs to be on no interface."""
    area: OspfArea
    """As a number or dotted: 0 and 0.0.0.0 are one area."""
    default_metric: int = Field(10, ge=1, le=16777214)
    """Of the routes that BGP brings."""
    default_information: DefaultInformation = DefaultInformation.NEVER


class LanInterface(Described):
    """A router's interface towards the LAN switch."""

    interface: LanPort
    """The port, by the name that the router prints, such as TenGigabitEthernet1/0/0."""
    vlan: VlanId | None = None
    """The tag of a sub-interface; the port itself if left out."""
    address: InterfaceAddress
    """The router's own address with its length."""
    next_hop: Address | None = None
    """Where the LAN's prefixes are, if a static route leads there instead of OSPF."""


class RouterBgp(Described):
    """What the router prefers."""

    express_route_local_preference: int | None = Field(200, ge=0, le=4294967295)
    """Set on every route from ExpressRoute; null leaves the choice between it and VPN to chance (PATH-4)."""
    vpn_local_preference: int | None = Field(None, ge=0, le=4294967295)
    """Set on every route from a tunnel; 100 if left out."""


class Router(Named):
    """A customer edge router that runs IOS-XE."""

    location: str
    """The on-premises location it serves."""
    management: Management = Management()
    vrf: Vrf
    lan: LanInterface
    ospf: Ospf | None = None
    bgp: RouterBgp = RouterBgp()
    internet_next_hop: Address | None = None
    """The way to VPN gateways' public addresses, in the global table; needed by tunnels (GW-4)."""

    @property
    def host(self) -> str:
        """What to open the SSH connection to."""
        return self.management.host or self.name
