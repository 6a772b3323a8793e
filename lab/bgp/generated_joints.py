"""What joins the sites of a generated network: circuits, their connections and Global Reach, and tunnels."""

from __future__ import annotations

from itertools import combinations

from lab.bgp.generated_sites import Draw, Mapping

_PLACES = ("Washington DC", "Silicon Valley", "Chicago", "Dallas")


def add_circuits(draw: Draw) -> None:
    """Add circuits to the locations, the first of which has one at least; join some by Global Reach."""
    for number, location in enumerate(draw.network["locations"], start=1):
        for index in range(1, draw.random.choice([0, 1, 1, 1, 2] if number > 1 else [1, 1, 2]) + 1):
            _add_circuit(draw, f"circuit{number}-{index}", location)
    circuits = draw.network["circuits"]
    for index, (first, second) in enumerate(combinations(circuits, 2)):
        if circuits[first]["peeringLocation"] != circuits[second]["peeringLocation"] and draw.happens(0.2):
            draw.network["globalReach"][f"{first}-{second}"] = {
                "circuits": [first, second],
                "prefix": f"172.31.0.{8 * index}/29",
            }


def _add_circuit(draw: Draw, name: str, location: str) -> None:
    number = len(draw.network["circuits"]) + 1
    routers = draw.routers_of(location)
    first = draw.random.randrange(len(routers))
    second = first if draw.happens(0.15) else first + 1
    links = {}
    for side, index in (("primary", first), ("secondary", second)):
        links[side] = {
            "prefix": str(next(draw.link_prefixes)),
            "router": routers[index % len(routers)],
            "interface": f"TenGigabitEthernet0/{number}/{0 if side == 'primary' else 1}",
            "enabled": draw.happens(0.85),
            "bfd": draw.happens(0.9),
            **_advertising(draw, location, prepends=[0, 0, 0, 0, 1, 2]),
        }
    draw.network["circuits"][name] = {
        "provider": "Equinix",
        "peeringLocation": draw.random.choice(_PLACES),
        "bandwidth": 50,
        "privatePeering": {
            "peerAsn": draw.network["locations"][location]["asn"],
            "vlanId": 300 + number,
            **links,
        },
    }
    for hub in draw.some(draw.with_gateway("expressRouteGateway"), 1, 3):
        draw.network["connections"][f"{name}-{hub}"] = {
            "circuit": name,
            "virtualNetwork": hub,
            "weight": draw.random.choice([0, 0, 0, 50, 100]),
        }


def _advertising(draw: Draw, location: str, prepends: list[int]) -> Mapping:
    """Return what one session tells: the location's prefixes, or now and then parts or fewer of them."""
    told: Mapping = {"asPathPrepend": draw.random.choice(prepends)}
    prefixes = draw.network["locations"][location]["prefixes"]
    block = prefixes[0].removesuffix("0/24")
    variants = {
        "and a part that holds the host": [*prefixes, f"{block}0/26"],
        "and a part that does not": [*prefixes, f"{block}128/26"],
        "as two halves": [f"{block}0/25", f"{block}128/25"],
        "without the last": prefixes[:-1] or prefixes,
    }
    if draw.happens(0.15):
        told["advertisedPrefixes"] = variants[draw.random.choice(list(variants))]
    return told


# --- VPN -------------------------------------------------------------------------------------------------


def add_tunnels(draw: Draw) -> None:
    """Add tunnels from VPN gateways to routers, to branches, and to each other where their ASNs allow it."""
    gateways = draw.with_gateway("vpnGateway")
    hubs = [name for name in gateways if not name.startswith("branch")]
    for location in draw.network["locations"]:
        for hub in hubs:
            for router in draw.some(draw.routers_of(location), 0, 2) if draw.happens(0.7) else ():
                _add_router_tunnel(draw, hub, location, router)
    for branch in (name for name in gateways if name.startswith("branch")):
        for hub in draw.some(hubs, 1, 2):
            _add_gateway_tunnel(draw, hub, branch)
    for first, second in combinations(gateways, 2):
        joined = f"{first}-{second}" in draw.network["tunnels"]
        if not joined and _asn(draw, first) != _asn(draw, second) and draw.happens(0.15):
            _add_gateway_tunnel(draw, first, second)


def _add_router_tunnel(draw: Draw, hub: str, location: str, router: str) -> None:
    number = len(draw.network["tunnels"]) + 1
    instances = 2 if draw.network["virtualNetworks"][hub]["vpnGateway"]["activeActive"] else 1
    block = draw.network["locations"][location]["prefixes"][0].removesuffix("0/24")
    draw.network["tunnels"][f"{hub}-{router}"] = {
        "virtualNetwork": hub,
        "router": {
            "name": router,
            "publicAddress": str(next(draw.public_addresses)),
            "bgpAddress": f"{block}{200 + number}",
            "tunnelNumbers": [100 + 10 * number + instance for instance in range(instances)],
            "loopbackNumber": number,
            **_advertising(draw, location, prepends=[0, 0, 0, 1, 2]),
        },
        "ipsecPolicy": draw.random.choice(["strong", "strong", "legacy", {"ikeEncryption": "GCMAES256"}]),
    }


def _add_gateway_tunnel(draw: Draw, first: str, second: str) -> None:
    draw.network["tunnels"][f"{first}-{second}"] = {"virtualNetwork": first, "remoteVirtualNetwork": second}


def _asn(draw: Draw, vnet: str) -> int:
    gateway: Mapping = draw.network["virtualNetworks"][vnet]["vpnGateway"]
    return int(gateway.get("asn", 65515))
