"""Where a living network's programs have sockets and configurations: on the keeper's own file system."""

from __future__ import annotations

from pathlib import Path

RUN = Path("/run/living")


def charon_socket(node: str) -> Path:
    """Return where a public node's strongSwan listens."""
    return RUN / node / "charon.vici"
