"""`python -m lab.bgp.soak`: generated networks, each alive and held to its prediction.

Looks at the steady state, at every single failure, and at the steady state again after each. What came of a
network is kept, so that a later run goes on where an earlier one ended, and the report is about all of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from lab.bgp.directory import Directory, fingerprint
from lab.bgp.errors import LivingLabError
from lab.bgp.generation import generate
from lab.bgp.lifecycle import enter, start_owned, stop
from lab.bgp.prerequisites import require
from lab.bgp.soak_report import Result, count_features, mismatches, write_report
from routing import element_names
from topology import CONFIG_KEY, Network

_STOP_AGAIN = 0.2


def main() -> int:
    """Run a range of seeds; 1 if any prediction was wrong, 2 if a network could not be brought to life."""
    options = _parse()
    room = (options.directory / "soak").absolute()
    seeds = range(options.first, options.first + options.networks)
    try:
        require()
    except LivingLabError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    room.mkdir(parents=True, exist_ok=True)
    try:
        _look_at_all(room, seeds, options.parallel, options.failures)
    except KeyboardInterrupt:
        sys.stderr.write("ended; what came of whole networks is kept, and the next run goes on from there\n")
        return 130
    results = _kept(room)
    if options.report:
        write_report(results, options.report)
    if any(result["error"] for result in results):
        return 2
    return 1 if any(mismatches(result) for result in results) else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.bgp.soak", description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path(".lab"))
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    parser.add_argument("--networks", type=int, default=100, help="seeds from the first on")
    parser.add_argument("--parallel", type=int, default=2, metavar="N", help="networks alive at once")
    parser.add_argument(
        "--failures", type=int, metavar="N", help="of each network, drawn from its elements; all if left out"
    )
    parser.add_argument("--report", type=Path, help="Markdown, about everything that has been kept so far")
    return parser.parse_args()


def _look_at_all(room: Path, seeds: range, parallel: int, failures: int | None) -> None:
    pool = ThreadPoolExecutor(parallel)
    interrupted = threading.Event()
    looks = [pool.submit(_look_at, room, seed, failures, interrupted) for seed in seeds]
    try:
        for look in looks:
            sys.stdout.write(f"{_line(look.result())}\n")
            sys.stdout.flush()
    except BaseException:
        interrupted.set()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        while not all(look.done() for look in looks):  # interrupted: without its network, a look ends
            for seed in seeds:
                stop(_directory(room, seed))
            time.sleep(_STOP_AGAIN)


def _directory(room: Path, seed: int) -> Directory:
    return Directory(room / f"seed-{seed}" / "bgp")


def _look_at(room: Path, seed: int, failures: int | None, interrupted: threading.Event) -> Result:
    """Return what is kept of a seed, or bring its network to life; what is interrupted leaves nothing."""
    description, network = generate(seed)
    elements = element_names(network)
    if failures is not None and failures < len(elements):
        elements = tuple(Random(seed).sample(elements, failures))  # noqa: S311 (no secret)
    kept = _load(room / f"{seed}.json")
    if kept and (kept["error"] or kept["fingerprint"] != fingerprint(network)):
        kept = None
    looked_at = {verdict["failure"] for verdict in kept["verdicts"]} if kept else set()
    left = tuple(element for element in elements if element not in looked_at)
    if kept and not left:
        return kept
    directory = _directory(room, seed)
    try:
        result = _bring_to_life(directory, seed, description, network, left)
    finally:
        if interrupted.is_set():
            shutil.rmtree(directory.path.parent, ignore_errors=True)
    if interrupted.is_set():
        return result
    if kept:
        result["verdicts"] = [*kept["verdicts"], *result["verdicts"]]
        result["seconds"] = round(kept["seconds"] + result["seconds"], 1)
    (room / f"{seed}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def _load(file: Path) -> Result | None:
    try:
        result: Result = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result


def _kept(room: Path) -> list[Result]:
    """Return what is kept of networks that are still drawn as they were."""
    results = [result for file in room.glob("[0-9]*.json") if (result := _load(file))]
    current = [one for one in results if one["fingerprint"] == fingerprint(generate(one["seed"])[1])]
    return sorted(current, key=lambda result: int(result["seed"]))


def _bring_to_life(
    directory: Directory, seed: int, description: dict[str, Any], network: Network, elements: tuple[str, ...]
) -> Result:
    """Build one network, check it, and end it; its folder stays if something went wrong."""
    folder = directory.path.parent
    folder.mkdir(exist_ok=True)
    stack_file = folder / f"Pulumi.seed-{seed}.yaml"
    stack_file.write_text(json.dumps({"config": {CONFIG_KEY: description}}, indent=2), encoding="utf-8")
    verdicts = folder / "verdicts.json"
    verdicts.unlink(missing_ok=True)
    began = time.monotonic()
    result: Result = {
        "seed": seed,
        "fingerprint": fingerprint(network),
        "features": count_features(network),
        "error": None,
    }
    owned = None
    try:
        owned = start_owned(directory, stack_file)  # it ends with this process, whatever ends that
        result["started"] = (directory.read_status() or {})["startedSeconds"]
        arguments = [argument for element in elements for argument in ("--failure", element)]
        command = ["--directory", str(folder), "check", "--quiet", "--verdicts", str(verdicts)]
        if enter(directory, [*command, *arguments]) not in {0, 1}:
            result["error"] = f"it did not settle; {folder} has its logs"
    except LivingLabError as error:
        result["error"] = str(error)
    finally:
        stop(directory)
        if owned:
            owned.wait()
    result["verdicts"] = json.loads(verdicts.read_text()) if verdicts.exists() else []
    result["seconds"] = round(time.monotonic() - began, 1)
    if not result["error"] and not mismatches(result):
        shutil.rmtree(folder)
    return result


def _line(result: Result) -> str:
    scenarios = len(result["verdicts"])
    pairs = sum(verdict["pairs"] for verdict in result["verdicts"])
    found = result["error"] or f"{len(mismatches(result))} mismatches"
    return f"seed {result['seed']}: {scenarios} scenarios, {pairs} paths, {found}, {result['seconds']} s"


if __name__ == "__main__":
    sys.exit(main())
