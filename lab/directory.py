"""The lab's directory: where its parts keep their state, and the environment in which Pulumi works on it.

Everything lies in one git-ignored folder, so that removing it resets the emulated Azure, the routers and
Pulumi's own state together.
"""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.azure.subscriptions import SUBSCRIPTION
from lab.bgp.directory import Directory, is_held, read_status

PASSPHRASE = "lab"  # noqa: S105 (public on purpose: it protects an emulated network's keys)
USERNAME = "lab"

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class LabDirectory:
    """Paths and variables of one lab."""

    path: Path

    @property
    def azure(self) -> Path:
        """The emulated Azure's state and certificate."""
        return self.path / "azure"

    @property
    def devices(self) -> Path:
        """The emulated routers' configurations, host keys and transcripts."""
        return self.path / "devices"

    @property
    def living(self) -> Directory:
        """The living network's own folder."""
        return Directory(self.path / "bgp")

    @property
    def commands(self) -> Path:
        """Commands that come first on the lab's PATH."""
        return self.path / "bin"

    @property
    def ssh_config(self) -> Path:
        """OpenSSH's view of the routers: `ssh -F .lab/ssh_config location1-ce1`."""
        return self.path / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """The routers' host keys."""
        return self.path / "known_hosts"

    @property
    def environment_file(self) -> Path:
        """`source` it to work on the lab with plain `pulumi`."""
        return self.path / "env"

    @property
    def status_file(self) -> Path:
        """What a running lab says of itself, in JSON; its process id first."""
        return self.path / "lab.json"

    @property
    def lock_file(self) -> Path:
        """Held by the lab's process as long as it runs."""
        return self.path / "lab.lock"

    @property
    def log_file(self) -> Path:
        """What the lab's process had to say."""
        return self.path / "lab.log"

    @property
    def password(self) -> str:
        """The routers' password, made up once for each lab."""
        file = self.path / "password"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(18))
        return file.read_text(encoding="utf-8")

    def is_running(self) -> bool:
        """Whether the lab's process holds the lock."""
        return is_held(self.lock_file)

    def read_status(self) -> dict[str, Any] | None:
        """Return what a running lab says of itself; None if none runs, or none is ready yet."""
        return read_status(self.lock_file, self.status_file)

    def variables(self, azure_endpoint: str, attached_plugins: str) -> dict[str, str]:
        """Return what Pulumi, its plugins and the router provider read from their environment.

        Args:
            azure_endpoint: Host and port of the emulated Azure.
            attached_plugins: The value for `PULUMI_DEBUG_PROVIDERS`.
        """
        return {
            "PULUMI_HOME": str(self.path / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.path / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_DEBUG_PROVIDERS": attached_plugins,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **azure_variables(azure_endpoint, self.azure / "cert.pem"),
            "IOSXE_USERNAME": USERNAME,
            "IOSXE_PASSWORD": self.password,
            "IOSXE_SSH_CONFIG": str(self.ssh_config),
        }

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return a whole environment: this process's own, the lab's variables, and its commands first."""
        first = os.pathsep.join((str(self.commands), str(Path(sys.executable).parent)))
        return {**os.environ, **variables, "PATH": f"{first}{os.pathsep}{os.environ.get('PATH', '')}"}

    def write_environment(self, variables: Mapping[str, str]) -> None:
        """Write the file that a shell sources."""
        lines = ["# Written by the lab at each start; `source` it to work on the lab with plain `pulumi`."]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
        lines.append(
            f"export PATH={shlex.quote(str(self.commands))}:{shlex.quote(str(_ROOT / '.venv/bin'))}:$PATH"
        )
        write_private(self.environment_file, "\n".join(lines) + "\n")


def azure_variables(endpoint: str, certificate: Path) -> dict[str, str]:
    """Return what makes an azure-native provider speak to the emulated Azure; the login is for show."""
    return {
        "ARM_METADATA_HOSTNAME": endpoint,
        "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
        "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
        "ARM_TENANT_ID": "00000000-0000-0000-0000-000000000002",
        "ARM_CLIENT_ID": "00000000-0000-0000-0000-000000000003",
        "ARM_CLIENT_SECRET": "emulated",
        "SSL_CERT_FILE": str(certificate),
    }


def write_private(file: Path, text: str) -> None:
    """Write a file as a whole that only its owner may read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)
