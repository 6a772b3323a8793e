"""Takes configuration lines as a router does: finds the command, applies its rules, stores the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lab.iosxe.configuration import Command, Identity, Line, Mode, Section
from lab.iosxe.foreign import block_at
from lab.iosxe.grammar import Grammar, Match, Mismatch, invalid_input
from lab.iosxe.sealing import Sealer


class Refused(Exception):  # noqa: N818  named as the router's answer, never seen by a user
    """A rule's refusal: a text, or the column of a caret for the complaint about input."""

    def __init__(self, text: str = "", *, column: int = -1) -> None:
        super().__init__(text)
        self.mismatch = invalid_input(column) if column >= 0 else Mismatch(text)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a session's next line goes: a mode, and the identities of the sections down to it."""

    mode: Mode = Mode.GLOBAL
    path: tuple[Identity, ...] = ()

    @property
    def parent(self) -> Position:
        """One section up; the global mode stays where it is."""
        if len(self.path) <= 1:
            return Position()
        return Position(_PARENTS[self.mode], self.path[:-1])


_PARENTS = {
    Mode.BGP_FAMILY: Mode.BGP,
    Mode.VRF_FAMILY: Mode.VRF_DEFINITION,
    Mode.IKEV2_PEER: Mode.IKEV2_KEYRING,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line: the next position, what the router says, and whether it took the line."""

    position: Position
    notices: tuple[str, ...] = ()
    mismatch: Mismatch | None = None


@dataclass(slots=True)
class Edit:
    """One accepted line on its way into the configuration, as the rules see it."""

    editor: Editor
    position: Position
    section: Section
    match: Match[Command]
    words: tuple[str, ...]
    identity: Identity
    notices: list[str] = field(default_factory=list)

    @property
    def root(self) -> Section:
        """The whole configuration."""
        return self.editor.root

    @property
    def refuses_weak(self) -> bool:
        """Whether this router refuses weak cryptography instead of warning."""
        return self.editor.refuses_weak

    def values(self, kind: str) -> list[str]:
        """The arguments of one kind, in the order of the line."""
        return [argument.value for argument in self.match.arguments if argument.kind == kind]

    def column(self, kind: str) -> int:
        """Where the last argument of this kind began."""
        return [argument.column for argument in self.match.arguments if argument.kind == kind][-1]

    def rename(self, words: tuple[str, ...], identity: Identity) -> None:
        """Stores the line as these words instead."""
        self.words, self.identity = words, identity

    def neighbor_sections(self) -> list[Section]:
        """Where a neighbor of this section may have been defined: here, or above an IPv4 family."""
        if self.position.path[-1] == ("address-family", "ipv4"):
            above = self.editor.section_at(self.position.path[:-1])
            return [self.section] if above is None else [self.section, above]
        return [self.section]

    def add_child(self, text: str) -> None:
        """Puts a line into the section that this line has opened."""
        mode = self.match.command.opens
        assert mode is not None
        self.editor.take(Position(mode, (*self.position.path, self.identity)), text, checked=False)

    def add_sibling(self, text: str) -> None:
        """Puts a line beside this one."""
        self.editor.take(self.position, text, checked=False)


_SAVED_WITHOUT = (("ip", "address"), ("shutdown",))
_CLOSING_WORDS = ("end", "exit-address-family")


def _nobody_listens() -> None:
    pass


class Editor:
    """A configuration and the tables by which it is edited."""

    def __init__(
        self,
        tables: Mapping[Mode, Grammar[Command]],
        sealer: Sealer,
        *,
        refuses_weak: bool = False,
        foreign: bool = False,
    ) -> None:
        self.root = Section(Mode.GLOBAL)
        self.refuses_weak = refuses_weak
        self.changed: Callable[[], None] = _nobody_listens
        """Called after each line that was taken, and after the whole was replaced."""
        self._foreign = foreign
        self._tables = tables
        self._sealer = sealer

    def load(self, text: str) -> None:
        """Replaces the configuration by a saved one, whose lines are not judged again.

        Raises:
            ValueError: a line that the tables do not know, unless the router keeps foreign ones.
        """
        self.root = Section(Mode.GLOBAL)
        position = Position()
        lines = text.splitlines()
        place = 0
        while place < len(lines):
            line = lines[place]
            place += 1
            if not line.strip() or line.lstrip().startswith("!") or line.strip() in _CLOSING_WORDS:
                continue
            depth = len(line) - len(line.lstrip())
            while len(position.path) > depth:
                position = position.parent
            section = self.section_at(position.path)
            assert section is not None
            known = len(position.path) == depth and self._is_known(position, line.strip())
            if known:
                position = self.take(position, line.strip(), checked=False, here=True).position
            elif self._foreign:
                block, place = block_at(lines, place - 1)
                section.keep(block)
            else:
                raise ValueError(f"line {place} of the configuration is unknown here: {line.split()[0]} ...")
        self.changed()

    def _is_known(self, position: Position, line: str) -> bool:
        """Whether the tables know a saved line; a `no` that only another line gives a meaning is foreign."""
        found = self._read(position, line)
        if isinstance(found, Mismatch):
            return False
        match, removal = found
        without = not removal or match.command.default_on or match.words in _SAVED_WITHOUT
        return without or not self._foreign

    def section_at(self, path: tuple[Identity, ...]) -> Section | None:
        """The section at the end of a path; None if it is gone."""
        section: Section | None = self.root
        for identity in path:
            section = section.child(*identity) if section is not None else None
        return section

    def take(self, position: Position, line: str, *, checked: bool = True, here: bool = False) -> Outcome:
        """Reads one line at a position; a line unknown there is tried above, and globally, unless `here`."""
        if not line.strip() or line.lstrip().startswith("!"):
            return Outcome(position)
        furthest: Mismatch | None = None
        for candidate in (position,) if here else self._positions(position):
            found = self._read(candidate, line)
            if not isinstance(found, Mismatch):
                return self._store(candidate, found, position, checked=checked)
            if furthest is None or found.column > furthest.column:
                furthest = found
            if found.column < 0:
                furthest = found
                break
        return Outcome(position, mismatch=furthest)

    def completions(self, position: Position, line: str) -> tuple[str, ...]:
        """What may follow `line` at a position."""
        return self._tables[position.mode].completions(line)

    @staticmethod
    def _positions(position: Position) -> tuple[Position, ...]:
        # A second peer of a keyring, and a second family of BGP, may follow the first without `exit`.
        above = (position.parent,) if position.mode in _PARENTS else ()
        return (position, *above, Position()) if position.path else (position,)

    def _read(self, position: Position, line: str) -> tuple[Match[Command], bool] | Mismatch:
        first, _, rest = line.lstrip().partition(" ")
        removal = first.lower() == "no" and bool(rest.strip())
        start = line.lower().index("no") + 2 if removal else 0
        found = self._tables[position.mode].match(line, start=start, removal=removal)
        if isinstance(found, Mismatch):
            return found
        if found.command.removes_all and not removal:
            return Mismatch("% Incomplete command.")
        return found, removal

    def _store(
        self, position: Position, found: tuple[Match[Command], bool], before: Position, *, checked: bool
    ) -> Outcome:
        match, removal = found
        section = self.section_at(position.path)
        if section is None:  # removed by another session
            return Outcome(Position(), mismatch=Mismatch("% Section no longer exists"))
        edit = Edit(self, position, section, match, match.words, match.identity)
        try:
            if match.command.shape is not None:
                match.command.shape(edit)
            if removal:
                after = self._remove(edit, checked=checked)
            else:
                after = self._add(edit, position, checked=checked)
        except Refused as refusal:
            return Outcome(before, mismatch=refusal.mismatch)
        if checked:
            self.changed()
        return Outcome(after, tuple(edit.notices))

    def _add(self, edit: Edit, position: Position, *, checked: bool) -> Position:
        command = edit.match.command
        if command.check is not None and checked:
            command.check(edit)
        if command.omitted:
            edit.section.lines.pop(edit.identity, None)
            return position.parent if command.syntax.startswith("exit") else position
        if command.default_on or (command.default and " ".join(edit.words) == command.default):
            edit.section.lines.pop(edit.identity, None)
            return position
        words = self._sealer.seal(edit.root, edit.match, edit.words)
        old = edit.section.lines.get(edit.identity)
        line = old or Line(command, words)
        line.command, line.words = command, words
        edit.section.lines[edit.identity] = line
        mode = _opened(command, edit.identity)
        if mode is None:
            if command.effect is not None and checked and old is None:
                command.effect(edit)
            return position
        if line.children is None:
            line.children = Section(mode)
            if command.effect is not None and checked:
                command.effect(edit)
        return Position(mode, (*position.path, edit.identity))

    @staticmethod
    def _remove(edit: Edit, *, checked: bool) -> Position:
        command = edit.match.command
        if command.undo is not None and checked:
            command.undo(edit)
        if command.removes_all:
            edit.section.remove(*edit.words)
        elif command.default_on:
            edit.section.lines[edit.identity] = Line(command, edit.words, negated=True)
        else:
            edit.section.lines.pop(edit.identity, None)
        return edit.position


def _opened(command: Command, identity: Identity) -> Mode | None:
    if command.opens is Mode.INTERFACE and "." in identity[-1]:
        return Mode.SUBINTERFACE
    return command.opens
