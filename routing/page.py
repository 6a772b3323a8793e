"""A report as one page for a browser: the network drawn, a failure chosen by click or key, the paths redrawn.

- The page is one file that fetches nothing: its policy (CSP) allows its own script and style, and no others.
- Data are paths and findings as `paths_document` and `findings_document` have them, of a failure only those
  paths that differ from the steady state, and what each of them is an effect of.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from routing.comparison import Change, effect_of
from routing.diagram import Diagram
from routing.documents import paths_document
from routing.elements import ElementKind, GatewayKind, gateway_element, read_element
from routing.findings import findings_document
from routing.layout import Orientation, lay_out
from routing.prediction import TOGETHER, path_pair
from routing.report import Report, ReportError
from routing.summary import TOLD_AS, back_in_words, counted, direction_in_words, element_in_words, verdict

MOST_PATHS = 20_000
"""Paths with everything up that a page holds, some 15 MB: those of 140 sites."""

_TEMPLATES = Path(__file__).with_name("templates")


def render_page(report: Report) -> str:
    """Return the page.

    Raises:
        ReportError: if the network has more paths than a page can hold.
    """
    if len(report.steady.paths) > MOST_PATHS:
        raise ReportError(
            f"{counted(len(report.steady.paths), 'path')} are too many for a page, which holds {MOST_PATHS}:"
            " write a report in Markdown, which is cut to what matters, or ask for --json"
        )
    script, style = (
        _TEMPLATES.joinpath(name).read_text(encoding="utf-8") for name in ("page.js", "page.css")
    )
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            verdict=verdict(report),
            layouts=[lay_out(report.diagram, orientation) for orientation in Orientation],
            data=_data(report),
            changes=_changes(report),
            script=script,
            style=style,
            policy=f"default-src 'none'; img-src data:; script-src {_hash(script)}; style-src {_hash(style)};"
            " base-uri 'none'; form-action 'none'",
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters |= {
        "way": direction_in_words,
        "back": back_in_words,
        "counted": counted,
        "words": element_in_words,
    }
    return environment


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(report: Report) -> dict[str, Any]:
    """Return what the page's script reads, in the shapes that `--json` has."""
    steady = {path_pair(path): path for path in report.steady.paths}
    document = paths_document(report.stack, (report.steady, *report.failures))
    for scenario, told in zip(report.failures, document["scenarios"][1:], strict=True):
        told["paths"] = [
            written
            for path, written in zip(scenario.paths, told["paths"], strict=True)
            if path != steady[path_pair(path)]
        ]
        differing = (path for path in scenario.paths if path != steady[path_pair(path)])
        told["effects"] = [effect_of(steady[path_pair(path)], path) for path in differing]
    return {
        **document,
        "findings": findings_document(report.findings, report.place),
        "diagram": _diagram(report.diagram),
        "told_as": TOLD_AS,
        "names": {element: element_in_words(element) for element in _elements(report)},
        "ailing": _ailing(report),
    }


def _diagram(diagram: Diagram) -> dict[str, Any]:
    return {
        "cards": {card.key: [chip.key for chip in card.chips] for card in diagram.cards},
        "lines": [{"element": line.element, "ends": list(line.ends)} for line in diagram.lines],
    }


def _ailing(report: Report) -> dict[str, str]:
    """Return which element of the picture each instance of a gateway is a part of, by the instance's name."""
    return {
        instance: gateway_element(element.owner, GatewayKind(element.part.partition("/")[0]))
        for instance in _failed(report)
        if (element := read_element(instance)).kind is ElementKind.GATEWAY_INSTANCE
    }


def _failed(report: Report) -> Iterator[str]:
    for scenario in report.failures:
        if scenario.failure:
            yield from scenario.failure.split(TOGETHER)


def _elements(report: Report) -> list[str]:
    diagram = report.diagram
    chips = (chip.element for card in diagram.cards for chip in card.chips)
    lines = (line.element for line in diagram.lines)
    named = (*(card.element for card in diagram.cards), *chips, *lines, *_failed(report))
    return list(dict.fromkeys(element for element in named if element))


def _changes(report: Report) -> list[tuple[str | None, Change]]:
    if report.difference is None:
        return []
    scenarios = report.difference.comparison.scenarios
    return [(scenario.failure, change) for scenario in scenarios for change in scenario.changes]
