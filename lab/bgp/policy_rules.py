"""Which of a node's tables decides about a packet: the kernel's policy rules, read and followed.

Linux asks them in the order of their preferences: each that a packet fits sends it into a table, to a later
rule, or away. A table without a route for it leaves it to the next rule, and so does one whose route is no
longer than a rule wants (`suppress_prefixlength`, ip-rule(8)).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from lab.bgp.kernel_tables import MAIN
from lab.bgp.namespaces import run

Entry = tuple[IPv4Network, tuple[str, ...]]
"""A prefix and the interfaces it leaves by; none where packets are thrown away."""

_TABLES = {"local": None, "main": MAIN, "default": None}
"""Tables with a name; `None` for those that lead no packet on."""
_EVERYTHING = "0.0.0.0/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What rules look at."""

    source: IPv4Address
    destination: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One rule; with neither a table nor a rule to go to, it throws packets away."""

    preference: int
    interface: str | None
    """Where a packet has come in; None for anywhere."""
    source: IPv4Network
    destination: IPv4Network
    table: int | None
    go_to: int | None
    longer_than: int
    """The table's route counts only if it is longer; -1 for any."""

    def fits(self, packet: Packet, interface: str) -> bool:
        """Whether it is asked about a packet."""
        return (
            self.interface in {None, interface}
            and packet.source in self.source
            and packet.destination in self.destination
        )


MAIN_ONLY = (
    PolicyRule(
        preference=32766,
        interface=None,
        source=IPv4Network(_EVERYTHING),
        destination=IPv4Network(_EVERYTHING),
        table=MAIN,
        go_to=None,
        longer_than=-1,
    ),
)
"""What a node has that nobody has told any."""


def read_rules(node: str) -> tuple[PolicyRule, ...]:
    """Return a node's rules in the kernel's order."""
    said = json.loads(run("ip", "-n", node, "-4", "-j", "rule", "show"))
    return tuple(_rule(one) for one in said if _TABLES.get(one.get("table", ""), MAIN) is not None)


def _rule(said: Mapping[str, Any]) -> PolicyRule:
    table = said.get("table")
    return PolicyRule(
        preference=said["priority"],
        interface=said.get("iif"),
        source=_prefix(said, "src"),
        destination=_prefix(said, "dst"),
        table=None if table is None else _TABLES.get(table) or int(table),
        go_to=said.get("goto"),
        longer_than=said.get("suppress_prefixlen", -1),
    )


def _prefix(said: Mapping[str, Any], key: str) -> IPv4Network:
    address = said.get(key, "all")
    return IPv4Network(_EVERYTHING if address == "all" else f"{address}/{said.get(f'{key}len', 32)}")


def leave_by(
    rules: tuple[PolicyRule, ...], tables: Mapping[int, tuple[Entry, ...]], packet: Packet, interface: str
) -> tuple[str, ...]:
    """Return the interfaces that a packet leaves by; none if it is thrown away.

    Args:
        rules: In the kernel's order.
        tables: By number, the longest prefix first.
        packet: What is looked at.
        interface: Where it has come in.
    """
    skipped_to = 0
    for rule in rules:
        if rule.preference < skipped_to or not rule.fits(packet, interface):
            continue
        if rule.go_to is not None:
            skipped_to = rule.go_to
        elif rule.table is None:
            return ()
        else:
            for prefix, interfaces in tables.get(rule.table, ()):
                if packet.destination in prefix:
                    if prefix.prefixlen > rule.longer_than:
                        return interfaces
                    break
    return ()
