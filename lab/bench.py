"""Measures previews side by side: `make bench`.

Each line is a whole `pulumi preview` on the real engine: its time, the memory of its largest process (the
program's) and of all together, sampled, and the cost of one resource once the empty program's preview is
taken off. Ratios count, not seconds: they hold on other machines too.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from lab.background import start, stop
from lab.directory import LabDirectory
from lab.engine import BuildError
from lab.errors import LabError
from lab.generate import generate_network

_ROOT = Path(__file__).parents[1]
_SAMPLE_SECONDS = 0.1
_LINKED = ("components", "onprem", "routing", "topology", "__main__.py", ".venv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Medians over the runs of one case; memory in megabytes."""

    resources: int
    seconds: float
    largest: float
    together: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One program to preview, and how often."""

    name: str
    project: Path
    runs: int


def _make_cases(directory: Path) -> list[Case]:
    """Write a project for each case; the empty one first."""
    empty = directory / "empty"
    empty.mkdir()
    (empty / "Pulumi.yaml").write_text(_project_file(), encoding="utf-8")
    (empty / "__main__.py").write_text("import pulumi\n", encoding="utf-8")
    (empty / ".venv").symlink_to(_ROOT / ".venv")
    (empty / "Pulumi.test.yaml").write_text("config: {}\n", encoding="utf-8")
    test_stack = YAML(typ="safe").load(_ROOT / "Pulumi.test.yaml")["config"]["hybrid:network"]
    test_stack["routerMode"] = "render"  # previews of the Azure side: routers are not reached
    return [
        Case(name="empty program", project=empty, runs=3),
        Case(name="test stack", project=_write_project(directory / "test", test_stack), runs=3),
        Case(name="300", project=_write_project(directory / "300", generate_network(300)), runs=3),
        Case(
            name="300 with aliases",
            project=_write_project(directory / "300a", generate_network(300), aliases=True),
            runs=2,
        ),
        Case(name="3,000", project=_write_project(directory / "3000", generate_network(3000)), runs=1),
    ]


def _project_file() -> str:
    return "name: hybrid\nruntime: {name: python, options: {virtualenv: .venv}}\n"


def _write_project(folder: Path, network: Mapping[str, object], *, aliases: bool = False) -> Path:
    folder.mkdir()
    for name in _LINKED:
        (folder / name).symlink_to(_ROOT / name)
    plugin = f"plugins: {{providers: [{{name: iosxe, path: {_ROOT / 'onprem/iosxe_plugin'}}}]}}\n"
    (folder / "Pulumi.yaml").write_text(_project_file() + plugin, encoding="utf-8")
    config = {"hybrid:network": network, "hybrid:keepOldAliases": aliases}
    # JSON is YAML: ten times as fast to write for a large network
    (folder / "Pulumi.test.yaml").write_text(json.dumps({"config": config}), encoding="utf-8")
    return folder


def _preview(project: Path, environment: Mapping[str, str]) -> Measured:
    """Preview once."""
    command = ["pulumi", "preview", "--stack", "test", "--non-interactive", "--color", "never"]
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command,
            cwd=project,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        peak = _PeakMemory(process.pid)
        output, _ = process.communicate()
        seconds = time.perf_counter() - began
        largest, together = peak.stop()
        if process.returncode != 0:
            errors.seek(0)
            raise LabError(
                f"the preview in {project.name} failed:\n{output[-2000:]}\n{errors.read()[-2000:]}"
            )
    planned = set(re.findall(r"\+\s+azure-native:(?:network|resources):\w+ \S+ create", output))
    return Measured(resources=len(planned), seconds=seconds, largest=largest, together=together)


def _create_stack(project: Path, environment: Mapping[str, str]) -> None:
    """Create the stack that all cases share: nothing is ever deployed to it."""
    command = ["pulumi", "stack", "init", "test", "--non-interactive"]
    subprocess.run(command, cwd=project, env=dict(environment), check=True, capture_output=True)


class _PeakMemory:
    """The resident memory of a session's processes at its highest, sampled in a thread."""

    def __init__(self, session: int) -> None:
        self._session, self._largest, self._together = session, 0.0, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[float, float]:
        """End, and return megabytes: of the largest process, and of all together."""
        self._done.set()
        self._thread.join()
        return self._largest, self._together

    def _sample(self) -> None:
        while not self._done.wait(_SAMPLE_SECONDS):
            processes = _session_memory(self._session)
            self._largest = max(self._largest, *processes, 0.0)
            self._together = max(self._together, sum(processes))


def _session_memory(session: int) -> list[float]:
    megabytes = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
            if int(stat.rpartition(")")[2].split()[3]) != session:
                continue
            found = re.search(r"VmRSS:\s+(\d+)", (process / "status").read_text(encoding="utf-8"))
        except OSError:
            continue  # it has ended meanwhile
        megabytes.append(int(found[1]) / 1024 if found else 0.0)
    return megabytes


def _measure(cases: list[Case], environment: Mapping[str, str]) -> dict[str, Measured]:
    """Run the cases in turn, so that what slows the machine for a while slows all of them."""
    found: dict[str, list[Measured]] = {case.name: [] for case in cases}
    for turn in range(max(case.runs for case in cases)):
        for case in cases:
            if turn < case.runs:
                found[case.name].append(_preview(case.project, environment))
                sys.stderr.write(f"{case.name}: {found[case.name][-1].seconds:.1f} s\n")
    return {
        name: Measured(
            resources=runs[0].resources,
            seconds=statistics.median(run.seconds for run in runs),
            largest=statistics.median(run.largest for run in runs),
            together=statistics.median(run.together for run in runs),
        )
        for name, runs in found.items()
    }


def _print(measured: Mapping[str, Measured]) -> None:
    empty = measured["empty program"].seconds
    table = Table(
        "preview of", "Azure resources", "seconds", "without the empty one", "ms a resource", "MB", "MB, all"
    )
    for name, case in measured.items():
        net = case.seconds - empty
        each = f"{1000 * net / case.resources:.1f}" if case.resources else ""
        memory = (f"{case.largest:.0f}", f"{case.together:.0f}")
        table.add_row(name, f"{case.resources}", f"{case.seconds:.2f}", f"{net:.2f}", each, *memory)
    small, aliased, large = measured["300"], measured["300 with aliases"], measured["3,000"]
    faster = (aliased.seconds - empty) / (small.seconds - empty)
    growth = ((large.seconds - empty) / large.resources) / ((small.seconds - empty) / small.resources)
    console = Console(width=100)
    console.print(table)
    console.print(f"300 without aliases: {faster:.1f} times as fast as with them (wanted: at least 4)")
    console.print(f"a resource at 3,000: {growth:.2f} times its cost at 300 (wanted: at most 1.3)")
    console.print(f"3,000: {large.seconds:.0f} s, {large.largest:.0f} MB (wanted: within 60 s and 600 MB)")


def main() -> int:
    """Measure on a lab of its own, and print the table and the ratios."""
    with tempfile.TemporaryDirectory(prefix="hybrid-bench-") as folder:
        directory = LabDirectory(Path(folder) / "lab")
        try:
            cases = _make_cases(Path(folder))
            status = start(directory, Path(folder))
            environment = directory.environment(status["variables"])
            _create_stack(cases[0].project, environment)
            measured = _measure(cases, environment)
        except (LabError, BuildError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
        finally:
            stop(directory)
    _print(measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
