"""What the state keeps of a key to see whether it has changed: a fingerprint, from which it cannot be found.

The fingerprint stands in clear in the state. Keys that were generated are too long to guess; a key that a
person chose may not be, so the fingerprint is slow to compute (scrypt, about 50 ms). Router and name are its
salt: equal keys have different fingerprints, and the same key the same one after each push.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections.abc import Mapping

_COST = 2**14
_TURN = threading.BoundedSemaphore(os.cpu_count() or 1)
"""One computation for each core: each takes 16 MB, which a hundred routers at once would feel."""


def secret_fingerprint(router: str, name: str, value: str) -> str:
    """Return the fingerprint of a router's secret, as hexadecimal digits."""
    salt = f"{router}\0{name}".encode()
    with _TURN:
        return hashlib.scrypt(value.encode(), salt=salt, n=_COST, r=8, p=1, dklen=16).hex()


def unchanged_secrets(
    router: str, secrets: Mapping[str, str], fingerprints: Mapping[str, str]
) -> frozenset[str]:
    """Return the names of the secrets that have the given fingerprints."""
    return frozenset(
        name
        for name, value in secrets.items()
        if name in fingerprints
        and hmac.compare_digest(fingerprints[name], secret_fingerprint(router, name, value))
    )
