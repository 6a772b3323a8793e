"""A router's lines, each with the section it stands in.

The lines are someone's text, and are read as IOS reads them: a line belongs to the section that was opened
last, whatever its indentation, and a section may be opened twice. Comments and free text (descriptions,
remarks) are left out: they configure nothing, and what stands in them refers to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from network_policies.resource import NotProvenError, Resource
from network_policies.values import UNKNOWN, Value, reveal

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
    r"|line (con|vty|aux)\b"
    r"|(class-map|policy-map|parameter-map|bfd-template|object-group|control-plane|redundancy|banner)\b"
    r"|ip (sla|dhcp pool|community-list) |track \d|end$",
    re.IGNORECASE,
)
_OPENS_AT_THE_EDGE = re.compile(
    r"(no )?(service|version|boot|clock|archive|event|flow|ntp|logging|license|platform|spanning-tree"
    r"|vlan|zone|controller|monitor|netconf-yang|call-home|cdp|lldp|login|memory|multilink|alias|template"
    r"|ip (domain|name-server|http|ssh|scp|cef|forward-protocol|nat|host|multicast|routing|local)"
    r"|ipv6 (unicast-routing|route|cef|multicast|prefix-list))\b",
    re.IGNORECASE,
)
"""Global lines, which stand in no section where they are not indented."""
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

    @property
    def place(self) -> str:
        """Where a reader finds it: its number, and the section that a preview or the router shows it in."""
        around = [part for part in (self.section, self.subsection) if part and part != self.text]
        return f"line {self.number}, in {', '.join(around)}" if around else f"line {self.number}"


class Lines(tuple[Line, ...]):  # noqa: SLOT001 (the hash has its place in it)
    """A router's lines. Much is cached by them, so their hash is made once."""

    @cached_property
    def _hash(self) -> int:
        return tuple.__hash__(self)

    def __hash__(self) -> int:
        return self._hash


@lru_cache(maxsize=1024)
def router_lines(configuration: Resource) -> tuple[Line, ...]:
    """Read the lines of a router's configuration; none if it has none.

    Raises:
        NotProvenError: A line is not known yet, which a well-made program never lets happen.
    """
    elements = configuration.elements("lines")
    read = _read if all(isinstance(element, str) for element in elements) else _read.__wrapped__
    try:
        return read(elements)
    except NotProvenError as unknown:
        raise NotProvenError(f"lines[{unknown.what}] of {configuration.name} is not known yet") from None


@lru_cache(maxsize=1024)
def _read(elements: tuple[Value, ...]) -> tuple[Line, ...]:
    """Read the lines. Raises NotProvenError with the number of the first that is not known."""
    texts = []
    for index, element in enumerate(elements):
        text = reveal(element)
        if text is UNKNOWN:
            raise NotProvenError(str(index))
        texts.append(str(text))
    return parse(tuple(texts))


@lru_cache(maxsize=1024)
def parse(texts: tuple[str, ...]) -> tuple[Line, ...]:
    """Give each line its section. A text with line breaks counts as one line with one number."""
    return Lines(_parse(texts))


def _parse(texts: tuple[str, ...]) -> Iterator[Line]:
    section = subsection = ""
    for number, text, is_indented in _numbered(texts):
        if _STANDS_ALONE.match(text):
            section = subsection = ""
        elif _opens_section(text, section, is_indented=is_indented):
            section, subsection = text, ""
        elif section.casefold().startswith("router ") and _OPENS_SUBSECTION.match(text):
            subsection = text
        elif _CLOSES_SUBSECTION.match(text):
            subsection = ""
            continue
        yield Line(number, text, section, subsection)


def _numbered(texts: tuple[str, ...]) -> Iterator[tuple[int, str, bool]]:
    """Yield each line with its number, and whether it is indented."""
    for number, text in enumerate(texts, start=1):
        for part in text.splitlines():
            line = " ".join(part.split())
            if line and not line.startswith("!") and not _FREE_TEXT.match(line):
                yield number, line, part[0].isspace()


def _opens_section(text: str, section: str, *, is_indented: bool) -> bool:
    if _OPENS_SECTION.match(text):
        return not _is_inside(section, text)
    return bool(_OPENS_AT_THE_EDGE.match(text)) and not is_indented and not _may_be_part(section, text)


def _is_inside(section: str, text: str) -> bool:
    """Whether a line that looks like a section's first is one of a section's own."""
    opened, line = section.casefold(), text.casefold()
    if opened.startswith("interface "):
        return re.match(r"crypto map \S+$", line) is not None
    return opened.startswith("crypto ikev2 profile ") and line.startswith("aaa ")


def _may_be_part(section: str, text: str) -> bool:
    """Whether a line that is mostly global may be one of a section's: `ip nat inside`, a peer's template."""
    opened = section.casefold()
    return opened.startswith("interface ") or (
        opened.startswith("router bgp ") and text.casefold().startswith("template peer-")
    )
