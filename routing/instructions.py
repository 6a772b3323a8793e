"""What a place's route table says of packets, once it is known which way each of its routes leads."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from routing.nodes import Adjacency
from topology import NextHopType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instruction:
    """What one user-defined route says."""

    table: str
    name: str
    prefix: IPv4Network
    next_hop: NextHopType
    address: IPv4Address | None
    """Of the appliance, if that is where it leads."""
    over: Adjacency | None
    """The way to the next hop; None if there is none, as for what is dropped."""

    @property
    def leads(self) -> str:
        """Where it sends packets, as sentences say it after "sends 10.0.0.0/8"."""
        match self.next_hop:
            case NextHopType.NONE:
                return "nowhere"
            case NextHopType.INTERNET:
                return "to the Internet"
            case NextHopType.VNET_LOCAL:
                return "into the virtual network itself"
            case _:
                return f"to {self.over.sender.name}" if self.over else "to an address that is not near"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instructions:
    """What one place's route table says."""

    table: str
    learns: bool
    """Whether the place has gateways' routes besides (`propagateGatewayRoutes`)."""
    routes: tuple[Instruction, ...]
    """The longest prefix first."""
