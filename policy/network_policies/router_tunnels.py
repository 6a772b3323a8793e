"""Routers against the VPN gateways of the stack: AS numbers and addresses of each tunnel, and how many."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from network_policies import pages
from network_policies.asns import gateway_asn
from network_policies.azure_types import GATEWAY, PUBLIC_IP, address_of
from network_policies.bgp import with_unread
from network_policies.interfaces import address_on, interfaces
from network_policies.resource import NotProvenError, Resource
from network_policies.router_lines import CONFIGURATION, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.tunnels import tunnels
from network_policies.values import UNKNOWN, Value, reveal

_OUTPUT = re.compile(r"<output:([^<>]+)>$")


def _own_asn(case: Case) -> Findings:
    for tunnel in tunnels(case):
        asn = tunnel.local_gateway.number("bgpSettings", "asn")
        for session in tunnel.sessions:
            if asn is not None and asn != session.shown_asn:
                yield Finding(
                    wrong=f"the router is in AS {session.shown_asn}, and bgpSettings.asn of "
                    f"{tunnel.local_gateway.name}, which stands for it, is {asn}",
                    mend=f"Set bgpSettings.asn to {session.shown_asn}, or the router's AS to {asn}",
                )


def _azure_asn(case: Case) -> Findings:
    for tunnel in tunnels(case):
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
    for tunnel in tunnels(case):
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
    for tunnel in tunnels(case):
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
            if isinstance(several, tuple):
                found.update(one for one in several if isinstance(one, str))
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
        for tunnel in tunnels(case)
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
)
