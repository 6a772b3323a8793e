"""How a router keeps the secrets it was given.

- Passwords of users are hashed (type 9).
- Keys are encrypted by a key of the router's own (type 6) with `password encryption aes`: the router can use
  what it holds, and nobody else can. As on a real one, one of another router's cannot be opened.
- Else a neighbor's password is obscured (type 7) with `service password-encryption`, by a random salt, and a
  key of IKEv2 stands in clear.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b32decode, b32encode
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lab.iosxe.configuration import Command, Section
from lab.iosxe.grammar import Match

_OBSCURING = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"
"""What type 7 is mixed with: public for as long as type 7 is."""
_SEALED = re.compile(r"(?:[5-9]) \S+")
_TYPE_6 = re.compile(r"\b6 ([A-Z2-7]+)$", re.MULTILINE)
_TYPE_7 = re.compile(r"(?<= password )7 ((?:[0-9A-F]{2})+)$", re.MULTILINE)
_MASKED = re.compile(r"\b(pre-shared-key|password|secret|key)((?: (?:local|remote))?)\s+\S.*", re.IGNORECASE)
_NONCE = 12


def mask_secrets(line: str) -> str:
    """The line with what follows `pre-shared-key`, `password`, `secret` or `key` blotted out.

    >>> mask_secrets(" pre-shared-key local abc")
    ' pre-shared-key local ***'
    """
    return _MASKED.sub(r"\1\2 ***", line)


class Sealer:
    """Turns the clear secrets of one router's lines into what the router prints, and keys back again."""

    def __init__(self, master: bytes) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"type 6" + master).digest())

    def seal(self, root: Section, match: Match[Command], words: tuple[str, ...]) -> tuple[str, ...]:
        """The words of a line with its secret as it is stored."""
        clear = next((argument.value for argument in match.arguments if argument.kind == "secret"), None)
        if clear is None or _SEALED.fullmatch(clear):
            return words
        hashed = words[0] in {"username", "enable"}
        clear = clear.removeprefix("0 ")
        return (*words[:-1], self._type_9(clear) if hashed else self._key(root, words, clear))

    def _key(self, root: Section, words: tuple[str, ...], clear: str) -> str:
        if ("password", "encryption", "aes") in root.lines:
            return f"6 {self._type_6(clear)}"
        obscured = words[0] == "neighbor" and ("service", "password-encryption") in root.lines
        return f"7 {_type_7(clear)}" if obscured else clear

    def open_all(self, text: str) -> str:
        """A configuration with its keys in clear; a type 6 of another router's stays as it is."""
        opened = _TYPE_6.sub(lambda found: self._open(found[1]) or found[0], text)
        return _TYPE_7.sub(lambda found: _open_7(found[1]), opened)

    def _type_6(self, clear: str) -> str:
        nonce = secrets.token_bytes(_NONCE)
        return b32encode(nonce + self._cipher.encrypt(nonce, clear.encode(), None)).decode().rstrip("=")

    def _open(self, sealed: str) -> str | None:
        try:
            whole = b32decode(sealed + "=" * (-len(sealed) % 8))
            return self._cipher.decrypt(whole[:_NONCE], whole[_NONCE:], None).decode()
        except (ValueError, InvalidTag):
            return None

    @staticmethod
    def _type_9(clear: str) -> str:
        salt = secrets.token_hex(7)
        digest = hashlib.scrypt(clear.encode(), salt=salt.encode(), n=16384, r=1, p=1, dklen=32)
        return f"9 $9${salt}${digest.hex()[:43]}"


def _type_7(clear: str) -> str:
    salt = secrets.randbelow(16)
    return f"{salt:02}" + "".join(f"{code:02X}" for code in _mixed(salt, clear.encode()))


def _open_7(obscured: str) -> str:
    return bytes(_mixed(int(obscured[:2]), bytes.fromhex(obscured[2:]))).decode(errors="replace")


def _mixed(salt: int, text: bytes) -> Iterator[int]:
    for place, code in enumerate(text):
        yield code ^ ord(_OBSCURING[(salt + place) % len(_OBSCURING)])
