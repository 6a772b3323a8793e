"""Names for what a router's lines cannot say yet: outputs of Azure's gateways, and secrets.

A line carries `<output:NAME>` or `<secret:NAME>`. Whoever deploys supplies the values under the same
names, and only the process that talks to the router puts them into the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum


class PlaceholderKind(StrEnum):
    """What a placeholder stands for."""

    OUTPUT = "output"
    SECRET = "secret"  # noqa: S105 (the word, not a secret)


def public_ip(virtual_network: str, instance: int) -> str:
    """Name the public address of a VPN gateway's instance, counted from 1."""
    return f"{virtual_network}-vpn-gateway-public-ip-{instance}"


def bgp_address(virtual_network: str, instance: int) -> str:
    """Name the BGP address of a VPN gateway's instance, counted from 1."""
    return f"{virtual_network}-vpn-gateway-bgp-address-{instance}"


def shared_key(tunnel: str) -> str:
    """Name a tunnel's pre-shared key."""
    return f"{tunnel}-shared-key"


def as_output(name: str) -> str:
    """Return the placeholder of an output, as a line carries it.

    >>> as_output(public_ip("hub", 1))
    '<output:hub-vpn-gateway-public-ip-1>'
    """
    return f"<{PlaceholderKind.OUTPUT}:{name}>"


def as_secret(name: str) -> str:
    """Return the placeholder of a secret, as a line carries it.

    >>> as_secret(shared_key("hub-location1"))
    '<secret:hub-location1-shared-key>'
    """
    return f"<{PlaceholderKind.SECRET}:{name}>"


def placeholder_names(lines: Iterable[str], kind: PlaceholderKind) -> tuple[str, ...]:
    """Return the names of one kind of placeholder in lines, each once, in order of first use."""
    pattern = re.compile(rf"<{kind}:([A-Za-z0-9-]+)>")
    return tuple(dict.fromkeys(name for line in lines for name in pattern.findall(line)))
