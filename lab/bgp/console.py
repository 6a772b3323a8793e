"""What the command line says of a living network, from inside its world."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab.bgp.blueprint import Blueprint, NodeKind
from lab.bgp.checking import check
from lab.bgp.construction import draw_blueprint
from lab.bgp.convergence import await_convergence
from lab.bgp.directory import Directory, fingerprint
from lab.bgp.drained import FrrHands, Hands
from lab.bgp.drill import affected_pair, default_element, run_drill
from lab.bgp.errors import LivingLabError
from lab.bgp.evidence import write_evidence
from lab.bgp.manner import Manner
from lab.bgp.measuring import measure, memory
from lab.bgp.namespaces import inside
from lab.bgp.places import RUN
from lab.bgp.typed_drain import TypedHands
from lab.bgp.typist import type_lines
from lab.bgp.undeployed import undeployed_fingerprint
from routing import check_elements, check_sites, element_names
from topology import Network, load_stack

_MEASURED_SECONDS = 10.0


def run(options: argparse.Namespace, directory: Directory) -> int:
    """Carry out a command; 1 if a check finds what it should not."""
    network, blueprint = _living(directory)
    match options.command:
        case "settle":
            _settle(blueprint, options.within, options.measures)
        case "status":
            _say_status(blueprint, directory)
        case "check":
            check_elements(network, options.failure)
            failures = element_names(network) if options.all_failures else tuple(options.failure)
            return _check(network, blueprint, failures, options)
        case "run":
            return _run_in(blueprint, options.node, options.program)
        case "drill":
            return _drill(network, blueprint, options, directory)
    return 0


def _settle(blueprint: Blueprint, within: float, measures: Path | None) -> None:
    convergence = await_convergence(blueprint, seconds=within)
    _say(f"settled {convergence.seconds:.1f} s later, {memory():.0f} MiB in all")
    _say_limits(blueprint)
    if measures:
        found = {"settledSeconds": convergence.seconds, **asdict(measure(blueprint, _MEASURED_SECONDS))}
        measures.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _living(directory: Directory) -> tuple[Network, Blueprint]:
    status = directory.read_status()
    assert status is not None  # `enter` has looked
    network = load_stack(Path(status["stackFile"]))
    told = undeployed_fingerprint(network) if status["undeployed"] else fingerprint(network)
    if told != status["fingerprint"]:
        raise LivingLabError(
            f"{status['stackFile']} has changed since `up`: end the network and start it anew"
        )
    return network, draw_blueprint(network)


def _check(
    network: Network, blueprint: Blueprint, failures: tuple[str, ...], options: argparse.Namespace
) -> int:
    wrong = 0
    written = []
    for verdict in check(network, blueprint, failures):
        name = verdict.failure or "steady state"
        found = len(verdict.mismatches)
        if found or (verdict.mended is None and not options.quiet):
            again = f" after {verdict.mended}" if verdict.mended else ""
            held = ", after BGP's hold time" if verdict.held else ""
            _say(f"{name}{again}: {verdict.pairs} pairs, {found} mismatches, {verdict.took:.1f} s{held}")
        for mismatch in verdict.mismatches:
            _say(f"  {mismatch}")
        wrong += found
        written.append(
            {
                "failure": verdict.failure,
                "mended": verdict.mended,
                "pairs": verdict.pairs,
                "pings": verdict.pings,
                "held": verdict.held,
                "seconds": round(verdict.took, 1),
                "mismatches": [str(mismatch) for mismatch in verdict.mismatches],
            }
        )
        if options.verdicts:
            options.verdicts.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return 1 if wrong else 0


def _run_in(blueprint: Blueprint, node: str, program: list[str]) -> int:
    """Run a program in a node; `vtysh` finds the node's own FRR."""
    if node not in blueprint.nodes:
        raise LivingLabError(f"{node} is no node of this network: {', '.join(blueprint.nodes)}")
    if not program:
        raise LivingLabError("name a program to run, such as `ip route`")
    name, *arguments = program
    if name == "vtysh":
        arguments = ["--vty_socket", str(RUN / node), *arguments]
    return subprocess.run(inside(node, name, *arguments), check=False).returncode


def _drill(network: Network, blueprint: Blueprint, options: argparse.Namespace, directory: Directory) -> int:
    element = options.element or default_element(network)
    check_elements(network, (element,))
    pair = tuple(options.pair) if options.pair else affected_pair(network, element)
    check_sites(network, *pair)
    for site in pair:
        if site not in blueprint.sites:
            raise LivingLabError(f"{site} is no site of this network: {', '.join(blueprint.sites)}")
    manner = Manner(options.how)
    hands: Hands = FrrHands()
    if (directory.read_status() or {}).get("undeployed"):
        hosts = {f"{NodeKind.ROUTER}.{router.name}": router.host for router in network.routers.values()}
        hands = TypedHands(hosts, type_lines)
    drill = run_drill(network, blueprint, element, manner, (pair[0], pair[1]), directory, hands)
    for event in drill.events:
        _say(f"{event.at - drill.events[0].at:6.1f} s  {event.what}")
    for (source, destination), probe in ((drill.pair, drill.there), (drill.pair[::-1], drill.back)):
        lost = len(probe.lost), probe.lost_between(drill.mended, probe.ended)
        outcome = f"{lost[0]} of {len(probe.sent)} lost, {lost[1]} of them on the way back"
        _say(f"{source} to {destination}: {outcome}, {probe.outage:.2f} s of silence")
    for path in write_evidence(drill, directory.path / "drills"):
        _say(str(path))
    otherwise = [phase.name for phase in drill.phases if not phase.as_predicted]
    if otherwise:
        _say(f"not as predicted from the stack file as it is now: {', '.join(otherwise)}")
    return 1 if otherwise else 0


def _say_status(blueprint: Blueprint, directory: Directory) -> None:
    status = directory.read_status() or {}
    table = Table(title=f"{len(blueprint.nodes)} nodes, {len(blueprint.wires)} wires", title_justify="left")
    for heading in ("Node", "Runs", "Fails with"):
        table.add_column(heading)
    for node in blueprint.nodes.values():
        runs = ", ".join(node.routing.daemons) if node.routing else ""
        table.add_row(node.name, runs, node.element or "")
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    _say_limits(blueprint)
    ends = status["endsAt"]
    when = f"by itself in {(ends - time.time()) / 60:.0f} min" if ends else "with the lab it belongs to"
    _say(f"{memory():.0f} MiB, ends {when}")


def _say_limits(blueprint: Blueprint) -> None:
    for limit in blueprint.limits:
        _say(f"not brought to life: {limit}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
