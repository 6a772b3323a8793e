"""What SARIF 2.1.0's schema asks of the objects that the pack writes: required and known properties, kinds.

From https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json, as far as
the pack uses it. Every object there forbids properties that it does not name; so does this.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Shape(NamedTuple):
    """An object's required properties, and the shape of each that it may have."""

    required: tuple[str, ...]
    properties: dict[str, Any]


LEVELS = ("none", "note", "warning", "error")
TEXT = Shape(("text",), {"text": str, "markdown": str})
BAG = Shape((), {"tags": [str]})
RULE = Shape(
    ("id",),
    {
        "id": str,
        "name": str,
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "helpUri": "uri",
        "defaultConfiguration": Shape((), {"level": LEVELS}),
        "properties": BAG,
    },
)
DRIVER = Shape(("name",), {"name": str, "semanticVersion": str, "informationUri": "uri", "rules": [RULE]})
LOCATION = Shape(
    (),
    {
        "physicalLocation": Shape(
            ("artifactLocation",),
            {
                "artifactLocation": Shape((), {"uri": "uri-reference"}),
                "region": Shape(("startLine",), {"startLine": int}),
            },
        ),
        "logicalLocations": [Shape((), {"name": str, "fullyQualifiedName": str, "kind": str})],
    },
)
RESULT = Shape(
    ("message",),
    {
        "ruleId": str,
        "ruleIndex": int,
        "level": LEVELS,
        "message": TEXT,
        "locations": [LOCATION],
        "partialFingerprints": Shape(("ruleAndResource/v1",), {"ruleAndResource/v1": str}),
        "suppressions": [Shape(("kind",), {"kind": ("inSource", "external"), "justification": str})],
    },
)
RUN = Shape(
    ("tool",),
    {
        "tool": Shape(("driver",), {"driver": DRIVER}),
        "columnKind": ("utf16CodeUnits", "unicodeCodePoints"),
        "results": [RESULT],
    },
)
LOG = Shape(("version", "runs"), {"$schema": "uri", "version": ("2.1.0",), "runs": [RUN]})


def mistakes(value: Any, shape: Any = LOG, where: str = "log") -> list[str]:
    """Return what is wrong with a value, each with its place."""
    if isinstance(shape, Shape):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        found = [f"{where} lacks {name}" for name in shape.required if name not in value]
        found += [
            f"{where} has {name}, which is not in the schema"
            for name in value
            if name not in shape.properties
        ]
        for name, inner in shape.properties.items():
            found += mistakes(value[name], inner, f"{where}.{name}") if name in value else []
        return found
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where} is no array"]
        return [one for i, each in enumerate(value) for one in mistakes(each, shape[0], f"{where}[{i}]")]
    return [] if _fits(value, shape) else [f"{where} is {value!r}"]


def _fits(value: Any, shape: Any) -> bool:
    if shape == "uri":
        return isinstance(value, str) and bool(urlsplit(value).scheme)
    if shape == "uri-reference":
        return isinstance(value, str) and " " not in value and not value.startswith("/")
    if isinstance(shape, tuple):
        return value in shape
    if shape is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, shape) and bool(value)
