"""All findings of a network: those of its paths, of its backups, and of its description."""

from __future__ import annotations

from routing.findings import Finding, ordered
from routing.findings_backups import backup_findings
from routing.findings_design import design_findings
from routing.findings_paths import path_findings
from routing.forecast import Forecast


def collect_findings(forecast: Forecast) -> tuple[Finding, ...]:
    """Return every finding, worst first; predict the single failures that are not predicted yet."""
    return ordered((*path_findings(forecast), *backup_findings(forecast), *design_findings(forecast.network)))
