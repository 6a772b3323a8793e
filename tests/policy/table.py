"""Every way in which a deployment is broken for a rule to find."""

from __future__ import annotations

from tests.policy.broken import Broken
from tests.policy.broken_addressing import ASNS, GATEWAY_SUBNETS, PEERINGS
from tests.policy.broken_connections import CONNECTIONS, IPSEC_POLICIES, LOCAL_GATEWAYS
from tests.policy.broken_gateways import CIRCUITS, GATEWAYS, GLOBAL_REACH, ROUTE_TABLES
from tests.policy.broken_keys import KEYS
from tests.policy.broken_links_subtly import LINKS, TUNNELS, VRFS
from tests.policy.broken_routers import ROUTERS
from tests.policy.broken_routes_subtly import PREFERENCE, TRANSIT
from tests.policy.broken_subtly import AZURE, DOUBTS, KNOWN

TABLE: list[Broken] = [
    *(*ASNS, *PEERINGS, *GATEWAY_SUBNETS, *ROUTE_TABLES, *GATEWAYS, *CIRCUITS, *GLOBAL_REACH),
    *(*CONNECTIONS, *IPSEC_POLICIES, *LOCAL_GATEWAYS, *KEYS, *ROUTERS),
    *(*DOUBTS, *KNOWN, *PREFERENCE, *TRANSIT, *LINKS, *TUNNELS, *VRFS, *AZURE),
]
