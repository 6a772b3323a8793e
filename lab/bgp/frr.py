"""A node's routing as FRR's configuration.

Two lines are there for the daemon's sake, and one for IOS's: `compatible rfc1583`, IOS's default, compares
external routes of several areas by cost alone. With the kernel's nexthop objects, FRR 8.4 loses routes of
several next hops for good when one's interface comes back: the kernel drops the object, and zebra believes it
still there. And without `coalesce-time 0` each node would hold updates back, to tell many neighbors at once.
"""

from __future__ import annotations

from dataclasses import fields

from jinja2 import Environment, PackageLoader, StrictUndefined

from lab.bgp.configuration import RoutingConfiguration

TEMPLATES = Environment(
    loader=PackageLoader("lab.bgp"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 (routers' lines, not HTML)
)


def render_frr(routing: RoutingConfiguration) -> str:
    """Return the lines that `vtysh -f` reads."""
    values = {field.name: getattr(routing, field.name) for field in fields(routing)}
    return TEMPLATES.get_template("frr.conf.j2").render(values)
