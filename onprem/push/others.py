"""What has changed on a router between two readings of it, beside our lines: by them, or by somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from onprem.plan.changes import Diff, PlacePath
from onprem.plan.commands import Path, is_alike, is_companion, is_listed
from onprem.plan.sections import Section
from onprem.push.pushed import places_of

_SHOWN = 5


def changed_by_others(before: Section, now: Section, ours: Diff) -> tuple[str, ...]:
    """Return lines that came (`+`) or went (`-`) in no place of ours; keys are compared, but not shown.

    What a router adds or takes away by itself when our lines come or go is nobody's change, nor is what one
    of ours has overwritten.
    """
    gone = set(overwritten_by(before, now, ours).values())
    touched = {places_of((*change.section, change.text)) for change in ours.changes}
    touched |= {places_of((*command.section, command.text)) for command in ours.commands}
    readdressed = {
        path[:1]
        for path in touched
        if any("vrf" in word and "forwarding" in place for place in path[1:] for word in place)
    }
    found = list(_differences(before, now, (), ()))
    lines = [
        f"{sign} {' / '.join(path)}"
        for sign, path, places in found
        if not _is_ours(path, places, touched)
        and not (places[:1] in readdressed and "address" in path[-1])
        and not (sign == "-" and path in gone)
    ]
    more = len(lines) - _SHOWN
    return (*lines[:_SHOWN], *((f"and {more} more",) if more > 0 else ()))


def overwritten_by(before: Section, now: Section, ours: Diff) -> dict[PlacePath, Path]:
    """Return what our lines have overwritten although `commands` does not say so: place of ours -> what went.

    It knows by far not every command that has one value. A line that went while one of ours of the same
    command came beside it was such a value.
    """
    came = [(*change.section, change.text) for change in ours.changes if change.sign == "+"]
    touched = {places_of((*change.section, change.text)) for change in ours.changes}
    found: dict[PlacePath, Path] = {}
    for sign, path, places in _differences(before, now, (), ()):
        if sign == "+" or places in touched or _has_a_place_of_its_own(path[:-1], path[-1]):
            continue
        new = next((line for line in came if line[:-1] == path[:-1] and is_alike(line[-1], path[-1])), None)
        if new is not None:
            found.setdefault(places_of(new), path)
    return found


def _has_a_place_of_its_own(section: Path, line: str) -> bool:
    """Whether no line in another place can have overwritten this one."""
    return is_listed(section, line) or is_companion(section, line)


def _is_ours(path: Path, places: PlacePath, touched: set[PlacePath]) -> bool:
    if any(places[:depth] in touched for depth in range(1, len(places) + 1)):
        # A section is named by many pushes that do not change all of its lines.
        return places in touched or not _is_section(places, touched) or is_companion(path[:-1], path[-1])
    return is_companion(path[:-1], path[-1])


def _is_section(places: PlacePath, touched: set[PlacePath]) -> bool:
    """Whether lines of ours stand beside the line at `places`, in a section that stays."""
    around = places[:-1]
    return any(
        len(place) > len(around) and place[: len(around)] == around for place in touched if place != around
    )


def _differences(
    before: Section | None, now: Section | None, path: Path, places: PlacePath
) -> Iterator[tuple[str, Path, PlacePath]]:
    old = before.children if before else {}
    new = now.children if now else {}
    for place in dict.fromkeys((*old, *new)):
        was, is_ = old.get(place), new.get(place)
        line = is_ or was
        assert line is not None
        here = (*places, place)
        if was is not None and (is_ is None or (was.line, was.raw) != (is_.line, is_.raw)):
            yield "-", (*path, was.line), here
        if is_ is not None and (was is None or (was.line, was.raw) != (is_.line, is_.raw)):
            yield "+", (*path, is_.line), here
        yield from _differences(was, is_, (*path, line.line), here)
