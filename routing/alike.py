"""From the sites that people ask about to those that were worked out, and back.

In a large network most sites are spokes that differ in nothing but their names. Of such a group only two are
worked out (`routing.spokes`); say that 1 and 2 stand for s1, s2, s3 and more, and that L is a location:

| Asked about | Worked out | Read as |
|---|---|---|
| s7 to L | 1 to L | 1 is s7 |
| L to s7 | L to 1 | 1 is s7 |
| s7 to s9 | 1 to 2 | 1 is s7, 2 is s9 |
| s7 to L when s7's peering fails | 1 to L when 1's peering fails | 1 is s7 |
| s7 to L when s9's peering fails | 1 to L with everything up: it does not notice | 1 is s7 |

What is worked out is found by the first two columns (`standing_for`, `elements_for`). What it says, elements
and sentences, is read by the third (`names_of`, `rename`). What a failure changes is found once for 1 to L,
and then told of every spoke (`pairs_of`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from routing.elements import ElementKind, element_name
from routing.spokes import Group, Spoke, StandIn, find_groups, reduce_network
from topology import Network

Pair = tuple[str, str]
Names = Mapping[str, str]
"""Real names by the made-up ones that are to be read so: of sites, peerings, their elements, and prefixes."""

_NO_NAMES: Names = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A spoke's group, and the spoke's names where the first of the group, or the second, is read as it."""

    group: Group
    as_first: Names
    as_second: Names


class Alike:
    """A network as it was described, and the smaller one that says all that can be said of it."""

    def __init__(self, described: Network, apart: frozenset[str] = frozenset(), *, reduces: bool) -> None:
        self.described = described
        self.groups = find_groups(described, apart) if reduces else ()
        self.network = reduce_network(described, self.groups) if self.groups else described
        self._places: dict[str, _Place] = {}
        self._spoke_of: dict[str, str] = {}
        """Spokes by the elements that only they notice: their peerings."""
        self._group_of: dict[str, Group] = {}
        """Groups by both sites that stand for them."""
        for group in self.groups:
            self._group_of |= dict.fromkeys((each.site for each in group.stand_ins), group)
            for spoke in group.spokes:
                self._places[spoke.site] = _Place(
                    group=group,
                    as_first=names_as(group.first, spoke),
                    as_second=names_as(group.second, spoke),
                )
                self._spoke_of[element_name(ElementKind.PEERING, spoke.peering)] = spoke.site

    def is_grouped(self, name: str) -> bool:
        """Whether a site, or an element, is one that another stands for."""
        return name in self._places or name in self._spoke_of

    def site_of(self, name: str) -> str:
        """Return the spoke of a peering that only it notices; any other name as it is."""
        return self._spoke_of.get(name, name)

    # --- what is worked out, and its names ---------------------------------------------------------------

    def standing_for(self, pair: Pair) -> Pair:
        """Return the pair that is worked out for another."""
        source, destination = self._places.get(pair[0]), self._places.get(pair[1])
        start = source.group.first.site if source else pair[0]
        if destination is None:
            return start, pair[1]
        same = source is not None and source.group is destination.group
        return start, (destination.group.second if same else destination.group.first).site

    def names_of(self, pair: Pair) -> Names:
        """Return how what is said of what stands for a pair is to be read."""
        source, destination = self._places.get(pair[0]), self._places.get(pair[1])
        if destination is None:
            return source.as_first if source else _NO_NAMES
        if source is None:
            return destination.as_first
        same = source.group is destination.group
        return {**source.as_first, **(destination.as_second if same else destination.as_first)}

    def is_together(self, pair: Pair) -> bool:
        """Whether both ends of a pair are of one group."""
        source, destination = self._places.get(pair[0]), self._places.get(pair[1])
        return source is not None and destination is not None and source.group is destination.group

    # --- failures ----------------------------------------------------------------------------------------

    def elements_for(self, pair: Pair, elements: tuple[str, ...]) -> tuple[str, ...]:
        """Return what fails for what stands for a pair: no peerings of spokes that are not its ends."""
        if not any(element in self._spoke_of for element in elements):
            return elements
        made_up = {name: made_up for made_up, name in self.names_of(pair).items()}
        return tuple(
            made_up.get(element, element)
            for element in elements
            if element not in self._spoke_of or self._spoke_of[element] in pair
        )

    def split(self, elements: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the elements that many notice, and the spokes that alone notice the others."""
        return (
            tuple(element for element in elements if element not in self._spoke_of),
            tuple(self._spoke_of[element] for element in elements if element in self._spoke_of),
        )

    def pairs_of(self, worked_out: Pair) -> Iterator[Pair]:
        """Yield the described pairs for which a pair is worked out: none if another one is in its place.

        That is so of 2 to L, or of 2 to 1: the same is said of 1 to L, and of 1 to 2.
        """
        if not self.groups:
            yield worked_out
            return
        starts, ends = (self._described(site) for site in worked_out)
        pairs = ((start, end) for start in starts for end in ends if start != end)
        if (first := next(pairs)) and self.standing_for(first) == worked_out:
            yield first
            yield from pairs

    def _described(self, site: str) -> tuple[str, ...]:
        """Return the sites for which one is worked out."""
        group = self._group_of.get(site)
        return tuple(spoke.site for spoke in group.spokes) if group else (site,)


def names_as(stand_in: StandIn, spoke: Spoke) -> Names:
    """Return how what is said of one that stands for spokes is to be read as of one of them."""
    return {
        stand_in.site: spoke.site,
        stand_in.peering: spoke.peering,
        stand_in.prefix: spoke.prefix,
        element_name(ElementKind.PEERING, stand_in.peering): element_name(ElementKind.PEERING, spoke.peering),
    }


def rename(text: str, names: Names) -> str:
    """Return a sentence, or a name, as it is to be read."""
    for made_up, name in names.items():
        text = text.replace(made_up, name)
    return text
