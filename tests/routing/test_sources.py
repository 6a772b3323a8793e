"""Every id that a sentence rests on can be looked up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ID = re.compile(r"\b(?:ASN|ER|GW|IPSEC|PATH|PEER|VPN)-\d+\b")
LOOSE = re.compile(r"\(([A-Z]{2,})\)")
"""An id without a number, of which no page has any."""


def _sentences(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said_nowhere = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said_nowhere:
            yield node.value


def test_every_id_in_a_message_is_in_the_documentation() -> None:
    told = {
        found
        for page in (ROOT / "docs" / "paths.md", ROOT / "policy" / "README.md")
        for found in ID.findall(page.read_text(encoding="utf-8"))
    }
    said = "\n".join(text for path in (ROOT / "routing").glob("*.py") for text in _sentences(path))
    assert len(set(ID.findall(said))) > 20
    assert set(ID.findall(said)) - told == set()
    assert LOOSE.findall(said) == []
