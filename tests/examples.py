"""How many examples a property is held to, and whether they are the same ones each time."""

from __future__ import annotations

from hypothesis import settings

GATE, SEARCH = "gate", "search"
_MORE_IN_A_SEARCH = 20


def register_profiles() -> None:
    """Register both profiles, and take the gate's unless pytest's `--hypothesis-profile` names the other.

    The gate takes the same examples each time, so that it never fails for what a change has not done. A
    search (`make fuzz`) takes new ones, and keeps in `.hypothesis` what failed, for the next to begin with.
    """
    settings.register_profile(GATE, deadline=None, derandomize=True, database=None)
    more = settings().max_examples * _MORE_IN_A_SEARCH
    settings.register_profile(SEARCH, deadline=None, max_examples=more, print_blob=True)
    settings.load_profile(GATE)


def examples(in_the_gate: int) -> int:
    """Return a property's number of examples, for its own `max_examples`: more in a search."""
    is_search = settings.get_current_profile_name() == SEARCH
    return in_the_gate * (_MORE_IN_A_SEARCH if is_search else 1)
