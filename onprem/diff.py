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

from collections.abc import Iterable, Iterator, Mapping

from onprem.changes import Change, Command, Diff, Ours, PlacePath
from onprem.commands import (
    HIDDEN,
    Path,
    Place,
    is_companion,
    is_exclusive,
    is_not_printed,
    is_removable,
    opens_section,
    place_of,
    removal_of,
)
from onprem.errors import PushError
from onprem.placeholders import PlaceholderKind, placeholder_names
from onprem.references import Name, defined_by, used_by
from onprem.sections import Section
from onprem.vacating import vacate


def compare(running: Section, intended: Section, ours: Ours) -> Diff:
    """Say what brings `running` to `intended`.

    Raises:
        PushError: a section that can exist only once is in the way, and holds lines of others.
    """
    return _Comparison(running, intended, ours).diff()


def undo(
    now: Section, before: Section, done: Diff, overwritten: Mapping[PlacePath, Path] | None = None
) -> Diff:
    """Say what brings a router back, in all places that `done` was to change, to how it was `before`.

    `overwritten` are lines that gave way to ours in other places: place of ours -> the line and those around.
    """
    touched, intended = Section(), Section()
    for change in done.changes:
        _copy_place(before, (*change.section, change.text), into=intended)
        if change.sign == "+":
            _extend(touched, (*change.section, change.text))
    for command in done.commands:
        _copy_place(before, (*command.section, command.text), into=intended)
    _sort_like(before, intended)  # as a router prints them, definitions are ahead of what needs them
    return compare(now, intended, Ours(lines=touched, found=overwritten or {}))


def _extend(root: Section, lines: Path) -> None:
    section = root
    for depth, line in enumerate(lines):
        place = place_of(lines[:depth], line)
        section = section.children.get(place) or section.add(lines[:depth], line)


def _copy_place(before: Section, lines: Path, *, into: Section) -> None:
    """Copies what stood in a line's place, with the sections around it."""
    source: Section | None = before
    target = into
    for depth, line in enumerate(lines):
        place = place_of(lines[:depth], line)
        source = source.children.get(place) if source else None
        if source is None:
            return
        if place not in target.children:
            target.add(lines[:depth], source.line, source.raw)
        target = target.children[place]


def _sort_like(model: Section, section: Section) -> None:
    section.children = {
        place: section.children[place] for place in model.children if place in section.children
    }
    for place, child in section.children.items():
        _sort_like(model.children[place], child)


class _Comparison:
    """One comparison; its methods fill the lists that become the diff."""

    def __init__(self, running: Section, intended: Section, ours: Ours) -> None:
        self._running, self._intended, self._ours = running, intended, ours
        self._additions: list[Command] = []
        self._removals: list[Command] = []
        self._changes: list[Change] = []
        self._notes: list[str] = []
        self._found: dict[PlacePath, Path] = {}
        self._in_use = self._names_in_use()

    def diff(self) -> Diff:
        self._merge(self._intended, self._running, self._ours.lines, (), ())
        self._retire(self._ours.lines, self._intended, self._running, (), ())
        early, removals = vacate(self._additions, self._removals, self._changes)
        return Diff(
            commands=(*early, *self._additions, *removals),
            changes=tuple(self._changes),
            notes=tuple(dict.fromkeys(self._notes)),
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
        if have is not None and have.line.startswith("interface "):
            self._readdress(want, have, ours, path)

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
            current = None
        elif current is not None:
            self._changes.append(Change(section=path, sign="-", text=current.line))
        opens = bool(line.children) or opens_section(path, line.line)
        self._additions.append(Command(section=path, text=line.line, raw=line.raw, opens=opens))
        self._changes.append(Change(section=path, sign="+", text=line.line))
        return current

    def _make_way(self, path: Path, current: Section, mine: Section | None, places: PlacePath) -> None:
        foreign = self._foreign(current, mine, (*path, current.line), places)
        if current.children and (mine is None or foreign):
            raise PushError(
                f"'{current.line}' is in the way and holds lines that are not ours:"
                f" {', '.join(foreign) or 'all of them'}; move them or change the description"
            )
        self._additions.append(Command(section=path, text=removal_of(path, current.line)))
        self._changes.extend(_all_lines(path, current))

    def _readdress(self, want: Section, have: Section, ours: Section | None, path: Path) -> None:
        """Sends an interface's addresses again where its VRF changes: the router drops them."""
        sent = {command.text for command in self._additions if command.section == path}
        if not any("vrf forwarding" in text for text in sent):
            return
        for place, line in have.children.items():
            kept = want.children.get(place) or (None if ours and place in ours.children else line)
            if kept is not None and line.line.startswith("ip address ") and kept.line not in sent:
                self._additions.append(Command(section=path, text=kept.line))

    # --- what is no longer wanted -----------------------------------------------------------------------

    def _retire(
        self, ours: Section, want: Section | None, have: Section, path: Path, places: PlacePath
    ) -> None:
        going, staying = self._neighbors(ours, want, have, path, places)
        for place, mine in reversed(ours.children.items()):
            current = have.children.get(place)
            wanted = want.children.get(place) if want else None
            if current is None or (wanted is None and place[:2] in staying):
                continue
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
        elif not self._may_go(path, current):
            return
        elif foreign:
            self._keep([current])
            self._retire(mine, None, current, inner, places)
            self._notes.append(f"'{current.line}' stays: '{foreign[0]}' in it is not ours")
        else:
            self._removals.append(Command(section=path, text=removal_of(path, current.line)))
            self._changes.extend(_all_lines(path, current))

    def _remove_line(self, current: Section, path: Path, places: PlacePath) -> None:
        before = self._ours.found.get(places)
        text = removal_of(path, current.line)
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
        self._removals.append(Command(section=path, text=text))

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
        """What others' lines and the intended lines use, and the intended lines do not define."""
        lines = self._foreign(self._running, self._ours.lines, (), ())
        lines += [line.line for _, line in self._intended.walk()]
        defined = {defined_by(path, line.line) for path, line in self._intended.walk()}
        return {name for line in lines for name in used_by(line)} - defined


def _all_lines(path: Path, section: Section) -> Iterator[Change]:
    yield Change(section=path, sign="-", text=section.line)
    for around, line in section.walk((*path, section.line)):
        yield Change(section=around, sign="-", text=line.line)
