"""The whole comparison: the steady state, then each failure, cut and mended one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from lab.bgp.blueprint import Blueprint
from lab.bgp.comparison import Mismatch, compare
from lab.bgp.convergence import await_convergence, await_hold_time
from lab.bgp.errors import NotConvergedError
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
    pings: int
    """Of those pairs, how many were pinged, too: all but in a steady state that is looked at once more."""
    held: bool
    """Whether it was as predicted only after BGP's hold time had ended sessions that the failure left up."""
    took: float
    """Seconds until it had settled and was compared."""
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
    scenarios = predict_paths(network, planned.element)
    scenario = next(one for one in scenarios if one.failure == planned.element)
    pings = mended is None

    def look() -> tuple[Mismatch, ...]:
        tables = await_convergence(blueprint, planned).tables
        return compare(blueprint, tables, scenario, pings=pings)

    held = False
    try:
        mismatches = look()
        held = bool(mismatches) and await_hold_time(blueprint, planned)
    except NotConvergedError:
        if not (held := await_hold_time(blueprint, planned)):
            raise
    if held:
        mismatches = look()
    return Verdict(
        failure=planned.element,
        mended=mended,
        pairs=len(scenario.paths),
        pings=len(scenario.paths) if pings else 0,
        held=held,
        took=time.monotonic() - began,
        mismatches=mismatches,
    )
