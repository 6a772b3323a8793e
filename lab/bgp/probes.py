"""Traffic between two hosts while something happens: ten packets a second, and what became of each."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.bgp.blueprint import Blueprint
from lab.bgp.namespaces import inside

INTERVAL = 0.1
_MOST = 9000
"""Packets after which a probe ends by itself: a deadline would make it end at the first ICMP error, too."""
_REPLY = re.compile(r"^\[(\d+\.\d+)\] \d+ bytes from .* icmp_seq=(\d+) ", re.MULTILINE)
_SENT = re.compile(r"^(\d+) packets transmitted", re.MULTILINE)
_END_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What one direction's probe saw."""

    sent: int
    replies: tuple[float, ...]
    """When each reply came, in seconds since the epoch."""
    ended: float
    """When the probe was ended."""

    @property
    def lost(self) -> int:
        """Packets without a reply."""
        return self.sent - len(self.replies)

    @property
    def outage(self) -> float:
        """Seconds of the longest silence after a reply, less the probe's own interval."""
        gaps = [after - before for before, after in pairwise((*self.replies, self.ended))]
        return max(0.0, max(gaps, default=0.0) - INTERVAL)


class Probe:
    """Pings from one site's host to another's, from entering to leaving the context."""

    def __init__(self, blueprint: Blueprint, source: str, destination: str, output: Path) -> None:
        self.source, self.destination = source, destination
        self._output = output
        address = blueprint.sites[destination].host
        options = ("-n", "-D", "-i", str(INTERVAL), "-c", str(_MOST))
        self._command = inside(blueprint.sites[source].host_node, "ping", *options, str(address))

    def __enter__(self) -> Self:
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=output)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = time.time()
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
            sent=int(sent[1]) if sent else len(replies),
            replies=tuple(sorted(replies.values())),
            ended=self._ended,
        )


def trace(blueprint: Blueprint, source: str, destination: str) -> tuple[str, ...]:
    """Return the addresses that answer on the way to a site's host, the host last; `*` where none does."""
    options = ("-n", "-q", "1", "-w", "1", "-m", "20")
    address = str(blueprint.sites[destination].host)
    command = inside(blueprint.sites[source].host_node, "traceroute", *options, address)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return tuple(line.split()[1] for line in done.stdout.splitlines()[1:] if len(line.split()) > 1)
