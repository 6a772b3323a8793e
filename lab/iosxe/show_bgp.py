"""What `show` and `clear` say of BGP, in IOS-XE's form, from the configuration and the router's `Plane`.

The forms are read off sessions that were published, not invented: IOS-XE 16's and 17's tables, in which a
natural mask is left out, and a local preference that nobody set too.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from lab.iosxe.configuration import Section
from lab.iosxe.device import Device
from lab.iosxe.plane import Bgp, BgpNeighbor, BgpRoute
from lab.iosxe.rules import natural_length, vrf_lines
from lab.iosxe.show_routing import DEFAULT, uptime

_CODES = """\
Status codes: s suppressed, d damped, h history, * valid, > best, i - internal,
              r RIB-failure, S Stale, m multipath, b backup-path, f RT-Filter,
              x best-external, a additional-path, c RIB-compressed,
              t secondary path, L long-lived-stale,
Origin codes: i - IGP, e - EGP, ? - incomplete
RPKI validation codes: V valid, I invalid, N Not found
"""
_NETWORK_WIDTH = 16


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
        _CODES,
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


def _without_natural_mask(text: str) -> str:
    network = IPv4Network(text)
    natural = network.prefixlen == natural_length(network.network_address) or text == DEFAULT
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
