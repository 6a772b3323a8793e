"""What a login is offered, in OpenSSH's order: keys of the agent and of identity files, then the password.

- With a password, keys are offered only where OpenSSH's configuration names an `IdentityFile`.
- Without one, OpenSSH's usual key files are offered too, and every key of the agent, unless the configuration
  says `IdentitiesOnly`. Those that it names come first: a router ends a login after a few tries.
- A key file that is encrypted is of use if the agent holds its key; nobody is asked for a passphrase.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import paramiko
from paramiko.agent import Agent

from onprem.errors import Unreachable, Untrusted
from onprem.ssh.access import Endpoint, fingerprint

_USUAL = tuple(Path(f"~/.ssh/id_{kind}") for kind in ("ed25519", "ecdsa", "rsa"))
_CUT_OFF = ("transport shut down", "Authentication timeout")
"""What paramiko says of a login that was not refused: it had no answer."""


@dataclass(slots=True)
class _Identities:
    """What identity files hold: private keys, public ones to be found in the agent, and what is wrong."""

    private: list[tuple[str, paramiko.PKey]] = field(default_factory=list)
    public: set[bytes] = field(default_factory=set)
    unusable: dict[bytes | str, str] = field(default_factory=dict)
    """By the public key if it is known: the agent may hold it."""


class Credentials:
    """Logs in to one router, once; says in its errors what was tried, and never shows the password."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._tried: list[str] = []

    def authenticate(self, transport: paramiko.Transport) -> None:
        """Offer one after the other until the router takes one; the name is paramiko's.

        Raises:
            Untrusted: it took none, or there is none; nothing is tried twice.
            Unreachable: the connection ended meanwhile.
        """
        username, password = self._endpoint.username, self._endpoint.access.password
        identities = _read_identities(self._endpoint)
        agent = Agent()
        try:
            for name, key in _keys(self._endpoint, identities, agent.get_keys()):
                self._tried.append(name)
                if self._accepted(partial(transport.auth_publickey, username, key)):
                    return
        finally:
            agent.close()
        if password:
            self._tried.append("the password")
            if self._accepted(partial(transport.auth_password, username, password)):
                return
        raise Untrusted(self._refusal(identities))

    def _accepted(self, offer: Callable[[], list[str]]) -> bool:
        try:
            left = offer()
        except paramiko.AuthenticationException as refusal:
            if any(says in str(refusal) for says in _CUT_OFF):
                endpoint = self._endpoint
                raise Unreachable(
                    f"{endpoint.access.router}: cannot log in to {endpoint.address}: the connection ended"
                    f" while {self._tried[-1]} was offered"
                ) from None
            return False
        return not left

    def _refusal(self, identities: _Identities) -> str:
        router, address = self._endpoint.access.router, self._endpoint.address
        user = self._endpoint.username or "(none given)"
        known = "".join(f"; {says}" for says in identities.unusable.values())
        if not self._tried:
            return (
                f"{router}: there is nothing to log in to {address} with: give a password"
                " (iosxe:password or IOSXE_PASSWORD), a key in the agent (ssh-add), or an IdentityFile in"
                f" OpenSSH's configuration{known}"
            )
        mend = (
            "check iosxe:username and iosxe:password, or IOSXE_USERNAME and IOSXE_PASSWORD"
            if "the password" in self._tried
            else "check who has which key on the router (ip ssh pubkey-chain)"
        )
        return (
            f"{router}: {address} refused user {user} with {', '.join(self._tried)}: {mend}; each was tried"
            f" once only{known}"
        )


def _keys(
    endpoint: Endpoint, identities: _Identities, agent: tuple[paramiko.AgentKey, ...]
) -> Iterator[tuple[str, paramiko.PKey]]:
    """Yield the keys to be offered, each once, with a name for people."""
    seen: set[bytes] = set()
    named = [key for key in agent if key.asbytes() in identities.public]
    others = [] if endpoint.identities_only or endpoint.access.password else agent
    in_agent = [(f"the agent's key {fingerprint(key)}", key) for key in named]
    rest = [(f"the agent's key {fingerprint(key)}", key) for key in others if key not in named]
    for name, key in (*in_agent, *identities.private, *rest):
        identities.unusable.pop(key.asbytes(), None)
        if key.asbytes() not in seen:
            seen.add(key.asbytes())
            yield name, key


def _read_identities(endpoint: Endpoint) -> _Identities:
    found = _Identities()
    usual = () if endpoint.access.password else tuple(str(file.expanduser()) for file in _USUAL)
    for name in endpoint.identity_files or usual:
        file = Path(name)
        if not file.is_file():
            continue
        public = _public_key(file if file.suffix == ".pub" else Path(f"{file}.pub"))
        if public is not None:
            found.public.add(public)
        if file.suffix == ".pub":
            continue
        try:
            found.private.append((f"the key {file}", paramiko.PKey.from_path(file)))
        except (paramiko.PasswordRequiredException, TypeError):
            says = f"{file} is encrypted and no agent holds it: ssh-add {file}"
            found.unusable[public or str(file)] = says
        except (OSError, ValueError, paramiko.SSHException) as error:
            found.unusable[str(file)] = f"{file} cannot be used as a private key ({type(error).__name__})"
    return found


def _public_key(file: Path) -> bytes | None:
    try:
        return b64decode(file.read_text(encoding="utf-8").split()[1], validate=True)
    except (OSError, UnicodeDecodeError, IndexError, binascii.Error):
        return None
