"""What IOS refuses, adds or takes away beyond the grammar of a line.

Sources, named in the tables and here:

- *unicon*: the failure patterns of Cisco's pyATS plugin for IOS-XE (`unicon.plugins`, `iosxe/settings.py`).
- *NED*: the failure patterns of a published client of Cisco IOS (Tail-f's, `isCliError`).
- *field*: printed by routers in published session logs (for the RD: a C8000V on 17.16.01a).
- *FN72510*: Cisco field notice 72510 on weak algorithms, IOS XE 17.11.1.
- *warnings*: Cisco, "Resilient infrastructure: security warnings reference", 2026: a warning's shape.
- *logs*: published terminal sessions in which the text stands as printed here.
- *recollection*: general knowledge of IOS; the fact is meant, the wording is not verified.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lab.iosxe.configuration import Rule, Section
from lab.iosxe.editor import Edit, Refused
from lab.iosxe.kinds import VIRTUAL, is_physical

_WEAK = frozenset(
    ("des", "3des", "md5", "sha1", "esp-des", "esp-3des", "esp-md5-hmac", "esp-sha-hmac", "esp-null")
)
_WEAK_GROUPS = frozenset(("1", "2", "5", "24", "group1", "group2", "group5", "group24"))


def _network(address: str, mask: str) -> IPv4Network:
    """Source of the refusal: field ("Bad mask /24 for address ..."); hexadecimal if not contiguous."""
    bits = int(IPv4Address(mask))
    inverted = bits ^ 0xFFFFFFFF
    if inverted & (inverted + 1):
        raise Refused(f"Bad mask 0x{bits:08X} for address {address}")
    return IPv4Network((address, bits.bit_count()), strict=False)


def vrf_exists(edit: Edit) -> None:
    """Source: unicon (`% VRF X not configured`)."""
    for name in edit.values("vrf"):
        if not vrf_lines(edit.root, name):
            raise Refused(f"% VRF {name} not configured.")


def vrf_lines(root: Section, name: str) -> list[Section]:
    """The sections that define a VRF."""
    found = (root.child("ip", "vrf", name), root.child("vrf", "definition", name))
    return [section for section in found if section is not None]


def one_kind_of_vrf(edit: Edit) -> None:
    """A VRF is defined in one way. Source: recollection, the fact and the text."""
    name = edit.values("vrf")[-1]
    other = ("vrf", "definition", name) if edit.words[0] == "ip" else ("ip", "vrf", name)
    if edit.root.child(*other) is not None:
        raise Refused(f"% VRF {name} is already defined by '{' '.join(other[:-1])}'")


def family_has_distinguisher(edit: Edit) -> None:
    """A family needs a VRF with a distinguisher. Source: field."""
    vrf_exists(edit)
    for name in edit.values("vrf"):
        if not any(section.starting_with("rd") for section in vrf_lines(edit.root, name)):
            raise Refused(f"% VRF {name} does not have an RD configured.")


def joins_vrf(edit: Edit) -> None:
    """An interface that changes its VRF loses its addresses. Sources: field, both texts; NED, the refusal."""
    vrf_exists(edit)
    name = edit.values("vrf")[-1]
    old_way = edit.root.child("ip", "vrf", name) is not None
    if old_way != (edit.words[0] == "ip"):
        raise Refused(f"% Use '{'ip ' if old_way else ''}vrf forwarding' command for VRF '{name}'")
    if _interface_vrf(edit.section) == name:
        return
    _drop_addresses(edit, f"enabling VRF {name}")
    edit.section.remove("ip", "vrf", "forwarding")
    edit.section.remove("vrf", "forwarding")


def leaves_vrf(edit: Edit) -> None:
    """Source: field, `... removed due to disabling VRF X`."""
    name = _interface_vrf(edit.section)
    if name:
        _drop_addresses(edit, f"disabling VRF {name}")


def _drop_addresses(edit: Edit, reason: str) -> None:
    if edit.section.remove("ip", "address"):
        interface = edit.position.path[-1][1]
        edit.notices.append(f"% Interface {interface} IPv4 disabled and address(es) removed due to {reason}")


def _interface_vrf(section: Section) -> str:
    for identity in (("ip", "vrf", "forwarding"), ("vrf", "forwarding")):
        if identity in section.lines:
            return section.lines[identity].words[-1]
    return ""


def removes_vrf(edit: Edit) -> None:
    """What lived in a VRF goes with it. Source of the text: recollection."""
    name = edit.identity[-1]
    if edit.identity not in edit.section.lines:
        raise Refused(f"% VRF {name} not configured.")
    for identity in edit.root.starting_with("interface"):
        section = edit.root.child(*identity)
        if section is not None and _interface_vrf(section) == name:
            section.remove("ip", "address")
            section.remove("ip", "vrf", "forwarding")
            section.remove("vrf", "forwarding")
    for identity in edit.root.starting_with("router", "bgp"):
        bgp = edit.root.child(*identity)
        if bgp is not None:
            bgp.remove("address-family", "ipv4", "vrf", name)
    for identity in edit.root.starting_with("router", "ospf"):
        if identity[3:] == ("vrf", name):
            edit.root.remove(*identity)
    edit.root.remove("ip", "route", "vrf", name)
    edit.notices.append(f"% IPv4 addresses from all interfaces in VRF {name} have been removed")


def interface_possible(edit: Edit) -> None:
    """Ports cannot be invented: the caret stands below the interface's name."""
    name = edit.values("interface")[-1]
    parent = name.partition(".")[0]
    if edit.identity in edit.section.lines or (parent == name and name.startswith(VIRTUAL)):
        return
    if ("interface", parent) not in edit.root.lines or is_physical(name):
        raise Refused(column=edit.column("interface"))


