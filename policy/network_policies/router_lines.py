"""A router's lines, each with the section it stands in.

The lines are someone's text, and are read as IOS reads them: a line belongs to the section that was opened
last, whatever its indentation, and a section may be opened twice. Comments and free text (descriptions,
remarks) are left out: they configure nothing, and what stands in them refers to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from network_policies.stack import NotProvenError, Resource
from network_policies.values import UNKNOWN, reveal

CONFIGURATION = "iosxe:index:Configuration"

_OPENS_SECTION = re.compile(
    r"router (bgp|ospf|ospfv3|eigrp|rip|isis|static)\b"
    r"|interface "
    r"|route-map \S+( (permit|deny)( \d+)?)?$"
    r"|ip vrf (?!forwarding |receive |select |sitemap )\S+$"
    r"|vrf definition "
    r"|crypto (ikev2|isakmp|ipsec|keyring|map|pki|gdoi) ?"
    r"|key chain "
    r"|ip access-list "
    r"|(aaa|tacacs|radius) "
    r"|line (con|vty|aux)\b",
    re.IGNORECASE,
)
_STANDS_ALONE = re.compile(
    r"(no )?(ip(v6)? (prefix-list|route|as-path|community-list|extcommunity-list)|access-list|hostname"
    r"|username|enable (secret|password)|snmp-server|banner)\b",
    re.IGNORECASE,
)
_OPENS_SUBSECTION = re.compile(r"address-family \S|template peer-(policy|session) |scope ", re.IGNORECASE)
_CLOSES_SUBSECTION = re.compile(r"exit-(address-family|peer-policy|peer-session)$|exit$", re.IGNORECASE)
_FREE_TEXT = re.compile(
    r"(no )?(neighbor \S+ )?(description|remark)\b|access-list \S+ remark\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that configures something, with single blanks between its words."""

    number: int
    """Counted from 1, as the list of lines has it."""
    text: str
    section: str
    """The line that opened the section, this one itself if it did; empty for a global line."""
    subsection: str = ""
    """The address family or template inside `router bgp`."""


def router_lines(configuration: Resource) -> tuple[Line, ...]:
    """Read the lines of a router's configuration; none if it has none.

    Raises:
        NotProvenError: A line is not known yet, which a well-made program never lets happen.
    """
    texts = []
    for index, element in enumerate(configuration.elements("lines")):
        text = reveal(element)
        if text is UNKNOWN:
            raise NotProvenError(f"lines[{index}] of {configuration.name} is not known yet")
        texts.append(str(text))
    return parse(tuple(texts))


@lru_cache(maxsize=1024)
def parse(texts: tuple[str, ...]) -> tuple[Line, ...]:
    """Give each line its section. A text with line breaks counts as one line with one number."""
    return tuple(_parse(texts))


def _parse(texts: tuple[str, ...]) -> Iterator[Line]:
    section = subsection = ""
    for number, text in _numbered(texts):
        if _STANDS_ALONE.match(text):
            section = subsection = ""
        elif _OPENS_SECTION.match(text) and not _is_inside(section, text):
            section, subsection = text, ""
        elif section.casefold().startswith("router ") and _OPENS_SUBSECTION.match(text):
            subsection = text
        elif _CLOSES_SUBSECTION.match(text):
            subsection = ""
            continue
        yield Line(number, text, section, subsection)


def _numbered(texts: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    for number, text in enumerate(texts, start=1):
        for part in text.splitlines():
            line = " ".join(part.split())
            if line and not line.startswith("!") and not _FREE_TEXT.match(line):
                yield number, line


def _is_inside(section: str, text: str) -> bool:
    """Whether a line that looks like a section's first is one of an interface's own: `crypto map NAME`."""
    return section.casefold().startswith("interface ") and re.match(r"crypto map \S+$", text) is not None
