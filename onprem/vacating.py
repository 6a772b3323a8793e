"""Which interface has to give something up before another one can take it.

IOS refuses an address that overlaps with another interface's, and VLAN tags that are in use on the port.
"""

from __future__ import annotations

from ipaddress import IPv4Network

from onprem.changes import Change, Command
from onprem.commands import Path, removal_of


def _is_address_or_tag(path: Path, text: str) -> bool:
    return (
        bool(path)
        and path[-1].startswith("interface ")
        and text.startswith(("ip address ", "encapsulation "))
    )


def vacate(
    additions: list[Command], removals: list[Command], changes: list[Change]
) -> tuple[list[Command], list[Command]]:
    """Return the lines to send first, and the remaining removals."""
    taken = [command for command in additions if _is_address_or_tag(command.section, command.text)]
    early: list[Command] = []
    for change in changes:
        if change.sign != "-" or not _is_address_or_tag(change.section, change.text):
            continue
        if not any(_in_the_way(change, command) for command in taken):
            continue
        whole = Command(section=(), text=removal_of((), change.section[-1]))
        single = Command(section=change.section, text=removal_of(change.section, change.text))
        early.append(whole if whole in removals else single)
    return list(dict.fromkeys(early)), [command for command in removals if command not in early]


def _in_the_way(old: Change, new: Command) -> bool:
    mine, other = old.section[-1], new.section[-1]
    if mine == other:
        return False
    if old.text.startswith("encapsulation "):
        return old.text == new.text and mine.partition(".")[0] == other.partition(".")[0]
    if not new.text.startswith("ip address "):
        return False
    try:
        return _network(old.text).overlaps(_network(new.text))
    except ValueError:  # a placeholder, or an address by DHCP
        return False


def _network(line: str) -> IPv4Network:
    return IPv4Network("/".join(line.split()[2:4]), strict=False)
