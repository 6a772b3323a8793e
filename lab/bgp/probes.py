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
    """What one direction's probe saw; all moments in seconds since the epoch."""

    sent: tuple[float, ...]
    """When each packet was sent, those without a reply evenly between those with one."""
    replies: tuple[float, ...]
    """When each reply came."""
    lost: tuple[float, ...]
    """When the packets without a reply were sent."""
    ended: float
    """When the probe was ended."""

    def lost_between(self, begin: float, end: float) -> int:
        """Return how many of the packets sent in a span of time had no reply."""
        return sum(begin <= moment < end for moment in self.lost)

    @property
    def outage(self) -> float:
        """Seconds of the longest silence after a reply, less the probe's own interval."""
        gaps = [after - before for before, after in pairwise((*self.replies, self.ended))]
        return max(0.0, max(gaps, default=0.0) - INTERVAL)


def read_output(text: str, began: float, ended: float) -> ProbeResult:
    """Return what ping's output says of packets sent between two moments."""
    replies = {int(number): float(moment) for moment, number in _REPLY.findall(text)}
    said = _SENT.search(text)
    count = int(said[1]) if said else max(replies, default=0)
    known = sorted({0: began, **replies, count + 1: ended}.items())
    sent = {
        number: before + (after - before) * (number - first) / (second - first)
        for (first, before), (second, after) in pairwise(known)
        for number in range(first, second)
    }
    return ProbeResult(
        sent=tuple(sent[number] for number in range(1, count + 1)),
        replies=tuple(sorted(replies.values())),
        lost=tuple(sent[number] for number in range(1, count + 1) if number not in replies),
        ended=ended,
    )


class Probe:
    """Pings from one site's host to another's, from entering to leaving the context."""

    def __init__(self, blueprint: Blueprint, source: str, destination: str, output: Path) -> None:
        self.source, self.destination = source, destination
        self._output = output
        address = blueprint.sites[destination].host
        options = ("-n", "-D", "-i", str(INTERVAL), "-c", str(_MOST))
        self._command = inside(blueprint.sites[source].host_node, "ping", *options, str(address))

    def __enter__(self) -> Self:
        self._began = time.time()
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
        return read_output(self._output.read_text(encoding="utf-8"), self._began, self._ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """Who answered a trace."""

    address: str
    """`*` where nobody did."""
    node: str | None = None


def trace(blueprint: Blueprint, source: str, destination: str) -> tuple[Hop, ...]:
    """Return who answers on the way to a site's host, the host last."""
    options = ("-n", "-q", "1", "-w", "1", "-m", "20")
    address = str(blueprint.sites[destination].host)
    command = inside(blueprint.sites[source].host_node, "traceroute", *options, address)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    owners = {
        str(address.ip): port.node
        for wire in blueprint.wires
        for port in wire.ends
        for address in port.addresses
    }
    words = [line.split() for line in done.stdout.splitlines()[1:]]
    return tuple(Hop(address=word[1], node=owners.get(word[1])) for word in words if len(word) > 1)
