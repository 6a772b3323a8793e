"""Compares what a router runs with what it should run, and says which lines bring it there.

The lines are merged into what is there:

- A setting of ours is overwritten in place; nothing else on the router is touched.
- A line that we pushed once and no longer want is removed: uses before definitions, children before their
  section, a whole section only if all of it is ours. What others still use is kept, and said.
- What stood in the place of one of our lines before we came (`found`) comes back when ours goes.

Keys are not compared: a key counts as unchanged if its name is `trusted`, which the caller knows from what
was pushed last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onprem.errors import PushError
from onprem.placeholders import PlaceholderKind, placeholder_names
from onprem.plan.beside import beside
from onprem.plan.changes import Change, Command, Diff, Ours, PlacePath
from onprem.plan.commands import (
    Path,
    Place,
    is_alike,
    is_companion,
    is_default,
    is_exclusive,
    is_listed,
    is_not_printed,
    is_removable,
    opens_section,
    place_of,
    removal_of,
)
from onprem.plan.masking import HIDDEN
from onprem.plan.ordering import before_their_like
from onprem.plan.readdressing import readdress
from onprem.plan.references import Name, defined_by, used_by
from onprem.plan.sections import Section


def compare(running: Section, intended: Section, ours: Ours) -> Diff:
    """Say what brings `running` to `intended`.

    Raises:
        PushError: a section that can exist only once is in the way, and holds lines of others.
    """
    return _Comparison(running, intended, ours).diff()


class _Comparison:
    """One comparison; its methods fill the lists that become the diff."""

    def __init__(self, running: Section, intended: Section, ours: Ours) -> None:
        self._running, self._intended, self._ours = running, intended, ours
        self._additions: list[Command] = []
        self._removals: list[Command] = []
        self._changes: list[Change] = []
        self._notes: list[str] = []
        self._found: dict[PlacePath, Path] = {}
        self._replaced: set[PlacePath] = set()
        self._in_use = self._names_in_use()

    def diff(self) -> Diff:
        self._merge(self._intended, self._running, self._ours.lines, (), ())
        self._retire(self._ours.lines, self._intended, self._running, (), ())
        additions, removals = before_their_like(self._additions, self._removals)
        early, additions, removals = readdress(self._running, additions, removals, self._changes)
        return Diff(
            commands=(*early, *additions, *removals),
            changes=tuple(self._changes),
            notes=tuple(dict.fromkeys(self._notes)),
            beside=tuple(beside(self._running, self._intended, self._ours.lines)),
            found=self._found,
        )

    # --- what is wanted ---------------------------------------------------------------------------------

    def _merge(
        self, want: Section, have: Section | None, ours: Section | None, path: Path, places: PlacePath
    ) -> None:
        for place, line in want.children.items():
            current = have.children.get(place) if have else None
            mine = ours.children.get(place) if ours else None
            if current is not None and mine is None:
                self._found[(*places, place)] = (*path, current.line)
            if not self._is_there(path, line, current, mine):
                current = self._put(path, line, current, mine, (*places, place))
            self._merge(line, current, mine, (*path, line.line), (*places, place))

    def _is_there(self, path: Path, line: Section, current: Section | None, mine: Section | None) -> bool:
        if current is None:
            return is_not_printed(path, line.line)
        if line.raw is not None:
            return line.raw == current.raw
        names = placeholder_names([line.line], PlaceholderKind.SECRET)
        if names:
            return current.raw is not None and mine is not None and self._is_trusted(mine, line, names)
        return line.line == current.line

    def _is_trusted(self, mine: Section, line: Section, names: tuple[str, ...]) -> bool:
        return mine.line == line.line and self._ours.trusted.issuperset(names)

    def _put(
        self, path: Path, line: Section, current: Section | None, mine: Section | None, places: PlacePath
    ) -> Section | None:
        """Sends a line; what is still there in its place afterwards."""
        if current is not None and current.line != line.line and is_exclusive(path, line.line):
            self._make_way(path, current, mine, places)
            self._replaced.add(places)
            current = None
        elif current is not None:
            self._changes.append(Change(section=path, sign="-", text=current.line))
        self._refuse_two_kinds_of_vrf(path, line.line)
        opens = bool(line.children) or opens_section(path, line.line)
        self._additions.append(Command(section=path, text=line.line, raw=line.raw, opens=opens))
        self._changes.append(Change(section=path, sign="+", text=line.line))
        return current

    def _refuse_two_kinds_of_vrf(self, path: Path, line: str) -> None:
        old, new = "ip vrf ", "vrf definition "
        here, there = (old, new) if line.startswith(old) else (new, old)
        other = f"{there}{line.removeprefix(here)}"
        if not path and line.startswith(here) and place_of((), other) in self._running.children:
            raise PushError(
                f"'{other}' is in the way of '{line}', for a router has one or the other: give the VRF"
                f" another name, or have its owner define it by '{here.strip()}'"
            )

    def _make_way(self, path: Path, current: Section, mine: Section | None, places: PlacePath) -> None:
        foreign = self._foreign(current, mine, (*path, current.line), places)
        if current.children and (mine is None or foreign):
            raise PushError(
                f"'{current.line}' is in the way and holds lines that are not ours:"
                f" {', '.join(foreign) or 'all of them'}; move them or change the description"
            )
        self._additions.append(Command(section=path, text=removal_of(path, current.line)))
        self._changes.extend(_all_lines(path, current))

    # --- what is no longer wanted -----------------------------------------------------------------------

    def _retire(
        self, ours: Section, want: Section | None, have: Section, path: Path, places: PlacePath
    ) -> None:
        going, staying = self._neighbors(ours, want, have, path, places)
        for place, mine in reversed(ours.children.items()):
            current = have.children.get(place)
            wanted = want.children.get(place) if want else None
            if current is None and wanted is None and is_not_printed(path, mine.line):
                self._bring_back(path, (*places, place))
            if current is None or (wanted is None and place[:2] in staying):
                continue
            if (*places, place) in self._replaced:
                continue  # it went as a whole
            if wanted is not None:
                # the section may have been renamed in place just before, as a route-map's deny to permit
                self._retire(mine, wanted, current, (*path, wanted.line), (*places, place))
            elif current.children or opens_section(path, current.line):
                self._retire_section(mine, current, path, (*places, place))
            elif place[:2] in going:
                self._changes.append(Change(section=path, sign="-", text=current.line))
                if place[2] == "remote-as":  # takes the neighbor's other lines along
                    self._removals.append(Command(section=path, text=removal_of(path, current.line)))
            else:
                self._remove_line(current, path, (*places, place))

    def _neighbors(
        self, ours: Section, want: Section | None, have: Section, path: Path, places: PlacePath
    ) -> tuple[set[Place], set[Place]]:
        """The neighbors that go as a whole, and those that stay because others configured them too."""
        going: set[Place] = set()
        staying: set[Place] = set()
        for place in ours.children:
            defined = place[:1] == ("neighbor",) and place[2:] == ("remote-as",) and place in have.children
            if not defined or (want and place in want.children) or (*places, place) in self._ours.found:
                continue
            lines = {other: line for other, line in have.children.items() if other[:2] == place[:2]}
            foreign = self._foreign(Section(children=lines), ours, path, places)
            (staying if foreign else going).add(place[:2])
            if foreign:
                self._keep(lines.values())
                self._notes.append(f"'{' '.join(place[:2])}' stays: '{foreign[0]}' is not ours")
        return going, staying

    def _retire_section(self, mine: Section, current: Section, path: Path, places: PlacePath) -> None:
        inner = (*path, current.line)
        foreign = self._foreign(current, mine, inner, places)
        if places in self._ours.found or not is_removable(current.line):
            self._retire(mine, None, current, inner, places)
            self._rename_back(current, path, places)
        elif not self._may_go(path, current):
            return
        elif foreign:
            self._keep([current])
            self._retire(mine, None, current, inner, places)
            self._notes.append(f"'{current.line}' stays: '{foreign[0]}' in it is not ours")
        else:
            self._removals.append(Command(section=path, text=removal_of(path, current.line)))
            self._changes.extend(_all_lines(path, current))

    def _rename_back(self, current: Section, path: Path, places: PlacePath) -> None:
        """Gives a section the line that it had before we came, as a route-map's deny."""
        line = self._ours.found.get(places, (current.line,))[-1]
        if line == current.line:
            return
        if is_exclusive(path, line):
            self._removals.append(Command(section=path, text=removal_of(path, current.line)))
        self._removals.append(Command(section=path, text=line, opens=True))
        self._changes.append(Change(section=path, sign="-", text=current.line))
        self._changes.append(Change(section=path, sign="+", text=line))

    def _bring_back(self, path: Path, places: PlacePath) -> None:
        """Sends what stood in the place of a line of ours that is in force without being printed."""
        before = self._ours.found.get(places)
        if before is not None and HIDDEN not in before[-1]:
            self._changes.append(Change(section=path, sign="+", text=before[-1]))
            self._removals.append(Command(section=path, text=before[-1]))

    def _remove_line(self, current: Section, path: Path, places: PlacePath) -> None:
        before = self._ours.found.get(places)
        by_itself = bool(path) and " vrf " in path[-1] and is_companion(path, current.line)
        if before is None and (by_itself or is_default(path, current.line)):
            return  # without it the same would hold
        text = removal_of(path, current.line)
        if before is not None and self._is_succeeded(current, path, places, before):
            self._changes.append(Change(section=path, sign="-", text=current.line))
            return
        if before is not None:
            if before[-1] == current.line:
                return
            if HIDDEN in before[-1]:
                self._notes.append(f"'{before[-1]}' was here before: its key is not known, enter it by hand")
            else:
                text = before[-1]
        elif not self._may_go(path, current):
            return
        self._changes.append(Change(section=path, sign="-", text=current.line))
        if not text.startswith("no "):
            self._changes.append(Change(section=path, sign="+", text=text))
            if is_exclusive(path, text):
                self._removals.append(Command(section=path, text=removal_of(path, current.line)))
        self._removals.append(Command(section=path, text=text))

    def _is_succeeded(self, current: Section, path: Path, places: PlacePath, before: Path) -> bool:
        """Whether a new line of ours overwrites one that has overwritten `before`, which it then inherits."""
        if before[-1] == current.line or is_listed(path, current.line):
            return False
        alike = (
            command.text
            for command in self._additions
            if command.section == path and is_alike(command.text, current.line)
        )
        successor = next(alike, None)
        if successor is not None:
            self._found[(*places[:-1], place_of(path, successor))] = before
        return successor is not None

    def _may_go(self, path: Path, current: Section) -> bool:
        name = defined_by(path, current.line)
        if name is None or name not in self._in_use:
            return True
        self._keep(line for _, line in current.walk())
        self._notes.append(f"'{current.line}' stays: lines that are not ours still use it")
        return False

    def _keep(self, lines: Iterable[Section]) -> None:
        """Notes that what these lines use has to stay as well."""
        self._in_use.update(name for line in lines for name in used_by(line.line))

    # --- what is not ours -------------------------------------------------------------------------------

    def _foreign(self, current: Section, mine: Section | None, path: Path, places: PlacePath) -> list[str]:
        """The lines of a section that the router does not add by itself, and that are not ours."""
        foreign: list[str] = []
        for place, line in current.children.items():
            own = mine.children.get(place) if mine else None
            if (own is None or (*places, place) in self._ours.found) and not is_companion(path, line.line):
                foreign.append(line.line)
            foreign += self._foreign(line, own, (*path, line.line), (*places, place))
        return foreign

    def _names_in_use(self) -> set[Name]:
        """What others' lines and the intended lines use, and none of them defines.

        Where ours stands in the place of one of theirs, it is theirs that counts: it comes back.
        """
        lines = list(_lines_of_others(self._running, self._ours, self._ours.lines, (), ()))
        lines += [(*path, line.line) for path, line in self._intended.walk()]
        defined = {defined_by(path[:-1], path[-1]) for path in lines}
        return {name for path in lines for name in used_by(path[-1])} - defined - self._ours.dangling


def _lines_of_others(
    current: Section, ours: Ours, mine: Section | None, path: Path, places: PlacePath
) -> Iterator[Path]:
    for place, line in current.children.items():
        own = mine.children.get(place) if mine else None
        here = (*places, place)
        if here in ours.found:
            yield ours.found[here]
        elif own is None:
            yield (*path, line.line)
        yield from _lines_of_others(line, ours, own, (*path, line.line), here)


def _all_lines(path: Path, section: Section) -> Iterator[Change]:
    yield Change(section=path, sign="-", text=section.line)
    for around, line in section.walk((*path, section.line)):
        yield Change(section=around, sign="-", text=line.line)
