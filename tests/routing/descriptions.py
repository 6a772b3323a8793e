"""Short descriptions of networks other than the test stack."""

from __future__ import annotations

from typing import Any

from topology import Document, Network, load_network

Description = dict[str, Any]

PORT = "TenGigabitEthernet0/0/0"


def network(**sections: Description) -> Network:
    """Return a network of some sections."""
    return load_network(Document(data={"location": "eastus", **sections}))


def location(asn: int, *prefixes: str, host: str | None = None) -> Description:
    """Return a location with the ASN of its routers."""
    return {"asn": asn, "prefixes": list(prefixes), **({"host": host} if host else {})}


def router(place: str, number: int, **bgp: int) -> Description:
    """Return a router with a LAN and OSPF; `number` tells a location's routers apart, up to 63."""
    return {
        "location": place,
        "vrf": {"name": "1", "routeDistinguisher": "1:1"},
        "lan": {"interface": "TenGigabitEthernet1/0/0", "address": f"192.168.255.{4 * number}/31"},
        "bgp": bgp,
        "internetNextHop": "203.0.113.1",
        "ospf": {
            "process": 1,
            "routerId": f"1.1.1.{number + 1}",
            "area": "0.0.0.0",
            "defaultMetric": 10,
            "defaultInformation": "never",
        },
    }


def circuit(asn: int, number: int, primary: str, secondary: str | None = None, **link: object) -> Description:
    """Return a circuit; `number` tells circuits apart; without a second router that link is off."""
    links = {
        "primary": {"router": primary, **link},
        "secondary": {"router": secondary or primary, **link, "enabled": secondary is not None},
    }
    return {
        "provider": "Equinix",
        "peeringLocation": f"place {number}",
        "bandwidth": 50,
        "privatePeering": {
            "peerAsn": asn,
            "vlanId": 100 + number,
            **{
                name: {"prefix": f"192.168.{200 + number}.{4 * side}/30", "interface": PORT, **each}
                for side, (name, each) in enumerate(links.items())
            },
        },
    }


def tunnel_end(name: str, address: str, *numbers: int, **terms: object) -> Description:
    """Return a router's end of a tunnel; an active-active gateway needs two tunnel numbers."""
    numbers = numbers or (1,)
    return {
        "name": name,
        "publicAddress": f"198.51.100.{numbers[0]}",
        "bgpAddress": address,
        "tunnelNumbers": list(numbers),
        "loopbackNumber": numbers[0],
        **terms,
    }
