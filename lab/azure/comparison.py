"""How inputs differ, in the engine's terms: paths added, deleted or changed, and which force a replace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from lab.azure.schema import ResourceType

ADD, DELETE, UPDATE = (
    provider_pb2.PropertyDiff.ADD,
    provider_pb2.PropertyDiff.DELETE,
    provider_pb2.PropertyDiff.UPDATE,
)
_REPLACING = {
    ADD: provider_pb2.PropertyDiff.ADD_REPLACE,
    DELETE: provider_pb2.PropertyDiff.DELETE_REPLACE,
    UPDATE: provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], resource: ResourceType
) -> provider_pb2.DiffResponse:
    """Return the engine's answer to how a resource's inputs have changed."""
    changes = {}
    replaces = set()
    for path, kind in _differences(_public(old), _public(new), ""):
        first = path.split(".")[0].split("[")[0]
        replacing = first in resource.must_replace
        if replacing:
            replaces.add(first)
        changes[path] = provider_pb2.PropertyDiff(
            kind=_REPLACING[kind] if replacing else kind, inputDiff=True
        )
    some = provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some,
        diffs=sorted({path.split(".")[0].split("[")[0] for path in changes}),
        replaces=sorted(replaces),
        deleteBeforeReplace=bool(replaces) and not old.get("__createBeforeDelete"),
        detailedDiff=changes,
        hasDetailedDiff=True,
    )


def _public(inputs: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in inputs.items() if not key.startswith("__")}
    if isinstance(found.get("location"), str):
        found["location"] = found["location"].replace(" ", "").lower()  # Azure takes both spellings
    return found


def _differences(
    old: Any, new: Any, path: str
) -> Iterator[tuple[str, provider_pb2.PropertyDiff.Kind.ValueType]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{path}.{key}" if path else key
            if key not in new:
                yield inner, DELETE
            elif key not in old:
                yield inner, ADD
            else:
                yield from _differences(old[key], new[key], inner)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            inner = f"{path}[{index}]"
            if index >= len(new):
                yield inner, DELETE
            elif index >= len(old):
                yield inner, ADD
            else:
                yield from _differences(old[index], new[index], inner)
    elif old != new:
        yield path, UPDATE
