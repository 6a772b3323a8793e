"""Which path every pair of sites takes, predicted from the network's description alone."""

from routing.comparison import Change, Comparison, Effect, compare_forecasts, comparison_document
from routing.course import Direction
from routing.documents import paths_document
from routing.elements import (
    RoutingError,
    UnknownElementError,
    UnknownSiteError,
    check_elements,
    check_sites,
    element_names,
)
from routing.findings import Finding, FindingKind, Severity, findings_document
from routing.forecast import MANY_SITES, Forecast
from routing.judgement import collect_findings
from routing.nodes import Segment, SegmentKind
from routing.prediction import (
    Path,
    Scenario,
    pairs_of_failures,
    predict_paths,
    scenarios,
)
from routing.propagation import UnstableRoutingError
from routing.publication import write_report
from routing.report import Appendix, Difference, Report, ReportError, compile_report
from routing.route_views import UnknownPlaceError, places, route_tables, tables_document
from routing.views import RouteTable
from routing.walkthrough import Walkthrough, explain_path, walkthrough_document

__all__ = [
    "MANY_SITES",
    "Appendix",
    "Change",
    "Comparison",
    "Difference",
    "Direction",
    "Effect",
    "Finding",
    "FindingKind",
    "Forecast",
    "Path",
    "Report",
    "ReportError",
    "RouteTable",
    "RoutingError",
    "Scenario",
    "Segment",
    "SegmentKind",
    "Severity",
    "UnknownElementError",
    "UnknownPlaceError",
    "UnknownSiteError",
    "UnstableRoutingError",
    "Walkthrough",
    "check_elements",
    "check_sites",
    "collect_findings",
    "compare_forecasts",
    "comparison_document",
    "compile_report",
    "element_names",
    "explain_path",
    "findings_document",
    "pairs_of_failures",
    "paths_document",
    "places",
    "predict_paths",
    "route_tables",
    "scenarios",
    "tables_document",
    "walkthrough_document",
    "write_report",
]
