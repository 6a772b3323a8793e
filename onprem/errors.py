"""The errors of this package: one root, so that a caller can tell a router's trouble from a defect."""

from __future__ import annotations


class OnPremisesError(Exception):
    """Anything about a router that its user can mend; the message names the router, and the mend."""


class PushError(OnPremisesError):
    """A router that could not be reached, trusted, read or changed.

    `undone` says what became of the router's configuration: None if nothing was sent, True if the router is
    where it was before, False if it is not, and then the message lists what differs. No message holds a key.
    """

    def __init__(self, message: str, *, undone: bool | None = None) -> None:
        super().__init__(message)
        self.undone = undone


class Unreachable(PushError):  # noqa: N818 (a state of the world, which a preview survives)
    """A router that did not answer; nothing is known about its configuration."""


class Untrusted(PushError):  # noqa: N818 (a state of the world)
    """A router that showed another host key, or refused the login: there is no second try."""
