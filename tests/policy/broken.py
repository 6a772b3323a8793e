"""Ways to break a deployment, and the words for what a rule says of it or must not say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Change = Callable[[Any], None]


class Broken(NamedTuple):
    """What is broken, and which rules say so of which resources."""

    id: str
    break_it: Change
    found: set[tuple[str, str]]
    level: str = "mandatory"
    shapes: tuple[str, ...] = ("up", "preview")
    """In which it shows: some things a first preview cannot know, some are found in one alone."""


def put(name: str, path: str, value: Any) -> Change:
    return lambda deployment: deployment.put(name, path, value)


def rewrite(name: str, old: str, new: str) -> Change:
    return lambda deployment: deployment.rewrite(name, old, new)


def drop(name: str) -> Change:
    def remove(deployment: Any) -> None:
        del deployment.resources[name]

    return remove


def rename_subnet(name: str) -> Change:
    def rename(deployment: Any) -> None:
        subnet = deployment.resources["hub-gateway-subnet"]
        subnet.inputs["subnetName"] = name
        subnet.path = f"virtualNetworks/vnet-hub/subnets/{name}"

    return rename


def all_of(*steps: Change) -> Callable[[Any], None]:
    def run(deployment: Any) -> None:
        for step in steps:
            step(deployment)

    return run


def in_clear(name: str, key: str, value: str) -> Change:
    def reveal(deployment: Any) -> None:
        deployment.resources[name].outputs[key] = value
        deployment.resources[name].secret_outputs = ()

    return reveal


class Near(NamedTuple):
    """What looks like a mistake and is none: the rules that must stay silent about it."""

    id: str
    change: Change
    rules: tuple[str, ...]


def no_change(_: Any) -> None:
    """Leave the deployment as it is: it holds the trap itself."""


def add(name: str, planned: Any) -> Change:
    def run(deployment: Any) -> None:
        deployment.resources[name] = planned

    return run


def append_lines(name: str, *lines: str) -> Change:
    return lambda deployment: deployment.resources[name].inputs["lines"].extend(lines)
