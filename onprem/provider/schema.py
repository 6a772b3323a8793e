"""The provider's schema, as the engine and its SDKs read it."""

from __future__ import annotations

from typing import Any

from onprem.resource.inputs import Mode

VERSION = "0.1.0"
TYPE = "iosxe:index:Configuration"


def package_schema() -> dict[str, Any]:
    """Return the package: its settings, and its one resource."""
    text: dict[str, Any] = {"type": "string"}
    texts = {"type": "array", "items": text}
    map_of_texts = {"type": "object", "additionalProperties": text}
    inputs = {
        "router": {**text, "description": "The router's hostname.", "willReplaceOnChanges": True},
        "host": {**text, "description": "Where SSH answers; OpenSSH's configuration may map it."},
        "hostKey": {**text, "description": "Its public host key, instead of known_hosts."},
        "serial": {**text, "description": "The chassis' serial number, to be checked before each push."},
        "site": {**text, "description": "Routers of one site are pushed to one after the other."},
        "revertMinutes": {
            "type": "integer",
            "description": "How long the router waits for a push's confirmation; 0 does without its timer.",
        },
        "mode": {**text, "description": f"How far to go: {', '.join(Mode)}."},
        "lines": {
            **texts,
            "description": "The configuration, one blank a level, with <output:NAME>, <secret:NAME>.",
        },
        "values": {**map_of_texts, "description": "The addresses that <output:NAME> stands for."},
        "secrets": {**map_of_texts, "description": "The keys that <secret:NAME> stands for.", "secret": True},
    }
    outputs = {
        **{name: value for name, value in inputs.items() if name != "secrets"},
        "pushedLines": texts,
        "preexisting": {"type": "array", "items": texts},
        "secretFingerprints": map_of_texts,
        "running": text,
        "drift": texts,
    }
    resource = {
        "inputProperties": inputs,
        "requiredInputs": ["router", "host", "lines"],
        "properties": outputs,
        "required": ["router", "host", "lines", "running"],
    }
    config = {
        "username": text,
        "password": {**text, "secret": True},
        "revertMinutes": {"type": "integer", "default": 5},
        "settleSeconds": {"type": "integer", "default": 60},
        "requireSessions": {"type": "boolean", "default": False},
        "canary": {"type": "boolean", "default": False, "description": "One router goes first, alone."},
        "wave": {"type": "integer", "description": "Routers at once, at most."},
        "stopShare": {"type": "integer", "description": "Percentage of failures that ends the run's pushes."},
        "approved": {**text, "description": "Only these pushes are made: fingerprints, or 'none'."},
    }
    return {
        "name": "iosxe",
        "version": VERSION,
        "config": {"variables": config},
        "provider": {"inputProperties": config},
        "resources": {TYPE: resource},
    }
