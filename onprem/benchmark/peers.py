"""One peer, in a process of its own: `PYTHON peers.py NAME < TASK`, with what requirements/bench.txt has.

It takes and says what `contestants` does, and imports nothing of this project: it runs on its own Python.

- `nornir`: Nornir's threads around netmiko, by nornir_netmiko.
- `napalm`: NAPALM merges a candidate that it writes to the router by Tcl (`inline_transfer`).
- `ansible`: a play of `cisco.ios.ios_config` over `network_cli`. It is given a file (`src`), for cisco.ios
  11.1.1 sends those of `lines` all over again for each of them (ansible-collections/cisco.ios#1317).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

USERNAME = "netops"
FORKS = 50
Target = dict[str, Any]


def nornir(targets: Sequence[Target], lines: Sequence[str], directory: Path) -> float:
    """The seconds of the slowest router's lines."""
    from nornir.core import Nornir  # noqa: PLC0415 (only this peer needs it, and so below)
    from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory  # noqa: PLC0415
    from nornir.core.plugins.connections import ConnectionPluginRegister  # noqa: PLC0415
    from nornir.core.task import Result, Task  # noqa: PLC0415
    from nornir.plugins.runners import ThreadedRunner  # noqa: PLC0415
    from nornir_netmiko.connections import Netmiko  # noqa: PLC0415

    del directory
    ConnectionPluginRegister.register("netmiko", Netmiko)
    options = ConnectionOptions(extras={"use_keys": False, "allow_agent": False})
    hosts = Hosts(
        {
            target["name"]: Host(
                name=target["name"],
                hostname="127.0.0.1",
                port=target["port"],
                username=USERNAME,
                password=os.environ["IOSXE_PASSWORD"],
                platform="cisco_xe",
                connection_options={"netmiko": options},
            )
            for target in targets
        }
    )
    took: dict[str, float] = {}

    def log_in(task: Task) -> Result:
        task.host.get_connection("netmiko", task.nornir.config)
        return Result(host=task.host)

    def send(task: Task) -> Result:
        connection = task.host.get_connection("netmiko", task.nornir.config)
        begun = time.monotonic()
        connection.send_config_set(list(lines), error_pattern=r"% Invalid", read_timeout=600)
        took[task.host.name] = time.monotonic() - begun
        return Result(host=task.host)

    inventory = Inventory(hosts=hosts, groups=Groups(), defaults=Defaults())
    with Nornir(inventory=inventory, runner=ThreadedRunner(num_workers=len(targets))) as all_of_them:
        for task in (log_in, send):
            found = all_of_them.run(task=task)
            if found.failed:
                raise RuntimeError(f"{len(found.failed_hosts)} routers failed")
    return max(took.values())


def napalm(targets: Sequence[Target], lines: Sequence[str], directory: Path) -> None:
    """A candidate merged into each router."""
    from napalm import get_network_driver  # noqa: PLC0415 (only this peer needs it)

    del directory
    driver = get_network_driver("ios")

    def one(target: Target) -> None:
        options = {
            "port": target["port"],
            "inline_transfer": True,
            "use_keys": False,
            "allow_agent": False,
        }
        password = os.environ["IOSXE_PASSWORD"]
        with driver("127.0.0.1", USERNAME, password, timeout=600, optional_args=options) as device:
            device.load_merge_candidate(config="\n".join((*lines, "")))
            device.commit_config()

    with ThreadPoolExecutor(len(targets)) as threads:
        list(threads.map(one, targets))


def ansible(targets: Sequence[Target], lines: Sequence[str], directory: Path) -> None:
    """A play over all routers."""
    variables = {
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_host": "127.0.0.1",
        "ansible_user": USERNAME,
        "ansible_password": "{{ lookup('env', 'IOSXE_PASSWORD') }}",
        "ansible_network_cli_ssh_type": "libssh",
        "ansible_command_timeout": 600,
    }
    hosts = {target["name"]: {"ansible_port": target["port"]} for target in targets}
    inventory = {"all": {"hosts": hosts, "vars": variables}}
    (directory / "lines.cfg").write_text("\n".join((*lines, "")), encoding="utf-8")
    source = str(directory / "lines.cfg")
    task = {"name": "lines", "cisco.ios.ios_config": {"src": source, "save_when": "modified"}}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [task]}]
    (directory / "inventory.yaml").write_text(json.dumps(inventory), encoding="utf-8")
    (directory / "play.yaml").write_text(json.dumps(play), encoding="utf-8")
    program = Path(sys.executable).with_name("ansible-playbook")
    subprocess.run(  # noqa: S603 (a fixed command)
        [program, "-i", "inventory.yaml", "-f", str(FORKS), "play.yaml"],
        cwd=directory,
        env={
            **os.environ,
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "ANSIBLE_PERSISTENT_CONTROL_PATH_DIR": str(directory / "pc"),
            "HOME": str(directory),
        },
        stdout=sys.stderr,
        check=True,
    )


PEERS: dict[str, Callable[[Sequence[Target], Sequence[str], Path], float | None]] = {
    run.__name__: run for run in (nornir, napalm, ansible)
}


def main() -> int:
    """Run one peer, and say how it went."""
    task = json.loads(sys.stdin.read())
    with tempfile.TemporaryDirectory() as folder:
        begun, cpu = time.monotonic(), sum(os.times()[:4])
        seconds = PEERS[sys.argv[1]](task["targets"], task["lines"], Path(folder))
        whole = time.monotonic() - begun
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    found = {
        "lines": seconds,
        "whole": whole,
        "cpu": sum(os.times()[:4]) - cpu,
        "megabytes": max(own.ru_maxrss, others.ru_maxrss) / 1024,
        "rest": 0.0,
    }
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
