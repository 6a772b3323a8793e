"""Broken handling of keys."""

from __future__ import annotations

from tests.policy.broken import Broken, in_clear, put, rewrite

CE1 = "location1-ce1"

KEYS = [
    Broken(
        "shared-key-in-clear",
        put("location1-connection", "sharedKey", "r2D5t8W1z4C7f0J3m6Q9"),
        {("connection-key-secret", "location1-connection"), ("router-key-agrees", CE1)},
    ),
    Broken(
        "md5-key-of-a-circuit-in-clear",
        put("circuit-peering", "sharedKey", "r2D5t8W1z4C7f0J3m6Q9"),
        {
            ("connection-key-secret", "circuit-peering"),
            ("router-link-key", CE1),
            ("router-link-key", "location1-ce2"),
        },
    ),
    Broken(
        "authorization-key-in-clear",
        put("circuit-connection", "authorizationKey", "0a1b2c3d-0000-4000-8000-123456789abc"),
        {
            ("connection-key-secret", "circuit-connection"),
            ("connection-authorization-needless", "circuit-connection"),
        },
    ),
    Broken(
        "shared-key-on-expressroute",
        lambda d: d.put(
            "circuit-connection", "sharedKey", d.resources["location1-connection"].inputs["sharedKey"]
        ),
        {("connection-expressroute-keyless", "circuit-connection")},
    ),
    Broken(
        "service-key-not-marked",
        in_clear("circuit", "serviceKey", "7c1f9b2e-4d3a-4e6b-8f5c-0a9d8e7f6b5c"),
        {("circuit-key-secret", "circuit")},
    ),
    Broken(
        "published-key-in-a-description",
        put("circuit", "tags", {"note": "psk is IamSecure123."}),
        {("key-published", "circuit")},
    ),
    Broken(
        "key-in-router-lines",
        rewrite(
            CE1, "pre-shared-key local <secret:hub-location1-shared-key>", "pre-shared-key local r2D5t8W1z4"
        ),
        {("router-key-in-lines", CE1)},
    ),
    Broken(
        "router-secrets-in-clear",
        put(CE1, "secrets", {"hub-location1-shared-key": "r2D5t8W1z4C7f0J3m6Q9"}),
        {("router-secrets-marked", CE1), ("router-key-agrees", CE1)},
    ),
]
