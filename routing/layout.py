"""Where everything of a diagram stands: once wide, with layers as columns, and once tall, for a phone.

- Nothing here is random: the same diagram always has the same picture.
- Lengths are in pixels at the picture's own size; widths of text are estimated, generously.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from routing.diagram import Card, Chip, Diagram, Line

_MARGIN = 14.0
_PADDING = 12.0
_TITLE = 20.0
"""Height of a card's title, its letters 15 high."""
_NOTE = 16.0
_CHIP = 26.0
_CHIP_GAP = 6.0
_CARD_GAP = 28.0
_LAYER_GAP = 104.0
_MOST_IN_A_ROW = 440.0
"""A wider row of a tall picture is set in two steps, so that it takes half the width."""
_TITLE_LETTER, _NOTE_LETTER, _CHIP_LETTER = 8.8, 7.0, 7.2


class Orientation(StrEnum):
    """How layers follow each other."""

    WIDE = "wide"
    """From left to right."""
    TALL = "tall"
    """From top to bottom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedChip:
    """A chip, where it stands, and what is written on it."""

    chip: Chip
    text: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCard:
    """A card, where it stands, and its lines of text, each with the middle of its base line."""

    card: Card
    box: Box
    title: tuple[float, float]
    notes: tuple[tuple[float, float, str], ...]
    chips: tuple[PlacedChip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    """A line as SVG has it, where its label begins, and where a failure is marked."""

    line: Line
    ends: tuple[str, str]
    """Keys, in the direction in which the course is drawn."""
    course: str
    label: tuple[float, float] | None
    """None where there is no room."""
    middle: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A whole picture."""

    orientation: Orientation
    width: float
    height: float
    cards: tuple[PlacedCard, ...]
    lines: tuple[PlacedLine, ...]


def lay_out(diagram: Diagram, orientation: Orientation) -> Layout:
    """Return the picture of a diagram."""
    wide = orientation is Orientation.WIDE
    sizes = {card.key: _size(card, wide=wide) for card in diagram.cards}
    boxes = _columns(diagram, sizes) if wide else _rows(diagram, sizes)
    last = len(diagram.layers) - 1
    cards = tuple(
        _place_card(card, boxes[card.key], wide=wide, outwards=number < last or last == 0)
        for number, layer in enumerate(diagram.layers)
        for card in layer
    )
    return Layout(
        orientation=orientation,
        width=max((box.x + box.width for box in boxes.values()), default=0) + _MARGIN,
        height=max((box.y + box.height for box in boxes.values()), default=0) + _MARGIN,
        cards=cards,
        lines=tuple(_Drawing(diagram, cards, wide=wide).lines()),
    )


# --- cards -----------------------------------------------------------------------------------------------


def _chip_text(card: Card, chip: Chip, *, wide: bool) -> str:
    """Return what a chip says; where room is short, without what its card says already."""
    if wide:
        return chip.label
    short = {"ExpressRoute": "ER", "Route Server": "RS"}
    return short.get(chip.label) or chip.label.removeprefix(f"{card.label}-")


def _chip_width(text: str) -> float:
    return len(text) * _CHIP_LETTER + 16


def _size(card: Card, *, wide: bool) -> tuple[float, float]:
    texts = [_chip_width(_chip_text(card, chip, wide=wide)) for chip in card.chips]
    chips_width = max(texts, default=0) if wide else sum(texts) + _CHIP_GAP * max(len(texts) - 1, 0)
    notes = max((len(note) * _NOTE_LETTER for note in card.notes), default=0)
    width = max(len(card.label) * _TITLE_LETTER, notes, chips_width) + 2 * _PADDING
    rows = len(texts) if wide else min(len(texts), 1)
    height = _PADDING + _TITLE + len(card.notes) * _NOTE + rows * (_CHIP + _CHIP_GAP) + _PADDING / 2
    return max(width, 72), height


