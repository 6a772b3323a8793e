"""Routers against the VPN gateways of the stack: AS numbers, addresses, key and algorithms of each tunnel.

A tunnel is known by the router's BGP address: the local network gateway has it, and so does an interface.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import IPv4Address

from network_policies import pages
from network_policies.asns import gateway_asn
from network_policies.attachments import Connection, attachments
from network_policies.azure_types import GATEWAY, LOCAL_GATEWAY, PUBLIC_IP, address_of, word
from network_policies.bgp import Neighbor, neighbors, with_unread
from network_policies.interfaces import Interface, address_on, holding, interfaces
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import NotProvenError, Resource, Stack
from network_policies.values import REDACTED, UNKNOWN, Value, reveal

_OUTPUT = re.compile(r"<output:([^<>]+)>$")
_SECRET = re.compile(r"<secret:([^<>]+)>$")
_PRE_SHARED = re.compile(r"pre-shared-key (?:local |remote )?(\S+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """A tunnel as both sides have it."""

    local_gateway: Resource
    connections: tuple[Connection, ...]
    interfaces: tuple[Interface, ...]
    sessions: tuple[Neighbor, ...]
    """The BGP sessions that start from those interfaces."""


def _tunnels(case: Case) -> Iterator[Tunnel]:
    lines = router_lines(case.resource)
    found, sessions = interfaces(lines), neighbors(lines)
    addresses = {own.ip for interface in found.values() for own in interface.addresses}
    for peer in sorted(addresses & _local_gateways(case.stack).keys()):
        own = holding(found, peer)
        for local in _local_gateways(case.stack)[peer]:
            names = {each.name.casefold() for each in own}
            yield Tunnel(
                local_gateway=local,
                connections=attachments(case.stack).to_local_gateway.get(local.urn, ()),
                interfaces=own,
                sessions=tuple(
                    each for each in sessions if each.is_vpn and each.update_source.casefold() in names
                ),
            )


@lru_cache(maxsize=2)
def _local_gateways(stack: Stack) -> Mapping[IPv4Address, tuple[Resource, ...]]:
    """Return the local network gateways by the BGP address of the router that they stand for."""
    found: dict[IPv4Address, list[Resource]] = {}
    for local in stack.of(LOCAL_GATEWAY):
        with suppress(NotProvenError):  # said in the local network gateway's own turn
            peer = address_of(local.text("bgpSettings", "bgpPeeringAddress"))
            if peer is not None:
                found.setdefault(peer, []).append(local)
    return {peer: tuple(several) for peer, several in found.items()}


def _own_asn(case: Case) -> Findings:
    for tunnel in _tunnels(case):
        asn = tunnel.local_gateway.number("bgpSettings", "asn")
        for session in tunnel.sessions:
            if asn is not None and asn != session.shown_asn:
                yield Finding(
                    wrong=f"the router is in AS {session.shown_asn}, and bgpSettings.asn of "
                    f"{tunnel.local_gateway.name}, which stands for it, is {asn}",
                    mend=f"Set bgpSettings.asn to {session.shown_asn}, or the router's AS to {asn}",
                )


def _azure_asn(case: Case) -> Findings:
    for tunnel in _tunnels(case):
        for connection in tunnel.connections:
            gateway = connection.gateway.resource if connection.gateway else None
            if gateway is None:
                raise NotProvenError(f"the ASN at the Azure end of {connection.resource.name}")
            for session in tunnel.sessions:
                if session.remote_asn != gateway_asn(gateway):
                    yield Finding(
                        wrong=f"neighbor {session.address} ({session.place}) has AS "
                        f"{session.remote_asn}, and {gateway.name}, to which {connection.resource.name} "
                        f"leads, has {gateway_asn(gateway)}",
                        mend=f'Set "neighbor {session.address} remote-as {gateway_asn(gateway)}"',
                    )


def _source(case: Case) -> Findings:
    found = interfaces(router_lines(case.resource))
    for tunnel in _tunnels(case):
        public = address_of(tunnel.local_gateway.text("gatewayIpAddress"))
        for interface in tunnel.interfaces:
            source = interface.settings.get("tunnel source")
            address = address_on(found, source) if source else None
            if public is not None and address is not None and address != public:
                yield Finding(
                    wrong=f"{interface.name} (line {interface.line}) starts from {address}, and "
                    f"gatewayIpAddress of {tunnel.local_gateway.name} is {public}",
                    mend=f"Set both to the router's public address; behind NAT, write {public} as the local "
                    "identity, and exempt this rule",
                )


# --- Azure's addresses, which the provider fills in ---------------------------------------------------


def _filled_in(case: Case, text: str) -> Value:
    """Return what a placeholder will be; UNKNOWN in a first preview; the text itself if it is none."""
    placeholder = _OUTPUT.match(text)
    return reveal(case.resource.peek("values", placeholder[1])) if placeholder else text


def _azure_addresses(case: Case) -> Findings:
    for tunnel in _tunnels(case):
        for connection in tunnel.connections:
            gateway = connection.gateway.resource if connection.gateway else None
            if gateway is None:
                raise NotProvenError(f"the addresses at the Azure end of {connection.resource.name}")
            for session in tunnel.sessions:
                yield from _compare(case, session.address, _bgp_addresses(gateway), gateway, "BGP address")
            for interface in tunnel.interfaces:
                destination = interface.settings.get("tunnel destination")
                if destination:
                    yield from _compare(
                        case, destination, _public_addresses(case, gateway), gateway, "public address"
                    )


def _compare(case: Case, text: str, known: frozenset[str], gateway: Resource, what: str) -> Findings:
    """Compare an address in the lines with those that Azure gave.

    While Azure has yet to give them, a placeholder whose value is made of the gateway is as good.
    """
    given = _filled_in(case, text)
    if isinstance(given, str) and known and given not in known:
        yield Finding(
            wrong=f"the router has {given} as {what} of {gateway.name}, which has {', '.join(sorted(known))}",
            mend="Fill it in from the gateway's output",
        )
    elif isinstance(given, str) and not known:
        raise NotProvenError(f"whether {given} will be {what} of {gateway.name}, which Azure has yet to give")
    elif given is UNKNOWN:
        makers = {
            maker.urn for maker in case.stack.dependencies(case.resource, ("values",), GATEWAY, PUBLIC_IP)
        }
        if not makers & {gateway.urn, *gateway.property_dependencies.get("ipConfigurations", ())}:
            raise NotProvenError(f"whether {text} will be {what} of {gateway.name}")


def _bgp_addresses(gateway: Resource) -> frozenset[str]:
    """Return the BGP addresses of all instances, as far as they are known."""
    found: set[str] = set()
    joined = reveal(gateway.peek("bgpSettings", "bgpPeeringAddress"))
    if isinstance(joined, str):
        found.update(joined.split(","))
    peers = reveal(gateway.peek("bgpSettings", "bgpPeeringAddresses"))
    for peer in peers if isinstance(peers, tuple) else ():
        for name in ("defaultBgpIpAddresses", "customBgpIpAddresses"):
            several = reveal(peer.get(name)) if isinstance(peer, Mapping) else None
            found.update(one for one in several if isinstance(one, str)) if isinstance(
                several, tuple
            ) else None
    return frozenset(found)


def _public_addresses(case: Case, gateway: Resource) -> frozenset[str]:
    """Return the public addresses of all instances, none if one of them is not known."""
    found: set[str] = set()
    for index, _ in enumerate(gateway.elements("ipConfigurations")):
        reference = reveal(gateway.peek("ipConfigurations", index, "publicIPAddress", "id"))
        address = case.stack.with_id(reference) if isinstance(reference, str) else None
        known = reveal(address.peek("ipAddress")) if address is not None else None
        if not isinstance(known, str):
            return frozenset()
        found.add(known)
    return frozenset(found)


def _every_instance(case: Case) -> Findings:
    """Count the router's tunnels to an active-active gateway: Azure sends over whichever it likes."""
    ends = {
        text: _filled_in(case, text)
        for interface in interfaces(router_lines(case.resource)).values()
        if (text := interface.settings.get("tunnel destination")) and not interface.is_shut
    }
    gateways = {
        connection.gateway.resource.urn: connection.gateway.resource
        for tunnel in _tunnels(case)
        for connection in tunnel.connections
        if connection.gateway and connection.gateway.resource
    }
    for gateway in gateways.values():
        instances = len(gateway.elements("ipConfigurations"))
        if not gateway.flag("activeActive"):
            continue
        addresses = _public_addresses(case, gateway)
        open_ends = [text for text, given in ends.items() if not isinstance(given, str)]
        reached = addresses & {given for given in ends.values() if isinstance(given, str)}
        count = len(reached) + len(open_ends) if addresses else len(ends)
        if count < instances:
            missing = ", ".join(sorted(addresses - reached)) if not open_ends else ""
            yield Finding(
                wrong=f"{case.resource.name} has {count} tunnel{'s' * (count != 1)} to {gateway.name}, which "
                f"is active-active with {instances} instances{missing and f': none to {missing}'}",
                mend="Give it a tunnel and a BGP session to each instance: Azure sends over both",
            )


