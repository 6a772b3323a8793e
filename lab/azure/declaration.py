"""The words in which a resource type is declared: its properties, what fills them in and what they must obey.

A family's module (`lab/azure/families/`) is a table made of these; `shape.py` reads the properties, and
`control_plane.py` the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from types import MappingProxyType
from typing import TypedDict, Unpack

from lab.azure.change import Change
from lab.azure.resource_id import ResourceId
from lab.azure.state import Properties, Resource, State


class Kind(StrEnum):
    """What a property's value may be."""

    TEXT = auto()
    SECRET = auto()  # text that is never stored nor returned
    INTEGER = auto()
    BOOLEAN = auto()
    ADDRESS = auto()  # an IPv4 address
    PREFIX = auto()  # an IPv4 network
    REFERENCE = auto()  # {"id": ...} of another resource
    OBJECT = auto()
    LIST = auto()
    IGNORED = auto()  # Azure's own to say; ignored in a request, as Azure does


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of a type.

    `values` are the only ones allowed, `low` and `high` the bounds of an integer; `fixed` says that it cannot
    change once the resource exists, and `fixed_code` how Azure calls that; `to` names the type it refers to,
    `weak` that the reference does not keep its target from being deleted, `near` that both must be in one
    region; `rule` is cited in refusals.
    """

    kind: Kind
    required: bool = False
    values: tuple[str, ...] = ()
    default: object = None
    low: int | None = None
    high: int | None = None
    fixed: bool = False
    fixed_code: str = "PropertyChangeNotAllowed"
    to: str = ""
    weak: bool = False
    near: bool = False
    members: Mapping[str, Property] = field(default_factory=dict)
    item: Property | None = None
    rule: str = ""


class Options(TypedDict, total=False):
    """What may be said of a property, whatever its kind; see `Property`."""

    required: bool
    default: object
    fixed: bool
    fixed_code: str
    weak: bool
    near: bool
    rule: str


def text(**options: Unpack[Options]) -> Property:
    """A text, or one of `values`."""
    return Property(kind=Kind.TEXT, **options)


def one_of(*values: str, **options: Unpack[Options]) -> Property:
    """One of the values that Azure knows."""
    return Property(kind=Kind.TEXT, values=values, **options)


def secret(**options: Unpack[Options]) -> Property:
    """A text that is used and then forgotten."""
    return Property(kind=Kind.SECRET, **options)


def integer(low: int | None = None, high: int | None = None, **options: Unpack[Options]) -> Property:
    """A whole number."""
    return Property(kind=Kind.INTEGER, low=low, high=high, **options)


def boolean(**options: Unpack[Options]) -> Property:
    """True or false."""
    return Property(kind=Kind.BOOLEAN, **options)


def address(**options: Unpack[Options]) -> Property:
    """An IPv4 address."""
    return Property(kind=Kind.ADDRESS, **options)


def prefix(**options: Unpack[Options]) -> Property:
    """An IPv4 network."""
    return Property(kind=Kind.PREFIX, **options)


def reference(to: str, **options: Unpack[Options]) -> Property:
    """The id of another resource."""
    return Property(kind=Kind.REFERENCE, to=to, **options)


def structure(members: Mapping[str, Property], **options: Unpack[Options]) -> Property:
    """Properties within a property."""
    return Property(kind=Kind.OBJECT, members=members, **options)


def items(item: Property, **options: Unpack[Options]) -> Property:
    """A list."""
    return Property(kind=Kind.LIST, item=item, **options)


def ignored() -> Property:
    """What only Azure sets."""
    return Property(kind=Kind.IGNORED)


def named(properties: Mapping[str, Property], **options: Unpack[Options]) -> Property:
    """A list of parts with a name and properties of their own, such as IP configurations."""
    part = {
        "name": text(required=True),
        "id": ignored(),
        "etag": ignored(),
        "type": ignored(),
        "properties": structure(properties, default=MappingProxyType({})),
    }
    return items(structure(part), **options)


ADDRESS_SPACE = structure(
    {"addressPrefixes": items(prefix(), default=()), "ipamPoolPrefixAllocations": ignored()}
)


def nothing(_change: Change) -> None:
    """Fill in nothing."""


def no_trace(_state: State, _resource: Resource) -> None:
    """Change nothing else when a resource is gone."""


def no_more(_state: State, _resource: Resource) -> Properties:
    """Add nothing to what is stored."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """A type of resource.

    - `top`: what stands beside `properties`, such as `sku`.
    - `inline`: the properties of a resource that list its children, and their type's last part.
    - `fill`: sets what Azure sets by itself; `checks`: refuse what breaks a rule, after the change and before
      anybody sees it; `removal`: refuse a deletion, which may be that of something above (the last argument);
      `removed`: what a deletion does to others.
    - `describe`: what follows from other resources and is not stored.
    - `in_use`: Azure's code when something refers to what is to be deleted.
    - `name_rule`: the pattern of its names, `longest` their length at most (Microsoft, "Naming rules and
      restrictions for Azure resources"), `names`: the only names there may be.
    """

    path: str
    properties: Mapping[str, Property]
    top: Mapping[str, Property] = field(default_factory=dict)
    inline: Mapping[str, str] = field(default_factory=dict)
    located: bool = True
    fill: Callable[[Change], None] = nothing
    checks: tuple[Callable[[Change], None], ...] = ()
    removal: tuple[Callable[[State, Resource, ResourceId], None], ...] = ()
    removed: Callable[[State, Resource], None] = no_trace
    describe: Callable[[State, Resource], Properties] = no_more
    in_use: str = "InUseResourceCannotBeDeleted"
    in_use_rule: str = ""
    name_rule: str = r"[A-Za-z0-9](?:[\w.-]*\w)?"
    longest: int = 80
    names: tuple[str, ...] = ()
