"""All that a router's lines ask for, in one piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from lab.bgp.ios.crypto import Crypto, Protection
from lab.bgp.ios.interfaces import Tables, read_tables
from lab.bgp.ios.lines import read_lines
from lab.bgp.ios.policy import read_policy
from lab.bgp.ios.routing import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a configuration means here."""

    tables: Tables
    frr: str
    protections: tuple[Protection, ...]
    router_id: IPv4Address | None
    """What the router has chosen by itself, and keeps while BGP runs."""
    remarks: tuple[str, ...]
    """What it asks for and does not get, a sentence each."""


def read_router(
    text: str,
    name_interfaces: Callable[[Tables], Mapping[str, str]],
    router_id: IPv4Address | None = None,
) -> Meaning:
    """Return what a running configuration means.

    Args:
        text: As `show running-config` prints it, keys in clear.
        name_interfaces: Gives each interface that exists its name in Linux.
        router_id: What the router has chosen before.
    """
    root = read_lines(text)
    tables = read_tables(root)
    names = name_interfaces(tables)
    policy = read_policy(root, names)
    routing = Routing(root, tables, policy, names, router_id)
    crypto = Crypto(root, tables)
    frr, protections = routing.render(), crypto.protections()
    without_meaning = (f"`{line}` does nothing here" for line in root.untaken())
    return Meaning(
        tables=tables,
        frr=frr,
        protections=protections,
        router_id=routing.chosen,
        remarks=(
            *tables.remarks,
            *policy.remarks,
            *routing.remarks,
            *crypto.remarks,
            *without_meaning,
        ),
    )
