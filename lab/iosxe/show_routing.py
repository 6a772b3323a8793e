"""What `show` says of routing and tunnels, in IOS-XE's form, from the configuration and the router's `Plane`.

The forms are read off sessions that were published, not invented: tables of BGP and OSPF from IOS-XE 16 and
17 (a natural mask is left out of the BGP table, a local preference that nobody set too), IKEv2 from VyOS' and
AWS' interoperability guides, BFD from a CSR 1000v; `show ip route` as pyATS and ntc-templates parse it.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from lab.iosxe.configuration import Section
from lab.iosxe.device import Device
from lab.iosxe.plane import Bgp, BgpNeighbor, BgpRoute, IkeAssociation, TableRoute
from lab.iosxe.rules import vrf_lines

_BGP_CODES = """\
Status codes: s suppressed, d damped, h history, * valid, > best, i - internal,
              r RIB-failure, S Stale, m multipath, b backup-path, f RT-Filter,
              x best-external, a additional-path, c RIB-compressed,
              t secondary path, L long-lived-stale,
Origin codes: i - IGP, e - EGP, ? - incomplete
RPKI validation codes: V valid, I invalid, N Not found
"""
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
_NETWORK_WIDTH = 16
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86400, 604800
_DEFAULT = "0.0.0.0/0"


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


# --- BGP -------------------------------------------------------------------------------------------------


def _family(device: Device, vrf: str) -> tuple[str, Section] | None:
    """The AS and the address family of a VRF."""
    return next((family for name, family in _families(device) if name == vrf), None)


def _families(device: Device) -> Iterator[tuple[str, tuple[str, Section]]]:
    """Each VRF of BGP with the AS and its address family."""
    for identity in device.editor.root.starting_with("router", "bgp"):
        bgp = device.editor.root.child(*identity)
        for words in bgp.starting_with("address-family", "ipv4", "vrf") if bgp is not None else ():
            family = bgp.child(*words) if bgp is not None else None
            if family is not None:
                yield words[3], (identity[2], family)


def _no_such_vrf(vrf: str) -> str:
    return f"% VRF {vrf} does not exist or does not have a RD."


def _configured(family: Section) -> Iterator[tuple[str, str, bool]]:
    """Address, AS and shutdown of each neighbor, in the order of their addresses."""
    for line in family.ordered():
        if line.words[2:3] == ("remote-as",):
            address = line.words[1]
            yield address, line.words[3], ("neighbor", address, "shutdown") in family.lines


async def bgp_summary(device: Device, arguments: tuple[str, ...]) -> str:
    """`show ip bgp vpnv4 vrf X summary`."""
    found = _family(device, arguments[0])
    if found is None:
        return _no_such_vrf(arguments[0])
    bgp = await device.plane.bgp(arguments[0])
    known = {neighbor.address: neighbor for neighbor in bgp.neighbors}
    networks = {route.network for route in bgp.routes}
    rows = [
        f"BGP router identifier {bgp.router_id}, local AS number {found[0]}",
        *([device.plane.remark] if device.plane.remark else []),
        f"BGP table version is {bgp.version}, main routing table version {bgp.version}",
        f"{len(networks)} network entries using {len(networks) * 256} bytes of memory",
        f"{len(bgp.routes)} path entries using {len(bgp.routes) * 136} bytes of memory",
        "",
        "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd",
    ]
    for address, asn, shut in _configured(found[1]):
        one = known.get(address, BgpNeighbor(address=address))
        state = f"{one.prefixes:>8}" if one.established else one.state
        version = bgp.version if one.established else 1
        rows.append(
            f"{address:<15} 4 {asn:>12} {one.received:>7} {one.sent:>7} {version:>8} {0:>4} {0:>4} "
            f"{uptime(one.seconds):<8} {'Idle (Admin)' if shut else state}"
        )
    return "\n".join(rows)


async def bgp_table(device: Device, arguments: tuple[str, ...]) -> str:
    """`show ip bgp vpnv4 vrf X`; IOS prints nothing for an empty table."""
    vrf = arguments[0]
    if _family(device, vrf) is None:
        return _no_such_vrf(vrf)
    bgp = await device.plane.bgp(vrf)
    if not bgp.routes:
        return ""
    rows = [
        f"BGP table version is {bgp.version}, local router ID is {bgp.router_id}",
        _BGP_CODES,
        "     Network          Next Hop            Metric LocPrf Weight Path",
        f"Route Distinguisher: {_distinguisher(device, vrf)} (default for vrf {vrf})",
        *_route_rows(bgp),
    ]
    return "\n".join(rows)


def _distinguisher(device: Device, vrf: str) -> str:
    for section in vrf_lines(device.editor.root, vrf):
        for identity in section.starting_with("rd"):
            return section.lines[identity].words[1]
    return ""


def _route_rows(bgp: Bgp) -> Iterator[str]:
    shown = ""
    for route in bgp.routes:
        network = "" if route.network == shown else _without_natural_mask(route.network)
        shown = route.network
        marks = (("*", route.valid), (">", route.best), ("i", route.internal))
        status = f" {''.join(mark if holds else ' ' for mark, holds in marks)}  "
        if len(network) > _NETWORK_WIDTH:
            yield status + network
            status, network = " " * len(status), ""
        yield f"{status}{network:<{_NETWORK_WIDTH}} {_attributes(route)}"


def _attributes(route: BgpRoute) -> str:
    metric = "" if route.metric is None else route.metric
    preference = "" if route.local_preference is None else route.local_preference
    path = f"{route.as_path} " if route.as_path else ""
    return f"{route.next_hop:<15} {metric:>10} {preference:>6} {route.weight:>6} {path}{route.origin}"


def _natural_length(network: IPv4Network) -> int:
    first = int(network.network_address) >> 24
    return 8 if first < 128 else 16 if first < 192 else 24  # noqa: PLR2004 (RFC 791)


def _without_natural_mask(text: str) -> str:
    network = IPv4Network(text)
    natural = network.prefixlen == _natural_length(network) or text == _DEFAULT
    return str(network.network_address) if natural else text


async def bgp_neighbors(device: Device, arguments: tuple[str, ...]) -> str:
    """`show ip bgp vpnv4 vrf X neighbors [A]`."""
    vrf, *wanted = arguments
    found = _family(device, vrf)
    if found is None:
        return _no_such_vrf(vrf)
    shown = await _neighbors_of(device, vrf, found, *wanted)
    return "\n\n".join(shown) if shown else f"% No such neighbor or address family {' '.join(wanted)}".strip()


async def all_bgp_neighbors(device: Device, wanted: tuple[str, ...]) -> str:
    """`show bgp all neighbors [A]`: those of every VRF; the global table has none that live."""
    shown = ["For address family: IPv4 Unicast\n\nFor address family: VPNv4 Unicast"]
    for vrf, family in _families(device):
        shown += await _neighbors_of(device, vrf, family, *wanted)
    return "\n\n".join(shown)


async def _neighbors_of(
    device: Device, vrf: str, family: tuple[str, Section], wanted: str | None = None
) -> list[str]:
    bgp = await device.plane.bgp(vrf)
    known = {neighbor.address: neighbor for neighbor in bgp.neighbors}
    return [
        "\n".join(
            _neighbor_rows(vrf, family, asn, known.get(address, BgpNeighbor(address=address)), shut=shut)
        )
        for address, asn, shut in _configured(family[1])
        if wanted in {None, address}
    ]


def _neighbor_rows(
    vrf: str, family: tuple[str, Section], asn: str, one: BgpNeighbor, *, shut: bool
) -> Iterator[str]:
    own, section = family
    link = "internal" if asn == own else "external"
    yield f"BGP neighbor is {one.address},  vrf {vrf},  remote AS {asn}, {link} link"
    if ("neighbor", one.address, "description") in section.lines:
        yield f" Description: {' '.join(section.lines['neighbor', one.address, 'description'].words[3:])}"
    if shut:
        yield " Administratively shut down"
    if one.bfd:
        yield " Fall over configured for session"
        yield f" BFD is configured. BFD peer is {one.bfd}. Using BFD to detect fast fallover (single-hop)."
    yield f"  BGP version 4, remote router ID {one.remote_id}"
    lasting = f", up for {uptime(one.seconds)}" if one.established else ""
    yield f"  BGP state = {one.state}{lasting}"
    if one.established:
        yield f"  hold time is {one.hold_time}, keepalive interval is {one.keepalive} seconds"
    yield f"  Message statistics: {one.sent} sent, {one.received} received"
    for direction, name in (("in", "incoming"), ("out", "outgoing")):
        line = section.lines.get(("neighbor", one.address, "route-map", direction))
        if line is not None:
            yield f"  Route map for {name} advertisements is {line.words[3]}"
        line = section.lines.get(("neighbor", one.address, "prefix-list", direction))
        if line is not None:
            yield f"  {name.capitalize()} update prefix filter list is {line.words[3]}"
    yield f"  Prefixes Current: {one.prefixes} received"
    if one.established:
        yield f"Local host: {one.local_address}, Local port: 179"
        yield f"Foreign host: {one.address}, Foreign port: 179"


async def clear_bgp(
    device: Device, arguments: tuple[str, ...], *, in_vrf: bool, everybody: bool, direction: str
) -> str:
    """`clear ip bgp ...` of everybody, of an AS or of an address; softly with a direction."""
    vrf, wanted = arguments[0] if in_vrf else None, "*" if everybody else arguments[-1]
    found = [
        address
        for name, section in _speaking(device)
        for address, asn, _ in _configured(section)
        if vrf in {None, name} and wanted in {"*", address, asn}
    ]
    if not found and not everybody:
        return f'% BGP: Unknown neighbor - "{wanted}"'
    for address in found:
        await device.plane.clear_bgp(address, direction)
    return ""


def _speaking(device: Device) -> Iterator[tuple[str, Section]]:
    """The lines with the neighbors of each VRF, and under an empty name those of the global table."""
    for identity in device.editor.root.starting_with("router", "bgp"):
        bgp = device.editor.root.child(*identity)
        if bgp is not None:
            yield "", bgp
    yield from ((vrf, family) for vrf, (_, family) in _families(device))


# --- the routing table -----------------------------------------------------------------------------------


async def route_table(device: Device, arguments: tuple[str, ...]) -> str:
    """`show ip route [vrf X]`."""
    vrf = arguments[0] if arguments else ""
    if vrf and not vrf_lines(device.editor.root, vrf):
        return f"% IP routing table {vrf} does not exist"
    routes = await device.plane.routes(vrf)
    gateway = next((hop for one in routes if one.network == _DEFAULT for hop, _ in one.ways), "")
    last = f"is {gateway} to network 0.0.0.0" if gateway else "is not set"
    rows = ["", f"Routing Table: {vrf}"] if vrf else []
    rows += [_ROUTE_CODES, f"Gateway of last resort {last}", ""]
    return "\n".join([*rows, *_table_rows(routes)])


def _table_rows(routes: tuple[TableRoute, ...]) -> Iterator[str]:
    by_class: dict[IPv4Network, list[TableRoute]] = {}
    for route in sorted(routes, key=lambda one: (IPv4Network(one.network), one.code)):
        network = IPv4Network(route.network)
        length = min(_natural_length(network), network.prefixlen)
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
    starred = f"{route.code[:1]}*{route.code[2:]}" if route.network == _DEFAULT else route.code
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
