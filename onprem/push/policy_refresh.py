"""Has BGP apply a changed policy to sessions that are up already: IOS does that for new sessions only.

A session has to be soft-reset for that (Cisco, "Managing Routing Policy Changes"), which
asks for the routes again or uses those that were kept, and loses none. In a VRF, IOS-XE takes the neighbor's
AS, and no address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from onprem.plan.changes import Change, Diff
from onprem.plan.sections import Section
from onprem.ssh.session import Session

_FAMILY = re.compile(r"address-family ipv4(?: unicast)?(?: vrf (\S+))?")
_POLICY = re.compile(
    r"neighbor \S+ (?:route-map (?P<map>\S+)|prefix-list (?P<prefixes>\S+)|filter-list (?P<paths>\S+)"
    r"|weight|maximum-prefix|allowas-in|as-override|next-hop-self|send-community|default-originate).*"
)
_DEFINITION = re.compile(r"route-map (\S+)|ip prefix-list (\S+)|ip (?:as-path access|community)-list (\S+)")
_MATCH = re.compile(r"match (?:ip \S+ prefix-list|as-path|community) (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """A neighbor of a family, and the lines that say what passes."""

    vrf: str
    address: str
    asn: str
    policy: tuple[str, ...]


def apply_policy(session: Session, configuration: Section, diff: Diff) -> tuple[str, ...]:
    """Soft-reset the sessions whose policy a diff has changed; what the router says where it refuses that.

    Args:
        session: Where to ask for it.
        configuration: What the router runs now.
        diff: What was changed, either way.
    """
    remarks = []
    for command in soft_resets(configuration, diff):
        answer = session.ask(command)
        if session.is_refusal(answer):
            remarks.append(f"'{command}' was refused, so that the changed policy waits: {answer.strip()}")
    return tuple(remarks)


def soft_resets(configuration: Section, diff: Diff) -> tuple[str, ...]:
    """Return the commands that apply a changed policy; none for sessions that are new with it."""
    changed = _changed_names(configuration, diff.changes)
    new = {
        change.text.split()[1] for change in diff.changes if re.match(r"neighbor \S+ remote-as ", change.text)
    }
    own = {change.text for change in diff.changes if _POLICY.fullmatch(change.text)}
    commands = (
        _command(one)
        for one in _sessions(configuration)
        if one.address not in new and _is_concerned(one, changed, own)
    )
    return tuple(dict.fromkeys(commands))


def _command(one: _Session) -> str:
    return f"clear ip bgp vrf {one.vrf} {one.asn} soft" if one.vrf else f"clear ip bgp {one.address} soft"


def _is_concerned(one: _Session, changed: set[str], own: set[str]) -> bool:
    """Whether a line of the neighbor's came or went, or one of its lines names what is another now."""
    start = f"neighbor {one.address} "
    names = {
        name for line in one.policy if (found := _POLICY.fullmatch(line)) for name in found.groups() if name
    }
    return bool(names & changed) or any(line.startswith(start) for line in own)


def _changed_names(configuration: Section, changes: tuple[Change, ...]) -> set[str]:
    """Return route maps and lists that changed, and route maps that match by such a list."""
    names = set()
    for change in changes:
        found = _DEFINITION.match(change.section[0] if change.section else change.text)
        names |= {name for name in found.groups() if name} if found else set()
    for section in configuration.children.values():
        found = _DEFINITION.match(section.line)
        matches = (_MATCH.fullmatch(line.line) for line in section.children.values())
        if found and found[1] and any(match and names & set(match[1].split()) for match in matches):
            names.add(found[1])
    return names


def _sessions(configuration: Section) -> Iterator[_Session]:
    for bgp in configuration.children.values():
        if not bgp.line.startswith("router bgp "):
            continue
        for section in (bgp, *bgp.children.values()):
            family = _FAMILY.fullmatch(section.line)
            if section is not bgp and family is None:
                continue
            lines = tuple(line.line for line in section.children.values())
            for line in lines:
                if found := re.fullmatch(r"neighbor (\S+) remote-as (\d+)", line):
                    yield _Session(
                        vrf=(family and family[1]) or "",
                        address=found[1],
                        asn=found[2],
                        policy=tuple(one for one in lines if one.startswith(f"neighbor {found[1]} ")),
                    )
