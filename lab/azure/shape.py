"""Reads the body of a request against the declaration of its type.

Refused are unknown properties, wrong types, unknown enum values, numbers out of bounds, and malformed
addresses, networks and ids. What Azure alone sets is ignored, as Azure does. Where Azure has a property that
the emulator does not, the request is refused rather than half obeyed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any

from lab.azure.declaration import Kind, Property
from lab.azure.refusal import malformed
from lab.azure.resource_id import parse_resource_id
from lab.azure.state import Properties


def shape_object(members: Mapping[str, Property], given: object, place: str) -> Properties:
    """The properties of an object as they are stored: declared ones only, defaults set, secrets left out."""
    if not isinstance(given, Mapping):
        raise malformed(place, "An object is expected.")
    for name in given:
        if name not in members:
            raise malformed(
                f"{place}.{name}", f"Could not find member '{name}': the emulator does not know it."
            )
    shaped: Properties = {}
    for name, member in members.items():
        value = given.get(name)
        where = f"{place}.{name}"
        if member.kind in {Kind.IGNORED, Kind.SECRET}:
            if member.kind is Kind.SECRET and not isinstance(value, str | None):
                raise malformed(where, "A text is expected.", member.rule)
            continue
        if value is None:
            value = _absent(member, where)
        if value is not None:
            shaped[name] = shape_value(member, value, where)
    return shaped


def shape_value(declared: Property, given: Any, place: str) -> Any:  # noqa: ANN401 -- JSON
    """A value as it is stored."""
    match declared.kind:
        case Kind.OBJECT:
            return shape_object(declared.members, given, place)
        case Kind.LIST:
            return _shape_list(declared, given, place)
        case Kind.REFERENCE:
            return _shape_reference(declared, given, place)
        case Kind.BOOLEAN:
            if not isinstance(given, bool):
                raise malformed(place, f"{given!r} is not true or false.", declared.rule)
            return given
        case Kind.INTEGER:
            return _shape_integer(declared, given, place)
        case _:
            return _shape_text(declared, given, place)


def list_references(members: Mapping[str, Property], shaped: Properties) -> Iterator[tuple[Property, str]]:
    """Each reference in stored properties, with the id it names."""
    for name, member in members.items():
        value = shaped.get(name)
        if value is None:
            continue
        if member.kind is Kind.REFERENCE:
            yield member, value["id"]
        elif member.kind is Kind.OBJECT:
            yield from list_references(member.members, value)
        elif member.kind is Kind.LIST and member.item is not None:
            for part in value:
                yield from list_references({"": member.item}, {"": part})


def list_fixed(
    members: Mapping[str, Property], before: Properties, after: Properties, place: str
) -> Iterator[tuple[str, Property, Any, Any]]:
    """Each property that may not change and did: its place, its declaration, its old and new value."""
    for name, member in members.items():
        old, new = before.get(name), after.get(name)
        where = f"{place}.{name}"
        if member.fixed and _folded(old) != _folded(new):
            yield where, member, old, new
        elif member.kind is Kind.OBJECT:
            yield from list_fixed(member.members, old or {}, new or {}, where)


def _folded(value: Any) -> Any:  # noqa: ANN401 -- JSON
    return value["id"].lower() if isinstance(value, dict) and "id" in value else value


def _absent(declared: Property, place: str) -> Any:  # noqa: ANN401 -- JSON
    if declared.required:
        raise malformed(place, f"The property '{place.rpartition('.')[2]}' is required.", declared.rule)
    if declared.default is not None:
        return list(declared.default) if isinstance(declared.default, tuple) else declared.default
    has_defaults = declared.kind is Kind.OBJECT and any(
        member.default is not None for member in declared.members.values()
    )
    return {} if has_defaults and not any(m.required for m in declared.members.values()) else None


def _shape_list(declared: Property, given: object, place: str) -> list[Any]:
    if not isinstance(given, list | tuple) or declared.item is None:
        raise malformed(place, "A list is expected.")
    return [shape_value(declared.item, part, f"{place}[{index}]") for index, part in enumerate(given)]


def _shape_reference(declared: Property, given: object, place: str) -> dict[str, str]:
    text = given.get("id") if isinstance(given, Mapping) else None
    parsed = parse_resource_id(text) if isinstance(text, str) else None
    if parsed is None or parsed.type.lower() != declared.to.lower():
        raise malformed(
            place,
            f"Reference Id {text} is not formatted correctly. The Id is expected to reference resources of "
            f"type {declared.to}.",
            declared.rule,
        )
    return {"id": str(text)}


def _shape_integer(declared: Property, given: object, place: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise malformed(place, f"{given!r} is not a whole number.", declared.rule)
    too_low = declared.low is not None and given < declared.low
    too_high = declared.high is not None and given > declared.high
    if too_low or too_high:
        raise malformed(place, f"{given} is not between {declared.low} and {declared.high}.", declared.rule)
    return given


def _shape_text(declared: Property, given: object, place: str) -> str:
    if not isinstance(given, str):
        raise malformed(place, f"{given!r} is not a text.", declared.rule)
    if declared.values:
        known = {value.lower(): value for value in declared.values}
        if given.lower() not in known:
            raise malformed(
                place,
                f"'{given}' is not one of the values allowed: {', '.join(declared.values)}.",
                declared.rule,
            )
        return known[given.lower()]
    try:
        if declared.kind is Kind.ADDRESS and given:
            return str(IPv4Address(given))
        if declared.kind is Kind.PREFIX:
            return str(IPv4Network(given))
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise malformed(
            place, f"'{given}' is not a valid IPv4 {declared.kind.value}.", declared.rule
        ) from error
    return given
