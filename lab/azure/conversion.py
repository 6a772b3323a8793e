"""Between Pulumi's flat properties and Azure's nested JSON, and back.

Pulumi lifts what Azure keeps under `properties` to the object itself. A value that is not known yet travels
as the engine's marker and is left out of what is sent, which only a preview does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.rpc import UNKNOWN

from lab.azure.schema import Property, Shape

JsonObject = dict[str, Any]


def from_struct(struct: Struct) -> JsonObject:
    """Return gRPC's form as plain data; whole numbers become int."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return from_struct(value.struct_value)
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "string_value":
            return value.string_value
        case _:
            return None


def to_struct(data: Mapping[str, Any]) -> Struct:
    """Return plain data in gRPC's form, without keys that have no value."""
    struct = Struct()
    struct.update({key: value for key, value in data.items() if value is not None})
    return struct


def to_wire(inputs: Mapping[str, Any], shape: Shape) -> JsonObject:
    """Return Azure's form of properties in Pulumi's, known ones only."""
    wire: JsonObject = {}
    for name, value in inputs.items():
        known = shape.properties.get(name)
        if known is None or value is None or value == UNKNOWN:
            continue
        place = wire
        for step in known.wire[:-1]:
            place = place.setdefault(step, {})
        place[known.wire[-1]] = _convert(value, known, to_wire)
    return wire


def from_wire(wire: Mapping[str, Any], shape: Shape) -> JsonObject:
    """Return Pulumi's form of an object of Azure's; what the SDK does not know is left out."""
    found: JsonObject = {}
    for name, known in shape.properties.items():
        place: Any = wire
        for step in known.wire:
            place = place.get(step) if isinstance(place, Mapping) else None
        if place is not None:
            found[name] = _convert(place, known, from_wire)
    return found


def _convert(value: Any, known: Property, convert: Any) -> Any:
    shape = known.shape
    if shape is None:
        return value
    if isinstance(value, list):
        return [convert(item, shape) if isinstance(item, Mapping) else item for item in value]
    return convert(value, shape) if isinstance(value, Mapping) else value


def writable(outputs: Mapping[str, Any], shape: Shape) -> JsonObject:
    """Return the part of an object's outputs that its inputs could have set."""
    found = {}
    for name, known in shape.properties.items():
        if name not in outputs:
            continue
        value, inner = outputs[name], known.shape
        if inner is not None and isinstance(value, list):
            value = [writable(item, inner) if isinstance(item, Mapping) else item for item in value]
        elif inner is not None and isinstance(value, Mapping):
            value = writable(value, inner)
        found[name] = value
    return found


def with_drift(inputs: JsonObject, old: JsonObject, new: JsonObject) -> JsonObject:
    """Return inputs brought up to date with what has changed between old and new outputs.

    Only what differs between the outputs changes an input: what Azure never returns, as a key, stays, and
    what it fills in by itself never becomes one.
    """
    updated = dict(inputs)
    for name in {*old, *new}:
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        current = inputs.get(name)
        if isinstance(before, dict) and isinstance(after, dict):
            current = current if isinstance(current, dict) else {}
            updated[name] = with_drift(current, before, after)
        elif after is None:
            updated.pop(name, None)
        elif _same_keys(current, after):
            was = before if isinstance(before, list) else after
            updated[name] = [
                with_drift(mine, earlier, now)
                for mine, earlier, now in zip(current, was, after, strict=False)
            ]
        else:
            updated[name] = after
    return updated


def _same_keys(current: Any, after: Any) -> TypeGuard[list[JsonObject]]:
    """Whether two lists hold as many objects each, so that they can be compared one by one."""
    return (
        isinstance(current, list)
        and isinstance(after, list)
        and len(current) == len(after)
        and all(isinstance(item, dict) for item in [*current, *after])
    )


def planned_outputs(inputs: Mapping[str, Any], outputs: Shape) -> JsonObject:
    """Return what a preview knows of a resource: its inputs; what else Azure will return is unknown."""
    planned: JsonObject = {}
    for name, known in outputs.properties.items():
        inner = known.shape
        if name not in inputs:
            planned[name] = UNKNOWN
        elif inner is not None and isinstance(inputs[name], Mapping):
            planned[name] = planned_outputs(inputs[name], inner)
        elif inner is not None and isinstance(inputs[name], list):
            planned[name] = [
                planned_outputs(item, inner) if isinstance(item, Mapping) else item for item in inputs[name]
            ]
        else:
            planned[name] = inputs[name]
    return planned
