"""Where each resource is described, as a stack's output `sourcePlaces` says it.

- As an object: `{"hub-vpn-gateway": {"file": "network.yaml", "line": 23}}`.
- As one text, which a change of many lines changes in one place only:
  `network.yaml hub-vpn-gateway@23 hub-peering@40; other.yaml ...`, file names as in a URL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote


def read_places(output: object) -> Mapping[str, Any] | None:
    """Return places by resource, unchecked where they are an object; None if the output holds none."""
    if isinstance(output, str):
        return dict(_places(output))
    return output if isinstance(output, dict) else None


def _places(text: str) -> Iterator[tuple[str, dict[str, object]]]:
    for of_file in text.split(";"):
        file, *entries = of_file.split() or [""]
        for entry in entries:
            name, _, line = entry.rpartition("@")
            if name and line.isascii() and line.isdecimal():
                yield name, {"file": unquote(file), "line": int(line)}
