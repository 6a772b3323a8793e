"""What a router answers in exec mode: its `show` commands and the few that change something.

Each answer is written in our own, shortened form of what IOS prints; a client may rely on the lines that
tools parse (version, hostname, serial, interface table, header and `end` of a configuration).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lab.iosxe.configuration import Line
from lab.iosxe.device import Device
from lab.iosxe.grammar import Grammar

Answer = Callable[[Device], str]
VERSION = "17.09.04a"


@dataclass(frozen=True, slots=True)
class Exec:
    """An exec command: its syntax, and either its answer or what the session itself has to do."""

    syntax: str
    answer: Answer | None = None
    action: str = ""
    privileged: bool = True


def _running(device: Device) -> str:
    body = f"!\n! Last configuration change\n!\n{device.running}"
    return f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n{body}"


def _startup(device: Device) -> str:
    text = device.startup
    return f"Using {len(text)} out of 33554432 bytes\n!\n{text}" if text else "startup-config is not present"


def _serial(device: Device) -> str:
    return f"LAB{zlib.crc32(device.hostname.encode()):08X}"


def _version(device: Device) -> str:
    return (
        f"Cisco IOS XE Software, Version {VERSION}\n"
        f"Cisco IOS Software [Cupertino], ASR1000 (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 17.9.4a\n"
        "This is an emulated router of a lab, not Cisco's software.\n\n"
        f"{device.hostname} uptime is 1 hour, 0 minutes\n"
        'System image file is "bootflash:packages.conf"\n'
        "cisco ASR1001-X (1NG) processor (revision 1NG) with 3670016K/6147K bytes of memory.\n"
        f"Processor board ID {_serial(device)}\n"
        "Configuration register is 0x2102"
    )


def _inventory(device: Device) -> str:
    return (
        'NAME: "Chassis", DESCR: "Cisco ASR1001-X Chassis"\n'
        f"PID: ASR1001-X         , VID: V01  , SN: {_serial(device)}"
    )


def _interfaces(device: Device) -> str:
    rows = [f"{'Interface':<30} {'IP-Address':<15} OK? Method Status                Protocol"]
    for line in device.editor.root.ordered():
        if line.words[0] != "interface":
            continue
        rows.append(_interface_row(line))
    return "\n".join(rows)


def _interface_row(line: Line) -> str:
    assert line.children is not None
    address = line.children.lines.get(("ip", "address"))
    shut = ("shutdown",) in line.children.lines
    shown = address.words[2] if address else "unassigned"
    status, protocol = ("administratively down", "down") if shut else ("up", "up")
    return f"{line.words[1]:<30} {shown:<15} YES {'NVRAM' if address else 'unset':<6} {status:<21} {protocol}"


def _clock(_: Device) -> str:
    return f"{datetime.now(UTC):*%H:%M:%S.000 UTC %a %b %d %Y}"


def _write_memory(device: Device) -> str:
    device.save_startup()
    return "Building configuration...\n[OK]"


def _nothing(_: Device) -> str:
    return ""


EXEC = (
    Exec("show running-config", _running),
    Exec("show startup-config", _startup),
    Exec("show version", _version, privileged=False),
    Exec("show inventory", _inventory),
    Exec("show ip interface brief", _interfaces, privileged=False),
    Exec("show clock", _clock, privileged=False),
    Exec("show privilege", action="privilege", privileged=False),
    Exec("terminal length <0-512>", _nothing, privileged=False),
    Exec("terminal width <0-512>", _nothing, privileged=False),
    Exec("terminal monitor", _nothing),
    Exec("terminal no monitor", _nothing),
    Exec("write memory", _write_memory),
    Exec("write", _write_memory),
    Exec("copy running-config startup-config", action="copy"),
    Exec("configure terminal", action="configure"),
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
