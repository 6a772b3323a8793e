"""The network in which findings are looked for: with everything up, or after one failure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from routing.alike import Pair
from routing.course import Course
from routing.findings import FindingKind, KeyPath
from routing.forecast import Forecast
from routing.forwarding import Trail
from routing.propagation import Outage, Tables


@dataclass(frozen=True, kw_only=True)
class State:
    """The network with everything up, or after one failure."""

    forecast: Forecast
    element: str | None
    shown: set[tuple[FindingKind, Pair]]
    """What the steady state shows already."""
    changed: dict[Pair, Course]

    @cached_property
    def _settled(self) -> tuple[Outage, Tables]:
        """Only some findings need the tables, and they take long."""
        return self.forecast.outage(*((self.element,) if self.element else ()))

    @property
    def outage(self) -> Outage:
        """What has failed."""
        return self._settled[0]

    @property
    def tables(self) -> Tables:
        """The routes with that."""
        return self._settled[1]

    def is_new(self, kind: FindingKind, pair: Pair) -> bool:
        """Whether the steady state does not show a kind of finding for a pair already."""
        return (kind, pair) not in self.shown

    def course(self, pair: Pair) -> Course:
        """Return a pair's course with that."""
        return self.changed.get(pair) or self.forecast.steady[pair]

    def trails(self, pair: Pair) -> tuple[Trail, ...]:
        """Return the trails to the part of the destination that stands for it."""
        return self.parts(pair)[0]

    def parts(self, pair: Pair) -> tuple[tuple[Trail, ...], ...]:
        """Return the trails to each part of the destination."""
        return self.forecast.trails(self.tables, self.outage, pair)

    @property
    def failures(self) -> tuple[str, ...]:
        """What a finding says of when it shows."""
        return (self.element,) if self.element else ()

    @property
    def when(self) -> str:
        """How a finding's sentence begins."""
        return "after a failure, " if self.element else ""

    def site_path(self, site: str) -> KeyPath:
        """Return where the stack file describes a site."""
        known = site in self.forecast.network.locations
        return ("locations" if known else "virtualNetworks", site)
