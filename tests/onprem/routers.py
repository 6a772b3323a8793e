"""Emulated routers as the tests of this folder use them: typed on directly, or behind SSH in a thread."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lab.iosxe.configuration import print_configuration
from lab.iosxe.editor import Editor, Position
from lab.iosxe.factory import factory_configuration
from lab.iosxe.sealing import Sealer
from lab.iosxe.tables import TABLES
from onprem.changes import Command
from onprem.script import typed_lines
from onprem.sections import Section, read_running_configuration

ROUTER = "location1-ce1"
CANARY = "canary-Zq7xK2mP9vLw4TnB8sRd"
VALUES = {
    "hub-vpn-gateway-public-ip-1": "203.0.113.10",
    "hub-vpn-gateway-bgp-address-1": "10.10.30.254",
    "branch-vpn-gateway-public-ip-1": "203.0.113.20",
    "branch-vpn-gateway-bgp-address-1": "10.11.30.254",
}
SECRETS = {"hub-location1-shared-key": CANARY}


def filled(lines: Iterable[str], values: Mapping[str, str] = VALUES) -> list[str]:
    """The lines with their outputs put in, secrets left as they are."""
    return [re.sub(r"<output:([\w-]+)>", lambda found: values[found[1]], line) for line in lines]


class Console:
    """A router's configuration without SSH: takes commands, and raises for a line that it refuses."""

    def __init__(self, text: str | None = None) -> None:
        self._editor = Editor(TABLES, Sealer(b"a router's own master key"))
        self._editor.load(text or factory_configuration(ROUTER, "admin", "9 $9$sealed"))

    @property
    def text(self) -> str:
        return print_configuration(self._editor.root)

    @property
    def running(self) -> Section:
        return read_running_configuration(self.text, ROUTER)

    def type(self, commands: Iterable[Command], secrets: Mapping[str, str] = SECRETS) -> list[str]:
        """Types the commands; what was typed, keys left out."""
        position, typed = Position(), []
        for line in typed_lines(commands):
            typed.append(line.text)
            if line.text == "exit":
                position = position.parent
                continue
            text = line.raw or re.sub(r"<secret:([\w-]+)>", lambda found: secrets[found[1]], line.text)
            outcome = self._editor.take(position, text)
            assert outcome.mismatch is None, (line, outcome.mismatch)
            assert not line.enters or len(outcome.position.path) == len(line.section) + 1, line
            position = outcome.position
        return typed
