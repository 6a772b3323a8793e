"""Installs what tests need and pip does not have, where that is possible: `make packages`.

- Silent and quick where everything is there; one sentence where it cannot be installed. Never a failure: the
  tests that need it then say that they are skipped, and why.
- The packages' own services are kept from starting: nothing here uses them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.bgp.prerequisites import PACKAGES, missing_programs

_SECONDS = 900
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    *("-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30"),
    *("-o", "Dpkg::Use-Pty=0", "-qq"),
)
_POLICY = Path("/usr/sbin/policy-rc.d")
"""Asked by every package before it starts a service (Debian, invoke-rc.d); 101 forbids it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Packages that some tests need together."""

    what: str
    whose: str
    """Tests of what."""
    packages: tuple[str, ...]


def main() -> int:
    """Install what is missing; always 0."""
    for need in _missing():
        if obstacle := _obstacle():
            _say(f"{need.what}: not installed, {obstacle}; tests of {need.whose} are skipped")
            continue
        _say(f"installing {need.what}, up to a minute: {' '.join(need.packages)}")
        if trouble := _install(need.packages):
            _say(f"{need.what}: not installed, {trouble}; tests of {need.whose} are skipped")
    return 0


def _missing() -> Iterator[Need]:
    if missing_programs():
        yield Need(what="FRR and strongSwan", whose="living networks", packages=PACKAGES)
    if not any(map(shutil.which, _BROWSERS)):
        yield Need(what="Chromium", whose="reports in a browser", packages=("chromium",))


def _obstacle() -> str | None:
    """Return why nothing can be installed here."""
    if shutil.which("apt-get") is None:
        return "as there is no apt-get"
    return "as that needs root" if os.geteuid() != 0 else None


def _install(packages: tuple[str, ...]) -> str | None:
    """Return what went wrong, in apt's last words."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _services_kept_off():
        for arguments in (("update",), ("install", "-y", "--no-install-recommends", *packages)):
            try:
                done = subprocess.run(
                    ["apt-get", *_OPTIONS, *arguments],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return f"as apt-get {arguments[0]} did not end within {_SECONDS // 60} minutes"
            if done.returncode != 0:
                words = (done.stderr or done.stdout).strip().rpartition("\n")[2]
                return f"as apt-get {arguments[0]} failed ({words})"
    return None


@contextmanager
def _services_kept_off() -> Iterator[None]:
    """Let no package start a service meanwhile, unless this machine has a policy of its own."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
