"""Whose host key is whose, as OpenSSH's known_hosts says: plain, hashed and pattern names, revoked keys.

A line that cannot be used, as one of a key type that is not known here, says nothing about any router; the
others of its file count all the same. Certificate authorities are passed over: router keys are not signed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import translate
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry

_HASHED = "|1|"


def known_keys(files: Iterable[Path], name: str) -> tuple[paramiko.PKey, ...]:
    """Return the keys that the files have for a name, without those that one of them revokes."""
    trusted: list[paramiko.PKey] = []
    revoked: set[bytes] = set()
    for marker, key in _entries(files, name):
        if marker == "@revoked":
            revoked.add(key.asbytes())
        elif not marker:
            trusted.append(key)
    return tuple(key for key in trusted if key.asbytes() not in revoked)


def _entries(files: Iterable[Path], name: str) -> Iterator[tuple[str, paramiko.PKey]]:
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:  # no such file: then it knows nobody, which the refusal says
            continue
        for line in lines:
            marker, _, rest = line.strip().partition(" ") if line.lstrip().startswith("@") else ("", "", line)
            names = rest.split(maxsplit=1)[:1]
            if names and not rest.lstrip().startswith("#") and _is_named(names[0].split(","), name):
                yield from ((marker, key) for key in _key(rest.strip()))


def _key(line: str) -> Iterator[paramiko.PKey]:
    try:
        entry = HostKeyEntry.from_line(line)
    except (ValueError, paramiko.SSHException, paramiko.hostkeys.InvalidHostKey):
        return
    if entry is not None and entry.key is not None:
        yield entry.key


def _is_named(patterns: list[str], name: str) -> bool:
    if any(pattern.startswith("!") and _matches(pattern[1:], name) for pattern in patterns):
        return False
    return any(_matches(pattern, name) for pattern in patterns)


def _matches(pattern: str, name: str) -> bool:
    if pattern.startswith(_HASHED):
        try:
            return paramiko.HostKeys.hash_host(name, pattern) == pattern
        except ValueError:
            return False
    return re.fullmatch(translate(pattern.replace("[", "[[]")), name) is not None
