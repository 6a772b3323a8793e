"""A node's FRR while it lives: brought from one configuration to the next, with sessions that stay up."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Set as AbstractSet

from lab.bgp.errors import FailedCommandError
from lab.bgp.frr_change import change, read_frr
from lab.bgp.places import RUN
from lab.bgp.vty import Vty

_POLICY = re.compile(
    r"^ *(no )?(ip prefix-list|route-map|bgp (as-path|community-list)|match|set|call) ", re.MULTILINE
)
_REFUSED = re.compile(r"^line \d+: .*?(?:\]|line): +(.*)$", re.MULTILINE)
_SECONDS = 30


class FrrNode:
    """One node; `loaded` is what its daemons were given so far."""

    def __init__(self, name: str, loaded: str) -> None:
        self.name = name
        self._loaded = loaded

    def bring_to(self, wanted: str) -> tuple[str, ...]:
        """Have the daemons run this configuration; return the lines that they refuse."""
        lines = change(read_frr(self._loaded), read_frr(wanted))
        if not lines:
            return ()
        (RUN / self.name / "frr.conf").write_text(wanted)
        refused = self._load(lines)
        if any(line.startswith("no ") for line in refused):
            refused = self._start_over(wanted)
        self._loaded = wanted
        if _POLICY.search(lines):
            self.clear("*", "both")
        return refused

    def _start_over(self, wanted: str) -> tuple[str, ...]:
        """Take everything away that may be there, and begin anew: sessions go down, what runs is certain."""
        self._load(change(read_frr(self._loaded), {}))
        return self._load(wanted)

    def _load(self, lines: str) -> tuple[str, ...]:
        """Have vtysh read lines, which it does to their end; return those that were refused."""
        directory = RUN / self.name
        file = directory / "change.conf"
        file.write_text(lines)
        command = ("vtysh", "--vty_socket", str(directory), "-f", str(file))
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        refused = tuple(found[1] for found in _REFUSED.finditer(done.stdout + done.stderr))
        if done.returncode and not refused:
            raise FailedCommandError(f"{self.name}: vtysh failed: {(done.stderr or done.stdout).strip()}")
        return refused

    def end_sessions_from(self, addresses: AbstractSet[str]) -> None:
        """End the sessions that came from addresses which are gone: IOS does at once, Linux waits for TCP."""
        if not addresses:
            return
        with contextlib.suppress(FailedCommandError, ValueError), Vty(RUN / self.name / "bgpd.vty") as vty:
            neighbors = vty.json("show bgp neighbors json")
            for neighbor, detail in neighbors.items():
                if isinstance(detail, dict) and detail.get("hostLocal") in addresses:
                    self.clear(neighbor, "")

    def clear(self, neighbor: str, direction: str) -> None:
        """Reset a session, or all; softly with a direction: `in`, `out` or `both`."""
        soft = {"": "", "both": " soft", "in": " soft in", "out": " soft out"}[direction]
        with contextlib.suppress(FailedCommandError), Vty(RUN / self.name / "bgpd.vty") as vty:
            vty.run("enable")
            vty.run(f"clear bgp ipv4 unicast {neighbor}{soft}")
