"""Who logs in to routers, how one is reached, and what a push to it relies on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from onprem.errors import PushError
from onprem.push.pushed import Safeguards
from onprem.resource.inputs import Inputs, Unknown
from onprem.resource.state import State
from onprem.ssh.access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who logs in to routers, and where the machine's settings are."""

    username: str = ""
    password: str = field(default="", repr=False)
    ssh_config: Path | None = None
    compare_with_state: bool = False
    """Compare with what was pushed last, without a login."""
    safeguards: Safeguards = field(default_factory=Safeguards)
    approved: frozenset[str] | None = None
    """Fingerprints of the pushes that may be made; None if nobody has to approve."""


def access_to(given: Inputs | State, login: Login) -> Access:
    """Return how to log in to a resource's router."""
    host, host_key, serial = given.host, given.host_key, given.serial
    if isinstance(host, Unknown) or isinstance(host_key, Unknown) or isinstance(serial, Unknown):
        raise PushError(f"{given.router}: its host, host key or serial number is not known yet")
    return Access(
        router=given.router,
        host=host,
        host_key=host_key,
        username=login.username,
        password=login.password,
        ssh_config=login.ssh_config,
        serial=serial,
    )


def safeguards_for(given: Inputs | State, login: Login) -> Safeguards:
    """Return what a push to a resource's router relies on."""
    if given.revert_minutes is None:
        return login.safeguards
    return replace(login.safeguards, revert_minutes=given.revert_minutes)
