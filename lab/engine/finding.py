"""Which `pulumi` to run: the one on PATH if it fits, else the one built here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab.engine.building import VERSION, BuildError, build_engine

_LANGUAGE_HOST = "pulumi-language-python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A Pulumi engine that this project's programs run on."""

    binary: Path
    version: tuple[int, int, int]
    has_language_host: bool
    """Whether it brings its own way to run Python programs, as an installed one does."""


def find_engine(path: str | None = None) -> Engine:
    """Return the first fitting engine of a search path, or build one.

    Args:
        path: Directories to search, separated as in PATH, which it defaults to.

    Raises:
        BuildError: if there is none and none can be built; the message says what to install.
    """
    passed_over: list[str] = []
    installed = _installed(os.environ.get("PATH", "") if path is None else path, passed_over)
    if installed is not None:
        return installed
    try:
        return Engine(binary=build_engine(), version=VERSION, has_language_host=False)
    except BuildError as error:
        raise BuildError(" ".join([str(error), *passed_over])) from None


def _installed(path: str, passed_over: list[str]) -> Engine | None:
    """Return the first that fits, and say of each other one why it does not."""
    for directory in path.split(os.pathsep):
        binary = shutil.which("pulumi", path=directory) if directory else None
        if binary is None or shutil.which(_LANGUAGE_HOST, path=directory) is None:
            continue
        if _is_launcher(Path(directory) / _LANGUAGE_HOST):
            continue  # the lab's own, whose engine is the one to be found
        version = _version(binary)
        if version is not None and version[0] == VERSION[0] and version >= VERSION:
            return Engine(binary=Path(binary).resolve(), version=version, has_language_host=True)
        shown = "v" + ".".join(map(str, version)) if version else "of no known version"
        passed_over.append(f"({binary} is {shown}.)")
    return None


def _is_launcher(host: Path) -> bool:
    """Whether a language host is a script as the lab writes them; an installed one is a program."""
    with host.open("rb") as file:
        return file.read(2) == b"#!"


def _version(binary: str) -> tuple[int, int, int] | None:
    """Ask an engine for its version; None if it does not answer with one."""
    try:
        answer = subprocess.run(
            [binary, "version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
