"""Keeps keys and passwords out of everything that people or files may get to see."""

from __future__ import annotations

from collections.abc import Mapping

from onprem.plan.masking import split_secret


class Redaction:
    """Knows the secrets of one push by name; its repr shows the names only."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        # The longest first: one secret may be a part of another.
        self._secrets = sorted(secrets.items(), key=lambda entry: -len(entry[1]))

    def __repr__(self) -> str:
        return f"Redaction({', '.join(name for name, _ in self._secrets)})"

    def text(self, text: str) -> str:
        """The text with names for the known secrets, and nothing after a command that a key follows."""
        for name, value in self._secrets:
            if value:
                text = text.replace(value, f"<secret:{name}>")
        return "\n".join(map(self._line, text.splitlines()))

    @staticmethod
    def _line(line: str) -> str:
        indent = line[: len(line) - len(line.lstrip())]
        parts = split_secret(line.strip())
        return line if parts is None or "<secret:" in line else indent + parts[0]
