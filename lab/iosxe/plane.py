"""What packets do behind a router: sessions that are up, what they brought, and where it leads.

A router of this package moves no packet, and says so: its `Plane` is still. Whoever has something that moves
behind the configuration hands a plane of their own to `RouterServer`. It is told of each change, can read the
configuration at any time, and is asked at each `show`. What it answers is data; how IOS prints it is the
business of `show_bgp.py` and `show_routing.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_UNKNOWN = "0.0.0.0"  # noqa: S104 (a router id that nobody has)


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpNeighbor:
    """One session as it is now."""

    address: str
    established: bool = False
    state: str = "Idle"
    """By the protocol's names: Idle, Connect, Active, OpenSent, OpenConfirm, Established."""
    seconds: int | None = None
    """Since the state was last reached or left; None for never."""
    prefixes: int = 0
    """How many came, and were let in."""
    received: int = 0
    sent: int = 0
    """Messages."""
    remote_id: str = _UNKNOWN
    local_address: str = ""
    hold_time: int = 180
    keepalive: int = 60
    bfd: str = ""
    """`Up` or `Down`; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpRoute:
    """One way to a network, as it stands in the BGP table."""

    network: str
    """With its length."""
    next_hop: str
    best: bool = False
    valid: bool = True
    internal: bool = False
    metric: int | None = None
    local_preference: int | None = None
    """None where neither the neighbor nor a policy has set one."""
    weight: int = 0
    as_path: str = ""
    origin: str = "i"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bgp:
    """A VRF's BGP; the ways to one network stand together."""

    router_id: str = _UNKNOWN
    version: int = 1
    neighbors: tuple[BgpNeighbor, ...] = ()
    routes: tuple[BgpRoute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRoute:
    """One network in a VRF's routing table."""

    code: str
    """IOS's letters: C, L, S, B, O, O E2 and their like."""
    network: str
    ways: tuple[tuple[str, str], ...]
    """Next hop (empty if connected) and interface (empty if recursive)."""
    distance: int = 0
    metric: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeAssociation:
    """An IKEv2 SA; addresses with their ports."""

    local: str
    remote: str
    ready: bool = True
    vrf: str = ""
    """The tunnel interface's own."""
    encryption: str = "AES-CBC, keysize: 256"
    prf: str = "SHA256"
    integrity: str = "SHA256"
    group: int = 14
    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BfdSession:
    """A BFD session with a neighbor."""

    neighbor: str
    interface: str
    up: bool
    discriminators: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfNeighbor:
    """An OSPF neighbor; `state` as IOS prints it, such as `FULL/  -`."""

    router_id: str
    address: str
    interface: str
    state: str
    priority: int = 1
    dead_seconds: int = 0


class Plane:
    """Nothing moves."""

    @property
    def remark(self) -> str:
        """Stands in the answer that people look at first; empty where sessions are real."""
        return "(this lab router runs no BGP: neighbors are read from its configuration)"

    configuration: Callable[[], str]
    switch: Callable[[bool], None]
    """Takes the router's power, or gives it back; whoever moves packets may be told of either."""

    def attach(self, configuration: Callable[[], str]) -> None:
        """Learn how to read what the router runs, keys in clear as the router itself knows them."""
        self.configuration = configuration

    def changed(self) -> None:
        """The configuration is another now; called at each line, so it has to be quick."""

    def restarted(self) -> None:
        """The router has begun anew: whatever was up is down."""

    async def bgp(self, vrf: str) -> Bgp:
        """A VRF's neighbors and BGP table."""
        del vrf
        return Bgp()

    async def routes(self, vrf: str) -> tuple[TableRoute, ...]:
        """A VRF's routing table; the global one for an empty name."""
        del vrf
        return ()

    async def ike(self) -> tuple[IkeAssociation, ...]:
        """The IKEv2 SAs."""
        return ()

    async def bfd(self) -> tuple[BfdSession, ...]:
        """The BFD sessions."""
        return ()

    async def ospf(self) -> tuple[OspfNeighbor, ...]:
        """The OSPF neighbors of all processes."""
        return ()

    async def down(self) -> frozenset[str]:
        """The interfaces that nobody has shut, and that are down all the same."""
        return frozenset()

    async def clear_bgp(self, neighbor: str, direction: str) -> None:
        """Reset a session; softly with a direction: `in`, `out` or `both`."""
        del neighbor, direction
