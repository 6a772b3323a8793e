"""Which lines define a name that other lines use, so that nothing is taken away that is still in use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onprem.plan.commands import Path

Name = tuple[str, str]
"""What kind of thing, and its name."""

_DEFINITIONS = (
    ("vrf", r"(?:ip vrf|vrf definition) (\S+)"),
    ("prefix-list", r"ip prefix-list (\S+) seq .*"),
    ("route-map", r"route-map (\S+) .*"),
    ("ikev2 proposal", r"crypto ikev2 proposal (\S+)"),
    ("ikev2 keyring", r"crypto ikev2 keyring (\S+)"),
    ("ikev2 profile", r"crypto ikev2 profile (\S+)"),
    ("transform-set", r"crypto ipsec transform-set (\S+) .*"),
    ("ipsec profile", r"crypto ipsec profile (\S+)"),
    ("interface", r"interface (\S+)"),
)
_USES = (
    ("vrf", r"(?:ip )?vrf forwarding (\S+)|.* vrf (\S+)(?: .*)?|ip route vrf (\S+) .*|tunnel vrf (\S+)"),
    ("prefix-list", r"match ip (?:address|next-hop) prefix-list (.+)|.* prefix-list (\S+) (?:in|out)"),
    ("route-map", r"(?!route-map).*\broute-map (\S+)(?: .*)?"),
    ("ikev2 proposal", r"proposal (\S+)"),
    ("ikev2 keyring", r"keyring local (\S+)"),
    ("ikev2 profile", r"set ikev2-profile (\S+)"),
    ("transform-set", r"set transform-set (.+)"),
    ("ipsec profile", r"tunnel protection ipsec profile (\S+)(?: .*)?"),
    ("interface", r"tunnel source (\S+)|ip unnumbered (\S+)|neighbor \S+ update-source (\S+)"),
)


def defined_by(path: Path, line: str) -> Name | None:
    """What a line defines; only global lines do."""
    if path:
        return None
    for kind, pattern in _DEFINITIONS:
        found = re.fullmatch(pattern, line)
        if found:
            return kind, found[1]
    return None


def used_by(line: str) -> Iterator[Name]:
    """What a line needs to be defined."""
    for kind, pattern in _USES:
        found = re.fullmatch(pattern, line)
        if found:
            for names in filter(None, found.groups()):
                yield from ((kind, name) for name in names.split())
