"""Every rendered configuration, typed line by line: taken, read back in the router's order, taken back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lab.iosxe.server import RouterServer

GOLDEN = sorted((Path(__file__).parents[2] / "onprem" / "golden").glob("*.cfg"))
VALUES = {
    "hub-vpn-gateway-public-ip-1": "20.51.4.17",
    "hub-vpn-gateway-public-ip-2": "20.51.4.18",
    "hub-vpn-gateway-bgp-address-1": "10.10.30.254",
    "hub-vpn-gateway-bgp-address-2": "10.10.30.253",
}
KEY = "k3y-of-the-tunnel"


def _filled(file: Path) -> list[str]:
    def value(found: re.Match[str]) -> str:
        return KEY if found[1] == "secret" else VALUES[found[2]]

    return re.sub(r"<(output|secret):([^>]+)>", value, file.read_text()).splitlines()


def _tree(lines: list[str]) -> set[tuple[str, ...]]:
    """Every line under the lines that lead to it; closing words, comments and what is hidden left out."""
    found: set[tuple[str, ...]] = set()
    path: list[str] = []
    for line in lines:
        text = line.strip()
        if not text or text.startswith("!") or text in {"end", "exit-address-family"}:
            continue
        path = [
            *path[: len(line) - len(line.lstrip())],
            re.sub(r"( 6)? \S+$", "", text) if "key" in text else text,
        ]
        found.add(tuple(path))
    return found


def _unsalted(text: str) -> str:
    """A key typed again is sealed with another salt, so only its presence is compared."""
    return re.sub(r"(pre-shared-key \w+ 6) \S+", r"\1 ...", text)


def _removal(lines: list[str]) -> list[str]:
    """`no` of every top line, last first: what is referred to goes after what refers to it."""
    return [f"no {line}" for line in reversed(lines) if not line.startswith(" ")]


@pytest.fixture(params=GOLDEN, ids=lambda file: file.stem)
def lines(request: pytest.FixtureRequest) -> list[str]:
    return _filled(request.param)


async def test_is_taken_kept_and_taken_back(
    router: RouterServer, dial: Callable[[RouterServer], Awaitable[Any]], lines: list[str]
) -> None:
    factory = router.running
    terminal = await dial(router)
    await terminal.run("configure terminal")

    said = [text for text in await terminal.run_all(*lines) if "Warning: use /31 mask" not in text]
    assert said == []
    typed = router.running
    added = _tree(typed.splitlines()) - _tree(factory.splitlines())
    assert added - _tree(lines) == {
        (line, "bgp log-neighbor-changes") for line in lines if line.startswith("router bgp")
    }
    assert _tree(lines) <= _tree(typed.splitlines())

    await terminal.run_all("end", "configure terminal", *lines)
    assert _unsalted(router.running) == _unsalted(typed), "typing it twice must change nothing"

    await terminal.run_all("end", "configure terminal")
    said = await terminal.run_all(*_removal(lines))
    assert router.running == factory
