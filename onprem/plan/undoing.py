"""What brings a router back to how it was before some of the commands of a push, in their places only."""

from __future__ import annotations

from collections.abc import Mapping

from onprem.plan.changes import Diff, Ours, PlacePath
from onprem.plan.commands import Path, place_of
from onprem.plan.diff import compare
from onprem.plan.references import Name, defined_by, used_by
from onprem.plan.sections import Section


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
    return compare(now, intended, Ours(lines=touched, found=overwritten or {}, dangling=_dangling(before)))


def _dangling(running: Section) -> frozenset[Name]:
    """What a router uses, and does not define."""
    used = {name for _, line in running.walk() for name in used_by(line.line)}
    return frozenset(used - {defined_by(path, line.line) for path, line in running.walk()})


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
