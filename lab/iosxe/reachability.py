"""Whether SSH gets to a router: the interface it is managed by, its terminal lines and their access list.

- The way in leads over the management port, to the address that this had when the router was started. If the
  port is shut down or has another address, packets are lost until that is undone.
- A session takes one terminal line: none free, `transport input none`, or an access list that does not permit
  the client, and the connection is refused. From a VRF, an access list lets nobody in without `vrf-also`.

Sources: Cisco, "Security: A to C" (`access-class`), "Terminal Services" (`transport input`, `line vty`). That
a connection is reset then, and not answered in some other way, is a recollection. Extended access lists are
not modelled: they let everybody in.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Address

from lab.iosxe.configuration import Line, Mode, Section

MANAGEMENT = "GigabitEthernet0"
_ANY = 0xFFFFFFFF


class Way(StrEnum):
    """What becomes of a connection."""

    OPEN = "open"
    REFUSED = "refused"
    LOST = "lost"


def management_address(root: Section) -> str:
    """The address of the management port; empty if it has none, or is shut down."""
    port = root.child("interface", MANAGEMENT)
    if port is None or ("shutdown",) in port.lines or ("ip", "address") not in port.lines:
        return ""
    return " ".join(port.lines["ip", "address"].words)


def way_in(root: Section, sessions: int, client: str) -> Way:
    """What becomes of another connection while there are so many sessions."""
    lines = _terminal_lines(root)
    if sessions >= len(lines):
        return Way.REFUSED
    section = lines[sorted(lines)[sessions]]
    if any(found.words == ("transport", "input", "none") for found in section.lines.values()):
        return Way.REFUSED
    classes = (line for line in section.lines.values() if line.words[:1] == ("access-class",))
    if any(line.words[2] == "in" and not _lets_in(root, line, client) for line in classes):
        return Way.REFUSED
    return Way.OPEN


def _terminal_lines(root: Section) -> dict[int, Section]:
    """The lines by their numbers; five are there without being configured."""
    lines = {number: Section(Mode.LINE) for number in range(5)}
    for identity in root.starting_with("line", "vty"):
        section = root.child(*identity)
        assert section is not None
        lines |= dict.fromkeys(range(int(identity[2]), int(identity[-1]) + 1), section)
    return lines


def _lets_in(root: Section, access_class: Line, client: str) -> bool:
    port = root.child("interface", MANAGEMENT)
    in_vrf = port is not None and bool(port.starting_with("vrf") or port.starting_with("ip", "vrf"))
    if in_vrf and "vrf-also" not in access_class.words:
        return False
    entries = list(_entries(root, access_class.words[1]))
    matching = (action for action, address, wildcard in entries if _matches(client, address, wildcard))
    return not entries or next(matching, "deny") == "permit"


def _entries(root: Section, name: str) -> Iterator[tuple[str, str, str]]:
    """The entries of a standard access list: action, address, wildcard."""
    numbered = [root.lines[found].words[2:] for found in root.starting_with("access-list", name)]
    section = root.child("ip", "access-list", "standard", name)
    named = [line.words for line in section.lines.values() if line.words] if section is not None else []
    for words in (*numbered, *named):
        rest = words[1:] if words[0].isdecimal() else words
        action, address = rest[0], rest[1:]
        if address[0] == "any":
            yield action, "0.0.0.0", "255.255.255.255"  # noqa: S104  an access list's, nobody listens there
        elif address[0] == "host":
            yield action, address[1], "0.0.0.0"  # noqa: S104
        else:
            yield action, address[0], address[1] if len(address) > 1 else "0.0.0.0"  # noqa: S104


def _matches(client: str, address: str, wildcard: str) -> bool:
    relevant = _ANY ^ int(IPv4Address(wildcard))
    return int(IPv4Address(client)) & relevant == int(IPv4Address(address)) & relevant
