"""What a rule is: a row of a table, and a function from one resource to what is wrong with it.

A rule reads through `Resource.read`, which stops it at an unknown value: the rule has then proven nothing
about this resource, and that is said. What it found before stays. Where one resource holds several things (a
router's neighbors), `each` goes on to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from network_policies.resource import NotProvenError, Resource
from network_policies.stack import Stack


class Level(StrEnum):
    """What a violation does."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"


EVERY_KIND = ("*",)
"""For a rule that judges resources of all types."""


class Scope(StrEnum):
    """What a rule needs to see.

    RESOURCE rules judge a resource alone: the engine runs them before it creates anything. STACK rules need
    others too: the engine runs them at the end, so only a preview stops what they forbid.
    """

    RESOURCE = "resource"
    STACK = "stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, and what to set instead: two sentences without a full stop, and without any key."""

    wrong: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What cannot be proven, where the rule has more to say."""

    what: str
    """As `NotProvenError` words it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One resource before one rule."""

    resource: Resource
    stack: Stack
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


Findings: TypeAlias = Iterator[Finding | Doubt]
Check: TypeAlias = Callable[[Case], Findings]

_Subject = TypeVar("_Subject")


def each(subjects: Iterable[_Subject], check: Callable[[_Subject], Findings]) -> Findings:
    """Judge several things of one resource: what is unknown about one hides nothing about the others."""
    for subject in subjects:
        try:
            yield from check(subject)
        except NotProvenError as unknown:
            yield Doubt(what=unknown.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the catalogue."""

    name: str
    """`<resource>-<rule>`, in kebab words."""
    level: Level
    holds: str
    """What is true where the rule is kept."""
    kinds: tuple[str, ...]
    """The resource types it judges, as `Resource.kind` words them."""
    sources: tuple[str, ...]
    """The ids of the facts it rests on."""
    page: str
    check: Check
    scope: Scope = Scope.RESOURCE
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """JSON Schema of each parameter, with its default."""
