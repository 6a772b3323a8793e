"""What rendering refuses."""

from __future__ import annotations

from onprem.errors import OnPremisesError


class RenderError(OnPremisesError, ValueError):
    """A router that the network describes, but that IOS-XE could not be; the message says what to change."""
