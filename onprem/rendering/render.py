"""Renders one router's IOS-XE configuration from the network: same network, same bytes.

The lines have the shape of `show running-config` without its `!` and `end`: one space for each level,
children under their section. They are complete without any output of Azure's and without any secret,
which placeholders stand for. Definitions precede their uses, so the lines can be sent in this order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from onprem.placeholders import PlaceholderKind, placeholder_names
from onprem.rendering.derivation import derive_intent
from onprem.rendering.intent import RouterIntent
from onprem.rendering.refusal import RenderError
from topology import Network

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterConfiguration:
    """What one router is to be configured with, and which values its lines still lack."""

    router: str
    host: str
    """What to open the SSH connection to."""
    lines: tuple[str, ...]
    outputs: tuple[str, ...]
    """Names of the outputs of Azure's that the lines refer to, in order of first use."""
    secrets: tuple[str, ...]
    """Names of the secrets that the lines refer to, in order of first use."""


def render_router(network: Network, router: str) -> RouterConfiguration:
    """Render a router by its name.

    Raises:
        RenderError: for an unknown router, or one that IOS-XE could not be.
    """
    if router not in network.routers:
        raise RenderError(f"{router} is not in routers ({', '.join(network.routers) or 'none is described'})")
    described = network.routers[router]
    lines = _write_down(derive_intent(network, described))
    return RouterConfiguration(
        router=router,
        host=described.host,
        lines=lines,
        outputs=placeholder_names(lines, PlaceholderKind.OUTPUT),
        secrets=placeholder_names(lines, PlaceholderKind.SECRET),
    )


def _write_down(intent: RouterIntent) -> tuple[str, ...]:
    template = environment().get_template("router.ios.j2")
    text = template.render({field.name: getattr(intent, field.name) for field in fields(intent)})
    return tuple(line for line in text.splitlines() if line)


@cache
def environment() -> Environment:
    """Return the template environment: it refuses names that are not defined, and values that are None."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701 (IOS lines, no HTML)
        undefined=StrictUndefined,
        finalize=_refuse_none,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _refuse_none(value: object) -> object:
    if value is None:
        raise RenderError("a template prints a value that is not set: test it with 'is not none' first")
    return value
