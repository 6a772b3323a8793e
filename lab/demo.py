"""The main job from end to end on the lab: preview, up with the policy pack, paths, and a second preview.

Where a network lives behind the routers, their sessions are shown, and the prediction is held to it. What
came of it stays in the lab's directory: preview.txt, up.txt, reality.txt, preview-again.txt, stack.json,
paths.json, routers/<name>.cfg, sessions.txt, report.md and report.html.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh
from rich.console import Console

from lab.background import behind_the_routers, start, stop
from lab.demo_report import write_reports
from lab.directory import LabDirectory
from lab.errors import LabError
from lab.stacks import refuse_mistakes, refuse_unknown
from topology import Router, load_stack, stack_file

_POLICY_PACK = "policy"
_SSH_SECONDS = 30
_END_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """One run: where, of which stack, and in which environment."""

    directory: LabDirectory
    project: Path
    stack: str
    environment: Mapping[str, str]

    def run(self, command: Sequence[str], artefact: str, *, show: bool = True) -> None:
        """Run a command, keep what it prints, and show it as it comes.

        Raises:
            LabError: if it fails; what it printed is in the artefact.
        """
        path = self.directory.path / artefact
        with path.open("w", encoding="utf-8") as kept:
            process = subprocess.Popen(
                command,
                cwd=self.project,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if show else None,
                text=True,
            )
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    kept.write(line)
                    if show:
                        sys.stdout.write(line)
                        sys.stdout.flush()
                code = process.wait()
            except BaseException:
                _await_end(process)
                raise
            if code != 0:
                raise LabError(
                    f"`{_called(command)}` failed{_first_error(path)}; all that it said is in {path}"
                )

    def pulumi(self, *arguments: str, artefact: str, show: bool = True) -> None:
        """Run Pulumi on the stack."""
        command = ["pulumi", *arguments, "--stack", self.stack, "--non-interactive", "--color", "never"]
        self.run(command, artefact, show=show)


def _first_error(said: Path) -> str:
    """Return the first error that Pulumi has told of, if it has."""
    lines = said.read_text(encoding="utf-8").splitlines()
    return next((f": {line.partition('error: ')[2]}" for line in lines if "error: " in line), "")


def _called(command: Sequence[str]) -> str:
    """Name a command as one types it.

    >>> _called(["/x/bin/python", "-m", "lab.bgp", "--directory", ".lab", "check"])
    'python -m lab.bgp'
    >>> _called(["pulumi", "up", "--yes"])
    'pulumi up'
    """
    return " ".join((Path(command[0]).name, *command[1 : 3 if command[1] == "-m" else 2]))


def _await_end(process: subprocess.Popen[str]) -> None:
    """Let a command that has heard Ctrl-C too come to its end: the engine finishes what it has begun."""
    try:
        process.communicate(timeout=_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def demonstrate(directory: LabDirectory, project: Path, stack: str) -> int:
    """Deploy a stack on the lab and show what came of it; nothing is destroyed.

    Raises:
        LabError: at the first step that fails, or before anything is started if the stack file has mistakes.
    """
    refuse_unknown(project, stack)
    refuse_mistakes(project, stack)
    began = time.monotonic()
    was_running = directory.read_status() is not None
    _say("Starting the lab: an emulated Azure, emulated routers, the real Pulumi engine")
    status = start(directory, project, stack=stack)
    sys.stdout.write(f"{behind_the_routers(status)}\n")
    try:
        demo = Demo(
            directory=directory,
            project=project,
            stack=stack,
            environment=directory.environment(status["variables"]),
        )
        _deploy(demo)
        _show_paths(demo)
        lives = _hold_to_reality(demo)
        _preview_again(demo)
        _read_back(demo, sessions=lives)
        write_reports(directory, project, stack)
    finally:
        if not was_running:
            stop(directory)
    _say(f"Done in {time.monotonic() - began:.0f} s. All of it is in {directory.path}; `make shell` goes on")
    return 0


def _deploy(demo: Demo) -> None:
    select = ["pulumi", "stack", "select", "--create", demo.stack, "--non-interactive"]
    demo.run(select, "select.txt", show=False)
    (demo.directory.path / "select.txt").unlink()
    pack = ("--policy-pack", _POLICY_PACK)
    _say(
        f"pulumi preview: what would change, in Azure and on the routers ({demo.directory.path}/preview.txt)"
    )
    demo.pulumi("preview", *pack, artefact="preview.txt", show=False)
    _say("pulumi up, judged by the policy pack")
    demo.pulumi("up", "--yes", "--skip-preview", *pack, artefact="up.txt")
    demo.pulumi("stack", "export", artefact="stack.json", show=False)


def _preview_again(demo: Demo) -> None:
    _say("pulumi preview once more: nothing is left to change")
    demo.pulumi("preview", "--expect-no-changes", "--suppress-outputs", artefact="preview-again.txt")


def _hold_to_reality(demo: Demo) -> bool:
    """Compare the prediction with the network behind the routers; False if there is none of this stack."""
    status = demo.directory.read_status() or {}
    if status.get("plain") or status.get("stack") != demo.stack:
        sys.stdout.write(f"\nNot held to a living network. {behind_the_routers(status)}\n" if status else "")
        return False
    _say(
        "The same paths in the living network: kernels' tables followed hop by hop, and pings (lab.bgp check)"
    )
    command = [sys.executable, "-m", "lab.bgp", "--directory", str(demo.directory.path), "check"]
    demo.run(command, "reality.txt")
    return True


def _read_back(demo: Demo, *, sessions: bool) -> None:
    """Keep each router's configuration as it shows it, keys sealed, and show what sessions it has."""
    _say("What the routers now run, read back over SSH")
    network = load_stack(stack_file(demo.stack, demo.project))
    folder = demo.directory.path / "routers"
    folder.mkdir(exist_ok=True)
    said = asyncio.run(_ask(demo.directory, network.routers.values(), sessions=sessions))
    for name, (configuration, *_) in said.items():
        (folder / f"{name}.cfg").write_text(configuration, encoding="utf-8")
        sys.stdout.write(f"  {folder / name}.cfg  {len(configuration.splitlines())} lines\n")
    if sessions:
        shown = "".join(f"{name}\n{neighbors}{tunnels}" for name, (_, neighbors, tunnels) in said.items())
        (demo.directory.path / "sessions.txt").write_text(shown, encoding="utf-8")
        sys.stdout.write(f"\n{shown}")


