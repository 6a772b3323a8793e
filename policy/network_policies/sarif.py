"""Findings in SARIF 2.1.0, so that a code host shows each at the line that describes its resource.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from network_policies.catalogue import RULES
from network_policies.engine_events import Violation
from network_policies.rules import Level, Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_OWN = {rule.name: rule for rule in RULES}
_EXEMPTED, _NOT_PROVEN = "exempted until ", "not proven: "


def sarif_log(
    violations: Iterable[Violation], places: Mapping[str, Any], fallback: str, version: str
) -> dict[str, Any]:
    """Return a SARIF log with one run.

    Args:
        violations: What the engine said.
        places: By a resource's URN, the end of it (`TYPE::NAME`) or its logical name: `{"file", "line"}`.
        fallback: The file for a resource without a place, at its first line.
        version: The pack's.
    """
    found = list(violations)
    rules = _descriptors(found)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {
        "name": "hybrid-network",
        "semanticVersion": version,
        "informationUri": "https://www.pulumi.com/docs/insights/policy/",
        "rules": rules,
    }
    results = [_result(one, index[one.rule], place_of(one.urn, places, fallback)) for one in found]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "utf16CodeUnits", "results": results}],
    }


def place_of(urn: str, places: Mapping[str, Any], fallback: str) -> tuple[str, int]:
    """Return the file and line of a resource."""
    kind, _, name = urn.rpartition("::")
    for key in (urn, f"{kind.rpartition('::')[2]}::{name}", name):
        place = places.get(key)
        if isinstance(place, Mapping) and isinstance(place.get("file"), str):
            line = place.get("line")
            return place["file"], int(line) if isinstance(line, int | float) and line >= 1 else 1
    return fallback, 1


def _descriptors(found: list[Violation]) -> list[dict[str, Any]]:
    """Describe every rule of this pack, and those of other packs that found something."""
    foreign = {one.rule: one for one in found if one.rule not in _OWN}
    return [*map(_descriptor, RULES), *({"id": name, "name": name} for name in foreign)]


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "name": rule.name,
        "shortDescription": {"text": rule.holds},
        "fullDescription": {"text": f"{rule.holds} Rests on {', '.join(rule.sources)}."},
        "help": {"text": f"{rule.holds} See {rule.page}."},
        "helpUri": rule.page,
        "defaultConfiguration": {"level": "error" if rule.level == Level.MANDATORY else "warning"},
        "properties": {"tags": list(rule.sources)},
    }


def _result(one: Violation, rule_index: int, place: tuple[str, int]) -> dict[str, Any]:
    said = one.message.rpartition("\n")[2]
    file, line = place
    result: dict[str, Any] = {
        "ruleId": one.rule,
        "ruleIndex": rule_index,
        "level": _level(one, said),
        "message": {"text": f"{one.resource}: {one.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(file)},
                    "region": {"startLine": line},
                },
                "logicalLocations": [
                    {"name": one.resource, "fullyQualifiedName": one.urn, "kind": "resource"}
                ],
            }
        ],
        "partialFingerprints": {"ruleAndResource/v1": _fingerprint(one)},
    }
    if said.startswith(_EXEMPTED):
        result["suppressions"] = [{"kind": "external", "justification": said.partition(": ")[0]}]
    return result


def _level(one: Violation, said: str) -> str:
    if said.startswith((_NOT_PROVEN, _EXEMPTED)):
        return "note"
    return "error" if one.is_mandatory else "warning"


def _fingerprint(one: Violation) -> str:
    """Return what stays the same while a finding does: rule and resource, not the values in its message."""
    return hashlib.sha256(f"{one.rule}\n{one.urn}".encode()).hexdigest()[:32]
