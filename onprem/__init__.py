"""On-premises routers: what they are configured with, and how it gets there."""

from onprem.refusal import RenderError
from onprem.render import RouterConfiguration, render_router

__all__ = ["RenderError", "RouterConfiguration", "render_router"]
