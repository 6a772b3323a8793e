"""Traffic between two hosts while something happens: ten packets a second, and what became of each."""

from __future__ import annotations

import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.bgp.blueprint import Blueprint
from lab.bgp.namespaces import inside

INTERVAL = 0.1
_LONGEST = 900
"""Seconds after which a probe ends by itself."""
_REPLY = re.compile(r"^\[(\d+\.\d+)\] \d+ bytes from .* icmp_seq=(\d+) ", re.MULTILINE)
_SENT = re.compile(r"^(\d+) packets transmitted", re.MULTILINE)
_END_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What one direction's probe saw."""

    sent: int
    replies: tuple[float, ...]
    """When each reply came, in seconds since the epoch."""

    @property
    def lost(self) -> int:
        """Packets without a reply."""
        return self.sent - len(self.replies)

    @property
    def outage(self) -> float:
        """Seconds of the longest silence between two replies, less the probe's own interval."""
        gaps = [after - before for before, after in zip(self.replies, self.replies[1:], strict=False)]
        return max(0.0, max(gaps, default=0.0) - INTERVAL)


class Probe:
    """Pings from one site's host to another's, from entering to leaving the context."""

    def __init__(self, blueprint: Blueprint, source: str, destination: str, output: Path) -> None:
        self.source, self.destination = source, destination
        self._output = output
        address = blueprint.sites[destination].host
        options = ("-n", "-D", "-i", str(INTERVAL), "-w", str(_LONGEST))
        self._command = inside(blueprint.sites[source].host_node, "ping", *options, str(address))

    def __enter__(self) -> Self:
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=output)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def result(self) -> ProbeResult:
        """Return what it saw; after the context has been left."""
        text = self._output.read_text(encoding="utf-8")
        replies = {int(number): float(moment) for moment, number in _REPLY.findall(text)}
        sent = _SENT.search(text)
        return ProbeResult(
            sent=int(sent[1]) if sent else len(replies), replies=tuple(sorted(replies.values()))
        )


def trace(blueprint: Blueprint, source: str, destination: str) -> tuple[str, ...]:
    """Return the addresses that answer on the way to a site's host, the host last; `*` where none does."""
    options = ("-n", "-q", "1", "-w", "1", "-m", "20")
    address = str(blueprint.sites[destination].host)
    command = inside(blueprint.sites[source].host_node, "traceroute", *options, address)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return tuple(line.split()[1] for line in done.stdout.splitlines()[1:] if len(line.split()) > 1)
