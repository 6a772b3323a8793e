"""Makes small networks of all sorts from a seed, as a stack file has them, to hold the prediction to.

- What a description may not have, the loader refuses; such a draw is thrown away and the next one taken, so
  that the same seed always gives the same network.
- Every feature that decides a path has its chance in every network, also those that a good design avoids: it
  is there that a prediction goes wrong first.
- Seeds from 1001 on also draw Route Servers, appliances and route tables; those below are as they were.
"""

from __future__ import annotations

from typing import Any

from lab.bgp.generated_joints import add_circuits, add_tunnels
from lab.bgp.generated_sites import Draw, add_locations, add_virtual_networks
from lab.bgp.generated_tables import add_route_servers, add_route_tables
from topology import Document, Network, StackFileError, load_network

_DRAWS = 500
FIRST_WITH_TABLES = 1001


def generate(seed: int) -> tuple[dict[str, Any], Network]:
    """Return a network's description and what the loader makes of it."""
    for attempt in range(_DRAWS):
        description = _draw(f"{seed}/{attempt}", tables=seed >= FIRST_WITH_TABLES)
        try:
            return description, load_network(Document(data=description))
        except StackFileError:
            continue
    raise AssertionError(f"seed {seed}: {_DRAWS} draws, and none that the loader takes")


def _draw(seed: str, *, tables: bool) -> dict[str, Any]:
    draw = Draw(seed)
    add_locations(draw)
    add_virtual_networks(draw)
    if tables:
        add_route_servers(draw)
    add_circuits(draw)
    add_tunnels(draw)
    if tables:
        add_route_tables(draw)
    return draw.network
