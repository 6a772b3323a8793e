"""Which keys change, and what that does to the tunnels between two ends."""

from __future__ import annotations

from onprem.placeholders import PlaceholderKind, placeholder_names
from onprem.push.fingerprints import unchanged_secrets
from onprem.push.pushed import Pushed
from onprem.resource.inputs import Inputs
from onprem.resource.results import Message, Severity


def about_keys(inputs: Inputs, pushed: Pushed) -> list[Message]:
    """Say which keys change, and what that does to their tunnels."""
    changed = [name for name in changed_keys(inputs, pushed) if name in pushed.fingerprints]
    at_once = (
        f"; {len(changed)} keys change in this run, so all their tunnels are down at once: change one at a"
        " time to keep one up"
        if len(changed) > 1
        else ""
    )
    return [
        Message(
            severity=Severity.WARNING,
            text=f"{inputs.router}: psk changed: {name}; both ends change in one run, and the tunnel is down"
            " from the first to the second: seconds, or the minutes that Azure takes for a new"
            f" connection{at_once}",
        )
        for name in changed
    ]


def changed_keys(inputs: Inputs, pushed: Pushed) -> tuple[str, ...]:
    """The keys that the router does not have yet, in order of use, those not known yet among them."""
    unchanged = unchanged_secrets(inputs.router, inputs.known_secrets, pushed.fingerprints)
    used = placeholder_names(inputs.lines, PlaceholderKind.SECRET)
    return tuple(name for name in used if name not in unchanged)


def left_behind(inputs: Inputs, pushed: Pushed) -> str:
    """Which side of a tunnel is left behind when a push of its new key fails."""
    changed = [name for name in changed_keys(inputs, pushed) if name in pushed.fingerprints]
    if not changed:
        return ""
    return (
        f". This router is left behind with the old value of {', '.join(changed)}: if the other end of the"
        " tunnel has the new one by now, the tunnel stays down until a run succeeds here too"
    )