def _columns(diagram: Diagram, sizes: dict[str, tuple[float, float]]) -> dict[str, Box]:
    heights = [
        sum(sizes[card.key][1] for card in layer) + _CARD_GAP * (len(layer) - 1) for layer in diagram.layers
    ]
    boxes: dict[str, Box] = {}
    x = _MARGIN
    for layer, height in zip(diagram.layers, heights, strict=True):
        # a shorter column is spread over half of what it lacks, so that lines run flatter
        spare = (max(heights) - height) / 2
        gap = _CARD_GAP + spare / len(layer)
        y = _MARGIN + (max(heights) - height - (gap - _CARD_GAP) * (len(layer) - 1)) / 2
        width = max(sizes[card.key][0] for card in layer)
        for card in layer:
            boxes[card.key] = Box(x=x, y=y, width=width, height=sizes[card.key][1])
            y += sizes[card.key][1] + gap
        x += width + _LAYER_GAP
    return boxes


def _rows(diagram: Diagram, sizes: dict[str, tuple[float, float]]) -> dict[str, Box]:
    places: list[list[tuple[Card, float, float]]] = []
    y = _MARGIN
    for layer in diagram.layers:
        row, y = _row(layer, sizes, y)
        places.append(row)
        y += _LAYER_GAP * 0.75
    widest = max((x + sizes[card.key][0] for row in places for card, x, _ in row), default=0)
    boxes = {}
    for row in places:
        shift = _MARGIN + (widest - max(x + sizes[card.key][0] for card, x, _ in row)) / 2
        for card, x, top in row:
            width, height = sizes[card.key]
            boxes[card.key] = Box(x=x + shift, y=top, width=width, height=height)
    return boxes


def _row(
    layer: tuple[Card, ...], sizes: dict[str, tuple[float, float]], y: float
) -> tuple[list[tuple[Card, float, float]], float]:
    """Return a row's cards with their left and upper edges, and the row's lower edge."""
    gap = _CARD_GAP / 2
    height = max(sizes[card.key][1] for card in layer)
    if sum(sizes[card.key][0] + gap for card in layer) <= _MOST_IN_A_ROW:
        row, x = [], 0.0
        for card in layer:
            row.append((card, x, y))
            x += sizes[card.key][0] + gap
        return row, y + height
    widest = max(sizes[card.key][0] for card in layer)
    step = (widest + _CARD_GAP) / 2
    lower = height + _CARD_GAP
    stepped = [
        (card, step * index + (widest - sizes[card.key][0]) / 2, y + lower * (index % 2))
        for index, card in enumerate(layer)
    ]
    return stepped, y + lower + height


def _place_card(card: Card, box: Box, *, wide: bool, outwards: bool) -> PlacedCard:
    """Place what a card holds; `outwards` is whether its chips face the next layer, not the one before."""
    chips_first = not wide and not outwards and bool(card.chips)
    y = box.y + (_CHIP + _CHIP_GAP if chips_first else 0) + _PADDING / 2
    middle = box.x + box.width / 2
    title = (middle, y + 16)
    notes = tuple((middle, y + _TITLE + 12 + number * _NOTE, note) for number, note in enumerate(card.notes))
    after = y + _TITLE + len(card.notes) * _NOTE + _CHIP_GAP
    chips = tuple(
        _chips_in_column(card, box, after, outwards=outwards)
        if wide
        else _chips_in_row(card, box, box.y if chips_first else box.y + box.height - _CHIP)
    )
    return PlacedCard(card=card, box=box, title=title, notes=notes, chips=chips)


def _chips_in_column(card: Card, box: Box, y: float, *, outwards: bool) -> Iterator[PlacedChip]:
    for chip in card.chips:
        text = _chip_text(card, chip, wide=True)
        width = _chip_width(text)
        x = box.x + box.width - width if outwards else box.x
        yield PlacedChip(chip=chip, text=text, box=Box(x=x, y=y, width=width, height=_CHIP))
        y += _CHIP + _CHIP_GAP


def _chips_in_row(card: Card, box: Box, y: float) -> Iterator[PlacedChip]:
    texts = [_chip_text(card, chip, wide=False) for chip in card.chips]
    total = sum(map(_chip_width, texts)) + _CHIP_GAP * (len(texts) - 1)
    x = box.x + (box.width - total) / 2
    for chip, text in zip(card.chips, texts, strict=True):
        width = _chip_width(text)
        yield PlacedChip(chip=chip, text=text, box=Box(x=x, y=y, width=width, height=_CHIP))
        x += width + _CHIP_GAP


# --- lines -----------------------------------------------------------------------------------------------

_Point = tuple[float, float]


