"""The configuration commands of each mode, in the order in which `show running-config` prints them.

The grammar is our reading of Cisco's command references for IOS XE 17, by the first words of a command:

- `hostname`, `service`, `line`, `username`, `archive`, `configuration mode exclusive`: "Configuration
  Fundamentals", "Configuration Management", "Security: S to Z";
- `interface`, `encapsulation dot1Q`, `bfd interval`, `tunnel`: "Interface and Hardware Component", "LAN
  Switching", "IP Routing: BFD";
- `ip vrf`, `vrf definition`, `rd`, `route-target`, `ip vrf forwarding`: "Multiprotocol Label Switching";
- `ip address`, `ip mtu`, `ip tcp adjust-mss`, `ip access-list`, `access-list`: "IP Addressing Services", "IP
  Application Services", "Security: A to C";
- `ip route`, `ip prefix-list`, `route-map`, `match`, `set`: "IP Routing: Protocol-Independent";
- `router bgp`, `neighbor`, `network`, `address-family`: "IP Routing: BGP"; `router ospf`: "IP Routing: OSPF";
- `crypto ikev2`, `crypto ipsec`: "Security: A to C", and "FlexVPN and Internet Key Exchange Version 2".

The print order is read off published running-configs. Left out is what no router of a hybrid network needs;
a line not found here is invalid input. `source` says who documents a command's refusals; `rules.py` explains
the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address

from lab.iosxe import rules
from lab.iosxe.configuration import Command as C  # noqa: N817  one letter keeps the tables readable
from lab.iosxe.configuration import Identity, Mode
from lab.iosxe.grammar import Grammar
from lab.iosxe.kinds import interface_order


def _by_interface(identity: Identity) -> tuple[object, ...]:
    return interface_order(identity[1])


def _secondary_first(identity: Identity) -> tuple[object, ...]:
    return (identity[-1] != "secondary",)


def _by_peer(identity: Identity) -> tuple[object, ...]:
    return (IPv4Address(identity[1]),)


def _by_entry(identity: Identity) -> tuple[object, ...]:
    return (identity[2], int(identity[4]))


def _by_clause(identity: Identity) -> tuple[object, ...]:
    return (identity[1], int(identity[2]))


GLOBAL = (
    C(syntax="version =<word>"),
    C(syntax="service timestamps (debug|log) =datetime [=msec]"),
    C(syntax="service (password-encryption|tcp-keepalives-in|tcp-keepalives-out)"),
    C(syntax="hostname =<word>"),
    C(
        syntax="vrf definition <vrf>",
        opens=Mode.VRF_DEFINITION,
        check=rules.one_kind_of_vrf,
        undo=rules.removes_vrf,
        source="recollection",
    ),
    C(
        syntax="ip vrf <vrf>",
        opens=Mode.VRF,
        check=rules.one_kind_of_vrf,
        undo=rules.removes_vrf,
        source="recollection",
    ),
    C(syntax="aaa new-model"),
    C(syntax="ip domain lookup", default_on=True),
    C(syntax="ip domain name =<word>"),
    C(syntax="password encryption aes"),
    C(syntax="username <word> [=privilege =<0-15>] =secret =<secret>"),
    C(syntax="archive", opens=Mode.ARCHIVE),
    C(syntax="configuration mode exclusive (=auto|=manual)"),
    C(
        syntax="crypto ikev2 proposal <word>",
        opens=Mode.IKEV2_PROPOSAL,
        effect=rules.says_when_new(
            "IKEv2 proposal MUST either have a set of an encryption algorithm other than aes-gcm, an"
            " integrity algorithm and a DH group configured or \n"
            " encryption algorithm aes-gcm, a prf algorithm and a DH group configured"
        ),
        undo=rules.not_used_by(
            ("crypto", "ikev2", "policy"), ("proposal",), "% Cannot remove as proposal is in use."
        ),
        source="logs, recollection",
    ),
    C(
        syntax="crypto ikev2 policy <word>",
        opens=Mode.IKEV2_POLICY,
        effect=rules.says_when_new("IKEv2 policy MUST have atleast one complete proposal attached "),
        source="logs",
    ),
    C(
        syntax="crypto ikev2 keyring <word>",
        opens=Mode.IKEV2_KEYRING,
        undo=rules.not_used_by(
            ("crypto", "ikev2", "profile"), ("keyring",), "% Cannot remove as keyring is in use."
        ),
        source="recollection",
    ),
    C(
        syntax="crypto ikev2 profile <word>",
        opens=Mode.IKEV2_PROFILE,
        effect=rules.says_when_new(
            "IKEv2 profile MUST have:\n"
            "   1. A local and a remote authentication method.\n"
            "   2. A match identity or a match certificate or match any statement."
        ),
        undo=rules.not_used_by(
            ("crypto", "ipsec", "profile"), ("set", "ikev2-profile"), "% Cannot remove as profile is in use."
        ),
        source="recollection",
    ),
    C(syntax="crypto ikev2 dpd =<10-3600> =<2-60> (=on-demand|=periodic)"),
    C(
        syntax="crypto ipsec transform-set <word> =<transform> [=<transform-size>] [=<transform>]",
        opens=Mode.TRANSFORM_SET,
        check=rules.weak_algorithms,
        effect=rules.transform_set_starts,
        undo=rules.not_used_by(
            ("crypto", "ipsec", "profile"), ("set", "transform-set"), "% Transform set is in use"
        ),
        source="FN72510, warnings",
    ),
    C(
        syntax="crypto ipsec profile <word>",
        opens=Mode.IPSEC_PROFILE,
        undo=rules.not_used_by(
            ("interface",), ("tunnel", "protection"), "% Profile is in use by a tunnel interface"
        ),
        source="recollection",
    ),
    C(
        syntax="interface <interface>",
        opens=Mode.INTERFACE,
        check=rules.interface_possible,
        undo=rules.removes_interface,
        order=_by_interface,
        source="recollection",
    ),
    C(
        syntax="router ospf <1-65535> [vrf <vrf>]",
        opens=Mode.OSPF,
        check=rules.ospf_possible,
        undo=rules.removes_ospf,
        source="unicon, logs",
    ),
    C(
        syntax="router bgp <asn>",
        opens=Mode.BGP,
        check=rules.one_bgp,
        effect=rules.starts_bgp,
        source="recollection",
    ),
    C(syntax="ip forward-protocol =nd"),
    C(syntax="ip http (server|secure-server)", default_on=True),
    C(syntax="ip scp server enable"),
    C(syntax="file prompt (=quiet|=noisy|=alert)"),
    C(syntax="ip ssh version =<2-2>"),
    C(syntax="ip ssh (time-out =<1-120>|authentication-retries =<0-5>|source-interface =<interface>)"),
    C(
        syntax="ip route [vrf <vrf>] <ip> <mask> (<interface> [<ip>]|<ip>) [=<1-255>]"
        " [=tag =<1-4294967295>] [=name =<word>] [=track =<1-1000>] [=permanent]",
        check=rules.static_route_fits,
        undo=rules.route_exists,
        source="unicon, logs, recollection",
    ),
    C(syntax="ip as-path access-list <1-500> (permit|deny) <text>"),
    C(syntax="ip community-list <1-99> (permit|deny) <text>"),
    C(
        syntax="ip prefix-list <word> seq <1-4294967294> (=permit|=deny) =<prefix>"
        " [=ge =<1-32>] [=le =<1-32>]",
        check=rules.prefix_list_entry,
        order=_by_entry,
        source="recollection",
    ),
    C(
        syntax="ip prefix-list <word> (=permit|=deny) =<prefix> [=ge =<1-32>] [=le =<1-32>]",
        shape=rules.prefix_list_number,
        check=rules.prefix_list_entry,
        order=_by_entry,
    ),
    C(syntax="ip prefix-list <word>", removes_all=True),
    C(syntax="ip access-list standard <word>", opens=Mode.STANDARD_ACCESS_LIST),
    C(syntax="ip access-list extended <word>", opens=Mode.EXTENDED_ACCESS_LIST),
    C(syntax="ntp server [vrf <vrf>] <ip>"),
    C(syntax="logging host <ip> [vrf <vrf>]"),
    C(syntax="logging buffered =<4096-2147483647>"),
    C(syntax="access-list <1-99> (permit|deny) (any|host <ip>|<ip> [<wildcard>])"),
    C(
        syntax="route-map <word> [=permit|=deny] [<1-65535>]",
        opens=Mode.ROUTE_MAP,
        shape=rules.route_map_entry,
        undo=rules.removes_route_map,
        order=_by_clause,
    ),
    C(syntax="line (con|vty) <0-98> [<1-98>]", opens=Mode.LINE),
)

_VRF_TARGETS = C(syntax="route-target (import|export|both) <rd>")
VRF = (C(syntax="description =<text>"), C(syntax="rd =<rd>"), _VRF_TARGETS)
VRF_DEFINITION = (
    C(syntax="description =<text>"),
    C(syntax="rd =<rd>"),
    _VRF_TARGETS,
    C(syntax="address-family ipv4", opens=Mode.VRF_FAMILY),
)
VRF_FAMILY = (_VRF_TARGETS, C(syntax="exit-address-family", omitted=True))

INTERFACE = (
    C(syntax="description =<text>"),
    C(
        syntax="encapsulation dot1Q =<1-4094> [=second-dot1q =<1-4094>] [=native]",
        check=rules.tag_is_free,
        source="recollection",
    ),
    C(
        syntax="ip vrf forwarding =<vrf>",
        check=rules.joins_vrf,
        undo=rules.leaves_vrf,
        source="unicon, field, NED",
    ),
    C(
        syntax="vrf forwarding =<vrf>",
        check=rules.joins_vrf,
        undo=rules.leaves_vrf,
        source="unicon, field, NED",
    ),
    C(
        syntax="ip address =<ip> =<mask> [secondary]",
        shape=rules.address_kind,
        check=rules.address_fits,
        effect=rules.one_way_of_addressing,
        undo=rules.removes_address,
        order=_secondary_first,
        source="unicon, field, NED, logs",
    ),
    C(syntax="ip unnumbered =<interface>", effect=rules.one_way_of_addressing, source="recollection"),
    C(syntax="ip mtu =<68-9216>"),
    C(syntax="ip access-group =<word> (in|out)"),
    C(syntax="ip tcp adjust-mss =<500-1460>"),
    C(syntax="ip ospf network (=point-to-point|=broadcast|=non-broadcast|=point-to-multipoint)"),
    C(syntax="ip ospf cost =<1-65535>"),
    C(syntax="ip ospf (hello-interval|dead-interval) =<1-65535>"),
    C(syntax="load-interval =<30-600>", default="load-interval 300"),
    C(syntax="mtu =<64-9216>", default="mtu 1500"),
    C(syntax="shutdown"),
    C(syntax="negotiation =auto"),
    C(syntax="keepalive =<0-32767>"),
    C(syntax="tunnel source (=<ip>|=<interface>)"),
    C(syntax="tunnel mode gre ip", omitted=True),
    C(syntax="tunnel mode =ipsec =ipv4"),
    C(syntax="tunnel destination =<ip>"),
    C(syntax="tunnel vrf =<vrf>", check=rules.vrf_exists, source="unicon"),
    C(
        syntax="tunnel protection ipsec profile =<word> [=shared]",
        check=rules.refers_to("crypto", "ipsec", "profile", text="% Profile {name} not found"),
        source="recollection",
    ),
    C(syntax="bfd interval =<50-9999> =min_rx =<50-9999> =multiplier =<3-50>"),
)

OSPF = (
    C(syntax="router-id =<ip>"),
    C(syntax="log-adjacency-changes [=detail]"),
    C(syntax="capability vrf-lite"),
    C(syntax="area <area> (stub|nssa) [=no-summary]"),
    C(syntax="redistribute (connected|static) [=metric =<0-16777214>] [=subnets] [=route-map =<word>]"),
    C(
        syntax="redistribute bgp <asn> [=metric =<0-16777214>] [=metric-type =<1-2>] [=subnets]"
        " [=tag =<0-4294967295>] [=route-map =<word>]"
    ),
    C(syntax="passive-interface (default|<interface>)"),
    C(syntax="network <ip> <wildcard> area =<area>", shape=rules.ospf_network, source="recollection"),
    C(
        syntax="default-information originate [=always] [=metric =<0-16777214>] [=metric-type =<1-2>]"
        " [=route-map =<word>]"
    ),
    C(syntax="default-metric =<1-16777214>"),
    C(syntax="distance =<1-255>"),
    C(syntax="maximum-paths =<1-32>"),
    C(syntax="timers throttle spf =<1-600000> =<1-600000> =<1-600000>"),
    C(syntax="bfd all-interfaces"),
)


def _neighbor(tail: str) -> C:
    return C(
        syntax=f"neighbor <peer> {tail}",
        check=rules.knows_neighbor,
        undo=rules.knows_neighbor,
        order=_by_peer,
        source="unicon",
    )


_NEIGHBOR = (
    C(
        syntax="neighbor <peer> remote-as =<asn>",
        effect=rules.starts_neighbor,
        undo=rules.removes_neighbor,
        order=_by_peer,
        source="unicon",
    ),
    C(syntax="neighbor <peer>", removes_all=True, undo=rules.removes_neighbor, source="unicon"),
    _neighbor("local-as =<asn> [=no-prepend]"),
    _neighbor("description =<text>"),
    _neighbor("shutdown"),
    _neighbor("password =<secret>"),
    _neighbor("ebgp-multihop [=<1-255>]"),
    _neighbor("ttl-security hops =<1-254>"),
    _neighbor("update-source =<interface>"),
    _neighbor("timers =<0-65535> =<0-65535> [=<0-65535>]"),
    _neighbor("fall-over bfd"),
)
_NEIGHBOR_POLICY = (
    _neighbor("activate"),
    _neighbor("send-community [=both|=standard|=extended]"),
    _neighbor("next-hop-self"),
    _neighbor("route-reflector-client"),
    _neighbor("default-originate [=route-map =<word>]"),
    _neighbor("allowas-in [=<1-10>]"),
    _neighbor("as-override"),
    _neighbor("weight =<0-65535>"),
    _neighbor("maximum-prefix =<1-4294967295> [=<1-100>] [=warning-only|=restart =<1-65535>]"),
    _neighbor("soft-reconfiguration inbound"),
    _neighbor("prefix-list =<word> (in|out)"),
    _neighbor("route-map =<word> (in|out)"),
    _neighbor("filter-list =<1-500> (in|out)"),
)
_ORIGINATION = (
    C(syntax="network <ip> [mask <mask>] [=route-map =<word>]", shape=rules.network_statement),
    C(syntax="aggregate-address <ip> <mask> [=summary-only] [=as-set]"),
    C(syntax="redistribute (connected|static) [=metric =<0-4294967295>] [=route-map =<word>]"),
    C(
        syntax="redistribute ospf <1-65535> [=metric =<0-4294967295>]"
        " [=match =internal [=external =1 [=external =2]]] [=route-map =<word>]"
    ),
)
_FAMILY_TAIL = (
    C(syntax="default-information originate"),
    C(syntax="distance bgp =<1-255> =<1-255> =<1-255>"),
    C(syntax="maximum-paths =<1-32>"),
    C(syntax="maximum-paths ibgp =<1-32>"),
)
BGP = (
    C(syntax="bgp router-id =<ip>"),
    C(syntax="bgp log-neighbor-changes"),
    C(syntax="bgp default ipv4-unicast", default_on=True),
    C(syntax="bgp bestpath as-path multipath-relax"),
    C(syntax="bgp graceful-restart"),
    C(syntax="timers bgp =<0-65535> =<0-65535> [=<0-65535>]"),
    *_ORIGINATION,
    *_NEIGHBOR,
    *_NEIGHBOR_POLICY,
    *_FAMILY_TAIL,
    C(syntax="address-family ipv4", opens=Mode.BGP_FAMILY),
    C(
        syntax="address-family ipv4 vrf <vrf>",
        opens=Mode.BGP_FAMILY,
        check=rules.family_has_distinguisher,
        source="unicon, field",
    ),
)
BGP_FAMILY = (
    C(syntax="bgp router-id =<ip>"),
    *_ORIGINATION,
    *_NEIGHBOR,
    *_NEIGHBOR_POLICY,
    *_FAMILY_TAIL,
    C(syntax="exit-address-family", omitted=True),
)

ROUTE_MAP = (
    C(syntax="description =<text>"),
    C(syntax="match ip address prefix-list =<text>"),
    C(syntax="match ip address =<text>"),
    C(syntax="match ip next-hop prefix-list =<text>"),
    C(syntax="match (as-path|community|tag) =<text>"),
    C(syntax="match interface =<interface>"),
    C(syntax="continue =<1-65535>"),
    C(syntax="set as-path prepend =<text>"),
    C(syntax="set community =<text>"),
    C(syntax="set local-preference =<0-4294967295>"),
    C(syntax="set metric =<0-4294967295>"),
    C(syntax="set origin (=igp|=incomplete)"),
    C(syntax="set tag =<0-4294967295>"),
    C(syntax="set weight =<0-65535>"),
    C(syntax="set ip next-hop =<ip>"),
)

IKEV2_PROPOSAL = (
    C(
        syntax="encryption =<cipher> [=<cipher> [=<cipher> [=<cipher>]]]",
        check=rules.weak_algorithms,
        source="FN72510, warnings",
    ),
    C(
        syntax="integrity =<integrity> [=<integrity> [=<integrity>]]",
        check=rules.weak_algorithms,
        source="FN72510, warnings",
    ),
    C(syntax="prf =<integrity> [=<integrity> [=<integrity>]]", check=rules.weak_algorithms),
    C(
        syntax="group =<group> [=<group> [=<group> [=<group>]]]",
        check=rules.weak_algorithms,
        source="FN72510, warnings",
    ),
)
IKEV2_POLICY = (
    C(syntax="match fvrf (=any|=<vrf>)"),
    C(syntax="match address local <ip>"),
    C(
        syntax="proposal <word>",
        check=rules.proposal_attached,
        source="logs, recollection",
    ),
)
IKEV2_KEYRING = (C(syntax="peer <word>", opens=Mode.IKEV2_PEER),)
IKEV2_PEER = (
    C(syntax="description =<text>"),
    C(syntax="address =<ip> [=<mask>]", shape=rules.host_mask, source="recollection"),
    C(syntax="identity address =<ip>"),
    C(syntax="pre-shared-key local =<secret>"),
    C(syntax="pre-shared-key remote =<secret>"),
    C(syntax="pre-shared-key =<secret>"),
)
IKEV2_PROFILE = (
    C(syntax="description =<text>"),
    C(syntax="match fvrf (=any|=<vrf>)"),
    C(syntax="match address local (<ip>|interface <interface>)"),
    C(syntax="match identity remote address <ip> [<mask>]", shape=rules.identity_mask),
    C(syntax="identity local address =<ip>"),
    C(syntax="authentication remote =pre-share"),
    C(syntax="authentication local =pre-share"),
    C(
        syntax="keyring local =<word>",
        check=rules.refers_to("crypto", "ikev2", "keyring", text="% Keyring {name} does not exist"),
        source="recollection",
    ),
    C(syntax="lifetime =<120-86400>", default="lifetime 86400"),
    C(syntax="dpd =<10-3600> =<2-60> (=on-demand|=periodic)"),
    C(syntax="ivrf =<vrf>", check=rules.vrf_exists, source="unicon"),
)
TRANSFORM_SET = (C(syntax="mode (=tunnel|=transport)"),)
IPSEC_PROFILE = (
    C(syntax="description =<text>"),
    C(
        syntax="set security-association lifetime seconds =<120-2592000>",
        default="set security-association lifetime seconds 3600",
    ),
    C(
        syntax="set security-association lifetime kilobytes (=<2560-4294967295>|=disable)",
        default="set security-association lifetime kilobytes 4608000",
    ),
    C(
        syntax="set transform-set =<word>",
        check=rules.refers_to(
            "crypto", "ipsec", "transform-set", text='ERROR: transform set with tag "{name}" does not exist.'
        ),
        source="recollection",
    ),
    C(syntax="set pfs [=<pfs>]", check=rules.weak_algorithms, source="FN72510, warnings"),
    C(
        syntax="set ikev2-profile =<word>",
        check=rules.refers_to("crypto", "ikev2", "profile", text="% IKEv2 profile {name} does not exist"),
        source="recollection",
    ),
    C(syntax="responder-only"),
)
LINE = (
    C(syntax="access-class =<word> (in|out) [=vrf-also]"),
    C(syntax="exec-timeout =<0-35791> [=<0-2147483>]"),
    C(syntax="logging synchronous"),
    C(syntax="login local"),
    C(syntax="stopbits =<1-2>"),
    C(syntax="transport input (=ssh|=none|=all)"),
)
ARCHIVE = (
    C(syntax="path =<text>"),
    C(syntax="maximum =<1-14>"),
    C(syntax="write-memory"),
    C(syntax="time-period =<1-525600>"),
)
_STANDARD_ENTRY = C(syntax="[<1-2147483647>] (permit|deny) (any|host <ip>|<ip> [<wildcard>])")
_EXTENDED_ENTRY = C(syntax="[<1-2147483647>] (permit|deny) (ip|tcp|udp|icmp|esp) <text>")


def _grammar(commands: tuple[C, ...]) -> Grammar[C]:
    """Numbers the commands; those with one order are printed together, where the first of them stands.

    Groups are even, so that text that the tables do not know has its place between them.
    """
    first: dict[object, int] = {}
    ranked = [
        replace(command, rank=rank, group=first.setdefault(command.order or rank, 2 * rank))
        for rank, command in enumerate(commands)
    ]
    return Grammar(ranked)


TABLES: Mapping[Mode, Grammar[C]] = {
    Mode.GLOBAL: _grammar(GLOBAL),
    Mode.VRF: _grammar(VRF),
    Mode.VRF_DEFINITION: _grammar(VRF_DEFINITION),
    Mode.VRF_FAMILY: _grammar(VRF_FAMILY),
    Mode.INTERFACE: (_interface := _grammar(INTERFACE)),
    Mode.SUBINTERFACE: _interface,
    Mode.OSPF: _grammar(OSPF),
    Mode.BGP: _grammar(BGP),
    Mode.BGP_FAMILY: _grammar(BGP_FAMILY),
    Mode.ROUTE_MAP: _grammar(ROUTE_MAP),
    Mode.IKEV2_PROPOSAL: _grammar(IKEV2_PROPOSAL),
    Mode.IKEV2_POLICY: _grammar(IKEV2_POLICY),
    Mode.IKEV2_KEYRING: _grammar(IKEV2_KEYRING),
    Mode.IKEV2_PEER: _grammar(IKEV2_PEER),
    Mode.IKEV2_PROFILE: _grammar(IKEV2_PROFILE),
    Mode.TRANSFORM_SET: _grammar(TRANSFORM_SET),
    Mode.IPSEC_PROFILE: _grammar(IPSEC_PROFILE),
    Mode.LINE: _grammar(LINE),
    Mode.ARCHIVE: _grammar(ARCHIVE),
    Mode.STANDARD_ACCESS_LIST: _grammar((_STANDARD_ENTRY,)),
    Mode.EXTENDED_ACCESS_LIST: _grammar((_EXTENDED_ENTRY,)),
}
