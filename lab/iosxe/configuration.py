"""A router's configuration as a tree of lines, and its text as `show running-config` prints it.

- A line is stored under its identity: a later line of the same identity overwrites it.
- Lines are printed in the order of their mode's table, then by the command's own order, then by age.
- Text that the tables do not know is printed as it was loaded, behind the lines that it followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.iosxe.editor import Edit

Identity = tuple[str, ...]
Rule = Callable[["Edit"], None]


class Mode(StrEnum):
    """A configuration mode; the value is what the prompt shows in brackets."""

    GLOBAL = "config"
    VRF = "config-vrf"
    VRF_DEFINITION = "config-vrf "  # the same prompt, another table
    VRF_FAMILY = "config-vrf-af"
    INTERFACE = "config-if"
    SUBINTERFACE = "config-subif"
    OSPF = "config-router"
    BGP = "config-router "
    BGP_FAMILY = "config-router-af"
    ROUTE_MAP = "config-route-map"
    IKEV2_PROPOSAL = "config-ikev2-proposal"
    IKEV2_POLICY = "config-ikev2-policy"
    IKEV2_KEYRING = "config-ikev2-keyring"
    IKEV2_PEER = "config-ikev2-keyring-peer"
    IKEV2_PROFILE = "config-ikev2-profile"
    TRANSFORM_SET = "cfg-crypto-trans"
    IPSEC_PROFILE = "ipsec-profile"
    LINE = "config-line"
    ARCHIVE = "config-archive"
    STANDARD_ACCESS_LIST = "config-std-nacl"
    EXTENDED_ACCESS_LIST = "config-ext-nacl"

    @property
    def prompt(self) -> str:
        """What stands between the brackets."""
        return self.value.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of one mode.

    `default_on`: in force without a line, so that it is the `no` form that is stored.
    `default`: the words of the value that holds without a line, and is not printed either.
    `removes_all`: only for `no`; takes every line away that begins with these words.
    `shape` brings words into the form that is printed; `check` refuses a line before it is stored, `effect`
    follows from it afterwards, `undo` refuses a removal, or does what follows from it.
    `order` sorts the lines of all commands that share it; `source` says who documents the refusals.
    """

    syntax: str
    opens: Mode | None = None
    default_on: bool = False
    default: str = ""
    removes_all: bool = False
    omitted: bool = False
    shape: Rule | None = None
    check: Rule | None = None
    effect: Rule | None = None
    undo: Rule | None = None
    order: Callable[[Identity], tuple[object, ...]] | None = None
    source: str = ""
    rank: int = 0
    group: int = 0


@dataclass(slots=True)
class Line:
    """One line of a section; `children` where it opens a mode; `block` is text of `foreign.py` instead."""

    command: Command
    words: tuple[str, ...]
    negated: bool = False
    children: Section | None = None
    block: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The line as printed, without its indentation."""
        return " ".join(("no", *self.words) if self.negated else self.words)


@dataclass(slots=True)
class Section:
    """The lines below one line, or the whole configuration."""

    mode: Mode
    lines: dict[Identity, Line] = field(default_factory=dict)

    def starting_with(self, *words: str) -> list[Identity]:
        """The identities of the lines that begin with these words."""
        return [identity for identity in self.lines if identity[: len(words)] == words]

    def child(self, *identity: str) -> Section | None:
        """The section that the line of this identity opens."""
        line = self.lines.get(identity)
        return line.children if line else None

    def keep(self, block: tuple[str, ...]) -> None:
        """Adds text that the tables do not know, behind the lines that were added so far."""
        last = next(reversed(self.lines.values()), None)
        group = last.command.group | 1 if last is not None else -1
        self.lines["", str(len(self.lines))] = Line(Command(syntax="", group=group), (), block=block)

    def remove(self, *words: str) -> int:
        """Takes every line away that begins with these words; how many there were."""
        found = self.starting_with(*words)
        for identity in found:
            del self.lines[identity]
        return len(found)

    def ordered(self) -> list[Line]:
        """The lines as they are printed."""

        def place(entry: tuple[int, tuple[Identity, Line]]) -> tuple[object, ...]:
            age, (identity, line) = entry
            command = line.command
            return (command.group, command.order(identity) if command.order else (), command.rank, age)

        return [line for _, (_, line) in sorted(enumerate(self.lines.items()), key=place)]


_ADDRESSED = {("ip", "address"), ("ip", "unnumbered")}
_BEFORE_ADDRESS = ("description ", "ip vrf ", "vrf ")
_CLOSING = {Mode.BGP_FAMILY: "exit-address-family", Mode.VRF_FAMILY: "exit-address-family"}


def _printed(section: Section, depth: int) -> Iterator[str]:
    indent = " " * depth
    group: object = None
    unaddressed = section.mode is Mode.INTERFACE and not _ADDRESSED & section.lines.keys()
    for line in section.ordered():
        opened = line.children is not None
        if (depth == 0 and group is not None and (opened or group != line.command.group)) or (
            section.mode is Mode.BGP and opened
        ):
            yield f"{indent}!"
        group = line.command.group
        if unaddressed and not line.text.startswith(_BEFORE_ADDRESS):
            unaddressed = False
            yield f"{indent}no ip address"
        if line.block:
            yield from line.block
            continue
        yield indent + line.text
        if line.children is not None:
            yield from _printed(line.children, depth + 1)
            if section.mode is Mode.IKEV2_KEYRING:
                yield f"{indent}!"
    if unaddressed:
        yield f"{indent}no ip address"
    if section.mode in _CLOSING:
        yield indent[1:] + _CLOSING[section.mode]


def print_configuration(root: Section) -> str:
    """The configuration from its first line to `end`, as it is saved."""
    return "\n".join((*_printed(root, 0), "!", "end")) + "\n"