# --- key and algorithms -------------------------------------------------------------------------------


def _key(case: Case) -> Findings:
    used = {
        secret[1]
        for line in router_lines(case.resource)
        if (key := _PRE_SHARED.match(line.text)) and (secret := _SECRET.match(key[1]))
    }
    for tunnel in _tunnels(case):
        for connection in tunnel.connections:
            if used and _holds_another_key(case, connection.resource, used):
                yield Finding(
                    wrong="none of the router's pre-shared keys is the sharedKey of "
                    f"{connection.resource.name}",
                    mend="Fill in both from one secret",
                )


def _holds_another_key(case: Case, connection: Resource, used: set[str]) -> bool:
    key = reveal(connection.peek("sharedKey"))
    own = [reveal(case.resource.peek("secrets", name)) for name in sorted(used)]
    if key is None or None in own:
        return False  # a secret that nothing supplies is another rule's business
    if key == REDACTED or REDACTED in own:
        raise NotProvenError(
            f"whether the router has the sharedKey of {connection.name}, which is encrypted here"
        )
    if key is UNKNOWN or UNKNOWN in own:
        azure = set(connection.property_dependencies.get("sharedKey", ()))
        router = set(case.resource.property_dependencies.get("secrets", ()))
        if not azure or not router:
            raise NotProvenError(f"whether the router has the sharedKey of {connection.name}")
        return not azure & router
    return key not in own


