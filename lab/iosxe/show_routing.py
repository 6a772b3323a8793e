"""What `show` says of routes, tunnels, BFD and OSPF, in IOS-XE's form, from what the router's `Plane` knows.

The forms are read off sessions that were published, not invented: OSPF's from IOS-XE 16 and 17, IKEv2's from
VyOS' and AWS' interoperability guides, BFD's from a CSR 1000v; `show ip route` as pyATS and ntc-templates
parse it.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from lab.iosxe.device import Device
from lab.iosxe.plane import IkeAssociation, TableRoute
from lab.iosxe.rules import natural_length, vrf_lines

_ROUTE_CODES = """\
Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2, m - OMP
       n - NAT, Ni - NAT inside, No - NAT outside, Nd - NAT DIA
       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2
       ia - IS-IS inter area, * - candidate default, U - per-user static route
       H - NHRP, G - NHRP registered, g - NHRP registration summary
       o - ODR, P - periodic downloaded static route, l - LISP
       a - application route
       + - replicated route, % - next hop override, p - overrides from PfR
"""
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86400, 604800
DEFAULT = "0.0.0.0/0"


def uptime(seconds: int | None) -> str:
    """How IOS writes how long something has lasted.

    >>> uptime(None), uptime(413), uptime(90_061), uptime(1_000_000)
    ('never', '00:06:53', '1d01h', '1w4d')
    """
    if seconds is None:
        return "never"
    if seconds < _DAY:
        return f"{seconds // _HOUR:02}:{seconds // _MINUTE % 60:02}:{seconds % 60:02}"
    if seconds < _WEEK:
        return f"{seconds // _DAY}d{seconds % _DAY // _HOUR:02}h"
    return f"{seconds // _WEEK}w{seconds % _WEEK // _DAY}d"


# --- the routing table -----------------------------------------------------------------------------------


async def route_table(device: Device, arguments: tuple[str, ...]) -> str:
    """`show ip route [vrf X]`."""
    vrf = arguments[0] if arguments else ""
    if vrf and not vrf_lines(device.editor.root, vrf):
        return f"% IP routing table {vrf} does not exist"
    routes = await device.plane.routes(vrf)
    gateway = next((hop for one in routes if one.network == DEFAULT for hop, _ in one.ways), "")
    last = f"is {gateway} to network 0.0.0.0" if gateway else "is not set"
    rows = ["", f"Routing Table: {vrf}"] if vrf else []
    rows += [_ROUTE_CODES, f"Gateway of last resort {last}", ""]
    return "\n".join([*rows, *_table_rows(routes)])


def _table_rows(routes: tuple[TableRoute, ...]) -> Iterator[str]:
    by_class: dict[IPv4Network, list[TableRoute]] = {}
    for route in sorted(routes, key=lambda one: (IPv4Network(one.network), one.code)):
        network = IPv4Network(route.network)
        length = min(natural_length(network.network_address), network.prefixlen)
        natural = network.supernet(new_prefix=length) if length < network.prefixlen else network
        by_class.setdefault(natural, []).append(route)
    for natural, several in by_class.items():
        lengths = {IPv4Network(one.network).prefixlen for one in several}
        plain = lengths == {natural.prefixlen} and len(several) == 1
        if not plain and len(lengths) == 1:
            (length,) = lengths
            yield f"      {natural.network_address}/{length} is subnetted, {len(several)} subnets"
        elif not plain:
            count = f"{len(several)} subnets, {len(lengths)} masks"
            yield f"      {natural} is variably subnetted, {count}"
        for route in several:
            yield from _way_rows(route, plain=plain, masked=plain or len(lengths) > 1)


def _way_rows(route: TableRoute, *, plain: bool, masked: bool) -> Iterator[str]:
    starred = f"{route.code[:1]}*{route.code[2:]}" if route.network == DEFAULT else route.code
    network = route.network if masked else route.network.partition("/")[0]
    first = f"{starred:<6}{network}" if plain else f"{starred:<9}{network}"
    for index, (hop, interface) in enumerate(route.ways):
        lead = first if index == 0 else " " * len(first)
        if not hop:
            yield f"{lead} is directly connected, {interface}"
            continue
        beyond = f", {interface}" if interface else ""
        yield f"{lead} [{route.distance}/{route.metric}] via {hop}, {uptime(route.seconds)}{beyond}"


# --- IKE, BFD, OSPF --------------------------------------------------------------------------------------


async def ike_associations(device: Device, _: tuple[str, ...]) -> str:
    """`show crypto ikev2 sa`; without an association IOS prints nothing."""
    found = await device.plane.ike()
    if not found:
        return ""
    rows = [" IPv4 Crypto IKEv2  SA ", ""]
    for number, one in enumerate(found, 1):
        rows += _ike_rows(number, one)
    return "\n".join([*rows, "", " IPv6 Crypto IKEv2  SA "])


def _ike_rows(number: int, one: IkeAssociation) -> Iterator[str]:
    status = "READY" if one.ready else "IN-NEG"
    vrfs = f"none/{one.vrf or 'none'}"
    yield f"{'Tunnel-id':<9} {'Local':<21} {'Remote':<21} {'fvrf/ivrf':<20} Status"
    yield f"{number:<9} {one.local:<21} {one.remote:<21} {vrfs:<20} {status:<6}"
    yield (
        f"      Encr: {one.encryption}, PRF: {one.prf}, Hash: {one.integrity}, DH Grp:{one.group}, "
        "Auth sign: PSK, Auth verify: PSK"
    )
    yield f"      Life/Active Time: 86400/{one.seconds} sec"


async def bfd_neighbors(device: Device, _: tuple[str, ...]) -> str:
    """`show bfd neighbors`; without a session IOS prints nothing."""
    found = await device.plane.bfd()
    if not found:
        return ""
    rows = ["", "IPv4 Sessions", f"{'NeighAddr':<39}{'LD/RD':<14}{'RH/RS':<10}{'State':<10}Int"]
    for one in found:
        state = "Up" if one.up else "Down"
        pair = "/".join(map(str, one.discriminators))
        rows.append(f"{one.neighbor:<39}{pair:<13} {state:<10}{state:<10}{_short(one.interface)}")
    return "\n".join(rows)


def _short(interface: str) -> str:
    """An interface's two letters and its numbers.

    >>> _short("TenGigabitEthernet0/0/0.300")
    'Te0/0/0.300'
    """
    letters = interface.rstrip("0123456789/.")
    return letters[:2] + interface[len(letters) :]


async def ospf_neighbors(device: Device, _: tuple[str, ...]) -> str:
    """`show ip ospf neighbor`."""
    found = sorted(await device.plane.ospf(), key=lambda one: IPv4Address(one.router_id))
    rows = (
        f"{one.router_id:<15} {one.priority:>3}   {one.state:<15} {uptime(one.dead_seconds):<11} "
        f"{one.address:<15} {one.interface}"
        for one in found
    )
    header = "Neighbor ID     Pri   State           Dead Time   Address         Interface"
    return "\n".join(["", header, *rows]) if found else ""
