"""Which path every pair of sites takes, predicted from the network's description alone."""

from routing.course import Direction
from routing.elements import RoutingError, UnknownElementError, element_names
from routing.graph import Segment, SegmentKind
from routing.prediction import MANY_SITES, Path, Scenario, predict_paths
from routing.propagation import UnstableRoutingError
from routing.report import paths_document

__all__ = [
    "MANY_SITES",
    "Direction",
    "Path",
    "RoutingError",
    "Scenario",
    "Segment",
    "SegmentKind",
    "UnknownElementError",
    "UnstableRoutingError",
    "element_names",
    "paths_document",
    "predict_paths",
]
