"""What a pack's user may set for each rule: its level, its parameters, and exemptions from it.

The file for `--policy-pack-config` is JSON, by rule name:

    {"vpn-gateway-asn-grey": "disabled",
     "gateway-subnet-size": {
        "enforcementLevel": "advisory",
        "exemptions": [{"resource": "lab-*", "reason": "moved in spring", "until": "2027-03-31"}]}}

The engine checks it against the schema given here; what a schema cannot say is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import PolicyConfigSchema

from network_policies.rules import Rule

EXEMPTIONS = "exemptions"

_EXEMPTIONS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "description": "Resources that may break this rule for a while.",
    "items": {
        "type": "object",
        "required": ["resource", "reason", "until"],
        "additionalProperties": False,
        "properties": {
            "resource": {"type": "string", "minLength": 1, "description": "Name or URN; * and ? stand in."},
            "reason": {"type": "string", "minLength": 1},
            "until": {
                "type": "string",
                "pattern": r"^\d{4}-\d{2}-\d{2}$",
                "description": "Its last day, in UTC.",
            },
        },
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Leave for some resources to break a rule until the end of a day."""

    resource: str
    reason: str
    until: date

    def covers(self, name: str, urn: str) -> bool:
        """Whether it names a resource."""
        return any(fnmatchcase(candidate, self.resource) for candidate in (name, urn))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is set for one rule."""

    parameters: Mapping[str, Any]
    exemptions: tuple[Exemption, ...] = ()


def schema(rule: Rule) -> PolicyConfigSchema:
    """Return what may be set for a rule."""
    return PolicyConfigSchema(
        {**{k: dict(v) for k, v in rule.parameters.items()}, EXEMPTIONS: _EXEMPTIONS_SCHEMA}
    )


def read_settings(rule: Rule, configured: Mapping[str, Any]) -> Settings:
    """Read what is set for a rule, with its defaults.

    Raises:
        ValueError: Something is misspelt, or a date is none.
    """
    unknown = sorted(set(configured) - set(rule.parameters) - {EXEMPTIONS})
    if unknown:
        known = ", ".join([*rule.parameters, EXEMPTIONS, "enforcementLevel"])
        raise ValueError(f"rule {rule.name} has no setting {', '.join(unknown)}; it has {known}")
    defaults = {name: parameter["default"] for name, parameter in rule.parameters.items()}
    given = {name: _whole(value) for name, value in configured.items() if name != EXEMPTIONS}
    exemptions = tuple(_read_exemption(rule, entry) for entry in configured.get(EXEMPTIONS, ()))
    return Settings(parameters={**defaults, **given}, exemptions=exemptions)


def _read_exemption(rule: Rule, entry: Mapping[str, Any]) -> Exemption:
    try:
        return Exemption(
            resource=entry["resource"], reason=entry["reason"], until=date.fromisoformat(entry["until"])
        )
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"rule {rule.name} has an exemption without a resource, a reason or a date in until: "
            'write {"resource": "NAME", "reason": "WHY", "until": "YYYY-MM-DD"}'
        ) from None


def _whole(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Make whole numbers int again: the wire has doubles only."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
