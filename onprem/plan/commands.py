"""What IOS-XE does with single commands, as far as comparing two configurations needs it.

- *place*: what a later line of the same command overwrites. Two lines of one section with one place are
  the same setting with another value. A command that is not listed has a place of its own for each line.
- *exclusive*: the old line has to go before the new one is taken, or the two would merge.

Sources: the IOS XE 17 command references; that `match` and `redistribute` merge with what is there is said
under "match ip address" and "redistribute (IP)", the lines that are not printed because they are defaults
under "set security-association lifetime", "lifetime (IKEv2 profile)" and "tunnel mode".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from onprem.plan.masking import HIDDEN

Path = tuple[str, ...]
"""Lines around a line, outermost first, without indentation."""
Place = tuple[str, ...]
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
        "ip route vrf @ @ @ @",
        "ip route @ @ @",
    ),
    "vrf": ("rd *", "description | ..."),
    "interface": (
        "description | ...",
        "encapsulation dot1Q ...",
        "ip vrf forwarding *",
        "vrf forwarding *",
        "ip address * *",
        "ip address @ @ secondary",
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
        "shutdown",
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
        "neighbor @ activate",
        "neighbor @ as-override",
        "neighbor @ fall-over bfd",
        "neighbor @ next-hop-self",
        "neighbor @ route-reflector-client",
        "neighbor @ shutdown",
        "neighbor @ soft-reconfiguration inbound",
        "neighbor @ prefix-list * @",
        "neighbor @ route-map * @",
        "neighbor @ filter-list * @",
    ),
    "ospf": (
        "router-id *",
        "capability vrf-lite",
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
    "policy": ("match fvrf *", "match address local @", "proposal @"),
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
        "match identity remote address @ @",
        "authentication local @",
        "authentication remote @",
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

_KEYWORD = re.compile(r"[a-z][a-z0-9-]*")
_PLACEHOLDER = re.compile(r"<secret:[A-Za-z0-9-]+>")


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

    def respelled(self, line: tuple[str, ...]) -> tuple[str, ...] | None:
        """The line with its keywords as they are printed; None if it is another command."""
        fixed = tuple(
            expected if word.lower() == expected.lower() else word
            for expected, word in zip(self.words, line, strict=False)
        )
        whole = (*fixed, *line[len(fixed) :])
        return None if self.place(whole) is None else whole


def _syntax(text: str) -> _Syntax:
    words = text.split()
    exclusive = words[-1] == "!"
    words = words[: len(words) - exclusive]
    kept = words.index("|") if "|" in words else -1
    return _Syntax(tuple(word for word in words if word != "|"), kept, exclusive)


_COMMANDS = {kind: tuple(map(_syntax, lines)) for kind, lines in _SYNTAX.items()}


def with_printed_keywords(path: Path, line: str) -> str:
    """A line with its keywords as IOS-XE prints them, whatever case they were typed in; names stay."""
    words = tuple(line.split())
    kind = section_kind(path)
    if _find(kind, words)[0] is not None:
        return line
    fixed = next(filter(None, (syntax.respelled(words) for syntax in _COMMANDS.get(kind, ()))), None)
    if fixed is not None:
        return " ".join(fixed)
    front = next((front for front, _ in _KINDS if not path and line.lower().startswith(front)), "")
    return front + line[len(front) :]


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


def is_listed(path: Path, line: str) -> bool:
    """Whether it is known here what a later line of the same command does to this one."""
    return _find(section_kind(path), tuple(line.split()))[0] is not None


def is_default(path: Path, line: str) -> bool:
    """Whether a line only says what holds without it."""
    return line in _NOT_PRINTED.get(section_kind(path), ())


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
    return is_default(path, line) or line.startswith("no ")


def is_companion(path: Path, line: str) -> bool:
    """Whether the router adds this line by itself."""
    pattern = _COMPANIONS.get(section_kind(path))
    return pattern is not None and re.fullmatch(pattern, line) is not None


def is_alike(one: str, other: str) -> bool:
    """Whether two lines are of one command: the same words up to its values, or up to the last word."""
    return not alike_keys(one).isdisjoint(alike_keys(other))


def alike_keys(line: str) -> frozenset[Path]:
    """What a line has in common with those that are alike; they need one of it."""
    keywords = _keywords(line)
    if len(line.split()) == len(keywords):
        return frozenset(((*keywords, ""), (*keywords[:-1], "", "")))
    return frozenset(((*keywords, ""),))


def _keywords(line: str) -> tuple[str, ...]:
    return tuple(takewhile(_KEYWORD.fullmatch, line.split()))
