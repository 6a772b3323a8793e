"""What IOS-XE does with single commands, as far as comparing two configurations needs it.

- *place*: what a later line of the same command overwrites. Two lines of one section with one place are
  the same setting with another value. A command that is not listed has a place of its own for each line.
- *exclusive*: the old line has to go before the new one is taken, or the two would merge.
- *secret*: the line ends in a key, which the router prints in another form than it was given.

Sources: the IOS XE 17 command references; that `match` and `redistribute` merge with what is there is said
under "match ip address" and "redistribute (IP)", the lines that are not printed because they are defaults
under "set security-association lifetime", "lifetime (IKEv2 profile)" and "tunnel mode".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from itertools import takewhile

Path = tuple[str, ...]
"""Lines around a line, outermost first, without indentation."""
Place = tuple[str, ...]
HIDDEN = "<secret>"
"""Stands for a key that the router printed."""

_KINDS = (
    ("interface ", "interface"),
    ("router bgp ", "bgp"),
    ("router ospf ", "ospf"),
    ("route-map ", "route-map"),
    ("ip vrf ", "vrf"),
    ("vrf definition ", "vrf"),
    ("crypto ikev2 proposal ", "proposal"),
    ("crypto ikev2 policy ", "policy"),
    ("crypto ikev2 keyring ", "keyring"),
    ("crypto ikev2 profile ", "ikev2-profile"),
    ("crypto ipsec transform-set ", "transform-set"),
    ("crypto ipsec profile ", "ipsec-profile"),
    ("ip access-list ", "access-list"),
    ("line ", "line"),
    ("archive", "archive"),
)

# `@` is a word that identifies, `*` one that is a value, `...` any number of values; a removal stops at `|`;
# `!` at the end: exclusive.
_SYNTAX: dict[str, tuple[str, ...]] = {
    "global": (
        "hostname *",
        "ip domain name *",
        "username @ | ...",
        "crypto ipsec transform-set @ | ...",
        "route-map @ * @",
        "ip prefix-list @ seq @ ... !",
        "router bgp * !",
        "router ospf @ ... !",
        "logging buffered | ...",
    ),
    "vrf": ("rd *", "description | ..."),
    "interface": (
        "description | ...",
        "encapsulation dot1Q ...",
        "ip vrf forwarding *",
        "vrf forwarding *",
        "ip address * *",
        "ip unnumbered *",
        "ip mtu *",
        "mtu *",
        "ip tcp adjust-mss *",
        "ip access-group * @",
        "ip ospf network | ...",
        "ip ospf cost *",
        "ip ospf hello-interval *",
        "ip ospf dead-interval *",
        "load-interval *",
        "tunnel source | ...",
        "tunnel mode ...",
        "tunnel destination *",
        "tunnel vrf *",
        "tunnel protection ipsec profile ...",
        "bfd interval | ...",
    ),
    "bgp": (
        "bgp router-id *",
        "timers bgp | ...",
        "distance bgp | ...",
        "maximum-paths *",
        "maximum-paths ibgp *",
        "network @ mask @ | ... !",
        "aggregate-address @ @ ... !",
        "redistribute connected | ... !",
        "redistribute static | ... !",
        "redistribute ospf @ | ... !",
        "neighbor @ remote-as *",
        "neighbor @ description | ...",
        "neighbor @ local-as ...",
        "neighbor @ password | ...",
        "neighbor @ ebgp-multihop | ...",
        "neighbor @ ttl-security hops *",
        "neighbor @ update-source *",
        "neighbor @ timers | ...",
        "neighbor @ send-community | ... !",
        "neighbor @ weight *",
        "neighbor @ maximum-prefix | ...",
        "neighbor @ default-originate | ...",
        "neighbor @ allowas-in | ...",
        "neighbor @ prefix-list * @",
        "neighbor @ route-map * @",
        "neighbor @ filter-list * @",
    ),
    "ospf": (
        "router-id *",
        "default-information originate | ... !",
        "default-metric *",
        "redistribute connected | ... !",
        "redistribute static | ... !",
        "redistribute bgp @ | ... !",
        "network @ @ area * !",
        "distance *",
        "maximum-paths *",
    ),
    "route-map": (
        "description | ...",
        "match ip address prefix-list ... !",
        "match ip address ... !",
        "match ip next-hop prefix-list ... !",
        "match as-path ... !",
        "match community ... !",
        "match tag ... !",
        "continue *",
        "set as-path prepend ...",
        "set community ...",
        "set local-preference *",
        "set metric *",
        "set origin *",
        "set tag *",
        "set weight *",
        "set ip next-hop ...",
    ),
    "proposal": ("encryption | ...", "integrity | ...", "prf | ...", "group | ..."),
    "policy": ("match fvrf *",),
    "peer": (
        "description | ...",
        "address | ...",
        "identity address *",
        "pre-shared-key local | ...",
        "pre-shared-key remote | ...",
        "pre-shared-key | ...",
    ),
    "ikev2-profile": (
        "description | ...",
        "match fvrf *",
        "identity local address *",
        "keyring local *",
        "lifetime *",
        "dpd | ...",
        "ivrf *",
    ),
    "transform-set": ("mode *",),
    "line": ("exec-timeout | ...", "transport input | ...", "transport output | ...", "access-class * @ ..."),
    "archive": ("path | ...", "maximum *", "time-period *"),
    "ipsec-profile": (
        "description | ...",
        "set security-association lifetime seconds *",
        "set security-association lifetime kilobytes *",
        "set transform-set | ...",
        "set pfs | ...",
        "set ikev2-profile *",
    ),
}

_NOT_PRINTED = {
    "interface": ("tunnel mode gre ip", "mtu 1500", "load-interval 300"),
    "transform-set": ("mode tunnel",),
    "ikev2-profile": ("lifetime 86400",),
    "ipsec-profile": (
        "set security-association lifetime seconds 3600",
        "set security-association lifetime kilobytes 4608000",
    ),
}

# Lines that the router adds by itself to a section or a neighbor that somebody creates.
_COMPANIONS = {
    "interface": r"no ip address|tunnel mode gre ip",
    "transform-set": r"mode tunnel",
    "bgp": r"bgp log-neighbor-changes|neighbor \S+ activate",
}

_SECRET = re.compile(
    r"(?P<front>"
    r"pre-shared-key(?: local| remote)?(?: address \S+(?: \S+)?)?"
    r"|neighbor \S+ password"
    r"|username \S+.*? (?:secret|password)"
    r"|enable (?:secret|password)(?: level \d+)?"
    r"|key-string|password"
    r"|ip ospf authentication-key|ip ospf message-digest-key \d+ md5"
    r"|crypto isakmp key"
    r"|snmp-server community"
    r"|(?:tacacs-server|radius-server)(?: host \S+)? key|(?:server-)?key"
    r"|ppp (?:chap|pap sent-username \S+) password"
    r"|ip nhrp authentication|mpls ldp (?:neighbor \S+ )?password(?: option \d+ for \S+)?"
    r"|(?:standby|vrrp|glbp) \d+ authentication(?: text| md5 key-string)?"
    r"|area \S+ virtual-link \S+ (?:authentication-key|message-digest-key \d+ md5)"
    r"|isis (?:password|authentication key)|(?:area|domain)-password|ntp authentication-key \d+ md5"
    r") (?P<key>(?:hex )?(?:[0-9] )?\S.*)"
)
_MASKED_KEY = re.compile(
    r"(?P<front>.+) (?P<key>7 (?:0\d|1[0-5])(?:[0-9A-F]{2})+|6 [A-Za-z0-9`\[\]^_]{10,}|[589] \$\d+\$\S+)"
    r"(?P<rest>.*)"
)
"""What a router prints of a key in any command: only what it has masked can be told from other words."""
_KEYWORD = re.compile(r"[a-z][a-z-]*")
_PLACEHOLDER = re.compile(r"<secret:[A-Za-z0-9-]+>")
_NO_SECRET = re.compile(r"password encryption aes|key (?:chain \S+|\d+|config-key \S+)")
_WHOLE_REST = ("pre-shared-key", "neighbor", "username", "enable", "key-string", "password")


@dataclass(frozen=True, slots=True)
class _Syntax:
    words: tuple[str, ...]
    kept: int
    exclusive: bool

    def place(self, line: tuple[str, ...]) -> Place | None:
        """What of the line identifies it; None if it is another command."""
        open_ended = self.words[-1:] == ("...",)
        words = self.words[:-1] if open_ended else self.words
        if len(line) < len(words) or (not open_ended and len(line) != len(words)):
            return None
        place: list[str] = []
        for expected, word in zip(words, line, strict=False):
            if expected == "*":
                continue
            if expected not in ("@", word):
                return None
            place.append(word)
        return tuple(place)


def _syntax(text: str) -> _Syntax:
    words = text.split()
    exclusive = words[-1] == "!"
    words = words[: len(words) - exclusive]
    kept = words.index("|") if "|" in words else -1
    return _Syntax(tuple(word for word in words if word != "|"), kept, exclusive)


_COMMANDS = {kind: tuple(map(_syntax, lines)) for kind, lines in _SYNTAX.items()}


def section_kind(path: Path) -> str:
    """What is configured between these lines; `other` if it is not known here, `global` for no lines."""
    if not path:
        return "global"
    if len(path) > 1:
        outer = section_kind(path[:-1])
        if outer == "bgp" and path[-1].startswith("address-family "):
            return "bgp"
        if outer == "vrf" and path[-1].startswith("address-family "):
            return "vrf"
        return "peer" if outer == "keyring" and path[-1].startswith("peer ") else "other"
    return next((kind for front, kind in _KINDS if path[0].startswith(front)), "other")


@cache
def _find(kind: str, words: tuple[str, ...]) -> tuple[_Syntax | None, Place]:
    for syntax in _COMMANDS.get(kind, ()):
        place = syntax.place(words)
        if place is not None:
            return syntax, place
    return None, words


def place_of(path: Path, line: str) -> Place:
    """The place of a canonical line in the section `path`; that of a `no` line is the plain line's."""
    words = tuple(_PLACEHOLDER.sub(HIDDEN, line.removeprefix("no ")).split())
    return _find(section_kind(path), words)[1]


