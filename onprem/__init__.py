"""On-premises routers: what they are configured with (`onprem.rendering.render`), and how it gets there.

Rendering is not imported here: the provider, a process for each run of the engine, would wait for templates
and for the whole model of a network, and needs neither.
"""

from onprem.errors import OnPremisesError, PushError
from onprem.placeholders import bgp_address, public_ip, shared_key
from onprem.rendering.refusal import RenderError

__all__ = [
    "OnPremisesError",
    "PushError",
    "RenderError",
    "bgp_address",
    "public_ip",
    "shared_key",
]
