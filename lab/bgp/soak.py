"""`python -m lab.bgp.soak`: generated networks, each alive and held to its prediction.

Looks at the steady state and some failures of each, writes a report, and goes on where an earlier run ended.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from lab.bgp.directory import Directory
from lab.bgp.errors import LivingLabError
from lab.bgp.frr import TEMPLATES
from lab.bgp.generation import generate
from lab.bgp.lifecycle import enter, start, stop
from routing import element_names
from topology import CONFIG_KEY

_LIFETIME = 900.0


def main() -> int:
    """Run a range of seeds; 1 if any prediction was wrong, 2 if a network could not be brought to life."""
    parser = argparse.ArgumentParser(prog="python -m lab.bgp.soak", description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path(".lab"))
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--failures", type=int, default=3, help="of each network, drawn from its elements")
    parser.add_argument("--report", type=Path, help="Markdown; JSON lines are kept in the directory")
    options = parser.parse_args()
    room = (options.directory / "soak").absolute()
    room.mkdir(parents=True, exist_ok=True)
    results = []
    for seed in range(options.first, options.first + options.networks):
        result = _load(room, seed) or _live(room, seed, options.failures)
        results.append(result)
        sys.stdout.write(f"{_line(result)}\n")
        sys.stdout.flush()
    if options.report:
        options.report.write_text(_report(results), encoding="utf-8")
    if any(result["error"] for result in results):
        return 2
    return 1 if any(_mismatches(result) for result in results) else 0


def _load(room: Path, seed: int) -> dict[str, Any] | None:
    file = room / f"{seed}.json"
    if not file.exists():
        return None
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return None if result["error"] else result


def _live(room: Path, seed: int, failures: int) -> dict[str, Any]:
    """Bring one network to life, check it, end it, and keep what came of it."""
    description, network = generate(seed)
    stack_file = room / f"Pulumi.seed-{seed}.yaml"
    stack_file.write_text(json.dumps({"config": {CONFIG_KEY: description}}, indent=2), encoding="utf-8")
    elements = element_names(network)
    drawn = Random(seed).sample(elements, min(failures, len(elements)))  # noqa: S311 (no secret)
    directory = Directory(room / "bgp")
    verdicts = room / "verdicts.json"
    verdicts.unlink(missing_ok=True)
    began = time.monotonic()
    result: dict[str, Any] = {
        "seed": seed,
        "sites": len(network.sites),
        "elements": len(elements),
        "error": None,
    }
    try:
        result["started"] = start(directory, stack_file, _LIFETIME)["startedSeconds"]
        arguments = [argument for failure in drawn for argument in ("--failure", failure)]
        code = enter(directory, ["--directory", str(room), "check", "--verdicts", str(verdicts), *arguments])
        if code not in {0, 1}:
            result["error"] = "it did not settle; the logs are kept"
            shutil.copytree(directory.logs, room / f"logs-{seed}", dirs_exist_ok=True)
    except LivingLabError as error:
        result["error"] = str(error)
    finally:
        stop(directory)
    result["verdicts"] = json.loads(verdicts.read_text()) if verdicts.exists() else []
    result["seconds"] = round(time.monotonic() - began, 1)
    (room / f"{seed}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return result


def _mismatches(result: dict[str, Any]) -> list[str]:
    return [mismatch for verdict in result["verdicts"] for mismatch in verdict["mismatches"]]


def _line(result: dict[str, Any]) -> str:
    scenarios = len(result["verdicts"])
    pairs = sum(verdict["pairs"] for verdict in result["verdicts"])
    found = result["error"] or f"{len(_mismatches(result))} mismatches"
    return f"seed {result['seed']}: {scenarios} scenarios, {pairs} pairs, {found}, {result['seconds']} s"


def _report(results: Iterable[dict[str, Any]]) -> str:
    return TEMPLATES.get_template("soak.md.j2").render(results=list(results), mismatches=_mismatches)


if __name__ == "__main__":
    sys.exit(main())