_IKE_ENCRYPTION = {
    "gcmaes256": "aes-gcm-256",
    "gcmaes128": "aes-gcm-128",
    "aes256": "aes-cbc-256",
    "aes192": "aes-cbc-192",
    "aes128": "aes-cbc-128",
    "des3": "3des",
    "des": "des",
}
_INTEGRITY = {"sha384": "sha384", "sha256": "sha256", "sha1": "sha1", "md5": "md5"}
_GROUP = {
    "dhgroup24": "24",
    "ecp384": "20",
    "ecp256": "19",
    "dhgroup14": "14",
    "dhgroup2048": "14",
    "dhgroup2": "2",
    "dhgroup1": "1",
}


def _algorithms(case: Case) -> Findings:
    """Compare what a connection asks for with what any of the router's proposals offers, in both phases."""
    lines = router_lines(case.resource)
    for tunnel in _tunnels(case):
        for connection in (one.resource for one in tunnel.connections):
            yield from _version(connection, lines)
            for index, _ in enumerate(connection.elements("ipsecPolicies")):
                for name, what, offered in _offers(tunnel, lines):
                    given = (connection.text("ipsecPolicies", index, name) or "").casefold()
                    wanted = _WORDS[name].get(given)
                    if offered and wanted is not None and wanted not in offered:
                        yield Finding(
                            wrong=f"{connection.name} has {name} {given.upper()}, and the router offers only "
                            f"{what} {' '.join(sorted(offered))}",
                            mend=f"Offer {wanted}, or change the connection's policy",
                        )


def _version(connection: Resource, lines: tuple[Line, ...]) -> Findings:
    """Find a connection with IKEv1 to a router that has IKEv2 alone."""
    sections = {line.section.casefold().partition(" ")[2][:6] for line in lines if line.text == line.section}
    if (
        word(connection, "connectionProtocol") == "ikev1"
        and "ikev2 " in sections
        and "isakmp" not in sections
    ):
        yield Finding(
            wrong=f"{connection.name} has connectionProtocol IKEv1, and the router speaks IKEv2 alone",
            mend="Set connectionProtocol to IKEv2; the connection is made anew",
        )


