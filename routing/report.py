"""Everything that a report of a prediction is made of, before it has a form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from routing.comparison import Comparison
from routing.diagram import Diagram, draw_up
from routing.elements import RoutingError
from routing.findings import Finding, KeyPath
from routing.forecast import Forecast
from routing.judgement import collect_findings
from routing.prediction import Scenario, scenarios
from topology import Place


class ReportError(RoutingError):
    """A report cannot be written as asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a report says about the version before."""

    name: str
    """Of the file that describes it."""
    comparison: Comparison
    diagram: Diagram
    place: Callable[[KeyPath], Place]
    """Where that file says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appendix:
    """A table of somebody else's facts, such as what was deployed."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a report is made of, before it has a form."""

    stack: str
    diagram: Diagram
    steady: Scenario
    failures: tuple[Scenario, ...]
    """Each element's; or the one failure that was asked for."""
    findings: tuple[Finding, ...]
    place: Callable[[KeyPath], Place]
    """Where the stack file says what."""
    difference: Difference | None = None
    appendices: tuple[Appendix, ...] = ()


def compile_report(
    stack: str,
    forecast: Forecast,
    place: Callable[[KeyPath], Place],
    *,
    failed: tuple[str, ...] = (),
    difference: Difference | None = None,
    appendices: Iterable[Appendix] = (),
) -> Report:
    """Gather a report: every single failure, or only that of `failed`, together.

    Raises:
        UnknownElementError: if the network has no such element.
    """
    steady, *failures = scenarios(forecast, failed)
    return Report(
        stack=stack,
        diagram=draw_up(forecast.described, forecast.graph),
        steady=steady,
        failures=tuple(failures),
        findings=collect_findings(forecast),
        place=place,
        difference=difference,
        appendices=tuple(appendices),
    )
