"""One resource as the rules see it: decoded once, with what was asked for and what came of it.

Two shapes meet here. The engine shows a resource's inputs before it creates it, and its outputs at the end.
Inputs hold what the program asked for, and what the URL of a request needs (`virtualNetworkName`), which
outputs lack; outputs hold what Azure filled in (`id`, a default ASN), unknown at a first preview. So a
property is read from the inputs, then from the outputs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import MappingProxyType

from network_policies.values import UNKNOWN, Secret, Text, Value, reveal, texts

_VERSION = re.compile(r"/v\d{8}[a-z]*(?=:)|(?<=^azure-native)_\w+_v\d{8}[a-z]*(?=:)")
"""In a type: `azure-native:network/v20230901:Subnet`, or in a package of its own for one API version,
`azure-native_network_v20230901:network:Subnet`."""


@cache
def _without_version(resource_type: str) -> str:
    return _VERSION.sub("", resource_type)


def _nothing() -> Mapping[str, Value]:
    return MappingProxyType({})


Path = tuple[str | int, ...]


class NotProvenError(Exception):
    """A rule cannot judge a resource, because something is not known.

    Attributes:
        what: The path of the unknown property, or what lies outside the stack.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """A resource with its inputs and outputs; either may be empty.

    Compared by identity, as a stack is, so that what is made of it can be cached.
    """

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Value] = field(default_factory=_nothing, repr=False)
    has_inputs: bool = True
    """False for what a run with --target leaves alone: the engine sends its outputs only."""
    outputs: Mapping[str, Value] = field(default_factory=_nothing, repr=False)
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """The URNs that each property was made of."""
    secret_outputs: frozenset[str] = frozenset()
    """What `additionalSecretOutputs` names."""
    provider: str = ""
    """The URN of the provider that deploys it; empty where the engine does not say."""
    subscription: str | None = None
    """The Azure subscription that this provider is set to; None where it comes from the environment."""

    @property
    def kind(self) -> str:
        """The type without its API version: `azure-native:network:Subnet`."""
        return _without_version(self.type)

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        """Every known text of the inputs, then of the outputs."""
        return (*texts(self.inputs), *texts(self.outputs))

    def peek(self, *path: str | int) -> Value:
        """Return a property, secrets as such; UNKNOWN as such; None if it is not set.

        In a preview every output is unknown that no input sets. Where the inputs are known, such a one is not
        set: Azure will fill in its default, which a rule must know.
        """
        value = _walk(self.inputs, path)
        if value is not None:
            return value
        output = _walk(self.outputs, path)
        return None if self.has_inputs and reveal(output) is UNKNOWN else output

    def read(self, *path: str | int) -> Value:
        """Return a property's plain value, None if it is not set. Raises NotProvenError if it is unknown."""
        value = reveal(self.peek(*path))
        if value is UNKNOWN:
            raise NotProvenError(f"{spell(path)} of {self.name} is not known yet")
        return value

    def text(self, *path: str | int) -> str | None:
        """Read a text; None if it is not set or no text."""
        value = self.read(*path)
        return value if isinstance(value, str) else None

    def number(self, *path: str | int) -> int | None:
        """Read a whole number, also one that was written as a text; None if it is not set."""
        value = self.read(*path)
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, *path: str | int) -> bool:
        """Read a boolean; one that is not set is false."""
        return self.read(*path) is True

    def elements(self, *path: str | int) -> tuple[Value, ...]:
        """Read a list; empty if it is not set or no list."""
        value = self.read(*path)
        return value if isinstance(value, tuple) else ()

    @property
    def id(self) -> str | None:
        """Azure's id, or None while it is unknown."""
        value = reveal(_walk(self.outputs, ("id",)))
        return value if isinstance(value, str) else None

    @property
    def is_new(self) -> bool:
        """Whether this is a preview and the resource does not exist yet."""
        return reveal(_walk(self.outputs, ("id",))) is UNKNOWN


def _walk(properties: Mapping[str, Value], path: Path) -> Value:
    """Follow a path; what hangs on an unknown is unknown, what hangs on a secret is secret."""
    value: Value = properties
    secret = False
    for step in path:
        if isinstance(value, Secret):
            secret, value = True, reveal(value)
        if value is UNKNOWN:
            return Secret(UNKNOWN) if secret else UNKNOWN
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, tuple) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            return None
    return Secret(value) if secret and value is not None and not isinstance(value, Secret) else value


def spell(path: Path) -> str:
    """Write a path as people do.

    >>> spell(("ipConfigurations", 0, "subnet", "id"))
    'ipConfigurations[0].subnet.id'
    """
    spelt = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return spelt.removeprefix(".")
