"""What a router answers in exec mode: its `show` commands and the few that change something.

Each answer is written in our own, shortened form of what IOS prints; a client may rely on the lines that
tools parse (version, hostname, serial, interface table, header and `end` of a configuration). What runs
behind the configuration is asked in `show_bgp.py` and `show_routing.py`.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from lab.iosxe import show_bgp, show_routing
from lab.iosxe.archive import ArchiveFailed
from lab.iosxe.configuration import Line
from lab.iosxe.device import Device
from lab.iosxe.grammar import Grammar

Answer = Callable[[Device, tuple[str, ...]], str]
"""Takes the router and the command's arguments."""
LivingAnswer = Callable[[Device, tuple[str, ...]], Awaitable[str]]
"""Asks what moves behind the router."""
VERSION = "17.09.04a"


@dataclass(frozen=True, slots=True)
class Exec:
    """An exec command: its syntax, and either its answer or what the session itself has to do."""

    syntax: str
    answer: Answer | None = None
    living: LivingAnswer | None = None
    action: str = ""
    privileged: bool = True


def _running(device: Device, _: tuple[str, ...]) -> str:
    body = f"!\n! Last configuration change\n!\n{device.running}"
    return f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n{body}"


def _startup(device: Device, _: tuple[str, ...]) -> str:
    text = device.startup
    return f"Using {len(text)} out of 33554432 bytes\n!\n{text}" if text else "startup-config is not present"


def _serial(device: Device) -> str:
    return f"LAB{zlib.crc32(device.hostname.encode()):08X}"


def _version(device: Device, _: tuple[str, ...]) -> str:
    minutes = int(time.monotonic() - device.started) // 60
    return (
        f"Cisco IOS XE Software, Version {VERSION}\n"
        f"Cisco IOS Software [Cupertino], ASR1000 (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 17.9.4a\n"
        "This is an emulated router of a lab, not Cisco's software.\n\n"
        f"{device.hostname} uptime is {minutes // 60} hours, {minutes % 60} minutes\n"
        'System image file is "bootflash:packages.conf"\n'
        "cisco ASR1001-X (1NG) processor (revision 1NG) with 3670016K/6147K bytes of memory.\n"
        f"Processor board ID {_serial(device)}\n"
        "Configuration register is 0x2102"
    )


def _inventory(device: Device, _: tuple[str, ...]) -> str:
    return (
        'NAME: "Chassis", DESCR: "Cisco ASR1001-X Chassis"\n'
        f"PID: ASR1001-X         , VID: V01  , SN: {_serial(device)}"
    )


async def _interfaces(device: Device, _: tuple[str, ...]) -> str:
    down = await device.plane.down()
    rows = [f"{'Interface':<30} {'IP-Address':<15} OK? Method Status                Protocol"]
    for line in device.editor.root.ordered():
        if line.words[0] != "interface":
            continue
        rows.append(_interface_row(line, is_down=line.words[1] in down))
    return "\n".join(rows)


def _interface_row(line: Line, *, is_down: bool) -> str:
    """A tunnel without its associations is up, and its line protocol down; a port without a cable is down."""
    assert line.children is not None
    address = line.children.lines.get(("ip", "address"))
    shut = ("shutdown",) in line.children.lines
    shown = address.words[2] if address else "unassigned"
    status, protocol = "up", "down" if is_down else "up"
    if shut or (is_down and not line.words[1].startswith("Tunnel")):
        status, protocol = "administratively down" if shut else "down", "down"
    return f"{line.words[1]:<30} {shown:<15} YES {'NVRAM' if address else 'unset':<6} {status:<21} {protocol}"


def _prefix_lists(device: Device, wanted: tuple[str, ...]) -> str:
    """`show ip prefix-list [NAME]`, as pyATS and ntc-templates parse it; IOS-XE says "1 entries" too.

    What it says of a name that no list has is not published: nothing, here.
    """
    lists: dict[str, list[str]] = {}
    for line in device.editor.root.ordered():
        if line.words[:2] == ("ip", "prefix-list") and line.words[2] in (wanted or (line.words[2],)):
            lists.setdefault(line.words[2], []).append(f"   {' '.join(line.words[3:])}")
    return "\n".join(
        row
        for name, entries in lists.items()
        for row in (f"ip prefix-list {name}: {len(entries)} entries", *entries)
    )


def _clock(_: Device, __: tuple[str, ...]) -> str:
    return f"{datetime.now(UTC):*%H:%M:%S.000 UTC %a %b %d %Y}"


def _archive(device: Device, _: tuple[str, ...]) -> str:
    if not device.archive_path:
        return " Archive feature not enabled"
    names = device.archive.names
    rows = [
        f"The maximum archive configurations allowed is {device.archive_maximum}.",
        f"There are currently {len(names)} archive configurations saved.",
        "The next archive file will be named " + device.archive.next_name(device.archive_path, "<timestamp>"),
        " Archive #  Name",
    ]
    rows += [f"   {number:<8} {name}" for number, name in enumerate(names, 1)]
    if names:
        rows[-1] += " <- Most Recent"
    return "\n".join(rows)


def _archive_now(device: Device, _: tuple[str, ...]) -> str:
    if not device.archive_path:
        return " Archive feature not enabled"
    try:
        device.archive_running()
    except ArchiveFailed as failure:
        return str(failure)
    return ""


def _write_memory(device: Device, _: tuple[str, ...]) -> str:
    device.save_startup()
    return "Building configuration...\n[OK]"


def _nothing(_: Device, __: tuple[str, ...]) -> str:
    return ""


