"""Which path every pair of sites takes, in the steady state and after the failure of each single element.

- The way back is found by itself, from the other site's tables.
- A failure's scenario is the steady state with the courses that the failure changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from routing.course import Course, Direction
from routing.elements import check_elements, element_names
from routing.forecast import Courses, Forecast, Pair
from topology import Network

MANY_SITES = 20
"""Above this many sites, a failure's scenario among all of them lists only the pairs that it changes."""


TOGETHER = " + "
"""Joins the names of elements that fail together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """From one site to another, and back."""

    source: str
    destination: str
    reachable: bool
    """Whether traffic from the source arrives; the way back may be another matter."""
    forward: Direction
    back: Direction
    symmetric: bool
    """Whether all traffic comes back over the same segments in reverse."""
    determined: bool
    """Whether the design decides both directions, instead of chance (PATH-4)."""
    reason: str
    """One sentence."""

    def differs_from(self, other: Path) -> bool:
        """Whether traffic goes otherwise, whatever the reason."""
        return (self.forward, self.back) != (other.forward, other.back)


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
    named = (failure, *more) if failure is not None else more
    check_elements(network, named)
    return scenarios(Forecast(network), named)


def scenarios(forecast: Forecast, together: tuple[str, ...] = ()) -> Iterator[Scenario]:
    """Yield the steady state, then elements that fail together, or each element if none is named."""
    network = forecast.network
    yield Scenario(failure=None, paths=steady_paths(forecast))
    only_changes = not together and len(network.sites) > MANY_SITES
    for elements in (together,) if together else ((element,) for element in element_names(network)):
        changed = forecast.courses_after(*elements)
        paths = changed_paths(forecast, changed) if only_changes else all_paths(forecast, changed)
        yield Scenario(failure=TOGETHER.join(elements), paths=paths)


def pairs_of_failures(forecast: Forecast) -> Iterator[Scenario]:
    """Yield the steady state, then each pair of elements that together change more than either alone.

    Such a scenario lists only the paths that neither failure alone changes in the same way.
    """
    yield Scenario(failure=None, paths=steady_paths(forecast))
    graph = forecast.graph
    elements = [element for element in element_names(forecast.network) if element in graph.by_element]
    alone = {element: {path_pair(path): path for path in _changed(forecast, element)} for element in elements}
    for pair in combinations(elements, 2):
        paths = tuple(
            path
            for path in _changed(forecast, *pair)
            if all(
                (single := alone[element].get(path_pair(path))) is None or path.differs_from(single)
                for element in pair
            )
        )
        if paths:
            yield Scenario(failure=TOGETHER.join(pair), paths=paths)


def _changed(forecast: Forecast, *elements: str) -> tuple[Path, ...]:
    return changed_paths(forecast, forecast.courses_after(*elements))


def path_pair(path: Path) -> Pair:
    """Return a path's two ends."""
    return path.source, path.destination


def steady_paths(forecast: Forecast) -> tuple[Path, ...]:
    """Return every pair's path with everything up."""
    return all_paths(forecast, {})


def all_paths(forecast: Forecast, changed: Courses) -> tuple[Path, ...]:
    """Return every pair's path, given the courses that a failure changes."""
    return tuple(_path(changed, forecast.steady, pair) for pair in forecast.steady)


def changed_paths(forecast: Forecast, changed: Courses) -> tuple[Path, ...]:
    """Return only the paths that differ from the steady state, in its order."""
    steady = forecast.steady
    differing = {pair for pair, course in changed.items() if course.direction != steady[pair].direction}
    listed = {pair for source, to in differing for pair in ((source, to), (to, source))}
    return tuple(_path(changed, steady, pair) for pair in steady if pair in listed)


def _path(changed: Courses, steady: Courses, pair: Pair) -> Path:
    source, destination = pair
    there = changed.get(pair) or steady[pair]
    back = changed.get((destination, source)) or steady[destination, source]
    return Path(
        source=source,
        destination=destination,
        reachable=there.delivered,
        forward=there.direction,
        back=back.direction,
        symmetric=there.returns_over(back) and len(there.alternatives) <= 1,
        determined=there.direction.determined and back.direction.determined,
        reason=_reason(there, back),
    )


def _reason(there: Course, back: Course) -> str:
    clauses = [there.reason]
    if there.delivered and not back.delivered:
        clauses.append(f"nothing comes back: {back.reason}")
    elif back.delivered and not there.delivered:
        clauses.append("the other direction works")
    elif not back.direction.determined:
        clauses.append(f"the way back is open: {back.reason}")
    elif not there.returns_over(back):
        clauses.append(f"the way back differs: {back.reason}")
    return "; ".join(clauses) + "."
