"""Every rule there is, in the order in which the documentation lists them."""

from __future__ import annotations

from network_policies import (
    asns,
    circuits,
    connections,
    gateway_addresses,
    gateway_circuits,
    gateway_subnets,
    gateways,
    global_reach,
    ipsec_policies,
    keys,
    local_gateways,
    peerings,
    route_tables,
    router_links,
    router_outbound,
    router_paths,
    router_prefixes,
    router_references,
    router_sessions,
    router_tunnels,
    routers,
)
from network_policies.rules import Rule

RULES: tuple[Rule, ...] = (
    *routers.RULES,
    *router_outbound.RULES,
    *router_prefixes.RULES,
    *router_paths.RULES,
    *router_sessions.RULES,
    *router_links.RULES,
    *router_tunnels.RULES,
    *router_references.RULES,
    *asns.RULES,
    *peerings.RULES,
    *gateways.RULES,
    *gateway_addresses.RULES,
    *gateway_circuits.RULES,
    *gateway_subnets.RULES,
    *route_tables.RULES,
    *circuits.RULES,
    *global_reach.RULES,
    *connections.RULES,
    *ipsec_policies.RULES,
    *local_gateways.RULES,
    *keys.RULES,
)
