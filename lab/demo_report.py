"""What a demo comes to, in one page: the report of the paths, with what was deployed under it.

report.md is for a code host, report.html for a browser.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.directory import LabDirectory
from routing import Appendix, Forecast, compile_report, write_report
from topology import CONFIG_KEY, Place, load_network, stack_file
from topology.document import read_document

REPORTS = ("report.md", "report.html")


def write_reports(directory: LabDirectory, project: Path, stack: str) -> None:
    """Write both forms from the stack file, and from stack.json and routers/ in the lab's directory."""
    document = read_document(stack_file(stack, project), CONFIG_KEY)

    def place(path: tuple[str, ...]) -> Place:
        """Return a place by its file's path in the project: reports are read on other machines."""
        found = document.place(path)
        return replace(found, file=Path(os.path.relpath(found.file, project))) if found.file else found

    report = compile_report(
        stack,
        Forecast(load_network(document)),
        place,
        appendices=(
            _resources(json.loads((directory.path / "stack.json").read_text(encoding="utf-8"))),
            _routers(directory.path / "routers"),
        ),
    )
    for name in REPORTS:
        write_report(directory.path / name, report)


def _resources(state: Mapping[str, Any]) -> Appendix:
    """Count what the stack holds by type, without Pulumi's own bookkeeping."""
    types = (resource["type"] for resource in state["deployment"]["resources"] if resource.get("custom"))
    counted = Counter(kind for kind in types if not kind.startswith("pulumi:"))
    return Appendix(
        title="What was deployed",
        note="Azure and the routers were emulated; the Pulumi engine, the policy pack and SSH were real.",
        columns=("Type", "Number"),
        rows=tuple((kind, str(number)) for kind, number in sorted(counted.items())),
    )


def _routers(folder: Path) -> Appendix:
    return Appendix(
        title="What the routers now run",
        note="Read back over SSH, keys as the routers show them.",
        columns=("Router", "Configuration", "Lines"),
        rows=tuple(
            (file.stem, f"{folder.name}/{file.name}", str(len(file.read_text(encoding="utf-8").splitlines())))
            for file in sorted(folder.glob("*.cfg"))
        ),
    )
