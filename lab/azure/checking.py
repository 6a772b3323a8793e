"""What the azure-native plugin fills into inputs, and refuses about them, before Azure sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.rpc import UNKNOWN

from lab.azure.conversion import JsonObject
from lab.azure.schema import ResourceType, Shape


def set_name(inputs: JsonObject, old: JsonObject, resource: ResourceType, request: Any) -> None:
    """Give a resource that has no name its old one, or a new one as the real provider makes it."""
    parameter = resource.path_parameters[-1]
    if inputs.get(parameter):
        return
    if old.get(parameter):
        inputs[parameter] = old[parameter]
        if old.get("__createBeforeDelete"):
            inputs["__createBeforeDelete"] = True
        return
    modes = provider_pb2.CheckRequest.AutonamingOptions
    if request.HasField("autonaming") and request.autonaming.mode == modes.DISABLE:
        return
    if request.HasField("autonaming") and request.autonaming.proposed_name:
        inputs[parameter] = request.autonaming.proposed_name
    elif len(resource.path_parameters) > 2:  # noqa: PLR2004 (group and own name: a child has its parent's too)
        inputs[parameter] = request.name
        return
    else:
        inputs[parameter] = f"{request.name}{hashlib.sha256(request.randomSeed).hexdigest()[:8]}"
    inputs["__createBeforeDelete"] = True


def find_failures(inputs: JsonObject, resource: ResourceType) -> list[tuple[str, str]]:
    """Return each property that is missing or of a wrong type, and what is wrong with it."""
    required = [*resource.path_parameters, *sorted(resource.inputs.required)]
    missing = [(name, f"missing required property '{name}'") for name in required if inputs.get(name) is None]
    return missing + _wrong_types(inputs, resource.inputs, "")


def _wrong_types(inputs: Mapping[str, Any], shape: Shape, path: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in inputs.items():
        known = shape.properties.get(name)
        if known is None or known.kind is None or value in (None, UNKNOWN):
            continue
        accepted = (int, float) if known.kind is float else (known.kind,)
        inner = f"{path}{name}"
        if not isinstance(value, accepted) or (isinstance(value, bool) and known.kind is not bool):
            found.append((inner, f"'{inner}' should be of type {known.kind.__name__} but is {value!r}"))
        elif known.shape is not None:
            items = value if isinstance(value, list) else [value]
            for item in items:
                if isinstance(item, Mapping):
                    found += _wrong_types(item, known.shape, f"{inner}.")
    return found
