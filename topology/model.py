"""What every object of the network has in common: frozen, complete, camelCase in the stack file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WrapSerializer
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9-]{0,39}$"
"""What every object's name keeps to: it stands in the names of Azure resources and of a router's objects."""


class Described(BaseModel):
    """An object of the stack file: no unknown keys, no coercion, no change after loading."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )


class Named(Described):
    """An object known by its key in the stack file, which becomes its name."""

    name: SkipJsonSchema[str] = Field(pattern=NAME_PATTERN)


NamedObject = TypeVar("NamedObject", bound=Named)


_AS_DICT = WrapSerializer(lambda mapping, serialized: serialized(dict(mapping)))

Section = Annotated[
    Mapping[str, NamedObject],
    AfterValidator(MappingProxyType),
    _AS_DICT,
    Field(json_schema_extra={"propertyNames": {"pattern": NAME_PATTERN}}),
]
"""A mapping from name to object, read-only, in the order of the file."""

Item = TypeVar("Item")

ReadOnly = Annotated[Mapping[str, Item], AfterValidator(MappingProxyType), _AS_DICT]
"""A mapping whose keys are free, read-only, in the order of the file."""


def nothing() -> MappingProxyType[str, Any]:
    """Return an empty mapping, for a section that is left out."""
    return MappingProxyType({})
