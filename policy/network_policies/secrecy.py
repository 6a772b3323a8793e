"""Which keys a resource holds, wherever they stand: marked as secret, or in clear where they must not be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from network_policies.resource import NotProvenError, Resource
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.stack import Stack
from network_policies.values import REDACTED, texts

KEY_PROPERTIES = ("sharedKey", "authorizationKey", "serviceKey")
"""Properties of Azure's resources that hold a key."""

RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 (a type)

_PLACEHOLDER = re.compile(r"<secret:[^<>]+>$")

_TYPE = r"(?:(?P<type>\d|hex) )?"
_IN_LINES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"pre-shared-key (?:local |remote )?{_TYPE}(?P<key>(?!address |hostname |local$|remote$)\S+)$",
        rf"pre-shared-key (?:address|hostname) .* key {_TYPE}(?P<key>\S+)$",
        rf"crypto isakmp key {_TYPE}(?P<key>\S+) (?:address|hostname)",
        rf"neighbor \S+ password {_TYPE}(?P<key>\S+)$",
        rf"ip ospf authentication-key {_TYPE}(?P<key>\S+)$",
        rf"(?:ip ospf )?message-digest-key \d+ md5 {_TYPE}(?P<key>\S+)$",
        r"ntp authentication-key \d+ \S+ (?P<key>\S+)(?: (?P<type>\d))?$",  # the type comes last here
        rf"key-string {_TYPE}(?P<key>\S+)$",
        rf"(?:tacacs-server |radius-server )?key {_TYPE}(?P<key>(?!chain )\S+)$",
        r"snmp-server community (?P<key>\S+)",
        rf"username \S+ .*?(?:password|secret) {_TYPE}(?P<key>\S+)$",
        rf"enable (?:password|secret) (?:level \d+ )?{_TYPE}(?P<key>\S+)$",
        rf"(?:ppp (?:chap|pap sent-username \S+) )?password {_TYPE}(?P<key>\S+)$",
        rf"(?:standby|vrrp) \d+ authentication (?:md5 key-string |text )?{_TYPE}(?P<key>\S+)$",
    )
)
_NOT_IN_CLEAR = frozenset({"4", "5", "6", "8", "9"})
"""Hashes, and what only the router's own key opens. Type 7 is in clear: its cipher is public."""

_LONG_ENOUGH = 8
"""A shorter text may well stand somewhere by chance."""


@dataclass(frozen=True, slots=True)
class KeyInLine:
    """A key that a router's line spells out."""

    line: Line
    key: str

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"KeyInLine(line={self.line.number})"


def keys_in_lines(configuration: Resource) -> tuple[KeyInLine, ...]:
    """Return the keys that a router's lines spell out, where `<secret:NAME>` belongs."""
    return _keys_in_lines(router_lines(configuration))


@lru_cache(maxsize=1024)
def _keys_in_lines(lines: tuple[Line, ...]) -> tuple[KeyInLine, ...]:
    return tuple(_read_keys(lines))


def _read_keys(lines: tuple[Line, ...]) -> Iterator[KeyInLine]:
    for line in lines:
        for pattern in _IN_LINES:
            match = pattern.match(line.text)
            if match is None:
                continue
            hidden = match.groupdict().get("type") in _NOT_IN_CLEAR
            if not hidden and not _PLACEHOLDER.match(match["key"]):
                yield KeyInLine(line, match["key"])
            break


def clear_keys(resource: Resource) -> Iterator[str]:
    """Yield the keys of a resource, also those that nobody marked as secret."""
    for properties in (resource.inputs, resource.outputs):
        for name in KEY_PROPERTIES:
            yield from (found.text for found in texts(properties.get(name)))
        if resource.kind == CONFIGURATION:
            yield from (found.text for found in texts(properties.get("secrets")))
        if resource.kind == RANDOM_PASSWORD:
            yield from (found.text for found in texts(properties.get("result")))
    if resource.kind == CONFIGURATION:
        try:
            yield from (found.key for found in keys_in_lines(resource))
        except NotProvenError:
            return


@lru_cache(maxsize=2)
def known_keys(stack: Stack) -> re.Pattern[str] | None:
    """Return a pattern that finds any key of a stack, None if it has none."""
    keys = {key for resource in stack.resources for key in clear_keys(resource)}
    long = sorted(
        (key for key in keys if len(key) >= _LONG_ENOUGH and key != REDACTED), key=len, reverse=True
    )
    return re.compile("|".join(map(re.escape, long))) if long else None
