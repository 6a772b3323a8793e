"""On-premises routers: what they are configured with, and how it gets there."""

from onprem.errors import OnPremisesError, PushError
from onprem.placeholders import bgp_address, public_ip, shared_key
from onprem.rendering.refusal import RenderError
from onprem.rendering.render import RouterConfiguration, render_router

__all__ = [
    "OnPremisesError",
    "PushError",
    "RenderError",
    "RouterConfiguration",
    "bgp_address",
    "public_ip",
    "render_router",
    "shared_key",
]
