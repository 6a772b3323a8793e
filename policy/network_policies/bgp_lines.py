"""What the lines of `router bgp` say about neighbors, peer groups and templates, piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from network_policies.resource import NotProvenError
from network_policies.router_lines import Line

_NEIGHBOR = re.compile(r"(?P<no>no )?neighbor (?P<peer>\S+)(?: (?P<what>\S+))? ?(?P<rest>.*)$", re.IGNORECASE)
_IN_TEMPLATE = re.compile(r"(?P<no>no )?(?P<what>\S+) ?(?P<rest>.*)$")
_TEMPLATE = re.compile(r"template (peer-policy|peer-session) (\S+)$", re.IGNORECASE)
_ASDOT = re.compile(r"(\d+)\.(\d+)$")
_FILTERS = ("route-map", "prefix-list", "filter-list", "distribute-list")

_Key = TypeVar("_Key", str, tuple[str, str])

_DEEPEST = 8
"""So many levels of inheritance IOS follows; two templates that inherit from each other end there."""

_Inherited = tuple[str, str]
"""A template's kind and name."""


@dataclass(slots=True)
class Attributes:
    """What the lines say about one neighbor, peer group or template in one address family."""

    place: str = ""
    """Where the first of them stands."""
    values: dict[str, str] = field(default_factory=dict, repr=False)
    filters: dict[tuple[str, str], str] = field(default_factory=dict)
    templates: dict[_Inherited, None] = field(default_factory=dict)
    """What it inherits from, in order."""

    def over(self, base: Attributes) -> Attributes:
        """Lay these over more general ones."""
        return Attributes(
            self.place or base.place,
            {**base.values, **self.values},
            {**base.filters, **self.filters},
            {**base.templates, **self.templates},
        )


Templates = Mapping[_Inherited, Attributes]


def read_families(section: Iterable[Line]) -> dict[str, dict[str, Attributes]]:
    """Read what is said about neighbors and peer groups, by the line that opens their family, if any."""
    families: dict[str, dict[str, Attributes]] = {"": {}}
    for line in section:
        match = _NEIGHBOR.match(line.text)
        if match is None or _TEMPLATE.match(line.subsection):
            continue
        family = families.setdefault(line.subsection, {})
        what = (match["what"] or "remote-as").casefold()
        if match["no"] and what == "remote-as":
            family.pop(match["peer"], None)  # IOS forgets all else about the neighbor with it
            continue
        attributes = family.setdefault(match["peer"], Attributes(line.place))
        _read_attribute(attributes, what, match["rest"], negated=bool(match["no"]))
    return families


def read_templates(section: Iterable[Line]) -> Templates:
    """Read the templates of peers."""
    templates: dict[_Inherited, Attributes] = {}
    for line in section:
        opened = _TEMPLATE.match(line.subsection)
        if opened is None:
            continue
        attributes = templates.setdefault((opened[1].casefold(), opened[2]), Attributes(line.place))
        match = _IN_TEMPLATE.match(line.text)
        if match and not _TEMPLATE.match(line.text):
            _read_attribute(attributes, match["what"].casefold(), match["rest"], negated=bool(match["no"]))
    return templates


def resolve(own: Attributes, templates: Templates, name: str, depth: int = 0) -> Attributes:
    """Lay a neighbor's lines over those of the templates that it inherits from.

    Raises:
        NotProvenError: No line defines one of them, or several say different things.
    """
    base = Attributes()
    for kind, template in own.templates if depth < _DEEPEST else ():
        inherited = templates.get((kind, template))
        if inherited is None:
            raise NotProvenError(f"the settings of neighbor {name}: no line defines template {template}")
        more = resolve(inherited, templates, name, depth + 1)
        if _contradict(base.values, more.values) or _contradict(base.filters, more.filters):
            raise NotProvenError(f"the settings of neighbor {name}: its templates contradict each other")
        base = more.over(base)
    whole = own.over(base)
    whole.templates = {}
    return whole


def _contradict(some: Mapping[_Key, str], others: Mapping[_Key, str]) -> bool:
    return any(some[key] != others[key] for key in some.keys() & others.keys())


def _read_attribute(attributes: Attributes, what: str, rest: str, *, negated: bool) -> None:
    if what in _FILTERS:
        name, _, direction = rest.rpartition(" ")
        if negated:
            attributes.filters.pop((what, direction.casefold()), None)
        else:
            attributes.filters[what, direction.casefold()] = name
    elif what == "inherit":
        kind, *names = rest.split()[:2] or [""]
        for name in names:
            attributes.templates.pop((kind.casefold(), name), None)
            if not negated:
                attributes.templates[kind.casefold(), name] = None
    elif negated and what != "activate":
        attributes.values.pop(what, None)
    else:
        attributes.values[what] = "no" if negated else rest


def asn_of(text: str, what: str) -> int:
    """Read an ASN, written as a number or in two halves with a dot. Raises NotProvenError if it is none."""
    if text.isdecimal():
        return int(text)
    halves = _ASDOT.match(text)
    if halves is None:
        raise NotProvenError(f"{what} is no number")
    return (int(halves[1]) << 16) + int(halves[2])
