"""BGP, OSPF and static routes of a router's living VRF, as FRR's configuration.

- IOS tells OSPF what eBGP brought and keeps what iBGP brought to itself; FRR tells both. So each external
  neighbor's import marks its routes by a tag, and the redistribution lets only those through.
- IOS sends communities only where it is told to; FRR the other way round.
- Inbound updates are kept as they came for every neighbor, so that a change of policy needs no new session.
- IOS compares external routes of several areas as RFC 1583 does, by default.
- Some timers are the lab's own: BGP's retry, OSPF's hellos unless they are typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from lab.bgp.ios.interfaces import Interface, StaticRoute, Tables
from lab.bgp.ios.lines import Section
from lab.bgp.ios.policy import Policy

_EXTERNAL = "tag 1"
_HELLO, _DEAD = 1, 4
"""Of OSPF, in seconds; IOS's own are 10 and 40."""
_DEFAULT_METRICS = {"bgp": 1, "connected": 20, "static": 20}
"""What IOS gives routes that OSPF takes over where no metric is typed."""


class Routing:
    """Writes one router's FRR configuration; `names` are Linux's for the interfaces."""

    def __init__(
        self,
        root: Section,
        tables: Tables,
        policy: Policy,
        names: Mapping[str, str],
        known: IPv4Address | None,
    ) -> None:
        self._root, self._tables, self._policy, self._names = root, tables, policy, names
        self._known = known
        self.chosen: IPv4Address | None = None
        """The router id that nobody has typed, where one is needed."""
        self.remarks: list[str] = []

    def render(self) -> str:
        """Return all of it, as `vtysh -f` reads it."""
        bgp = tuple(self._bgp())  # first: it says which route maps it needs
        lines = (
            "no zebra nexthop kernel enable",
            *self._policy.lines,
            *self._static_routes(),
            *self._ospf_interfaces(),
            *self._ospf(),
            *bgp,
        )
        return "\n".join(lines) + "\n"

    # --- static routes -------------------------------------------------------------------------------

    def _static_routes(self) -> Iterator[str]:
        for route in self._tables.routes:
            if route.vrf and route.vrf == self._tables.vrf and (way := self._way(route)):
                distance = f" {route.distance}" if route.distance else ""
                tag = f" tag {route.tag}" if route.tag else ""
                yield f"ip route {route.destination} {way}{tag}{distance}"

    def _way(self, route: StaticRoute) -> str:
        interface = self._names.get(route.interface or "", "")
        if route.interface and not interface:
            return ""  # as IOS: a route by an interface that is not there is not there
        return " ".join(part for part in (str(route.via or ""), interface) if part)

    # --- OSPF ----------------------------------------------------------------------------------------

    def _ospf_interfaces(self) -> Iterator[str]:
        if not any(True for _ in self._ospf_sections()):
            return
        for one in self._tables.living:
            name = self._names.get(one.name)
            if name is None or one.is_loopback:
                continue
            yield f"interface {name}"
            yield from (f" {line}" for line in _with_timers(one))
            yield "exit"

    def _ospf_sections(self) -> Iterator[Section]:
        vrf = self._tables.vrf
        if vrf is not None:
            yield from (section for _, section in self._root.take(rf"router ospf \d+ vrf {re.escape(vrf)}"))

    def _ospf(self) -> Iterator[str]:
        section = next(iter(self._ospf_sections()), None)
        if section is None:
            return
        redistributed = tuple(self._redistributed(section))
        yield from self._told_by_ospf(redistributed)
        yield "router ospf"
        found = section.first(r"router-id (\S+)")
        yield f" ospf router-id {found[1] if found else self._router_id()}"
        yield " compatible rfc1583"
        yield " timers throttle spf 50 200 1000"
        yield " timers throttle lsa all 0"
        yield " timers lsa min-arrival 0"
        for found, _ in section.take(r"network (\S+) (\S+) area (\S+)"):
            network = _by_wildcard(found[1], found[2])
            if network is None:
                self.remarks.append(f"{section.text} / {found[0]}: a wildcard with gaps means nothing here")
            else:
                yield f" network {network} area {found[3]}"
        for protocol, tail, _ in redistributed:
            yield f" redistribute {protocol}{tail} route-map {_into_ospf(protocol)}"
        for pattern in (r"default-metric \d+", r"distance \d+", r"area \S+ (?:stub|nssa).*"):
            yield from (f" {found[0]}" for found, _ in section.take(pattern))
        for found, _ in section.take(r"maximum-paths (\d+)"):
            yield f" maximum-paths {found[1]}"
        for found, _ in section.take(r"passive-interface (default|\S+)"):
            name = found[1] if found[1] == "default" else self._names.get(found[1])
            if name:
                yield f" passive-interface {name}"
        for found, _ in section.take(r"default-information originate.*"):
            yield f" {found[0]}"
        yield "exit"

    def _redistributed(self, section: Section) -> Iterator[tuple[str, str, str | None]]:
        """Yield protocol, what follows it, and the route map."""
        metric_given = section.has(r"default-metric \d+")
        pattern = (
            r"redistribute (bgp|connected|static)(?: \d+)?( metric \d+)?( metric-type \d)?( subnets)?"
            r"(?: tag \d+)?(?: route-map (\S+))?"
        )
        for found, _ in section.take(pattern):
            metric = found[2] or ("" if metric_given else f" metric {_DEFAULT_METRICS[found[1]]}")
            if not found[4]:
                self.remarks.append(
                    f"{section.text} / {found[0]}: subnets are told here although it lacks `subnets`"
                )
            yield found[1], f"{metric}{found[3] or ''}", found[5]

    @staticmethod
    def _told_by_ospf(redistributed: tuple[tuple[str, str, str | None], ...]) -> Iterator[str]:
        for protocol, _, route_map in redistributed:
            yield f"route-map {_into_ospf(protocol)} permit 10"
            if protocol == "bgp":
                yield f" match {_EXTERNAL}"
            if route_map:
                yield f" call {route_map}"
            yield "exit"

    # --- BGP -----------------------------------------------------------------------------------------

    def _bgp(self) -> Iterator[str]:
        for found, process in self._root.take(r"router bgp (\d+)"):
            self._refuse_others(process)
            pattern = rf"address-family ipv4 vrf {re.escape(self._tables.vrf or '')}"
            for _, family in process.take(pattern):
                yield from self._family(found[1], process, family)

    def _refuse_others(self, process: Section) -> None:
        for pattern in (r"neighbor \S+ remote-as \d+", "address-family ipv4(?: unicast)?"):
            for found, _ in process.take(pattern):
                self.remarks.append(
                    f"{process.text} / {found[0]}: BGP of the global table is not brought to life"
                )

    def _family(self, asn: str, process: Section, family: Section) -> Iterator[str]:
        neighbors = {found[1]: found[2] for found, _ in family.take(r"neighbor (\S+) remote-as (\d+)")}
        imports = {
            address: tuple(self._import_map(family, address, external=remote != asn))
            for address, remote in neighbors.items()
        }
        for lines in imports.values():
            yield from lines
        found = family.first(r"bgp router-id (\S+)") or process.first(r"bgp router-id (\S+)")
        yield f"router bgp {asn}"
        yield f" bgp router-id {found[1] if found else self._router_id()}"
        yield " no bgp ebgp-requires-policy"
        yield " bgp network import-check"
        yield " bgp graceful-restart-disable"
        yield " coalesce-time 0"
        for pattern in (r"timers bgp \d+ \d+", r"bgp bestpath as-path multipath-relax"):
            yield from (f" {found[0]}" for found, _ in process.take(pattern))
        for address, remote in neighbors.items():
            yield f" neighbor {address} remote-as {remote}"
            yield from (f" neighbor {address} {tail}" for tail in self._session(family, address))
        yield " address-family ipv4 unicast"
        yield from (f"  {line}" for line in self._origination(family))
        for address, lines in imports.items():
            yield from (f"  {line}" for line in self._exchange(family, address, has_import=bool(lines)))
        yield " exit-address-family"
        yield "exit"

    def _import_map(self, family: Section, address: str, *, external: bool) -> Iterator[str]:
        found = family.first(rf"neighbor {re.escape(address)} route-map (\S+) in")
        if found or external:
            yield f"route-map {_import(address)} permit 10"
            if external:
                yield f" set {_EXTERNAL}"
            if found:
                yield f" call {found[1]}"
            yield "exit"

    def _session(self, family: Section, address: str) -> Iterator[str]:
        """Yield what a session is, in FRR's words behind the neighbor's address."""
        start = f"neighbor {re.escape(address)} "
        yield "timers connect 2"
        yield "advertisement-interval 0"
        for pattern in (r"description .+", "shutdown", r"local-as .+", r"ttl-security hops \d+"):
            yield from (found[1] for found, _ in family.take(f"{start}({pattern})"))
        for found, _ in family.take(rf"{start}password (?:0 |7 )?(\S+)"):
            yield f"password {found[1]}"
        for found, _ in family.take(rf"{start}(ebgp-multihop(?: \d+)?)"):
            yield found[1]
        for found, _ in family.take(rf"{start}timers (\d+) (\d+)(?: \d+)?"):
            yield f"timers {found[1]} {found[2]}"
        for found, _ in family.take(rf"{start}update-source (\S+)"):
            source = self._tables.address_of(found[1])
            if source is None:
                self.remarks.append(f"{found[0]}: {found[1]} has no address, another one is used")
            else:
                yield f"update-source {source}"
        if family.has(rf"{start}fall-over bfd"):
            interface = self._tables.interface_towards(IPv4Address(address))
            if interface is not None and interface.bfd is not None:
                transmit, receive, multiplier = interface.bfd
                yield f"bfd {multiplier} {receive} {transmit}"

    def _origination(self, family: Section) -> Iterator[str]:
        """Yield what the table gets besides what neighbors send."""
        paths = family.first(r"maximum-paths (\d+)"), family.first(r"maximum-paths ibgp (\d+)")
        yield f"maximum-paths {paths[0][1] if paths[0] else 1}"
        yield f"maximum-paths ibgp {paths[1][1] if paths[1] else 1}"
        for found, _ in family.take(r"network (\S+)(?: mask (\S+))?( route-map \S+)?"):
            yield f"network {_by_mask(found[1], found[2])}{found[3] or ''}"
        for found, _ in family.take(r"aggregate-address (\S+) (\S+)(.*)"):
            yield f"aggregate-address {_by_mask(found[1], found[2])}{found[3]}"
        for found, _ in family.take(r"redistribute (?:connected|static).*"):
            yield found[0]
        for found, _ in family.take(
            r"redistribute ospf \d+( metric \d+)?( match internal)?( route-map \S+)?"
        ):
            yield f"redistribute ospf{found[1] or ''}{found[3] or ''}"
        for found, _ in family.take(r"distance bgp \d+ \d+ \d+"):
            yield found[0]

    def _exchange(self, family: Section, address: str, *, has_import: bool) -> Iterator[str]:
        """Yield what passes over a session."""
        start, own = f"neighbor {address} ", re.escape(f"neighbor {address} ")
        if not family.has(f"{own}activate"):
            yield f"no {start}activate"
            return
        yield f"{start}soft-reconfiguration inbound"
        family.accept(f"{own}soft-reconfiguration inbound")
        if not family.has(rf"{own}send-community(?: .+)?"):
            yield f"no {start}send-community"
        for pattern in (
            "next-hop-self",
            "route-reflector-client",
            r"default-originate(?: route-map \S+)?",
            r"allowas-in(?: \d+)?",
            "as-override",
            r"weight \d+",
            r"maximum-prefix .+",
            r"filter-list \d+ (?:in|out)",
            r"route-map \S+ out",
        ):
            yield from (found[0] for found, _ in family.take(own + pattern))
        for found, _ in family.take(rf"{own}prefix-list (\S+) (?:in|out)"):
            if found[1] in self._policy.prefix_lists:  # IOS: an undefined one permits everything
                yield found[0]
        if has_import:
            yield f"{start}route-map {_import(address)} in"

    def _router_id(self) -> IPv4Address:
        """Return what IOS takes by itself and then keeps: a loopback's highest address, else any's."""
        if self._known is not None:
            self.chosen = self._known
            return self._known
        interfaces = [one for one in self._tables.living if one.addresses and not one.shut]
        loopbacks = [one for one in interfaces if one.is_loopback]
        addresses = [address.ip for one in loopbacks or interfaces for address in one.addresses]
        self.chosen = max(addresses, default=None)
        return self.chosen or IPv4Address("127.0.0.1")


def _with_timers(interface: Interface) -> Iterator[str]:
    yield from interface.ospf
    for name, seconds in (("hello-interval", _HELLO), ("dead-interval", _DEAD)):
        if not any(line.startswith(f"ip ospf {name} ") for line in interface.ospf):
            yield f"ip ospf {name} {seconds}"


def _into_ospf(protocol: str) -> str:
    return f"into-ospf-{protocol}"


def _import(address: str) -> str:
    return f"from-{address}"


def _by_mask(address: str, mask: str | None) -> IPv4Network:
    """Return a prefix; without a mask the address's class says its length."""
    if mask is not None:
        return IPv4Network(f"{address}/{mask}")
    first = int(IPv4Address(address)) >> 24
    return IPv4Network(f"{address}/{8 if first < 128 else 16 if first < 192 else 24}")  # noqa: PLR2004 (RFC 791)


def _by_wildcard(address: str, wildcard: str) -> IPv4Network | None:
    bits = int(IPv4Address(wildcard))
    if bits & (bits + 1):
        return None
    return IPv4Network((address, 32 - bits.bit_length()), strict=False)
