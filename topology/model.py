"""What every object of the network has in common: frozen, complete, camelCase in the stack file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema


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

    name: SkipJsonSchema[str] = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,39}$")


NamedObject = TypeVar("NamedObject", bound=Named)


Section = Annotated[
    Mapping[str, NamedObject],
    AfterValidator(MappingProxyType),
]
"""A mapping from name to object, read-only, in the order of the file."""
