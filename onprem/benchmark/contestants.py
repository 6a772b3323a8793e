"""One contestant, in a process of its own: `python -m onprem.benchmark.contestants NAME < TASK`.

- `floor`: asyncssh writes all lines at once and looks at nothing.
- `sending`: the lines of this push, each with its echo, its answer and its prompt.
- `netmiko`: plain netmiko, with the one option by which it notices a rejection.
- `guarded`: the whole of this push: read, compare, arm, send, log in anew, read back, confirm, save.
- `unchanged`: the same once more, when there is nothing to change.
- `fleet`: guarded pushes as the command makes them: one first, then in waves.

The task is JSON: `targets`, as the routers' process prints them, and `lines`. The answer is one line of JSON:
`lines`, the seconds that the slowest router took for the lines alone, which begin once all are logged in to
(null where they cannot be told apart),
`whole`, from the first connection to the last one's end, `cpu` seconds, `megabytes` at most, and `rest`
without any connection.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncssh
from netmiko import ConnectHandler

from onprem.fleet.waves import Ending, Member, Result, Rules, push_fleet
from onprem.plan.script import TypedLine
from onprem.push.guarded import push
from onprem.push.pushed import Intent, Pushed, Safeguards
from onprem.ssh.access import Access
from onprem.ssh.redaction import Redaction
from onprem.ssh.session import Session

USERNAME = "netops"
Target = dict[str, Any]


class Contest:
    """What every contestant is given."""

    def __init__(self, targets: Sequence[Target], lines: tuple[str, ...], directory: Path) -> None:
        self.targets, self.lines, self._directory = targets, lines, directory
        self.password = os.environ["IOSXE_PASSWORD"]
        self.all_logged_in = threading.Barrier(len(targets))

    def access(self, target: Target) -> Access:
        """How this push logs in: the port is in a file of OpenSSH's kind."""
        name = target["name"]
        config = self._directory / f"{name}.ssh_config"
        config.write_text(f"Host {name}\n  HostName 127.0.0.1\n  Port {target['port']}\n", encoding="utf-8")
        return Access(
            router=name,
            host=name,
            host_key=target["host_key"],
            username=USERNAME,
            password=self.password,
            ssh_config=config,
        )

    def push(self, target: Target, last: Pushed) -> Pushed:
        """A push as the provider makes it."""
        guards = Safeguards(journal=self._directory / "journal")
        return push(self.access(target), Intent(lines=self.lines), last, lambda: False, guards).pushed

    def at_once(self, one: Callable[[Target], float]) -> float:
        """Run for all routers at the same time; what the slowest took."""
        with ThreadPoolExecutor(len(self.targets)) as threads:
            return max(threads.map(one, self.targets))


def floor(contest: Contest) -> float:
    """See the module."""
    all_logged_in = asyncio.Barrier(len(contest.targets))

    async def one(target: Target) -> float:
        async with asyncssh.connect(
            "127.0.0.1",
            target["port"],
            username=USERNAME,
            password=contest.password,
            known_hosts=asyncssh.import_known_hosts(f"[127.0.0.1]:{target['port']} {target['host_key']}"),
            config=None,
            client_keys=None,
            agent_path=None,
        ) as connection:
            process = await connection.create_process(term_type="vt100")
            await process.stdout.readuntil("#")
            await all_logged_in.wait()
            begun = time.monotonic()
            typed = "".join(f"{line}\n" for line in ("configure terminal", *contest.lines, "end", "! done"))
            process.stdin.write(typed)
            await process.stdout.readuntil("! done")
            await process.stdout.readuntil("#")
            return time.monotonic() - begun

    async def all_of_them() -> float:
        return max(await asyncio.gather(*map(one, contest.targets)))

    return asyncio.run(all_of_them())


def sending(contest: Contest) -> float:
    """See the module."""
    typed = [TypedLine(section=(), text=line) for line in contest.lines]

    def one(target: Target) -> float:
        with Session(contest.access(target), Redaction({"password": contest.password})) as session:
            contest.all_logged_in.wait()
            begun = time.monotonic()
            session.configure(typed, {}, lambda: None)
            return time.monotonic() - begun

    return contest.at_once(one)


def netmiko(contest: Contest) -> float:
    """See the module."""

    def one(target: Target) -> float:
        with ConnectHandler(
            device_type="cisco_xe",
            host="127.0.0.1",
            port=target["port"],
            username=USERNAME,
            password=contest.password,
            use_keys=False,
            allow_agent=False,
        ) as connection:
            contest.all_logged_in.wait()
            begun = time.monotonic()
            connection.send_config_set(list(contest.lines), error_pattern=r"% Invalid", read_timeout=600)
            return time.monotonic() - begun

    return contest.at_once(one)


def guarded(contest: Contest) -> None:
    """See the module."""

    def one(target: Target) -> float:
        contest.push(target, Pushed())
        return 0.0

    contest.at_once(one)


def unchanged(contest: Contest) -> float:
    """See the module; the routers have been pushed to by `guarded`."""
    last = Pushed(lines=contest.lines)

    def one(target: Target) -> float:
        begun = time.monotonic()
        contest.push(target, last)
        return time.monotonic() - begun

    return contest.at_once(one)


def fleet(contest: Contest) -> None:
    """See the module."""
    targets = {target["name"]: target for target in contest.targets}

    def act(member: Member) -> Result:
        contest.push(targets[member.router], Pushed())
        return Result(router=member.router, ending=Ending.CHANGED)

    members = [Member(router=name, site=name) for name in targets]
    bad = [result for result in push_fleet(members, act, Rules()) if result.ending is not Ending.CHANGED]
    if bad:
        raise RuntimeError(f"{len(bad)} routers failed, the first by: {bad[0].says}")


CONTESTANTS: dict[str, Callable[[Contest], float | None]] = {
    run.__name__: run for run in (floor, sending, netmiko, guarded, unchanged, fleet)
}


def megabytes() -> float:
    """What this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Run one contestant, and say how it went."""
    task = json.loads(sys.stdin.read())
    with tempfile.TemporaryDirectory() as folder:
        contest = Contest(task["targets"], tuple(task["lines"]), Path(folder))
        rest = megabytes()
        begun, cpu = time.monotonic(), time.process_time()
        lines = CONTESTANTS[sys.argv[1]](contest)
        found = {
            "lines": lines,
            "whole": time.monotonic() - begun,
            "cpu": time.process_time() - cpu,
            "megabytes": megabytes(),
            "rest": rest,
        }
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
