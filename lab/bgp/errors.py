"""What can go wrong with a living network, in one family."""

from __future__ import annotations


class LivingLabError(Exception):
    """Root of this package's errors: one message that names the thing and the mend."""


class MissingPrerequisiteError(LivingLabError):
    """Root rights, a package or a feature of the kernel is missing here."""


class UnsupportedDesignError(LivingLabError):
    """The description has something that this lab does not bring to life."""


class FailedCommandError(LivingLabError):
    """A program that the lab runs has refused what it was told."""


class NotConvergedError(LivingLabError):
    """Routing did not settle in time."""
