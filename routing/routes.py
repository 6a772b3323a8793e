"""What a node knows about a prefix: where the route came from and the attributes that decide between routes.

- A route belongs to the node that holds it; the next hop is the node that told it.
- It does not say which prefix it leads to: many prefixes share the same routes, and a table knows its own.
- A refusal is what is told instead of a route, with the rule that forbids it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.nodes import Adjacency, Node

DEFAULT_LOCAL_PREFERENCE = 100
"""What IOS gives a route that no route map has touched (RFC 4271, 9.1.1, leaves it to the vendor)."""

GLOBAL_REACH_LOCAL_PREFERENCE = 10
"""What a Microsoft edge gives a route from another circuit, so that its own come first: published tables of
circuits with Global Reach show it (docs/paths.md, "How it is worked out")."""


OWN_PRIVATE_AS, OWN_PUBLIC_AS = -1, -2
"""Stand in AS paths for the AS of the location that a prefix is of, so that routes to many locations are the
same ones. A table knows whose they are (`Origin.as_path`); a Microsoft edge hides private numbers only."""

OWN_AS = frozenset({OWN_PRIVATE_AS, OWN_PUBLIC_AS})


class Protocol(StrEnum):
    """How a node came to know a prefix."""

    CONNECTED = "connected"
    """It is the node's own: a VNet's address space or a LAN's prefix."""
    SYSTEM = "system"
    """Azure's own route to a peered VNet; no BGP route competes with it (PATH-5)."""
    ATTACHED = "attached"
    """A gateway's route to its VNet and to the spokes that use it, a router's route to its LAN."""
    EBGP = "ebgp"
    IBGP = "ibgp"
    """From another router of the location, or from another circuit's Microsoft edge."""
    EXCHANGED = "exchanged"
    """From the VNet's other gateway, by Azure Route Server (PATH-8)."""
    OSPF = "ospf"
    STATIC = "static"
    """A LAN's route to a router that speaks no OSPF."""
    USER = "user"
    """By a user-defined route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to a prefix, as the node that holds it sees it."""

    protocol: Protocol
    learned_over: Adjacency | None = None
    """The adjacency that told it; None for the node's own prefixes."""
    as_path: tuple[int, ...] = ()
    """The nearest AS first, with a mark for the location's own."""
    local_preference: int = DEFAULT_LOCAL_PREFERENCE
    weight: int = 0
    """The connection's routing weight, on ExpressRoute gateways only (ER-13)."""
    metric: int = 0
    """OSPF's external metric, on LANs only."""
    entered_at: Node | None = None
    """The ExpressRoute gateway that told it to Microsoft's edge: others learn it if that agrees (ER-17)."""

    @property
    def next_hop(self) -> Node | None:
        """The node that packets are handed to; None for the node's own prefixes."""
        return self.learned_over.sender if self.learned_over else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an adjacency does not tell a route: a clause for people, with the rule's id."""

    reason: str