class _Drawing:
    """Lines between boxes, each with an end of its own on a box's side."""

    def __init__(self, diagram: Diagram, cards: tuple[PlacedCard, ...], *, wide: bool) -> None:
        self.wide = wide
        self.diagram = diagram
        self.boxes = {placed.card.key: placed.box for placed in cards}
        self.boxes |= {placed.chip.key: placed.box for card in cards for placed in card.chips}
        self.layer = {
            key: number
            for number, layer in enumerate(diagram.layers)
            for card in layer
            for key in (card.key, *(chip.key for chip in card.chips))
        }
        self.rows = [
            (
                min(self.boxes[card.key].y for card in layer),
                max(self.boxes[card.key].y + self.boxes[card.key].height for card in layer),
            )
            for layer in diagram.layers
        ]
        self.ends: dict[tuple[str, bool], list[tuple[float, int]]] = {}
        """By box and whether on its far side: the lines there, by where they come from."""
        for number, line in enumerate(diagram.lines):
            for key, other in (line.ends, line.ends[::-1]):
                across = self.boxes[other].middle[1 if wide else 0]
                self.ends.setdefault((key, self._on_far_side(key, other)), []).append((across, number))
        for found in self.ends.values():
            found.sort()

    def lines(self) -> Iterator[PlacedLine]:
        """Yield each line with its course."""
        for number, line in enumerate(self.diagram.lines):
            first, second = line.ends
            if self.layer[first] > self.layer[second]:
                first, second = second, first
            yield self._line(number, line, first, second)

    def _on_far_side(self, key: str, other: str) -> bool:
        """Whether a line leaves towards the next layer; within a layer, circuits bulge on, sites back."""
        if self.layer[key] == self.layer[other]:
            return key.startswith("circuit:")
        return self.layer[key] < self.layer[other]

    def _anchor(self, number: int, key: str, *, far: bool) -> _Point:
        box, found = self.boxes[key], self.ends[key, far]
        rank = [line for _, line in found].index(number)
        share = 0.5 if len(found) == 1 else 0.22 + 0.56 * rank / (len(found) - 1)
        if self.wide:
            return box.x + (box.width if far else 0), box.y + box.height * share
        if self._passes_others(key, far=far):
            share = 0.5 + (share - 0.5) * _CARD_GAP / box.width  # as broad as the gap that it goes through
        return box.x + box.width * share, box.y + (box.height if far else 0)

    def _passes_others(self, key: str, *, far: bool) -> bool:
        """Whether other cards of a row in two steps stand on the way out of it."""
        box, (top, bottom) = self.boxes[key], self.rows[self.layer[key]]
        return not self.wide and (box.y + box.height < bottom - _CHIP if far else box.y > top + _CHIP)

    def _way_out(self, point: _Point, key: str, *, far: bool) -> _Point:
        """Return where a line has left its own row."""
        if not self._passes_others(key, far=far):
            return point
        return point[0], self.rows[self.layer[key]][1 if far else 0]

    def _line(self, number: int, line: Line, first: str, second: str) -> PlacedLine:
        far, back = self._on_far_side(first, second), self._on_far_side(second, first)
        start, end = self._anchor(number, first, far=far), self._anchor(number, second, far=back)
        out, into = self._way_out(start, first, far=far), self._way_out(end, second, far=back)
        axis = 0 if self.wide else 1
        reach = max(abs(into[axis] - out[axis]) * 0.5, 34)
        bends = (self._moved(out, reach if far else -reach), self._moved(into, reach if back else -reach))
        course = "M{} {}L{} {}C{} {} {} {} {} {}L{} {}".format(
            *(f"{value:.1f}" for point in (start, out, *bends, into, end) for value in point)
        )
        above = line.label.startswith("primary")
        return PlacedLine(
            line=line,
            ends=(first, second),
            course=course,
            label=(start[0] + 6, start[1] + (-6 if above else 14)) if self.wide else None,
            middle=_halfway(out, *bends, into),
        )

    def _moved(self, point: _Point, distance: float) -> _Point:
        x, y = point
        return (x + distance, y) if self.wide else (x, y + distance)


def _halfway(start: _Point, first: _Point, second: _Point, end: _Point) -> _Point:
    """Return the middle of a cubic Bézier curve."""
    x, y = ((a + 3 * b + 3 * c + d) / 8 for a, b, c, d in zip(start, first, second, end, strict=True))
    return x, y
