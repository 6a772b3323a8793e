"""Every rule there is, in the order in which the documentation lists them."""

from __future__ import annotations

from network_policies import asns, gateways, keys, peerings, router_references, routers
from network_policies.rules import Rule

RULES: tuple[Rule, ...] = (
    *routers.RULES,
    *router_references.RULES,
    *asns.RULES,
    *peerings.RULES,
    *gateways.RULES,
    *keys.RULES,
)
