"""How a router is reached, and which host key is its own: OpenSSH's client configuration and known_hosts."""

from __future__ import annotations

import base64
import contextlib
import getpass
import hashlib
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from onprem.errors import PushError, Untrusted
from onprem.ssh.known_hosts import known_keys

_SSH = Path("~/.ssh")
_SYSTEM_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")
_STANDARD_PORT = 22
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to log in to one router.

    `host` is a name or address, which OpenSSH's configuration may map. `host_key` is the router's public key
    in OpenSSH's form; without one, known_hosts has to know it. `username` and `password` may be empty:
    then OpenSSH's configuration names the user, and its identity files or the agent let it in.
    """

    router: str
    host: str
    host_key: str | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    ssh_config: Path | None = None
    """OpenSSH's client configuration; the user's own if None."""
    serial: str | None = None
    """The chassis' serial number, if it is to be checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the connection goes, and what is known about the other side."""

    access: Access
    config_file: Path | None
    hostname: str
    port: int
    username: str
    identity_files: tuple[str, ...]
    """Those that OpenSSH's configuration names."""
    identities_only: bool
    """Whether no other key is to be offered."""
    key_name: str
    """Under which name known_hosts has the router's key."""
    known_hosts: tuple[Path, ...]
    keys: tuple[paramiko.PKey, ...]
    """The host keys that count as the router's."""
    proxy: tuple[str, ...] = ()
    """The program through which the connection goes, and its arguments; empty for none."""

    @property
    def address(self) -> str:
        """Host and port for messages."""
        return f"[{self.hostname}]:{self.port}" if ":" in self.hostname else f"{self.hostname}:{self.port}"

    def refusal(self, key: paramiko.PKey) -> PushError:
        """The error for a host key that is not known to be the router's."""
        router, shown = self.access.router, fingerprint(key)
        if self.access.host_key is not None:
            known = fingerprint(self.keys[0])
            return Untrusted(
                f"{router}: {self.address} shows another host key ({shown}) than the one pinned as its"
                f" hostKey ({known}); nothing was sent. If the router has a new key, ask its owner to confirm"
                " it and change hostKey; if not, something else answers at this address"
            )
        files = ", ".join(map(str, self.known_hosts))
        if self.keys:
            known = ", ".join(map(fingerprint, self.keys))
            return Untrusted(
                f"{router}: {self.address} shows another host key ({shown}) than {files} has for"
                f" {self.key_name} ({known}); nothing was sent. If the router has a new key, have its owner"
                f" confirm it, then run: ssh-keygen -R '{self.key_name}' -f {self.known_hosts[0]} and add the"
                " new one; if not, something else answers at this address"
            )
        return Untrusted(
            f"{router}: the host key of {self.address} ({shown}) is not known: {files} has none for"
            f" {self.key_name}; nothing was sent. Have the router's owner confirm the fingerprint, then add"
            f" the key to the file (ssh-keyscan -p {self.port} {self.hostname}{self._renamed}) or set the"
            " router's hostKey"
        )

    @property
    def _renamed(self) -> str:
        """What is to be done about the name that ssh-keyscan writes, where a host key has another one."""
        scanned = self.hostname if self.port == _STANDARD_PORT else f"[{self.hostname}]:{self.port}"
        return "" if self.key_name == scanned else f", its first word replaced by {self.key_name}"


def fingerprint(key: paramiko.PKey) -> str:
    """Return a public key's type and SHA256 fingerprint, as OpenSSH prints it."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


def find_endpoint(access: Access) -> Endpoint:
    """Look a router up in OpenSSH's configuration and known_hosts.

    Raises:
        PushError: a file that cannot be read, or a pinned key that is none.
    """
    config_file = _config_file(access)
    found = _lookup(config_file, access)
    hostname = found.get("hostname", access.host)
    port = int(found.get("port", _STANDARD_PORT))
    standard = hostname if port == _STANDARD_PORT else f"[{hostname}]:{port}"
    key_name = found.get("hostkeyalias", standard)
    files = _known_hosts(found)
    pinned = access.host_key
    keys = (parse_host_key(access.router, pinned),) if pinned else known_keys(files, key_name)
    return Endpoint(
        access=access,
        config_file=config_file,
        hostname=hostname,
        port=port,
        username=access.username or found.get("user") or _local_user(),
        identity_files=tuple(found.get("identityfile", ())),
        identities_only=found.get("identitiesonly", "no").lower() == "yes",
        key_name=key_name,
        known_hosts=files,
        keys=keys,
        proxy=_proxy(found, config_file, f"[{hostname}]:{port}" if ":" in hostname else f"{hostname}:{port}"),
    )


def parse_host_key(router: str, text: str) -> paramiko.PKey:
    """Return the key of a line in OpenSSH's form: type, base64, and maybe a comment.

    Raises:
        PushError: the text is no public key.
    """
    try:
        kind, encoded = text.split()[:2]
        return paramiko.PKey.from_type_string(kind, base64.b64decode(encoded, validate=True))
    except (ValueError, paramiko.SSHException):
        raise PushError(
            f"{router}: hostKey is no public key in OpenSSH's form, as in 'ssh-ed25519 AAAA...'"
            " (the router's part of a line of known_hosts, without the name)"
        ) from None


def _config_file(access: Access) -> Path | None:
    if access.ssh_config is not None:
        if not access.ssh_config.is_file():
            raise PushError(
                f"{access.router}: there is no file {access.ssh_config}, which IOSXE_SSH_CONFIG names"
            )
        return access.ssh_config
    own = (_SSH / "config").expanduser()
    return own if own.is_file() else None


def _lookup(file: Path | None, access: Access) -> dict[str, str]:
    if file is None:
        return {}
    try:
        found = dict(paramiko.SSHConfig.from_path(str(file)).lookup(access.host))
        port = int(found.get("port", _STANDARD_PORT))
    except (OSError, ValueError, paramiko.SSHException) as error:
        raise PushError(
            f"{access.router}: {file} cannot be read as OpenSSH's configuration: {error}"
        ) from None
    if not 0 < port <= _LAST_PORT:
        raise PushError(f"{access.router}: {file} gives it the port {port}, which is none")
    return found


def _proxy(found: dict[str, str], config_file: Path | None, address: str) -> tuple[str, ...]:
    """The program that leads to the router; nobody is there for it to ask."""
    if (command := found.get("proxycommand")) and command != "none":
        return tuple(shlex.split(command))
    *first, last = found.get("proxyjump", "none").split(",")
    if last == "none":
        return ()
    options = ("-F", str(config_file), "-o", "BatchMode=yes", *(("-J", ",".join(first)) if first else ()))
    port, host = (last.rpartition(":")[2], last.rpartition(":")[0]) if ":" in last else ("", last)
    return ("ssh", *options, *(("-p", port) if port else ()), "-W", address, host)


def _local_user() -> str:
    """Who runs this, as whom OpenSSH would log in; empty if the system does not know."""
    with contextlib.suppress(KeyError, OSError):
        return getpass.getuser()
    return ""


def _known_hosts(found: dict[str, str]) -> tuple[Path, ...]:
    named = found.get("userknownhostsfile")
    if named is not None:
        return tuple(Path(name.strip('"')).expanduser() for name in named.split())
    return ((_SSH / "known_hosts").expanduser(), _SYSTEM_KNOWN_HOSTS)
