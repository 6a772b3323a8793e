"""A project with the test stack, for `python -m onprem` and for the provider as Pulumi starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onprem.placeholders import shared_key
from onprem.rendering.render import render_router
from tests.onprem.provider_process import Provider, secret
from tests.onprem.routers import CANARY, PASSWORD, ROUTER, SECRETS, VALUES
from topology import load_stack

ROOT = Path(__file__).parents[2]
STACK = "Pulumi.test.yaml"


@dataclass
class Project:
    """The project's folder; keys and values are given to each command."""

    folder: Path
    ssh_config: Path
    providers: list[Provider] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "Pulumi.yaml").touch()
        (self.folder / STACK).write_text((ROOT / STACK).read_text())
        (self.folder / "networks").symlink_to(ROOT / "networks")
        self.give(CANARY)

    def give(self, key: str) -> None:
        """Writes the file of keys."""
        keys = self.folder / "keys.json"
        keys.touch(mode=0o600)
        keys.write_text(json.dumps({shared_key("hub-location1"): key}))

    def describe(self, old: str, new: str) -> None:
        """Changes the stack file."""
        text = (self.folder / STACK).read_text()
        assert old in text
        (self.folder / STACK).write_text(text.replace(old, new))

    def __call__(
        self, *arguments: str, given: bool = True, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs the command."""
        more = [f"--value={name}={value}" for name, value in VALUES.items()] if given else []
        clean = {name: value for name, value in os.environ.items() if not name.startswith("IOSXE_")}
        return subprocess.run(
            [sys.executable, "-m", "onprem", *arguments, *more, *(("--keys", "keys.json") if given else ())],
            cwd=cwd or self.folder,
            env={
                **clean,
                "PYTHONPATH": str(ROOT),
                "IOSXE_USERNAME": "netops",
                "IOSXE_PASSWORD": PASSWORD,
                "IOSXE_SSH_CONFIG": str(self.ssh_config),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    # --- what Pulumi does in it ---------------------------------------------------------------------------

    def provider(self) -> Provider:
        """A provider process, as the engine starts one for each run."""
        login = {"username": "netops", "password": secret(PASSWORD)}
        self.providers.append(Provider(self.folder, {"IOSXE_SSH_CONFIG": str(self.ssh_config)}, login))
        return self.providers[-1]

    def inputs(self) -> dict[str, Any]:
        """What the program gives to the router's resource."""
        lines = render_router(load_stack(self.folder / STACK), ROUTER).lines
        return {
            "router": ROUTER,
            "host": ROUTER,
            "site": "location1",
            "mode": "push",
            "lines": list(lines),
            "values": {name: value for name, value in VALUES.items() if name.startswith("hub-")},
            "secrets": secret(SECRETS),
        }

    def export(self, outputs: Mapping[str, Any]) -> tuple[str, str]:
        """Writes outputs of the resource as `pulumi stack export` does; the options that give them."""
        resource = {"type": "iosxe:index:Configuration", "outputs": dict(outputs)}
        file = self.folder / "stack.json"
        file.write_text(json.dumps({"version": 3, "deployment": {"resources": [resource]}}))
        return "--state", str(file)

    def stop(self) -> None:
        for provider in self.providers:
            provider.stop()
            assert CANARY not in provider.output
            assert PASSWORD not in provider.output
