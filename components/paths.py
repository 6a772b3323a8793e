"""The predicted paths as a stack output, and what a preview says when a change breaks one.

`paths` maps each site to each other one: `expressroute (expressroute1)`, with `, asymmetric` or `, left to
chance` where that holds, or `unreachable`. A preview compares it with the last deployment's. Networks of more
than `routing.MANY_SITES` sites have neither: there `python -m routing --diff` is the tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pulumi

import routing
import topology

PATHS_OUTPUT = "paths"

Paths = Mapping[str, Mapping[str, str]]

_UNREACHABLE = "unreachable"
_ASYMMETRIC, _CHANCE = _FLAWS = ("asymmetric", "left to chance")


def steady_paths(network: topology.Network) -> dict[str, dict[str, str]]:
    """Return every pair's path with everything up; nothing for a network of many sites."""
    if len(network.sites) > routing.MANY_SITES:
        return {}
    paths: dict[str, dict[str, str]] = {site: {} for site in network.sites}
    steady = next(iter(routing.predict_paths(network)))
    for path in steady.paths:
        paths[path.source][path.destination] = _in_words(path)
    return paths


def _in_words(path: routing.Path) -> str:
    if not path.reachable:
        return _UNREACHABLE
    over = ", ".join(segment.over for segment in path.forward.segments)
    flaws = [
        word for word, holds in ((_ASYMMETRIC, not path.symmetric), (_CHANCE, not path.determined)) if holds
    ]
    return ", ".join([f"{path.forward.via} ({over})", *flaws])


def report_changes(paths: Paths) -> None:
    """Warn, in a preview, of each path that gets worse than at the last deployment."""
    if not paths or not pulumi.runtime.is_dry_run():
        return
    for message in worsened(_last_deployed(), paths):
        pulumi.log.warn(message)


def worsened(before: Paths, after: Paths) -> Iterator[str]:
    """Yield what to say of each pair that is cut off, or newly asymmetric or left to chance.

    A pair that was not there before counts as one that was well, save for what it never had.
    """
    for source, destinations in after.items():
        for destination, now in destinations.items():
            was = before.get(source, {}).get(destination, "")
            if now == _UNREACHABLE:
                worse = was not in ("", _UNREACHABLE)
            else:
                worse = any(flaw in now and flaw not in was for flaw in _FLAWS)
            if worse:
                yield f"{source} to {destination} becomes {now}" + (f"; it was {was}" if was else "")


def _last_deployed() -> Paths:
    """Return the stack's own output of the last deployment, empty before the first."""
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    try:
        answer = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
    except Exception as error:  # noqa: BLE001  a stack without a deployment has no outputs to read
        pulumi.log.debug(f"paths are not compared with the last deployment: {error}")
        return {}
    paths: Paths = (answer or {}).get("outputs", {}).get(PATHS_OUTPUT) or {}
    return paths