def removes_interface(edit: Edit) -> None:
    """Source of both texts: recollection."""
    name = edit.values("interface")[-1]
    if is_physical(name) and not name.startswith(VIRTUAL):
        raise Refused("% Removal of physical interfaces is not permitted")
    if "." in name and edit.identity in edit.section.lines:
        edit.notices.append(
            "% Not all config may be removed and may reappear after reactivating the sub-interface"
        )


def address_kind(edit: Edit) -> None:
    """There is one primary address, and any number of secondary ones."""
    if edit.words[-1] == "secondary":
        edit.rename(edit.words, edit.words)


def removes_address(edit: Edit) -> None:
    """The primary address goes last; without one named, all go. Sources: logs, NED (`Invalid address`)."""
    if not edit.values("ip"):
        edit.section.remove("ip", "address")
        return
    line = edit.section.lines.get(edit.identity)
    if line is None or line.words != edit.words:
        raise Refused("Invalid address")
    if edit.identity == ("ip", "address") and len(edit.section.starting_with("ip", "address")) > 1:
        raise Refused("Must delete secondary before deleting primary")


def one_way_of_addressing(edit: Edit) -> None:
    """An interface has addresses of its own, or another's. Source: recollection."""
    other = ("ip", "unnumbered") if edit.identity[:2] == ("ip", "address") else ("ip", "address")
    edit.section.remove(*other)


def address_fits(edit: Edit) -> None:
    """Sources: field (VLAN first, Bad mask, the /31 warning), unicon (`overlaps with`), NED (the family)."""
    own = edit.position.path[-1][1]
    vrf = edit.root.child("vrf", "definition", _interface_vrf(edit.section))
    if vrf is not None and ("address-family", "ipv4") not in vrf.lines:
        raise Refused(f"% {own} is linked to a VRF. Enable IPv4 on that VRF first.")
    if "." in own and not edit.section.starting_with("encapsulation"):
        raise Refused(
            "\n% Configuring IP routing on a LAN subinterface is only allowed if that\n"
            "subinterface is already configured as part of an IEEE 802.10, IEEE 802.1Q,\n"
            "or ISL vLAN.\n"
        )
    address, mask = edit.values("ip")[0], edit.values("mask")[0]
    network = _network(address, mask)
    edges = (network.network_address, network.broadcast_address)
    if network.prefixlen < 31 and IPv4Address(address) in edges:  # noqa: PLR2004
        raise Refused(f"Bad mask /{network.prefixlen} for address {address}")
    _refuse_overlap(edit, own, network)
    if network.prefixlen == 31 and not own.startswith(VIRTUAL):  # noqa: PLR2004
        edit.notices.append("% Warning: use /31 mask on non point-to-point interface cautiously")


def _refuse_overlap(edit: Edit, own: str, network: IPv4Network) -> None:
    for identity in edit.root.starting_with("interface"):
        section = edit.root.child(*identity)
        if section is None or identity[1] == own or _interface_vrf(section) != _interface_vrf(edit.section):
            continue
        for line in (section.lines[found] for found in section.starting_with("ip", "address")):
            if network.overlaps(IPv4Interface(f"{line.words[2]}/{line.words[3]}").network):
                raise Refused(f"% {network.network_address} overlaps with {identity[1]}")


