"""What the emulated Azure holds, and its file.

The file is written whole, beside itself and then renamed, readable by its owner only. Keys that users chose
stand in it as the vault seals them; what Azure generates and shows again (service and authorization keys), as
it is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from lab.azure.resource_id import ResourceId, parse_resource_id
from lab.azure.vault import Vault

Properties = dict[str, Any]

PUBLIC_ADDRESSES = IPv4Network("198.18.0.0/15")
"""Set aside for measurements by RFC 2544: nobody on the Internet has one of these."""

_REST_BETWEEN_WRITES = 20
"""How many times as long as a write takes to wait before the next, so that a large state does not block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource, never changed but replaced.

    `top` is what stands beside `properties`; `hidden` what Azure knows and never shows; `references` the
    keys of the resources it keeps from being deleted. Its last change is over at `settles`, `failed` or not.
    """

    id: ResourceId
    location: str | None
    tags: dict[str, str] | None
    top: Properties
    properties: Properties
    etag: str
    guid: str
    created: float
    hidden: Properties = field(default_factory=dict)
    references: tuple[str, ...] = ()
    settles: float = 0.0
    failed: bool = False


class State:
    """All resources, by the key of their id, with undo."""

    def __init__(self, file: Path, later: Callable[[float, Callable[[], None]], object]) -> None:
        """Load the file if there is one; `later` calls a function after some seconds."""
        self._file = file
        self._later = later
        self._resources: dict[str, Resource] = {}
        self._children: dict[str, set[str]] = {}
        self._referrers: dict[str, set[str]] = {}
        self._undo: list[tuple[str, Resource | None]] | None = None
        self._allocated: list[str] = []
        self._written, self._write_took = 0.0, 0.0
        self._unwritten, self._write_ordered = False, False
        self.vault = Vault(file.with_suffix(".vault"))
        self.port = 0
        self.provider_delay = 0.0
        self.provider_deprovisions = True
        self._load()

    def find(self, resource_id: ResourceId | str) -> Resource | None:
        """The resource of an id."""
        key = resource_id.key if isinstance(resource_id, ResourceId) else resource_id.lower()
        return self._resources.get(key)

    def list_all(self, type_path: str = "") -> list[Resource]:
        """All resources of a type, or of all types, in the order in which they were created."""
        found = (r for r in self._resources.values() if not type_path or r.id.type == type_path)
        return sorted(found, key=_by_age)

    def list_children(self, parent: ResourceId, type_path: str = "") -> list[Resource]:
        """The children of a resource, or of a group, in the order in which they were created."""
        children = (self._resources[key] for key in self._children.get(parent.key, ()))
        return sorted((c for c in children if not type_path or c.id.type == type_path), key=_by_age)

    def list_tree(self, root: ResourceId) -> list[Resource]:
        """All that goes when `root` goes, children before their parents."""
        below = [found for child in self.list_children(root) for found in self.list_tree(child.id)]
        resource = self.find(root)
        return [*below, resource] if resource is not None else below

    def list_referrers(self, resource_id: ResourceId, type_path: str = "") -> list[Resource]:
        """The resources that refer to one and keep it from being deleted."""
        keys = sorted(self._referrers.get(resource_id.key, ()))
        found = (self._resources[key] for key in keys)
        return [r for r in found if not type_path or r.id.type == type_path]

    def put(self, resource: Resource) -> None:
        """Add or replace a resource."""
        key = resource.id.key
        self._remember(key)
        self._set(key, resource)

    def remove(self, resource_id: ResourceId) -> None:
        """Remove a resource; its children have to be removed before it."""
        self._remember(resource_id.key)
        self._set(resource_id.key, None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the changes within, or none of them if one is refused."""
        if self._undo is not None:
            yield
            return
        self._undo = []
        allocated = len(self._allocated)
        try:
            yield
        except BaseException:
            del self._allocated[allocated:]
            for key, resource in reversed(self._undo):
                self._set(key, resource)
            raise
        finally:
            self._undo = None
        self.save()

    def allocate_public_address(self, resource_id: ResourceId) -> str:
        """A public address that nothing else ever had; the same for the same id in a fresh state."""
        usable = PUBLIC_ADDRESSES.num_addresses - 2
        start = int.from_bytes(sha256(resource_id.key.encode()).digest()[:8]) % usable
        taken = set(self._allocated)
        for offset in range(usable):
            address = str(PUBLIC_ADDRESSES[1 + (start + offset) % usable])
            if address not in taken:
                self._allocated.append(address)
                return address
        raise AssertionError("all public addresses are allocated")

    def save(self) -> None:
        """Write the file now, or soon if it was written just before."""
        self._unwritten = True
        rest = self._written + _REST_BETWEEN_WRITES * self._write_took - time.monotonic()
        if rest <= 0:
            self.flush()
        elif not self._write_ordered:
            self._write_ordered = True
            self._later(rest, self.flush)

    def flush(self) -> None:
        """Write the file if anything changed since the last time."""
        self._write_ordered = False
        if not self._unwritten:
            return
        started = time.monotonic()
        content = json.dumps(self._as_document(), separators=(",", ":"))
        beside = self._file.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(content)
        beside.replace(self._file)
        self._unwritten, self._written = False, time.monotonic()
        self._write_took = self._written - started

    def _remember(self, key: str) -> None:
        if self._undo is not None:
            self._undo.append((key, self._resources.get(key)))

    def _set(self, key: str, resource: Resource | None) -> None:
        before = self._resources.get(key)
        if before is not None:
            for target in before.references:
                self._referrers.get(target, set()).discard(key)
        if resource is None:
            if self._resources.pop(key, None) is not None and before is not None and before.id.names:
                self._children.get(before.id.parent.key, set()).discard(key)
            return
        self._resources[key] = resource
        if resource.id.names:
            self._children.setdefault(resource.id.parent.key, set()).add(key)
        for target in resource.references:
            self._referrers.setdefault(target, set()).add(key)

    def _as_document(self) -> dict[str, Any]:
        return {
            "port": self.port,
            "allocatedPublicAddresses": self._allocated,
            "resources": [_as_entry(resource) for resource in self._resources.values()],
        }

    def _load(self) -> None:
        if not self._file.exists():
            return
        document = json.loads(self._file.read_text())
        self.port = document["port"]
        self._allocated = document["allocatedPublicAddresses"]
        for entry in document["resources"]:
            resource = _from_entry(entry)
            self._set(resource.id.key, resource)


def _by_age(resource: Resource) -> tuple[float, str]:
    return resource.created, resource.id.key


def _as_entry(resource: Resource) -> dict[str, Any]:
    return {
        "id": str(resource.id),
        "location": resource.location,
        "tags": resource.tags,
        "top": resource.top,
        "properties": resource.properties,
        "etag": resource.etag,
        "guid": resource.guid,
        "created": resource.created,
        "hidden": resource.hidden,
        "references": resource.references,
        "failed": resource.failed,
    }


def _from_entry(entry: dict[str, Any]) -> Resource:
    resource_id = parse_resource_id(entry.pop("id"))
    assert resource_id is not None
    return Resource(id=resource_id, references=tuple(entry.pop("references")), **entry)
