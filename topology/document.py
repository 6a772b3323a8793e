"""A stack file as data, each value with its place: YAML 1.2, and one file that extends another.

- What readers of YAML disagree on is refused: Pulumi takes `0300` for 192, another `12:30` for 750, and tags
  mean something else to each.
- `extends: FILE` takes that file as the base: mappings are merged, null removes one, the rest replaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.tokens import AnchorToken, TagToken, Token

from topology.errors import Mistake, Place, StackFileError

EXTENDS = "extends"

_AMBIGUOUS = re.compile(
    r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+|[-+]?0[0-9_]+|[-+]?0[xob][0-9a-fA-F_]+|[-+]?[0-9]+_[0-9_]*"
)
"""Sexagesimal, octal, hexadecimal or binary numbers, and digits grouped by underscores."""

_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null"))
"""What JSON has too, and so Pulumi's configuration."""

_MOST_VALUES = 200_000
"""Of one description; a network of 3,000 Azure resources has 15,000. Aliases of aliases make any number."""

KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A description as plain data (mappings, lists, scalars), with the place of every value."""

    data: Mapping[str, Any]
    places: Mapping[KeyPath, Place] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def place(self, path: KeyPath) -> Place:
        """Return where a value stands, or the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return Place()


def read_document(path: Path, config_key: str) -> Document:
    """Read the description under `config: <config_key>` of a stack file, and what it extends.

    Raises:
        StackFileError: if a file cannot be read, is no YAML, or holds no description.
    """
    return _extended(_described(path, config_key), path, seen=(path.resolve(),))


def config_document(data: Mapping[str, Any], path: Path, config_key: str) -> Document:
    """Take a description that has been read from a stack file already, and find its places there.

    The data count, wherever they are from; without the file, or if it says something else, mistakes are
    reported without lines.

    Raises:
        StackFileError: if a file that is extended cannot be read.
    """
    try:
        described = _described(path, config_key)
    except StackFileError:
        described = Document(data=data)
    if described.data != data:
        described = Document(data=data, mistakes=described.mistakes)
    return _extended(described, path, seen=(path.resolve(),))


def _described(path: Path, config_key: str) -> Document:
    reader = _Reader(path)
    node = reader.child(reader.child(reader.compose(), "config"), config_key)
    if not isinstance(node, MappingNode):
        _refuse(Place(file=path), f"holds no network: put one under config: {config_key}:")
    return reader.document(node)


def _extended(document: Document, path: Path, seen: tuple[Path, ...]) -> Document:
    """Put a document on top of the one it extends, if it does."""
    data = dict(document.data)
    if EXTENDS not in data:
        return document
    base_name = data.pop(EXTENDS)
    own = Document(data=data, places=document.places, mistakes=document.mistakes)
    named = own.place((EXTENDS,)) if own.places else Place(file=path)
    if not isinstance(base_name, str):
        _refuse(named, "needs the path of one file, relative to this one", EXTENDS)
    base_path = path.parent / base_name
    if base_path.resolve() in seen:
        _refuse(named, f"{base_name} extends this file in turn", EXTENDS)
    if not base_path.is_file():
        _refuse(named, f"there is no file {base_name} beside this one", EXTENDS)
    reader = _Reader(base_path)
    node = reader.compose()
    if not isinstance(node, MappingNode):
        _refuse(Place(file=base_path), "holds no network: a file that is extended is one mapping")
    return _merge(_extended(reader.document(node), base_path, (*seen, base_path.resolve())), own)


def _merge(base: Document, own: Document) -> Document:
    places = {**base.places, **own.places}
    data = _overlay(base.data, own.data)
    return Document(data=data, places=places, mistakes=base.mistakes + own.mistakes)


def _overlay(base: Any, own: Any) -> Any:  # noqa: ANN401 (YAML's data are of any type)
    if not (isinstance(base, Mapping) and isinstance(own, Mapping)):
        return own
    merged = dict(base)
    for key, value in own.items():
        if value is None and isinstance(merged.get(key), Mapping):
            del merged[key]
        else:
            merged[key] = _overlay(base[key], value) if key in base else value
    return merged


