"""How a router shows the secrets it was given.

- Passwords of users are hashed (type 9).
- Keys are sealed (type 6) with `password encryption aes`. A real router can open its own; these cannot be
  opened at all, but can be compared.
- Else a neighbor's password is obscured (type 7) with `service password-encryption`, by a random salt, and a
  key of IKEv2 stands in clear.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b32encode

from lab.iosxe.configuration import Command, Section
from lab.iosxe.grammar import Match

_OBSCURING = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"
"""What type 7 is mixed with: public for as long as type 7 is."""
_SEALED = re.compile(r"(?:[5-9]) \S+")
_MASKED = re.compile(r"\b(pre-shared-key|password|secret|key)((?: (?:local|remote))?)\s+\S.*", re.IGNORECASE)


def mask_secrets(line: str) -> str:
    """The line with what follows `pre-shared-key`, `password`, `secret` or `key` blotted out.

    >>> mask_secrets(" pre-shared-key local abc")
    ' pre-shared-key local ***'
    """
    return _MASKED.sub(r"\1\2 ***", line)


class Sealer:
    """Turns the clear secrets of one router's lines into what the router prints."""

    def __init__(self, master: bytes) -> None:
        self._master = master

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

    def is_sealed_from(self, sealed: str, clear: str) -> bool:
        """Whether a stored type 6 came from this clear text."""
        word = sealed.rpartition(" ")[2]
        return hmac.compare_digest(word, self._type_6(clear, word[:16]))

    def _type_6(self, clear: str, salt: str = "") -> str:
        salt = salt or b32encode(secrets.token_bytes(10)).decode()
        digest = hmac.new(self._master, (salt + clear).encode(), hashlib.sha256).digest()
        return salt + b32encode(digest[:20]).decode()

    @staticmethod
    def _type_9(clear: str) -> str:
        salt = secrets.token_hex(7)
        digest = hashlib.scrypt(clear.encode(), salt=salt.encode(), n=16384, r=1, p=1, dklen=32)
        return f"9 $9${salt}${digest.hex()[:43]}"


def _type_7(clear: str) -> str:
    salt = secrets.randbelow(16)
    mixed = (
        ord(character) ^ ord(_OBSCURING[(salt + place) % len(_OBSCURING)])
        for place, character in enumerate(clear)
    )
    return f"{salt:02}" + "".join(f"{code:02X}" for code in mixed)
