"""The README's table of the rules; `python -m network_policies.documentation` in `policy/` renews it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from network_policies.catalogue import RULES
from network_policies.rules import Rule, Scope

README = Path(__file__).parents[1] / "README.md"

_BEGIN, _END = "<!-- rules: begin -->", "<!-- rules: end -->"

_WHEN = {Scope.RESOURCE: "before it is created", Scope.STACK: "at the end, so in a preview"}


def rules_table() -> str:
    """Return the table, in Markdown.

    Columns: name, level, what holds, when the engine asks, sources with the page, parameters with defaults.
    """
    return "\n".join(_rows())


def _rows() -> Iterator[str]:
    yield "| Rule | Level | What holds | Judged | Rests on | Parameters |"
    yield "|---|---|---|---|---|---|"
    for rule in RULES:
        yield (
            f"| `{rule.name}` | {rule.level} | {rule.holds} | {_WHEN[rule.scope]} | "
            f"[{', '.join(rule.sources)}]({rule.page}) | {_parameters(rule)} |"
        )


def _parameters(rule: Rule) -> str:
    return ", ".join(f"`{name}` ({schema['default']})" for name, schema in rule.parameters.items())


def with_table(text: str) -> str:
    """Return a README with its table renewed. Raises ValueError if the marks around it are missing."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"the README has no place for the rules: {_BEGIN} and {_END} on lines of their own")
    return f"{before}{begin}\n{rules_table()}\n{end}{after}"


def main() -> int:
    """Renew the README; exit code 0."""
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
