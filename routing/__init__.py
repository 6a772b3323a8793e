"""Which path every pair of sites takes, predicted from the network's description alone."""

from routing.course import Direction
from routing.elements import RoutingError, UnknownElementError, UnknownSiteError, element_names
from routing.findings import Finding, FindingKind, Severity, findings_document
from routing.forecast import Forecast
from routing.graph import Segment, SegmentKind
from routing.judgement import collect_findings
from routing.prediction import (
    MANY_SITES,
    Path,
    Scenario,
    pairs_of_failures,
    predict_paths,
    scenarios,
)
from routing.propagation import UnstableRoutingError
from routing.report import paths_document
from routing.walkthrough import Walkthrough, explain_path, walkthrough_document

__all__ = [
    "MANY_SITES",
    "Direction",
    "Finding",
    "FindingKind",
    "Forecast",
    "Path",
    "RoutingError",
    "Scenario",
    "Segment",
    "SegmentKind",
    "Severity",
    "UnknownElementError",
    "UnknownSiteError",
    "UnstableRoutingError",
    "Walkthrough",
    "collect_findings",
    "element_names",
    "explain_path",
    "findings_document",
    "pairs_of_failures",
    "paths_document",
    "predict_paths",
    "scenarios",
    "walkthrough_document",
]
