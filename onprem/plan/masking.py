"""Where a line has a key: so that it can be told from the rest, and never shown.

A router prints a key in another form than it was given: hashed, sealed, obscured, or in clear.
"""

from __future__ import annotations

import re

HIDDEN = "<secret>"
"""Stands for a key that the router printed."""

_SECRET = re.compile(
    r"(?P<front>"
    r"pre-shared-key(?: local| remote)?(?: address \S+(?: \S+)?)?"
    r"|neighbor \S+ password"
    r"|username \S+.*? (?:secret|password)"
    r"|enable (?:secret|password)(?: level \d+)?"
    r"|key-string|password"
    r"|ip ospf authentication-key|ip ospf message-digest-key \d+ md5"
    r"|crypto isakmp key"
    r"|snmp-server community"
    r"|(?:tacacs-server|radius-server)(?: host \S+)? key|(?:server-)?key"
    r"|ppp (?:chap|pap sent-username \S+) password"
    r"|ip nhrp authentication|mpls ldp (?:neighbor \S+ )?password(?: option \d+ for \S+)?"
    r"|(?:standby|vrrp|glbp) \d+ authentication(?: text| md5 key-string)?"
    r"|area \S+ virtual-link \S+ (?:authentication-key|message-digest-key \d+ md5)"
    r"|isis (?:password|authentication key)|(?:area|domain)-password|ntp authentication-key \d+ md5"
    r") (?P<key>(?:hex )?(?:[0-9] )?\S.*)"
)
_MASKED_KEY = re.compile(
    r"(?P<front>.+) (?P<key>7 (?:0\d|1[0-5])(?:[0-9A-F]{2})+|6 [A-Za-z0-9`\[\]^_]{10,}|[589] \$\d+\$\S+)"
    r"(?P<rest>.*)"
)
"""What a router prints of a key in any command: only what it has masked can be told from other words."""
_NO_SECRET = re.compile(r"password encryption aes|key (?:chain \S+|\d+|config-key \S+)")
_WHOLE_REST = ("pre-shared-key", "neighbor", "username", "enable", "key-string", "password")


def split_secret(line: str) -> tuple[str, str] | None:
    """The line with `<secret>` for its key, and the key as it stands there; None for a line without one.

    >>> split_secret("pre-shared-key local 6 ABC")
    ('pre-shared-key local <secret>', '6 ABC')
    """
    found = None if _NO_SECRET.fullmatch(line) else _SECRET.fullmatch(line)
    if found is None:
        masked = _MASKED_KEY.fullmatch(line)
        return None if masked is None else (f"{masked['front']} {HIDDEN}{masked['rest']}", masked["key"])
    front, key = found["front"], found["key"]
    if front.startswith(_WHOLE_REST):
        return f"{front} {HIDDEN}", key
    word = re.match(r"(?:hex )?(?:[0-9] )?\S+", key)
    assert word is not None
    return f"{front} {HIDDEN}{key[word.end() :]}", word[0]
