"""What packets would do, for a router that has none: which sessions are up, and what they brought.

A router of this lab runs no BGP and no IKE, and says so: its `Plane` is still. Whoever wants to see how a
client takes sessions that are up, go down or stay away hands a plane of their own to `RouterServer`; it is
asked at each `show` with what the router runs at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to a network, as a neighbor told of it."""

    network: str
    next_hop: str
    local_preference: int = 100
    best: bool = False
    as_path: str = ""


class Plane:
    """Nothing moves."""

    def prefixes_received(self, running: str, vrf: str, neighbor: str) -> int | None:
        """How many prefixes an established neighbor has sent; None while the session is not established."""
        del running, vrf, neighbor
        return None

    def routes(self, running: str, vrf: str) -> tuple[Route, ...]:
        """The BGP table of a VRF, the ways to one network together."""
        del running, vrf
        return ()

    def ike_associations(self, running: str) -> tuple[tuple[str, str], ...]:
        """The IKEv2 SAs that are ready: local and remote address."""
        del running
        return ()
