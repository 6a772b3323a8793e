"""What a soak has found, as Markdown: how much was compared, what the networks had, and every mismatch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lab.bgp.frr import TEMPLATES
from routing import element_names, predict_paths
from topology import AZURE_GATEWAY_ASN, GATEWAY_SUBNET, IpsecPreset, Network, NextHopType

Result = dict[str, Any]
"""What came of one seed, as JSON has it."""

_SCENARIO = re.compile(r" (in the steady state|after \S+): ")
"""When a mismatch shows, in its line."""


def _active_active(network: Network) -> int:
    return sum(
        vnet.vpn_gateway.active_active for vnet in network.virtual_networks.values() if vnet.vpn_gateway
    )


def _parts(network: Network) -> int:
    links = (link.advertised_prefixes for _, _, link in network.links)
    tunnels = (tunnel.router.advertised_prefixes for tunnel in network.tunnels.values() if tunnel.router)
    return sum(1 for prefixes in (*links, *tunnels) if prefixes is not None)


def _prepended(network: Network) -> int:
    links = (link.as_path_prepend for _, _, link in network.links)
    tunnels = (tunnel.router.as_path_prepend for tunnel in network.tunnels.values() if tunnel.router)
    return sum(1 for count in (*links, *tunnels) if count)


def _links_on_one_router(network: Network) -> int:
    peerings = (circuit.private_peering for circuit in network.circuits.values())
    return sum(peering.primary.router == peering.secondary.router is not None for peering in peerings)


def _user_routes_to(hop: NextHopType) -> Callable[[Network], int]:
    def count(network: Network) -> int:
        routes = (route for table in network.route_tables.values() for route in table.routes.values())
        return sum(route.next_hop is hop for route in routes)

    return count


def _several_routers(network: Network) -> int:
    counted = Counter(router.location for router in network.routers.values())
    return sum(count > 1 for count in counted.values())


_FEATURES: dict[str, Callable[[Network], int]] = {
    "sites": lambda network: len(network.sites),
    "routers": lambda network: len(network.routers),
    "elements that can fail": lambda network: len(element_names(network)),
    "virtual networks with a gateway of their own": lambda network: sum(
        vnet.has_gateway for vnet in network.virtual_networks.values()
    ),
    "peerings": lambda network: len(network.peerings),
    "peerings without gateway transit": lambda network: sum(
        not peering.gateway_transit for peering in network.peerings.values()
    ),
    "circuits": lambda network: len(network.circuits),
    "connections with a weight": lambda network: sum(
        connection.weight > 0 for connection in network.connections.values()
    ),
    "gateways closed to other virtual networks (ER-17)": lambda network: sum(
        not vnet.express_route_gateway.allow_remote_vnet_traffic
        for vnet in network.virtual_networks.values()
        if vnet.express_route_gateway
    ),
    "links that are disabled": lambda network: sum(not link.enabled for _, _, link in network.links),
    "circuits with both links on one router": _links_on_one_router,
    "Global Reach": lambda network: len(network.global_reach),
    "Azure Route Server": lambda network: sum(
        vnet.route_server is not None for vnet in network.virtual_networks.values()
    ),
    "Azure Route Server with branch-to-branch": lambda network: sum(
        vnet.route_server is not None and vnet.route_server.branch_to_branch
        for vnet in network.virtual_networks.values()
    ),
    "appliances": lambda network: sum(element.startswith("appliance:") for element in element_names(network)),
    "subnets with a route table": lambda network: sum(
        subnet.route_table is not None
        for vnet in network.virtual_networks.values()
        for subnet in vnet.subnets.values()
    ),
    "route tables of a GatewaySubnet": lambda network: sum(
        GATEWAY_SUBNET in vnet.subnets and vnet.subnets[GATEWAY_SUBNET].route_table is not None
        for vnet in network.virtual_networks.values()
    ),
    "route tables without gateways' routes": lambda network: sum(
        not table.propagate_gateway_routes for table in network.route_tables.values()
    ),
    **{f"user routes to {hop}": _user_routes_to(hop) for hop in NextHopType},
    "peerings that pass what appliances forward": lambda network: sum(
        peering.allow_forwarded_traffic for peering in network.peerings.values()
    ),
    "locations with several routers": _several_routers,
    "routers without a local preference for ExpressRoute": lambda network: sum(
        router.bgp.express_route_local_preference is None for router in network.routers.values()
    ),
    "routers that prefer VPN, or rank it alike": lambda network: sum(
        (router.bgp.vpn_local_preference or 100) >= (router.bgp.express_route_local_preference or 100)
        for router in network.routers.values()
    ),
    "routers on a LAN without OSPF": lambda network: sum(
        router.ospf is None for router in network.routers.values()
    ),
    "routers that offer a default route": lambda network: sum(
        router.ospf is not None and router.ospf.default_information != "never"
        for router in network.routers.values()
    ),
    "tunnels to routers": lambda network: sum(
        tunnel.router is not None for tunnel in network.tunnels.values()
    ),
    "tunnels between VPN gateways": lambda network: sum(
        tunnel.router is None for tunnel in network.tunnels.values()
    ),
    "tunnels with the legacy policy": lambda network: sum(
        tunnel.ipsec_policy == IpsecPreset.LEGACY for tunnel in network.tunnels.values()
    ),
    "active-active VPN gateways": _active_active,
    "VPN gateways with an ASN of their own": lambda network: sum(
        vnet.vpn_gateway.asn != AZURE_GATEWAY_ASN
        for vnet in network.virtual_networks.values()
        if vnet.vpn_gateway
    ),
    "sessions that advertise parts, or not all": _parts,
    "sessions with a prepended AS path": _prepended,
    "locations that share an AS": lambda network: (
        len(network.locations) - len({location.asn for location in network.locations.values()})
    ),
    "paths that are not determined": lambda network: sum(
        not path.determined for path in next(predict_paths(network)).paths
    ),
    "paths through an appliance": lambda network: sum(
        any(hop.startswith("appliance:") for way in path.forward.hops for hop in way)
        for path in next(predict_paths(network)).paths
    ),
    "paths that are asymmetric": lambda network: sum(
        path.reachable and path.back.via != "none" and not path.symmetric
        for path in next(predict_paths(network)).paths
    ),
    "paths without a way": lambda network: sum(
        not path.reachable for path in next(predict_paths(network)).paths
    ),
}
"""What decides paths, by the words of the report; in the steady state."""


def count_features(network: Network) -> dict[str, int]:
    """Return how often a network has what decides paths."""
    return {name: int(count(network)) for name, count in _FEATURES.items()}


def mismatches(result: Result) -> list[str]:
    """Return all mismatches of one network, each as a line."""
    return [mismatch for verdict in result["verdicts"] for mismatch in verdict["mismatches"]]


def group_mismatches(result: Result) -> dict[str, int]:
    """Return how many scenarios have the same mismatch, by the mismatch without its scenario."""
    return Counter(_SCENARIO.sub(": ", mismatch, count=1) for mismatch in mismatches(result))


def write_report(results: Iterable[Result], file: Path) -> None:
    """Write the report about these networks."""
    results = list(results)
    verdicts = [verdict for result in results for verdict in result["verdicts"]]
    coverage = [
        {
            "name": name,
            "networks": sum(result["features"].get(name, 0) > 0 for result in results),
            "count": sum(result["features"].get(name, 0) for result in results),
        }
        for name in _FEATURES
    ]
    text = TEMPLATES.get_template("soak.md.j2").render(
        results=results,
        coverage=coverage,
        mismatches=mismatches,
        grouped=group_mismatches,
        elements=sum(result["features"]["elements that can fail"] for result in results),
        failures=sum(verdict["failure"] is not None for verdict in verdicts),
        mended=sum(verdict["mended"] is not None for verdict in verdicts),
        paths=sum(verdict["pairs"] for verdict in verdicts),
        wrong=sum(len(verdict["mismatches"]) for verdict in verdicts),
        held=sum(verdict["held"] for verdict in verdicts),
        pings=sum(verdict["pings"] for verdict in verdicts),
    )
    file.write_text(text, encoding="utf-8")
