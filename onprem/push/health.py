"""Whether what a router is configured for works: BGP sessions, routes, the preferred way, IKE.

A push is judged by what it may have broken: whatever worked before has to work again afterwards. What is new
cannot be, for the other end may come later in the same deployment: it is told of, not undone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ntc_templates.parse import ParsingException, parse_output  # type: ignore[import-untyped]
from textfsm import TextFSMError  # type: ignore[import-untyped]

from onprem.errors import PushError
from onprem.plan.sections import Section
from onprem.ssh.session import Session

_SA = re.compile(r"^\d+\s+\S+\s+(?P<peer>[\d.]+)/\d+\s+\S+\s+(?P<status>\S+)", re.MULTILINE)
_FAMILY = re.compile(r"address-family ipv4(?: unicast)?(?: vrf (\S+))?")
_LOOK_AGAIN = 1.0
"""Seconds between two looks at sessions that are to come up again."""

Health = Mapping[str, bool]
"""What was looked at, in words, and whether it works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbor:
    """A BGP neighbor that a configuration asks for, and the local preference that its routes are given."""

    vrf: str
    address: str
    local_preference: int = 100

    def __str__(self) -> str:
        return f"{self.address}{f' in VRF {self.vrf}' if self.vrf else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a configuration promises."""

    neighbors: tuple[Neighbor, ...] = ()
    ike_peers: tuple[str, ...] = ()


def watched_in(intended: Section) -> Watched:
    """Return the BGP neighbors and IKE peers of a configuration that are not shut down."""
    preferences = _preferences(intended)
    peers = tuple(
        line.line.split()[2]
        for interface in intended.children.values()
        if interface.line.startswith("interface Tunnel") and _is_protected(interface)
        for line in interface.children.values()
        if line.line.startswith("tunnel destination ")
    )
    return Watched(neighbors=tuple(_neighbors(intended, preferences)), ike_peers=peers)


def look(session: Session, watched: Watched) -> Health:
    """Ask a router how all that is doing. A question that it does not answer readably counts as no."""
    health: dict[str, bool] = {}
    for vrf in dict.fromkeys(neighbor.vrf for neighbor in watched.neighbors):
        neighbors = [neighbor for neighbor in watched.neighbors if neighbor.vrf == vrf]
        _look_at_bgp(session, vrf, neighbors, health)
    if watched.ike_peers:
        answer = session.ask("show crypto ikev2 sa")
        ready = {found["peer"] for found in _SA.finditer(answer) if found["status"] == "READY"}
        health |= {f"IKE SA with {peer}": peer in ready for peer in watched.ike_peers}
    return health


def broken_by(before: Health, after: Health) -> tuple[str, ...]:
    """Return what worked before, is still asked for, and does not work any more."""
    return tuple(what for what, works in after.items() if before.get(what) and not works)


def not_up(health: Health) -> tuple[str, ...]:
    """Return what does not work."""
    return tuple(what for what, works in health.items() if not works)


def await_health(
    router: str,
    session: Session,
    watched: Watched,
    before: Health,
    *,
    seconds: float,
    require_all: bool,
    stop_if_cancelled: Callable[[], None],
) -> tuple[str, ...]:
    """Wait for what worked before, or for everything; return what does not work yet.

    Raises:
        PushError: it does not work in time, or `stop_if_cancelled` has raised it.
    """
    until = time.monotonic() + seconds
    while True:
        now = look(session, watched)
        broken = not_up(now) if require_all else broken_by(before, now)
        if not broken:
            return not_up(now)
        if time.monotonic() >= until:
            raise PushError(f"{router}: after {seconds:.0f} s there is still no {', no '.join(broken[:4])}")
        stop_if_cancelled()
        time.sleep(min(_LOOK_AGAIN, max(0.0, until - time.monotonic())))


def _look_at_bgp(session: Session, vrf: str, neighbors: list[Neighbor], health: dict[str, bool]) -> None:
    table = f"vpnv4 vrf {vrf}" if vrf else "ipv4 unicast"
    rows = _parsed("show ip bgp summary", session.ask(f"show ip bgp {table} summary"))
    received = {row["bgp_neighbor"]: row["state_or_prefixes_received"] for row in rows}
    for neighbor in neighbors:
        count = received.get(neighbor.address, "")
        health[f"BGP session with {neighbor}"] = count.isdecimal()
        health[f"routes from {neighbor}"] = count.isdecimal() and int(count) > 0
    best = max(neighbor.local_preference for neighbor in neighbors)
    preferred = {neighbor.address for neighbor in neighbors if neighbor.local_preference == best}
    if not any(neighbor.local_preference < best for neighbor in neighbors):
        return
    for network, hops in _ways(session.ask(f"show ip bgp {table}", patiently=True)).items():
        if preferred & hops.keys():
            chosen = {hop for hop, is_best in hops.items() if is_best}
            health[f"preferred way to {network}, by {' or '.join(sorted(preferred))}"] = bool(
                chosen & preferred
            )


def _ways(text: str) -> dict[str, dict[str, bool]]:
    """The next hops to each network, and whether each is the best."""
    ways: dict[str, dict[str, bool]] = {}
    for row in _parsed("show ip bgp", text):
        network = row["network"] + (f"/{row['prefix_length']}" if row.get("prefix_length") else "")
        ways.setdefault(network, {})[row["next_hop"]] = row["path_selection"] == ">"
    return ways


def _parsed(command: str, text: str) -> list[dict[str, str]]:
    """Read an answer by the templates of Network to Code; what they cannot read is nothing."""
    if not text.strip():
        return []
    try:
        rows: list[dict[str, str]] = parse_output(platform="cisco_ios", command=command, data=text)
    except (ParsingException, TextFSMError):
        return []
    return rows


def _neighbors(intended: Section, preferences: Mapping[str, int]) -> Iterator[Neighbor]:
    for bgp in intended.children.values():
        if not bgp.line.startswith("router bgp "):
            continue
        for section in (bgp, *bgp.children.values()):
            family = _FAMILY.fullmatch(section.line)
            if section is bgp or family is not None:
                yield from _neighbors_of(section, (family and family[1]) or "", preferences)


def _neighbors_of(section: Section, vrf: str, preferences: Mapping[str, int]) -> Iterator[Neighbor]:
    lines = [line.line.split() for line in section.children.values()]
    shut = {words[1] for words in lines if words[0] == "neighbor" and words[2:] == ["shutdown"]}
    maps = {
        words[1]: words[3]
        for words in lines
        if words[0] == "neighbor" and words[2] == "route-map" and words[-1] == "in"
    }
    for words in lines:
        if words[0] == "neighbor" and words[2] == "remote-as" and words[1] not in shut:
            yield Neighbor(
                vrf=vrf,
                address=words[1],
                local_preference=preferences.get(maps.get(words[1], ""), 100),
            )


def _preferences(intended: Section) -> dict[str, int]:
    """The local preference that a route-map sets, by its name."""
    return {
        section.line.split()[1]: int(line.line.split()[2])
        for section in intended.children.values()
        if section.line.startswith("route-map ")
        for line in section.children.values()
        if re.fullmatch(r"set local-preference \d+", line.line)
    }


def _is_protected(interface: Section) -> bool:
    return any(line.line.startswith("tunnel protection ipsec ") for line in interface.children.values())
