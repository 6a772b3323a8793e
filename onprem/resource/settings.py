"""How pushes are made: what the provider's configuration says, or else the environment (IOSXE_...)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from onprem.errors import OnPremisesError
from onprem.fleet.waves import Rules
from onprem.notes import FOLDER
from onprem.push.pushed import Safeguards
from onprem.push.rollback_timer import LONGEST
from onprem.resource.login import Login

AT_ONCE = 128
"""Routers at once, at most; each waits for its answers nearly all the time."""
_PERCENT = 100


def project_root() -> Path:
    """Return the folder with Pulumi.yaml, here or above; the current one if there is none."""
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / "Pulumi.yaml").is_file()), here)


def read_login(given: Mapping[str, object], root: Path) -> Login:
    """Return who logs in, and what pushes rely on; they are noted below `root`.

    Raises:
        OnPremisesError: a setting that is none.
    """
    return Login(
        username=str(given.get("username") or os.environ.get("IOSXE_USERNAME", "")),
        password=str(given.get("password") or os.environ.get("IOSXE_PASSWORD", "")),
        ssh_config=_path(os.environ.get("IOSXE_SSH_CONFIG")),
        compare_with_state=os.environ.get("IOSXE_COMPARE") == "state",
        safeguards=_safeguards(given, root),
        approved=_approved(given.get("approved")),
    )


def read_rules(given: Mapping[str, object]) -> Rules:
    """Return how the pushes of a run follow one another.

    Raises:
        OnPremisesError: a setting that is none.
    """
    wave = _number(given, "wave", "IOSXE_WAVE", AT_ONCE)
    share = _number(given, "stopShare", "IOSXE_STOP_SHARE", 100)
    if wave < 1 or not 0 <= share <= _PERCENT:
        raise OnPremisesError("iosxe:wave must be at least 1, iosxe:stopShare a percentage from 0 to 100")
    first = _is_set(given, "canary", "IOSXE_CANARY")
    return Rules(canary=first, wave=wave, stop_share=share / _PERCENT)


def _safeguards(given: Mapping[str, object], root: Path) -> Safeguards:
    minutes = _number(given, "revertMinutes", "IOSXE_REVERT_MINUTES", 5)
    if not 0 <= minutes <= LONGEST:
        raise OnPremisesError(
            f"iosxe:revertMinutes (IOSXE_REVERT_MINUTES) must be from 0 to {LONGEST}, not {minutes}"
        )
    return Safeguards(
        revert_minutes=minutes,
        settle=_number(given, "settleSeconds", "IOSXE_SETTLE_SECONDS", 60),
        require_sessions=_is_set(given, "requireSessions", "IOSXE_REQUIRE_SESSIONS"),
        journal=root / FOLDER,
    )


def _is_set(given: Mapping[str, object], name: str, variable: str) -> bool:
    return str(given.get(name) or os.environ.get(variable, "")).lower() in {"true", "1", "yes"}


def _number(given: Mapping[str, object], name: str, variable: str, default: int) -> int:
    text = given.get(name)
    text = os.environ.get(variable) if text in {None, ""} else text
    try:
        return default if text in {None, ""} else int(float(str(text)))
    except ValueError:
        raise OnPremisesError(f"iosxe:{name} ({variable}) must be a whole number, not {text!r}") from None


def _approved(given: object) -> frozenset[str] | None:
    """The approved fingerprints; None if nothing is said about approvals. An empty text approves nothing."""
    text = os.environ.get("IOSXE_APPROVED") if given is None else given
    return None if text is None else frozenset(str(text).replace(",", " ").split())


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None
