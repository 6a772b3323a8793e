"""The whole comparison: the steady state, then each failure, cut and mended one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from lab.bgp.blueprint import Blueprint
from lab.bgp.comparison import Mismatch, compare
from lab.bgp.convergence import await_convergence
from lab.bgp.failures import Cut, cut, mend, plan_cut
from routing import predict_paths
from topology import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one scenario."""

    failure: str | None
    mended: str | None
    """The failure that came before, in a steady state that is looked at once more."""
    pairs: int
    settled: float
    """Seconds until routing had settled."""
    took: float
    mismatches: tuple[Mismatch, ...]


def check(network: Network, blueprint: Blueprint, failures: tuple[str, ...]) -> Iterator[Verdict]:
    """Compare the steady state, then every one of these failures; each is mended before the next.

    Raises:
        NotConvergedError: if routing does not settle.
        UnknownElementError: if the network has no such element.
    """
    yield _verdict(network, blueprint, Cut())
    for failure in failures:
        planned = plan_cut(blueprint, failure)
        try:
            cut(planned)
            yield _verdict(network, blueprint, planned)
        finally:
            mend(blueprint, planned)
        yield _verdict(network, blueprint, Cut(), mended=failure)


def _verdict(network: Network, blueprint: Blueprint, planned: Cut, mended: str | None = None) -> Verdict:
    began = time.monotonic()
    convergence = await_convergence(blueprint, planned)
    scenarios = predict_paths(network, planned.element)
    scenario = next(one for one in scenarios if one.failure == planned.element)
    mismatches = compare(blueprint, convergence.tables, scenario, pings=mended is None)
    return Verdict(
        failure=planned.element,
        mended=mended,
        pairs=len(scenario.paths),
        settled=convergence.seconds,
        took=time.monotonic() - began,
        mismatches=mismatches,
    )