def is_exclusive(path: Path, line: str) -> bool:
    """Whether an old line in the same place has to be removed before this one is sent."""
    syntax = _find(section_kind(path), tuple(line.split()))[0]
    return syntax is not None and syntax.exclusive


def removal_of(path: Path, line: str) -> str:
    """The line that takes a canonical line away, without any key or free text."""
    if line.startswith("no "):
        return line.removeprefix("no ")
    words = tuple(_PLACEHOLDER.sub(HIDDEN, line).split())
    syntax = _find(section_kind(path), words)[0]
    if syntax is not None and syntax.kept > 0:
        words = words[: syntax.kept]
    return f"no {' '.join(words)}".removesuffix(f" {HIDDEN}")


def opens_section(path: Path, line: str) -> bool:
    """Whether a line that has no children leads into a section all the same."""
    if line.startswith("no "):
        return False
    return section_kind((*path, line)) != "other"


def is_removable(line: str) -> bool:
    """Whether the router lets go of a whole section: never of its ports and terminal lines."""
    if line.startswith("interface "):
        name = line.removeprefix("interface ")
        return "." in name or name.startswith(("Loopback", "Tunnel", "Port-channel"))
    return not line.startswith(("line ", "archive"))


def is_not_printed(path: Path, line: str) -> bool:
    """Whether a line is in force without being printed: a default, or a `no` of what is not there."""
    return line in _NOT_PRINTED.get(section_kind(path), ()) or line.startswith("no ")


