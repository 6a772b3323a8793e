"""Keeps the keys that users chose: on disk they are encrypted, by a key in a file beside the state."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken


class Vault:
    """Seals and opens what one emulated Azure was trusted with."""

    def __init__(self, file: Path) -> None:
        """Read the vault's own key, or make one up that only its owner can read."""
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(Fernet.generate_key())
        self._cipher = Fernet(file.read_bytes())

    def seal(self, key: str) -> str:
        """Return a key as it may be stored."""
        return self._cipher.encrypt(key.encode()).decode()

    def open(self, sealed: str | None) -> str | None:
        """Return a stored key in clear; None if there is none, or if it was sealed by another vault."""
        try:
            return self._cipher.decrypt(sealed).decode() if sealed else None
        except InvalidToken:
            return None
