"""Which path every pair of sites takes, in the steady state and after the failure of each single element.

- The way back is found by itself, from the other site's tables.
- A failure's scenario is the steady state with the courses that the failure changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from routing.alike import Alike, Names, Pair, rename
from routing.course import Course, Direction, named_segment
from routing.elements import check_elements, element_names
from routing.forecast import MANY_SITES, Forecast, uncollected
from topology import Network

TOGETHER = " + "
"""Joins the names of elements that fail together."""


@dataclass(slots=True, eq=False)
class Path:
    """From one site to another, and back. What it says is worked out when it is asked for."""

    source: str
    destination: str
    there: Course
    comes_back: Course
    alike: Alike
    """Who stands for the two ends in both courses."""

    @property
    def _names(self) -> Names:
        return self.alike.names_of((self.source, self.destination)) if self.alike.groups else {}

    @property
    def _names_back(self) -> Names:
        return self.alike.names_of((self.destination, self.source)) if self.alike.groups else {}

    @property
    def reachable(self) -> bool:
        """Whether traffic from the source arrives; the way back may be another matter."""
        return self.there.delivered

    @property
    def forward(self) -> Direction:
        """What traffic to the destination crosses."""
        return self.there.direction.named(self._names)

    @property
    def back(self) -> Direction:
        """What traffic from the destination crosses."""
        return self.comes_back.direction.named(self._names_back)

    @property
    def symmetric(self) -> bool:
        """Whether all traffic comes back over the same segments in reverse."""
        return len(self.there.alternatives) <= 1 and self._returns

    @property
    def _returns(self) -> bool:
        """Whether traffic comes back over the same ways in reverse."""
        if not self.alike.is_together((self.source, self.destination)):
            return self.there.returns_over(self.comes_back)
        there, back = (
            {tuple(named_segment(segment, names) for segment in way) for way in course.alternatives}
            for course, names in ((self.there, self._names), (self.comes_back, self._names_back))
        )
        return back == {way[::-1] for way in there}

    @property
    def determined(self) -> bool:
        """Whether the design decides both directions, instead of chance (PATH-4)."""
        return self.there.direction.determined and self.comes_back.direction.determined

    @property
    def depends_on_order(self) -> bool:
        """Whether either direction may go otherwise, or nowhere, by what was there first (RFC 4264)."""
        return self.there.depends_on_order or self.comes_back.depends_on_order

    @property
    def reason(self) -> str:
        """One sentence."""
        there, back = self.there, self.comes_back
        clauses = [rename(there.reason, self._names)]
        if there.delivered and not back.delivered:
            clauses.append(f"nothing comes back: {rename(back.reason, self._names_back)}")
        elif back.delivered and not there.delivered:
            clauses.append("the other direction works")
        elif not back.direction.determined:
            clauses.append(f"the way back is open: {rename(back.reason, self._names_back)}")
        elif not self._returns:
            clauses.append(f"the way back differs: {rename(back.reason, self._names_back)}")
        return "; ".join(clauses) + "."

    def differs_from(self, other: Path) -> bool:
        """Whether traffic goes otherwise, whatever the reason."""
        return (self.forward, self.back) != (other.forward, other.back)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Path):
            return NotImplemented
        ends = (self.source, self.destination) == (other.source, other.destination)
        return ends and not self.differs_from(other) and self.reason == other.reason

    def __hash__(self) -> int:
        return hash((self.source, self.destination))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All paths in the steady state (`failure` is None), or after a failure: `A`, or `A + B` for two."""

    failure: str | None
    paths: tuple[Path, ...]


def predict_paths(network: Network, failure: str | None = None, *more: str) -> Iterator[Scenario]:
    """Predict all paths: the steady state first, then one failure, or every element's if none is named.

    With `more` elements, all of them fail together, in one scenario. With more than `MANY_SITES` sites and no
    failure named, a failure's scenario lists only the pairs whose path it changes.

    Raises:
        UnknownElementError: if the network has no such element.
        UnstableRoutingError: if routing never settles.
    """
    elements = (failure, *more) if failure is not None else more
    check_elements(network, elements)
    return scenarios(Forecast(network), elements)


def scenarios(forecast: Forecast, together: tuple[str, ...] = ()) -> Iterator[Scenario]:
    """Yield the steady state, then elements that fail together, or each element if none is named."""
    network = forecast.described
    yield Scenario(failure=None, paths=all_paths(forecast))
    only_changes = not together and len(network.sites) > MANY_SITES
    for elements in (together,) if together else ((element,) for element in element_names(network)):
        paths = (changed_paths if only_changes else all_paths)(forecast, *elements)
        yield Scenario(failure=TOGETHER.join(elements), paths=paths)


def pairs_of_failures(forecast: Forecast) -> Iterator[Scenario]:
    """Yield the steady state, then each pair of elements that together change more than either alone.

    Such a scenario lists only the paths that neither failure alone changes in the same way.
    """
    yield Scenario(failure=None, paths=all_paths(forecast))
    elements = element_names(forecast.described)
    alone = {
        element: {path_pair(path): path for path in changed_paths(forecast, element)} for element in elements
    }
    for pair in combinations(elements, 2):
        paths = tuple(
            path
            for path in changed_paths(forecast, *pair)
            if all(
                (single := alone[element].get(path_pair(path))) is None or path.differs_from(single)
                for element in pair
            )
        )
        if paths:
            yield Scenario(failure=TOGETHER.join(pair), paths=paths)


def path_pair(path: Path) -> Pair:
    """Return a path's two ends."""
    return path.source, path.destination


def path_after(forecast: Forecast, pair: Pair, *elements: str) -> Path:
    """Return one pair's path after elements have failed together, or with everything up."""
    source, destination = pair
    there = forecast.course(pair, *elements)
    back = forecast.course((destination, source), *elements)
    return Path(source, destination, there, back, forecast.alike)


def all_paths(forecast: Forecast, *elements: str) -> tuple[Path, ...]:
    """Return every pair's path after elements have failed together, or with everything up."""
    sites, alike = forecast.described.sites, forecast.alike
    pairs = ((source, to) for source in sites for to in sites if source != to)
    with uncollected():
        if elements:
            return tuple(path_after(forecast, pair, *elements) for pair in pairs)
        steady, standing = forecast.steady, alike.standing_for
        return tuple(
            Path(source, to, steady[standing((source, to))], steady[standing((to, source))], alike)
            for source, to in pairs
        )


def changed_paths(forecast: Forecast, *elements: str) -> tuple[Path, ...]:
    """Return only the paths that differ from the steady state, in its order."""
    return tuple(path_after(forecast, pair, *elements) for pair in forecast.changed(*elements))
