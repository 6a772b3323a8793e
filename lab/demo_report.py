"""What a demo's artefacts come to, in one page: report.md for a code host, report.html for a browser."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lab.directory import LabDirectory

_TEMPLATES = Path(__file__).with_name("templates")


def write_report(directory: LabDirectory, stack: str) -> None:
    """Write both pages from stack.json, paths.json and routers/ in the lab's directory."""
    state = _read(directory.path / "stack.json")
    scenarios = _read(directory.path / "paths.json")["scenarios"]
    facts = {
        "stack": stack,
        "resources": _count_types(state),
        "routers": _count_lines(directory.path / "routers"),
        "paths": [_path(path) for path in scenarios[0]["paths"]],
        "failures": [_failure(scenario, scenarios[0]) for scenario in scenarios[1:]],
    }
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html.j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("report.md", "report.html"):
        text = environment.get_template(f"{name}.j2").render(facts)
        (directory.path / name).write_text(text, encoding="utf-8")


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def _count_types(state: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Count what the stack holds by type, without Pulumi's own bookkeeping."""
    types = (resource["type"] for resource in state["deployment"]["resources"] if resource.get("custom"))
    counted = Counter(kind for kind in types if not kind.startswith("pulumi:"))
    return sorted(counted.items())


def _count_lines(folder: Path) -> list[tuple[str, int]]:
    return [
        (file.stem, len(file.read_text(encoding="utf-8").splitlines()))
        for file in sorted(folder.glob("*.cfg"))
    ]


def _path(path: Mapping[str, Any]) -> dict[str, str]:
    over = ", ".join(segment["over"] for segment in path["segments"])
    mark = "symmetric" if path["symmetric"] else "asymmetric"
    return {
        "source": path["source"],
        "destination": path["destination"],
        "via": path["via"],
        "over": over,
        "mark": "" if not path["reachable"] else mark if path["determined"] else "not determined",
        "reason": path["reason"],
    }


def _failure(scenario: Mapping[str, Any], steady: Mapping[str, Any]) -> dict[str, Any]:
    """Name the pairs that a failure cuts off, and those that it moves."""
    before = {_pair(path): path for path in steady["paths"]}
    lost, moved = [], []
    for path in scenario["paths"]:
        earlier = before[_pair(path)]
        if earlier["reachable"] and not path["reachable"]:
            lost.append(_pair(path))
        elif path["reachable"] and path["segments"] != earlier["segments"]:
            moved.append(f"{_pair(path)} to {path['via']}")
    return {"element": scenario["failure"], "lost": lost, "moved": moved}


def _pair(path: Mapping[str, Any]) -> str:
    return f"{path['source']} → {path['destination']}"
