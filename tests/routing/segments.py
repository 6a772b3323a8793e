"""The test stack's segments as the fixture `over` writes them, and what tests ask a prediction with."""

from __future__ import annotations

from collections.abc import Callable

from routing import Direction, Path

Pair = tuple[str, str]
Paths = dict[Pair, Path]
Predict = Callable[..., Paths]
Over = Callable[[Direction], str]

ER1 = "expressroute:expressroute1"
ER2 = "expressroute:expressroute2"
ER3 = "expressroute:expressroute3"
"""Of `third_circuit`."""
PEERING = "peering:hub-spoke"
BRANCH = "vpn:hub-branch"
BACKUP = "vpn:hub-location1"