class _Reader:
    """One YAML file: its data, the places of its values, and what readers would disagree on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places: dict[KeyPath, Place] = {}
        self.mistakes: list[Mistake] = []
        self._yaml = YAML(typ="safe", pure=True)
        self._text = ""
        self._tagged: frozenset[int] = frozenset()

    def compose(self) -> Node | None:
        try:
            self._text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            _refuse(Place(file=self.path), "does not exist")
        except UnicodeDecodeError:
            _refuse(Place(file=self.path), "is no text in UTF-8")
        except OSError as error:
            _refuse(Place(file=self.path), f"cannot be read: {error.strerror}")
        try:
            node: Node | None = self._yaml.compose(self._text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(file=self.path, line=mark.line + 1, column=mark.column + 1) if mark else Place()
            _refuse(place, f"is no YAML: {error.problem or error.context}")
        except YAMLError as error:
            _refuse(Place(file=self.path), f"is no YAML: {str(error).splitlines()[0]}")
        except RecursionError:
            _refuse(Place(file=self.path), "is nested too deeply")
        return node

    def child(self, node: Node | None, key: str) -> Node | None:
        """Return the value of a mapping's key, if it has it."""
        if not isinstance(node, MappingNode):
            return None
        found = [(key_node, value) for key_node, value in node.value if key_node.value == key]
        for key_node, _ in found[1:]:
            self._note((), self._at(key_node), f"{key} stands twice: leave one")
        return found[0][1] if found else None

    def document(self, node: MappingNode) -> Document:
        if _count_values(node, {}) > _MOST_VALUES:
            _refuse(self._at(node), f"holds more than {_MOST_VALUES:,} values, by aliases of aliases")
        self._tagged = self._find_tags(node)
        data = self._convert(node, (), ()) or {}  # nothing, if a tag stands before all of it
        return Document(data=data, places=self.places, mistakes=tuple(self.mistakes))

    def _find_tags(self, node: Node) -> frozenset[int]:
        """Return where values begin that have a tag, such as `!!str 50`; nodes no longer show it."""
        begin, end = node.start_mark.index, node.end_mark.index
        if "!" not in self._text[begin:end]:
            return frozenset()
        tagged: set[int] = set()
        before: Token | None = None
        for token in YAML(typ="safe", pure=True).scan(self._text):
            pair = {type(before), type(token)}
            if isinstance(token, TagToken):
                tagged.add(token.start_mark.index)
            if before is not None and pair == {AnchorToken, TagToken}:  # the value begins at either
                tagged |= {before.start_mark.index, token.start_mark.index}
            before = token
        return frozenset(tagged)

    def _convert(self, node: Node, path: KeyPath, around: tuple[Node, ...]) -> Any:  # noqa: ANN401 (YAML's data are of any type)
        self.places[path] = self._at(node)
        if any(node is outer for outer in around):
            self._note(path, self._at(node), "refers to itself")
            return None
        if node.start_mark.index in self._tagged:
            self._note(path, self._at(node), "has a tag, which programs read differently: leave it out")
            return None
        if isinstance(node, MappingNode):
            return dict(self._items(node, path, (*around, node)))
        if isinstance(node, SequenceNode):
            return [
                self._convert(item, (*path, str(index)), (*around, node))
                for index, item in enumerate(node.value)
            ]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _items(self, node: MappingNode, path: KeyPath, around: tuple[Node, ...]) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            place = self._at(key_node)
            if not isinstance(key_node, ScalarNode) or key_node.start_mark.index in self._tagged:
                self._note(path, place, "a key must be one word")
                continue
            key = str(key_node.value)
            value_path = (*path, key)
            if key == "<<" and key_node.style is None:
                self._note(value_path, place, f"YAML 1.2 has no merge keys: use {EXTENDS}, or an alias")
                continue
            if key == "secure":
                self._note(path, place, "is a secret: the network's description holds none")
                continue
            value = self._convert(value_node, value_path, around)
            # the place of an object is where its key stands, not where its first child does
            self.places[value_path] = place
            if key in seen:
                self._note(value_path, place, "stands twice: leave one")
            seen.add(key)
            yield key, value

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Any:  # noqa: ANN401 (YAML's data are of any type)
        if node.style is None and _AMBIGUOUS.fullmatch(node.value):
            message = f"{node.value} is read differently by different programs: write decimals, or quote it"
            self._note(path, self._at(node), message)
            return node.value
        if node.tag not in _PLAIN_TAGS:
            kind = str(node.tag).rpartition(":")[2]
            self._note(path, self._at(node), f"{node.value} is a {kind}, which JSON does not have: quote it")
            return node.value
        try:
            value = self._yaml.constructor.construct_object(node, deep=True)
        except ValueError:  # more digits than Python reads
            self._note(path, self._at(node), "is no number that can be read")
            return ""
        if isinstance(value, str) and not value.isprintable():
            self._note(path, self._at(node), "holds a line break or a control character")
            return ""
        return value

    def _at(self, node: Node) -> Place:
        return Place(file=self.path, line=node.start_mark.line + 1, column=node.start_mark.column + 1)

    def _note(self, path: KeyPath, place: Place, message: str) -> None:
        self.mistakes.append(Mistake(path=path, place=place, message=message))


def _count_values(node: Node, known: dict[int, int]) -> int:
    """Count the values below a node, those behind aliases each time; nothing for what refers to itself."""
    if id(node) not in known:
        known[id(node)] = 0
        below: list[Node] = []
        if isinstance(node, MappingNode):
            below = [value for _, value in node.value]
        elif isinstance(node, SequenceNode):
            below = node.value
        known[id(node)] = 1 + sum(_count_values(inner, known) for inner in below)
    return known[id(node)]


def _refuse(place: Place, message: str, *path: str) -> NoReturn:
    raise StackFileError((Mistake(path=path, place=place, message=message),))
