"""A report in Markdown, fit for a comment on a pull request.

- What changed comes first, then what is wrong; the whole table is folded away.
- A comment has room for 65,536 characters: where a network needs more, tables are cut, the least important
  first, and say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from routing.diagram import CardKind, Diagram, LineKind, united
from routing.report import Report
from routing.summary import (
    back_in_words,
    counted,
    direction_in_words,
    failure_summaries,
    verdict,
    written_pairs,
)

MOST_CHARACTERS = 65_536
"""What GitHub takes as the body of a comment."""

MOST_LINES = 150
"""Of a topology: Mermaid refuses more than 500, and people see nothing in far fewer."""

_TEMPLATES = Path(__file__).with_name("templates")
_ROWS = {"changes": 300, "findings": 100, "failures": 200, "paths": 500, "rows": 100}
"""The most rows of each table, the most important table first."""
_FEWEST = 3
"""Rows that remain of each table before a more important one is cut."""
_NAMES = 6
"""So many pairs or failures are named in one cell; the rest is counted."""


def render_markdown(report: Report) -> str:
    """Return a report of at most `MOST_CHARACTERS`, in bytes, too."""
    facts = _facts(report)
    rows = dict(_ROWS)
    while len((text := _write(facts, rows)).encode()) > MOST_CHARACTERS:
        least = next((table for table in reversed(rows) if rows[table] > _FEWEST), None)
        if least is None:
            facts |= {"topology": None, "appendices": ()}
            rows = dict.fromkeys(rows, 1)
        else:
            rows[least] = max(_FEWEST, min(rows[least], len(facts[least])) // 2)
    return text


def _write(facts: dict[str, Any], rows: dict[str, int]) -> str:
    return environment().get_template("report.md.j2").render(facts, most=rows)


@cache
def environment() -> Environment:
    """Return the environment of Markdown templates: `md` makes a value plain text, `named` a short list."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701 (Markdown has its own escapes, below)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "md": plain_text,
        "code": code,
        "named": _named,
        "way": direction_in_words,
        "back": back_in_words,
        "prefixes_of_sites": lambda prefixes: [f"{prefix} of {site}" for site, prefix in prefixes],
        "written_pairs": lambda pairs: tuple(written_pairs(pairs)),
        "counted": counted,
    }
    return environment


def plain_text(value: object) -> str:
    """Return a value as Markdown that shows it as it is, also inside a table and to GitHub's own links."""
    escaped = re.sub(r"([\\`*_{}\[\]<>|#~$])", r"\\\1", str(value))
    return re.sub(r"\s+", " ", escaped).replace("@", "@\u200b")


def code(value: object) -> str:
    """Return a value as Markdown's code, whatever is in it."""
    text = re.sub(r"\s+", " ", str(value))
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"


def _named(names: Sequence[str], between: str = ", ") -> str:
    """Return the first names, and how many more there are."""
    told = [plain_text(name) for name in names[:_NAMES]]
    if len(names) > _NAMES:
        told.append(f"and {len(names) - _NAMES} more")
    return between.join(told)


def _facts(report: Report) -> dict[str, Any]:
    difference = report.difference
    drawn = difference.diagram if difference else report.diagram
    return {
        "report": report,
        "verdict": verdict(report),
        "changes": _changes(report),
        "findings": report.findings,
        "failures": failure_summaries(report),
        "paths": report.steady.paths,
        "topology": _topology(drawn, report.diagram),
        "rows": max((appendix.rows for appendix in report.appendices), key=len, default=()),
        "appendices": report.appendices,
    }


def _changes(report: Report) -> list[tuple[str | None, Any]]:
    """Return each change with the failure under which it shows, the worst first in each scenario."""
    if not report.difference:
        return []
    scenarios = report.difference.comparison.scenarios
    return [(scenario.failure, change) for scenario in scenarios for change in scenario.changes]


# --- topology --------------------------------------------------------------------------------------------

_ARROWS = {
    LineKind.PEERING: "<-->",
    LineKind.CONNECTION: "---",
    LineKind.LINK: "---",
    LineKind.TUNNEL: "-.-",
    LineKind.GLOBAL_REACH: "===",
}


def _topology(before: Diagram, after: Diagram) -> str | None:
    """Return Mermaid's text, with what is new and what is gone marked; None if nobody could read it."""
    diagram = after if before is after else united(before, after)
    if len(diagram.lines) > MOST_LINES:
        return None
    return "\n".join(_mermaid(diagram, _keys(before), _keys(after)))


def _keys(diagram: Diagram) -> frozenset[str]:
    inside = (key for card in diagram.cards for key in (card.key, *(chip.key for chip in card.chips)))
    return frozenset((*inside, *(line.element for line in diagram.lines)))


def _mermaid(diagram: Diagram, before: frozenset[str], after: frozenset[str]) -> Iterable[str]:
    # numbered names: a stack file may call a site `end` or `style`, which Mermaid reads otherwise
    cards = [card for card in diagram.cards if card.kind is not CardKind.TUNNEL]
    names: dict[str, str] = {}
    for card in cards:
        for key in (card.key, *(chip.key for chip in card.chips)):
            names[key] = f"n{len(names)}"
    yield "flowchart LR"
    for card in cards:
        label = _quoted("<br>".join((card.label, *card.notes[:3])))
        if card.chips:
            # Mermaid leaves room for one line of title only
            yield f"  subgraph {names[card.key]}[{_quoted(card.label)}]"
            yield from (f"    {names[chip.key]}[{_quoted(chip.label)}]" for chip in card.chips)
            yield "  end"
        else:
            shape = "([{}])" if card.kind is CardKind.CIRCUIT else "[{}]"
            yield f"  {names[card.key]}{shape.format(label)}"
    yield from _mermaid_lines(diagram, names, before, after)
    yield from _mermaid_marks(names, before, after)


def _mermaid_lines(
    diagram: Diagram, names: dict[str, str], before: frozenset[str], after: frozenset[str]
) -> Iterable[str]:
    ends: dict[str, tuple[LineKind, str, list[str]]] = {}
    for line in diagram.lines:
        *_, found = ends.setdefault(line.element, (line.kind, line.label, []))
        found += (names[end] for end in line.ends if end in names)
    for element, (kind, label, found) in ends.items():
        first, *others = dict.fromkeys(found)
        mark = "" if element in before and element in after else " (gone)" if element in before else " (new)"
        for other in others:
            yield f"  {first} {_ARROWS[kind]}|{_quoted(label + mark)}| {other}"


def _mermaid_marks(names: dict[str, str], before: frozenset[str], after: frozenset[str]) -> Iterable[str]:
    for word, keys, style in (
        ("new", after - before, "stroke:#1a7f37,stroke-width:3px"),
        ("gone", before - after, "stroke:#cf222e,stroke-width:2px,stroke-dasharray:5 4"),
    ):
        if marked := sorted(names[key] for key in keys if key in names):
            yield f"  classDef {word} {style}"
            yield f"  class {','.join(marked)} {word}"


def _quoted(text: str) -> str:
    return f'"{text.replace("#", "#35;").replace(chr(34), "#quot;")}"'
