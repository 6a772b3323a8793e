"""What comes of comparing a router and of pushing to it: what is said, and what is to be remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from onprem.push.planned import Expectation
from onprem.resource.state import State


class Severity(StrEnum):
    """How loudly something is said."""

    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something for the user to read, about one router."""

    severity: Severity
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What an update would change: paths of inputs, `running` among them for the router itself."""

    properties: Mapping[str, str]
    """Path -> `add`, `update`, `delete` or `replace`."""
    messages: tuple[Message, ...]
    seen: Expectation | None = None
    """What the messages show of a push; None if the router was not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done, and what is to be remembered."""

    state: State
    messages: tuple[Message, ...] = ()
    changed: bool = False
    """Whether lines were sent to the router, and not taken back."""
    failure: str = ""
    """Why the router is between two configurations; the state says which lines of ours may be on it."""