def tag_is_free(edit: Edit) -> None:
    """One combination of VLAN tags per port. Source: recollection."""
    own = edit.position.path[-1][1]
    if "." not in own:
        raise Refused(column=0)
    port = own.partition(".")[0]
    for identity in edit.root.starting_with("interface"):
        section = edit.root.child(*identity)
        if section is None or identity[1] == own or not identity[1].startswith(f"{port}."):
            continue
        line = section.lines.get(("encapsulation", "dot1Q"))
        if line is not None and line.words == edit.words:
            raise Refused(
                f"%Configuration of multiple subinterfaces of the same main\ninterface with the same VID"
                f" ({edit.words[2]}) is not permitted.\nThis VID is already configured on {identity[1]}."
            )


def static_route_fits(edit: Edit) -> None:
    """Sources: unicon (`routing table X does not exist`), recollection (inconsistent mask)."""
    for name in edit.values("vrf"):
        if not vrf_lines(edit.root, name):
            raise Refused(f"% IP routing table {name} does not exist")
    destination, mask = edit.values("ip")[0], edit.values("mask")[0]
    if str(_network(destination, mask).network_address) != destination:
        raise Refused("%Inconsistent address and mask")


def prefix_list_number(edit: Edit) -> None:
    """Numbers an entry that came without `seq`: as its equal, or five after the last."""
    if edit.words[3] == "seq":
        return
    entries = edit.section.starting_with("ip", "prefix-list", edit.words[2])
    equal = [found for found in entries if edit.section.lines[found].words[5:] == edit.words[3:]]
    last = max((int(identity[4]) for identity in entries), default=0)
    identity = equal[0] if equal else (*edit.words[:3], "seq", str((last // 5 + 1) * 5))
    edit.rename((*identity, *edit.words[3:]), identity)


def prefix_list_entry(edit: Edit) -> None:
    """Refuses impossible lengths, and a number that is taken. Source: recollection.

    An entry that the list has under another number is taken here. IOS is believed to refuse it (`%Insertion
    failed - prefix-list entry exists`, as Quagga's imitation of it does), but nothing better than a
    tester's note was found that an IOS-XE does.
    """
    prefix = IPv4Network(edit.words[6])
    bounds = dict(zip(edit.words[7::2], map(int, edit.words[8::2]), strict=True))
    low = bounds.get("ge", prefix.prefixlen + 1)
    if bounds and (low <= prefix.prefixlen or bounds.get("le", 32) < low):
        raise Refused(f"% Invalid prefix range for {prefix}, make sure: len < ge-value <= le-value")
    old = edit.section.lines.get(edit.identity)
    if old is not None and old.words != edit.words:
        raise Refused(f"%Insertion failed - seq # {edit.words[4]} exists: {edit.words[2]}")


def route_map_entry(edit: Edit) -> None:
    """`route-map X` alone means `permit 10`."""
    action = next((word for word in edit.words[2:] if word in {"permit", "deny"}), "permit")
    number = edit.words[-1] if edit.words[-1].isdecimal() and len(edit.words) > 2 else "10"  # noqa: PLR2004
    name = edit.words[1]
    edit.rename(("route-map", name, action, number), ("route-map", name, number))


def removes_route_map(edit: Edit) -> None:
    """Without a number every clause goes."""
    if len(edit.match.words) == 2:  # noqa: PLR2004  `route-map` and the name
        edit.section.remove("route-map", edit.match.words[1])


def says_when_new(text: str) -> Rule:
    """What a router prints when a section is opened for the first time: advice, no refusal."""

    def effect(edit: Edit) -> None:
        edit.notices.append(text)

    return effect


def proposal_attached(edit: Edit) -> None:
    """An attached proposal is named once. Sources: recollection, logs (the notice)."""
    _proposal_exists(edit)
    if edit.identity in edit.section.lines:
        edit.notices.append("% Policy already has same proposal set")


def route_exists(edit: Edit) -> None:
    """Source: logs, `%No matching route to delete`."""
    if edit.identity not in edit.section.lines:
        raise Refused("%No matching route to delete")


def ospf_possible(edit: Edit) -> None:
    """A process belongs to one VRF. Source: logs."""
    vrf_exists(edit)
    known = edit.section.starting_with("router", "ospf", edit.words[2])
    if known and edit.identity not in known:
        raise Refused("%VRF specified does not match existing router")


def removes_ospf(edit: Edit) -> None:
    """The number alone names the process, whatever its VRF. Source: recollection."""
    edit.section.remove("router", "ospf", edit.words[2])


def one_bgp(edit: Edit) -> None:
    """Source: recollection, `BGP is already running; AS is N`."""
    for identity in edit.section.starting_with("router", "bgp"):
        if identity != edit.identity:
            raise Refused(f"BGP is already running; AS is {identity[2]}")


def starts_bgp(edit: Edit) -> None:
    """A new process comes with this line of its own."""
    edit.add_child("bgp log-neighbor-changes")


def network_statement(edit: Edit) -> None:
    """A class's own mask is not printed; host bits are cut off."""
    address = edit.values("ip")[0]
    length = natural_length(IPv4Address(address))
    masks = edit.values("mask")
    network = _network(address, masks[0]) if masks else IPv4Network((address, length), strict=False)
    words: tuple[str, ...] = ("network", str(network.network_address))
    if network.prefixlen != length:
        words = (*words, "mask", str(network.netmask))
    edit.rename((*words, *edit.words[len(edit.words) - 2 :]) if "route-map" in edit.words else words, words)


def natural_length(address: IPv4Address) -> int:
    """The length that an address's class gives its network (RFC 791)."""
    first = int(address) >> 24
    return 8 if first < 128 else 16 if first < 192 else 24  # noqa: PLR2004


def ospf_network(edit: Edit) -> None:
    """A subnet mask is taken for the wildcard that it means. Source: recollection."""
    address, mask = edit.words[1], IPv4Address(edit.words[2])
    inverted = IPv4Address(int(mask) ^ 0xFFFFFFFF)
    if int(mask) & 0x80000000 and int(mask) != 0xFFFFFFFF:  # noqa: PLR2004
        edit.rename(
            ("network", address, str(inverted), *edit.words[3:]), ("network", address, str(inverted), "area")
        )


def knows_neighbor(edit: Edit) -> None:
    """Source: unicon, `% Specify remote-as or peer-group commands first`."""
    peer = edit.values("peer")[0]
    if not any(("neighbor", peer, "remote-as") in section.lines for section in edit.neighbor_sections()):
        raise Refused("% Specify remote-as or peer-group commands first")


def starts_neighbor(edit: Edit) -> None:
    """In a VRF's family a neighbor is active from its first line on."""
    if edit.position.path[-1][:3] == ("address-family", "ipv4", "vrf"):
        edit.add_sibling(f"neighbor {edit.values('peer')[0]} activate")


def removes_neighbor(edit: Edit) -> None:
    """Without `remote-as` nothing is left of a neighbor."""
    knows_neighbor(edit)
    peer = edit.values("peer")[0]
    edit.section.remove("neighbor", peer)
    for line in list(edit.section.lines.values()):
        if line.words == ("address-family", "ipv4") and line.children is not None:
            line.children.remove("neighbor", peer)


def weak_algorithms(edit: Edit) -> None:
    """Sources: warnings for the shape, FN72510 for what newer releases refuse; texts are recollections."""
    weak = [word for word in edit.words if word in _WEAK]
    if edit.words[0] in {"group", "set"}:
        weak += [word for word in edit.words if word in _WEAK_GROUPS]
    if not weak:
        return
    if edit.refuses_weak:
        raise Refused(f"% {' '.join(weak)} is not allowed: weak cryptographic algorithm")
    edit.notices.append(
        f"SECURITY WARNING - Module: CRYPTO, Command: {' '.join(edit.words)}, Reason: weak algorithm"
        f" {' '.join(weak)}, Remediation: use AES, SHA-2 and Diffie-Hellman group 14 or higher"
    )


def transform_set_starts(edit: Edit) -> None:
    """Tunnel mode is the default, and is printed."""
    edit.add_child("mode tunnel")


def host_mask(edit: Edit) -> None:
    """The mask of one host is not printed in a keyring. Source: recollection."""
    if edit.values("mask") == ["255.255.255.255"]:
        edit.rename(edit.words[:2], edit.identity)


def identity_mask(edit: Edit) -> None:
    """A match on one host is printed with its mask. Source: recollection."""
    if not edit.values("mask"):
        edit.rename((*edit.words, "255.255.255.255"), (*edit.identity, "255.255.255.255"))


def refers_to(*words: str, text: str) -> Rule:
    """Refuses a last word that names nothing below the global line `words`. Source: recollection."""

    def check(edit: Edit) -> None:
        name = edit.values("word")[-1]
        if not edit.root.starting_with(*words, name):
            raise Refused(text.format(name=name))

    return check


def not_used_by(section: tuple[str, ...], line: tuple[str, ...], text: str) -> Rule:
    """Refuses to remove what a section of another kind still names. Source: recollection."""

    def check(edit: Edit) -> None:
        name = edit.identity[3]
        for identity in edit.root.starting_with(*section):
            user = edit.root.child(*identity)
            if user is not None and any(
                name in user.lines[found].words for found in user.starting_with(*line)
            ):
                raise Refused(text)

    return check


_proposal_exists = refers_to("crypto", "ikev2", "proposal", text="% Proposal {name} does not exist")