def _offers(tunnel: Tunnel, lines: tuple[Line, ...]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield, for each of Azure's properties, IOS's word and all that the router offers there."""
    for name, what in (("ikeEncryption", "encryption"), ("ikeIntegrity", "integrity"), ("dhGroup", "group")):
        yield name, what, _proposed(lines, f"{what} ")
    profiles = {
        profile.casefold()
        for interface in tunnel.interfaces
        if (profile := interface.settings.get("tunnel protection ipsec profile", "").partition(" ")[0])
    }
    settings = [
        line
        for line in lines
        if line.section.casefold().removeprefix("crypto ipsec profile ") in profiles
        and line.text != line.section
    ]
    if not profiles or not settings:
        return
    names = {
        one
        for line in settings
        if line.text.startswith("set transform-set ")
        for one in line.text.split()[2:]
    }
    transforms = [
        " ".join(line.text.casefold().split()[4:])
        for line in lines
        if line.text.casefold().startswith("crypto ipsec transform-set ") and line.text.split()[3] in names
    ]
    yield "ipsecEncryption", "transform-set", frozenset(map(_cipher, transforms))
    yield "ipsecIntegrity", "transform-set", frozenset(map(_integrity, transforms))
    groups = {
        line.text.casefold().split()[-1] for line in settings if line.text.casefold().startswith("set pfs ")
    }
    yield "pfsGroup", "pfs", frozenset(groups or {"none"})


def _cipher(transform: str) -> str:
    """Return a transform-set's encryption: `esp-aes 256`."""
    words = transform.split()
    first = words[0] if words else ""
    has_size = len(words) > 1 and words[1].isdecimal() and words[1] != _IOS_DEFAULT_SIZE
    return " ".join(words[:2]) if has_size else first


def _integrity(transform: str) -> str:
    """Return a transform-set's integrity, with GCM its encryption: `esp-sha256-hmac`."""
    hmac = [word for word in transform.split() if word.endswith("-hmac")]
    return hmac[0] if hmac else _cipher(transform)


def _proposed(lines: tuple[Line, ...], start: str) -> frozenset[str]:
    return frozenset(
        offered
        for line in lines
        if line.section.casefold().startswith("crypto ikev2 proposal ")
        and line.text.casefold().startswith(start)
        for offered in line.text.casefold().split()[1:]
    )


_IOS_DEFAULT_SIZE = "128"

_GCM = {"gcmaes256": "esp-gcm 256", "gcmaes192": "esp-gcm 192", "gcmaes128": "esp-gcm"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "ikeEncryption": _IKE_ENCRYPTION,
    "ikeIntegrity": _INTEGRITY,
    "dhGroup": _GROUP,
    "ipsecEncryption": {
        **_GCM,
        "aes256": "esp-aes 256",
        "aes192": "esp-aes 192",
        "aes128": "esp-aes",
        "des3": "esp-3des",
        "des": "esp-des",
    },
    "ipsecIntegrity": {
        **_GCM,
        "sha256": "esp-sha256-hmac",
        "sha1": "esp-sha-hmac",
        "md5": "esp-md5-hmac",
    },
    "pfsGroup": {
        "pfs24": "group24",
        "ecp384": "group20",
        "ecp256": "group19",
        "pfs2048": "group14",
        "pfs14": "group14",
        "pfs2": "group2",
        "pfs1": "group1",
        "none": "none",
    },
}
"""Azure's words, each with IOS's."""


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY, scope=Scope.STACK, page=pages.VPN_FAQ)

RULES = (
    _router(
        name="router-tunnel-asn",
        holds="A router is in the AS that its local network gateway says.",
        sources=("ASN-8", "VPN-7"),
        check=with_unread(_own_asn),
    ),
    _router(
        name="router-azure-asn",
        holds="A router expects the AS that the VPN gateway has.",
        sources=("ASN-8", "ASN-7"),
        check=with_unread(_azure_asn),
    ),
    _router(
        name="router-tunnel-source",
        holds="A router's tunnel starts from the address that its local network gateway says.",
        sources=("VPN-16", "SEED"),
        check=_source,
    ),
    _router(
        name="router-azure-address",
        holds="A router has the VPN gateway's own addresses.",
        sources=("VPN-2",),
        check=with_unread(_azure_addresses),
    ),
    _router(
        name="router-every-instance",
        level=Level.ADVISORY,
        holds="A router has a tunnel to each instance of an active-active VPN gateway.",
        sources=("GW-14",),
        page=pages.HIGHLY_AVAILABLE_VPN,
        check=_every_instance,
    ),
    _router(
        name="router-key-agrees",
        holds="A router and its connection have one key.",
        sources=("IPSEC-1",),
        check=_key,
    ),
    _router(
        name="router-ipsec-agrees",
        holds="A router offers the algorithms that its connection asks for.",
        sources=("IPSEC-2", "IPSEC-8"),
        page=pages.IPSEC_POLICY,
        check=_algorithms,
    ),
)
