"""What a living router knows of itself, as plain data: read from FRR's and strongSwan's own answers.

Names and shapes are those of the data classes in `lab/iosxe/plane.py`, which are made of it outside.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lab.bgp.associations import read_associations
from lab.bgp.errors import FailedCommandError
from lab.bgp.living_router import LivingRouter
from lab.bgp.namespaces import run
from lab.bgp.places import RUN
from lab.bgp.vty import Vty

Answer = Any
"""JSON."""

_MILLISECONDS = 1000
_ORIGINS = {"IGP": "i", "EGP": "e", "incomplete": "?"}
_CIPHERS = {"AES_CBC": "AES-CBC", "AES_GCM_16": "AES-GCM", "3DES_CBC": "3DES"}
_GROUPS = {
    "MODP_768": 1,
    "MODP_1024": 2,
    "MODP_1536": 5,
    "MODP_2048": 14,
    "MODP_3072": 15,
    "MODP_4096": 16,
    "ECP_256": 19,
    "ECP_384": 20,
    "ECP_521": 21,
    "MODP_2048_256": 24,
}
_OSPF_TYPES = {"N IA": "O IA", "N E1": "O E1", "N E2": "O E2"}


class Questions:
    """Asks the programs of one router."""

    def __init__(self, router: LivingRouter) -> None:
        self._router = router
        self._ios_names = {linux: ios for ios, linux in router.names.items()}

    def _ask(self, daemon: str, command: str) -> Any:  # noqa: ANN401 (as FRR has it)
        """Return a daemon's answer; empty if it has none, as without a configuration."""
        with (
            contextlib.suppress(FailedCommandError, ValueError),
            Vty(RUN / self._router.node / f"{daemon}.vty") as vty,
        ):
            vty.run("enable")  # bfdd answers nobody else
            return vty.json(f"{command} json")
        return {}

    def _ios(self, interface: str) -> str:
        return self._ios_names.get(interface, interface)

    # --- BGP -----------------------------------------------------------------------------------------

    def bgp(self) -> Answer:
        """The VRF's neighbors and table."""
        summary = self._ask("bgpd", "show bgp ipv4 unicast summary")
        details = self._ask("bgpd", "show bgp neighbors")
        table = self._ask("bgpd", "show bgp ipv4 unicast")
        return {
            "vrf": self._router.vrf,
            "router_id": summary.get("routerId", "0.0.0.0"),  # noqa: S104 (a label)
            "version": table.get("tableVersion", 1),
            "neighbors": [
                _neighbor(address, peer, details.get(address, {}))
                for address, peer in summary.get("peers", {}).items()
            ],
            "routes": [
                _route(network, way) for network, ways in table.get("routes", {}).items() for way in ways
            ],
        }

    # --- the routing table ---------------------------------------------------------------------------

    def routes(self) -> Answer:
        """The VRF's table, each network once, by what is in use; and the global one."""
        found = self._ask("zebra", "show ip route")
        types = self._ask("ospfd", "show ip ospf route")
        living = [
            row
            for network, several in found.items()
            for one in several
            if one.get("selected") or one.get("protocol") == "connected"
            for row in self._rows(network, one, types.get(network, {}))
        ]
        return {self._router.vrf or "": living}

    def _rows(self, network: str, one: Mapping[str, Any], of_ospf: Mapping[str, Any]) -> Iterator[Answer]:
        hops = one.get("nexthops", ())
        own = [way for way in hops if way.get("recursive")] or hops  # the others are what those resolve to
        ways = [(way.get("ip", ""), self._ios(way.get("interfaceName", ""))) for way in own]
        if one["protocol"] == "bgp":  # IOS names the hop alone
            ways = [(hop, "") for hop, _ in ways]
        row = {
            "code": _code(one["protocol"], of_ospf),
            "network": network,
            "ways": ways,
            "distance": one.get("distance", 0),
            "metric": one.get("metric", 0),
            "seconds": _seconds(one.get("uptime", "")),
        }
        yield row
        if one["protocol"] == "connected" and (local := self._router.local_address(network)):
            yield {**row, "code": "L", "network": f"{local}/32"}

    # --- interfaces ----------------------------------------------------------------------------------

    def down(self) -> Answer:
        """The interfaces that do not work, or do not exist as something they need is missing."""
        links = json.loads(run("ip", "-n", self._router.node, "-j", "link", "show"))
        working = {link["ifname"] for link in links if {"UP", "LOWER_UP"} <= set(link["flags"])}
        return sorted(ios for ios, linux in self._router.names.items() if linux not in working)

    # --- OSPF, BFD, IKE ------------------------------------------------------------------------------

    def ospf(self) -> Answer:
        """The OSPF neighbors."""
        found = self._ask("ospfd", "show ip ospf neighbor").get("neighbors", {})
        return [
            {
                "router_id": router_id,
                "address": one["ifaceAddress" if "ifaceAddress" in one else "address"],
                "interface": self._ios(one["ifaceName"].partition(":")[0]),
                "state": _ospf_state(one.get("nbrState", one.get("state", ""))),
                "priority": one.get("nbrPriority", one.get("priority", 1)),
                "dead_seconds": one.get("routerDeadIntervalTimerDueMsec", 0) // _MILLISECONDS,
            }
            for router_id, several in found.items()
            for one in several
        ]

    def bfd(self) -> Answer:
        """The BFD sessions."""
        found = self._ask("bfdd", "show bfd peers") or []
        return [
            {
                "neighbor": one["peer"],
                "interface": self._router.interface_towards(one["peer"]),
                "up": one["status"] == "up",
                "discriminators": (one.get("id", 0), one.get("remote-id", 0)),
            }
            for one in found
        ]

    def ike(self) -> Answer:
        """The IKEv2 SAs."""
        public = self._router.public_node
        associations = read_associations(public) if public else []
        return [
            _association(one, self._router.vrf or "")
            for message in associations
            for one in message.values()
            if one["state"] in {"ESTABLISHED", "REKEYING", "CONNECTING"}
        ]