def is_companion(path: Path, line: str) -> bool:
    """Whether the router adds this line by itself."""
    pattern = _COMPANIONS.get(section_kind(path))
    return pattern is not None and re.fullmatch(pattern, line) is not None


def is_alike(one: str, other: str) -> bool:
    """Whether two lines are of one command: the same words up to its values, or up to the last word."""
    mine, theirs = _keywords(one), _keywords(other)
    if mine == theirs:
        return True
    return len(one.split()) == len(mine) == len(theirs) == len(other.split()) and mine[:-1] == theirs[:-1]


def _keywords(line: str) -> tuple[str, ...]:
    return tuple(takewhile(_KEYWORD.fullmatch, line.split()))


def split_secret(line: str) -> tuple[str, str] | None:
    """The line with `<secret>` for its key, and the key as it stands there; None for a line without one.

    >>> split_secret("pre-shared-key local 6 ABC")
    ('pre-shared-key local <secret>', '6 ABC')
    """
    found = None if _NO_SECRET.fullmatch(line) else _SECRET.fullmatch(line)
    if found is None:
        masked = _MASKED_KEY.fullmatch(line)
        return None if masked is None else (f"{masked['front']} {HIDDEN}{masked['rest']}", masked["key"])
    front, key = found["front"], found["key"]
    if front.startswith(_WHOLE_REST):
        return f"{front} {HIDDEN}", key
    word = re.match(r"(?:hex )?(?:[0-9] )?\S+", key)
    assert word is not None
    return f"{front} {HIDDEN}{key[word.end() :]}", word[0]


