"""Property values as the engine sends them: read once, frozen, with unknowns and secrets kept apart.

pulumi-policy drops the mark of a secret and raises at an unknown. Rules about keys need the mark, and a rule
must outlive an unknown, so the values are decoded here, straight from the wire.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from google.protobuf.struct_pb2 import Struct
from google.protobuf.struct_pb2 import Value as WireValue
from pulumi_policy import proxy
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY


class Unknown(Enum):
    """What a preview cannot know."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine keeps encrypted."""

    value: Value = field(repr=False)


Value: TypeAlias = (
    "bool | int | float | str | Unknown | Secret | tuple[Value, ...] | Mapping[str, Value] | None"
)

REDACTED = "[secret]"
"""What `pulumi policy analyze --file` sends in place of a secret that it cannot decrypt."""

_UNKNOWN_ON_THE_WIRE = frozenset(
    {
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
    }
)


def decode_properties(struct: Struct) -> Mapping[str, Value]:
    """Decode a resource's properties.

    Whole numbers become int; the wire has doubles only. Assets, archives and references to resources stay
    mappings: no rule reads them.
    """
    return MappingProxyType({key: _decode(value) for key, value in struct.fields.items()})


def _decode(wire: WireValue) -> Value:
    match wire.WhichOneof("kind"):
        case "string_value":
            value: Value = _decode_text(wire.string_value)
        case "number_value":
            number = wire.number_value
            value = int(number) if number.is_integer() else number
        case "bool_value":
            value = wire.bool_value
        case "list_value":
            value = tuple(_decode(element) for element in wire.list_value.values)
        case "struct_value":
            value = _decode_mapping(wire.struct_value)
        case _:
            value = None
    return value


def _decode_mapping(struct: Struct) -> Value:
    fields = struct.fields
    if SPECIAL_SIG_KEY in fields and fields[SPECIAL_SIG_KEY].string_value == SPECIAL_SECRET_SIG:
        return Secret(_decode(fields["value"]))
    return decode_properties(struct)


def _decode_text(text: str) -> Value:
    if text in _UNKNOWN_ON_THE_WIRE:
        return UNKNOWN
    return Secret(REDACTED) if text == REDACTED else text


def reveal(value: Value) -> Value:
    """Return what a secret holds, and anything else as it is; for comparing, never for a message."""
    while isinstance(value, Secret):
        value = value.value
    return value


@dataclass(frozen=True, slots=True)
class Text:
    """A known text somewhere inside a value."""

    path: tuple[str | int, ...]
    text: str = field(repr=False)
    secret: bool


def texts(value: Value) -> Iterator[Text]:
    """Yield every known text inside a value, with the way to it, and whether it is kept secret."""
    yield from _texts(value, (), secret=False)


def _texts(value: Value, path: tuple[str | int, ...], *, secret: bool) -> Iterator[Text]:
    if isinstance(value, str):
        yield Text(path, value, secret)
    elif isinstance(value, Secret):
        yield from _texts(value.value, path, secret=True)
    elif isinstance(value, tuple):
        for index, element in enumerate(value):
            yield from _texts(element, (*path, index), secret=secret)
    elif isinstance(value, Mapping):
        for key, element in value.items():
            yield from _texts(element, (*path, key), secret=secret)