def _code(protocol: str, of_ospf: Mapping[str, Any]) -> str:
    """IOS's letters for where a route is from, of OSPF with the type that OSPF itself gives it."""
    if protocol == "ospf":
        return _OSPF_TYPES.get(of_ospf.get("routeType", ""), "O")
    return {"connected": "C", "static": "S", "bgp": "B"}.get(protocol, protocol[:1].upper())


def _neighbor(address: str, peer: Mapping[str, Any], detail: Mapping[str, Any]) -> Answer:
    established = peer["state"] == "Established"
    uptime = peer.get("peerUptimeMsec", 0) // _MILLISECONDS
    bfd = detail.get("peerBfdInfo", {})
    return {
        "address": address,
        "established": established,
        "state": "Idle" if peer["state"] == "Clearing" else peer["state"].partition(" ")[0],
        "seconds": uptime if established or peer.get("connectionsDropped") else None,
        "prefixes": peer.get("pfxRcd", 0),
        "received": peer.get("msgRcvd", 0),
        "sent": peer.get("msgSent", 0),
        "remote_id": detail.get("remoteRouterId", "0.0.0.0"),  # noqa: S104 (a label)
        "local_address": detail.get("hostLocal", ""),
        "hold_time": detail.get("bgpTimerHoldTimeMsecs", 180_000) // _MILLISECONDS,
        "keepalive": detail.get("bgpTimerKeepAliveIntervalMsecs", 60_000) // _MILLISECONDS,
        "bfd": bfd.get("status", "") if bfd else "",
    }


def _route(network: str, way: Mapping[str, Any]) -> Answer:
    hops = way.get("nexthops") or [{}]
    return {
        "network": network,
        "next_hop": hops[0].get("ip", "0.0.0.0"),  # noqa: S104 (of a network of one's own)
        "best": bool(way.get("bestpath")),
        "valid": bool(way.get("valid")),
        "internal": way.get("pathFrom") == "internal",
        "metric": way.get("metric"),
        "local_preference": way.get("locPrf"),
        "weight": way.get("weight", 0),
        "as_path": way.get("path", ""),
        "origin": _ORIGINS.get(way.get("origin", ""), "?"),
    }


def _ospf_state(state: str) -> str:
    """FRR's `Full/DROther` as IOS writes it on a point-to-point link or a LAN."""
    name, _, role = state.partition("/")
    return f"{name.upper()}/{role if role in {'DR', 'BDR'} else '  -'}"


def _association(one: Mapping[str, Any], vrf: str) -> Answer:
    cipher, size = _CIPHERS.get(one.get("encr-alg", ""), one.get("encr-alg", "")), one.get("encr-keysize")
    return {
        "local": f"{one['local-host']}/{one['local-port']}",
        "remote": f"{one['remote-host']}/{one['remote-port']}",
        "ready": one["state"] != "CONNECTING",
        "vrf": vrf,
        "encryption": f"{cipher}, keysize: {size}" if size else cipher,
        "prf": _hash(one.get("prf-alg", "")),
        "integrity": _hash(one.get("integ-alg", "")) or "None",
        "group": _GROUPS.get(one.get("dh-group", ""), 0),
        "seconds": int(one.get("established", 0)),
    }


def _hash(algorithm: str) -> str:
    """IOS's name of a hash: SHA96 for SHA-1, as it is cut; else SHA256 and its like."""
    found = re.search(r"SHA(1|2_(\d+))", algorithm)
    return f"SHA{found[2] or '96'}" if found else ""


def _seconds(uptime: str) -> int:
    """FRR's `00:06:53`, `1d02h03m` or `1w2d03h` in seconds."""
    if ":" in uptime:
        hours, minutes, seconds = map(int, uptime.split(":"))
        return hours * 3600 + minutes * 60 + seconds
    units = {"w": 604800, "d": 86400, "h": 3600, "m": 60}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([wdhm])", uptime))