_INTERFACES = ("Loopback", "Tunnel", "GigabitEthernet", "TenGigabitEthernet", "Port-channel", "Vlan")
_INTERFACE = re.compile(r"^(interface )([A-Za-z-]+) ?(\d\S*)$")


def canonical(path: Path, line: str) -> str:
    """A line as IOS-XE prints it, where that differs from what may be typed."""
    line = " ".join(line.split())
    rule = _CANONICAL.get(section_kind(path))
    return line if rule is None else rule(line)


def _canonical_global(line: str) -> str:
    found = _INTERFACE.match(line)
    if found is not None:
        full = [name for name in _INTERFACES if name.lower().startswith(found[2].lower())]
        return f"{found[1]}{full[0]}{found[3]}" if len(full) == 1 else line
    if re.fullmatch(r"route-map \S+", line):
        return f"{line} permit 10"
    return line


def _canonical_interface(line: str) -> str:
    return re.sub(r"^encapsulation dot1q\b", "encapsulation dot1Q", line, flags=re.IGNORECASE)


def _canonical_peer(line: str) -> str:
    return line.removesuffix(" 255.255.255.255") if line.startswith("address ") else line


def _canonical_ikev2_profile(line: str) -> str:
    host = re.fullmatch(r"match identity remote address \S+", line)
    return f"{line} 255.255.255.255" if host else line


def _canonical_bgp(line: str) -> str:
    """A BGP network statement is printed without its mask if that is its class's own."""
    if line.endswith(" send-community standard"):
        return line.removesuffix(" standard")
    words = line.split()
    if words[0] != "network" or words[2:3] != ["mask"] or not _is_address(words[1]):
        return line
    first = int(words[1].split(".", 1)[0])
    own = "255.0.0.0" if first < 128 else "255.255.0.0" if first < 192 else "255.255.255.0"  # noqa: PLR2004
    return " ".join(words[:2] + words[4:]) if words[3] == own else " ".join(words)


def _canonical_ospf(line: str) -> str:
    """An OSPF network statement has its area as an address, and for a mask the wildcard that it means."""
    words = line.split()
    if words[0] != "network" or len(words) != 5:  # noqa: PLR2004
        return line
    mask, area = words[2], words[4]
    if _is_address(mask) and int(IPv4Address(mask)) & 0x80000000 and mask != "255.255.255.255":
        mask = str(IPv4Network(f"0.0.0.0/{mask}").hostmask)
    return " ".join((*words[:2], mask, "area", str(IPv4Address(int(area))) if area.isdecimal() else area))


def _is_address(word: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+){3}", word) is not None


_CANONICAL = {
    "global": _canonical_global,
    "interface": _canonical_interface,
    "peer": _canonical_peer,
    "ikev2-profile": _canonical_ikev2_profile,
    "bgp": _canonical_bgp,
    "ospf": _canonical_ospf,
}