async def _ask(
    directory: LabDirectory, routers: Iterable[Router], *, sessions: bool
) -> dict[str, tuple[str, str, str]]:
    """Return each router's configuration, BGP neighbors and IKE SAs."""
    found = {}
    async with asyncio.timeout(_SSH_SECONDS):
        for router in routers:
            questions = ["running-config"]
            if sessions:
                questions += [f"ip bgp vpnv4 vrf {router.vrf.name} summary", "crypto ikev2 sa"]
            async with asyncssh.connect(
                router.host, config=[str(directory.ssh_config)], password=directory.password
            ) as session:
                typed = ["terminal length 0", *(f"show {question}" for question in questions), "exit", ""]
                answer = await session.run(input="\n".join(typed))
            text = str(answer.stdout).replace("\r\n", "\n")
            end = text.index("\nend\n") + len("\nend\n")
            found[router.name] = (
                text[text.index("version ") : end],
                _rows(text[end:], "Neighbor "),
                _rows(text[end:], "Tunnel-id "),
            )
    return found


def _rows(text: str, header: str) -> str:
    """Return a table from its header to the next line that is no row of it."""
    lines = text[text.index(header) :].splitlines() if header in text else []
    rows = itertools.takewhile(lambda line: line.strip() and "#" not in line, lines)
    return "".join(f"  {row}\n" for row in rows)


def _show_paths(demo: Demo) -> None:
    _say("Which way every pair of sites goes (python -m routing)")
    command = [sys.executable, "-m", "routing", "--stack", demo.stack]
    demo.run([*command, "--json"], "paths.json", show=False)
    steady = json.loads((demo.directory.path / "paths.json").read_text(encoding="utf-8"))["scenarios"][0]
    reachable = sum(path["reachable"] for path in steady["paths"])
    subprocess.run(command, cwd=demo.project, check=True)
    sys.stdout.write(f"{reachable} of {len(steady['paths'])} pairs reach each other in the steady state\n")


def _say(step: str) -> None:
    Console(soft_wrap=True).print(f"\n[bold]{step}[/bold]", highlight=False)