def _clearing() -> Iterator[Exec]:
    """`clear ip bgp`: without `soft` or a direction the sessions go down.

    In a VRF IOS-XE takes an AS or `*`, no address: `clear ip bgp vrf X 192.0.2.1` is invalid input there.
    """
    directions = {"": "", " soft": "both", " soft in": "in", " soft out": "out", " in": "in", " out": "out"}
    for scope, names in (("", ("*", "<asn>", "<ip>")), (" vrf <vrf> [ipv4 unicast]", ("*", "<asn>"))):
        for name in names:
            for words, direction in directions.items():
                clear = partial(
                    show_bgp.clear_bgp, in_vrf=bool(scope), everybody=name == "*", direction=direction
                )
                yield Exec(f"clear ip bgp{scope} {name}{words}", living=clear)


def _bgp_of_a_vrf(start: str) -> Iterator[Exec]:
    """IOS-XE's two spellings of one question."""
    yield Exec(f"{start} summary", living=show_bgp.bgp_summary, privileged=False)
    yield Exec(start, living=show_bgp.bgp_table, privileged=False)
    yield Exec(f"{start} neighbors [<ip>]", living=show_bgp.bgp_neighbors, privileged=False)


EXEC = (
    Exec("show running-config", _running),
    Exec("show startup-config", _startup),
    Exec("show version", _version, privileged=False),
    Exec("show inventory", _inventory),
    Exec("show ip interface brief", living=_interfaces, privileged=False),
    Exec("show ip prefix-list [<word>]", _prefix_lists, privileged=False),
    *_bgp_of_a_vrf("show ip bgp vpnv4 vrf <vrf>"),
    *_bgp_of_a_vrf("show bgp vpnv4 unicast vrf <vrf>"),
    Exec("show bgp all neighbors [<ip>]", living=show_bgp.all_bgp_neighbors, privileged=False),
    Exec("show ip route [vrf <vrf>]", living=show_routing.route_table, privileged=False),
    Exec("show ip ospf neighbor", living=show_routing.ospf_neighbors, privileged=False),
    Exec("show bfd neighbors", living=show_routing.bfd_neighbors, privileged=False),
    Exec("show crypto ikev2 sa", living=show_routing.ike_associations),
    *_clearing(),
    Exec("show clock", _clock, privileged=False),
    Exec("show privilege", action="privilege", privileged=False),
    Exec("show archive", _archive),
    Exec("show archive config rollback timer", lambda device, _: device.timer.describe()),
    Exec("archive config", _archive_now),
    Exec("terminal length <0-512>", action="length", privileged=False),
    Exec("terminal width <0-512>", action="width", privileged=False),
    Exec("terminal monitor", _nothing),
    Exec("terminal no monitor", _nothing),
    Exec("write memory", _write_memory),
    Exec("write", _write_memory),
    Exec("copy running-config startup-config", action="copy"),
    Exec("copy running-config <word>", action="copy out"),
    Exec("copy <word> running-config", action="copy in"),
    Exec("dir", lambda device, _: device.flash.list()),
    Exec("dir <word>", lambda device, arguments: device.flash.list(arguments[0])),
    Exec("verify /md5 <word>", lambda device, arguments: device.flash.verify(arguments[0])),
    Exec("tclsh", action="tcl"),
    Exec("configure terminal [lock]", action="configure"),
    Exec("configure terminal revert timer <1-120>", action="configure"),
    Exec("configure confirm", lambda device, _: device.timer.confirm()),
    Exec("configure revert now", lambda device, _: device.timer.revert()),
    Exec("configure revert timer <1-120>", lambda device, arguments: device.timer.extend(int(arguments[0]))),
    Exec("configure replace <word> [force] [nolock] [time <1-120>]", action="replace"),
    Exec("reload", action="reload"),
    Exec("enable", action="enable", privileged=False),
    Exec("disable", action="disable"),
    Exec("exit", action="leave", privileged=False),
    Exec("logout", action="leave", privileged=False),
    Exec("quit", action="leave", privileged=False),
)
PRIVILEGED = Grammar(EXEC)
UNPRIVILEGED = Grammar(command for command in EXEC if not command.privileged)


def filter_output(text: str, pipe: str) -> str | None:
    """What `| section X`, `| include X`, `| exclude X`, `| begin X`, `| count X` leaves; None if unknown."""
    verb, _, pattern = pipe.strip().partition(" ")
    names = [name for name in _FILTERS if verb and name.startswith(verb.lower())]
    if len(names) != 1 or not pattern.strip():
        return None
    try:
        found = re.compile(pattern.strip())
    except re.error:
        return None
    return "\n".join(_FILTERS[names[0]](text.splitlines(), found))


def _section(lines: list[str], pattern: re.Pattern[str]) -> list[str]:
    kept: list[str] = []
    depth = -1
    for line in lines:
        own = len(line) - len(line.lstrip())
        if depth >= 0 and own > depth and not line.startswith("!"):
            kept.append(line)
        elif pattern.search(line):
            depth = own
            kept.append(line)
        else:
            depth = -1
    return kept


def _begin(lines: list[str], pattern: re.Pattern[str]) -> list[str]:
    first = next((number for number, line in enumerate(lines) if pattern.search(line)), len(lines))
    return lines[first:]


def _count(lines: list[str], pattern: re.Pattern[str]) -> list[str]:
    return [f"Number of lines which match regexp = {sum(bool(pattern.search(line)) for line in lines)}"]


_FILTERS: dict[str, Callable[[list[str], re.Pattern[str]], list[str]]] = {
    "section": _section,
    "include": lambda lines, pattern: [line for line in lines if pattern.search(line)],
    "exclude": lambda lines, pattern: [line for line in lines if not pattern.search(line)],
    "begin": _begin,
    "count": _count,
}
