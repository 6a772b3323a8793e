"""A stack file as data, each value with its place: YAML 1.2, and one file that extends another.

- Pulumi reads `0300` as 192 and other readers read `12:30` as 750: such scalars are refused unquoted.
- `extends: FILE` takes that file as the base: mappings are merged, null removes one, the rest replaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from topology.errors import Mistake, Place, StackFileError

EXTENDS = "extends"

_AMBIGUOUS = re.compile(r"[-+]?0[0-9_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+")

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
    node = _child(_child(reader.compose(), "config"), config_key)
    if not isinstance(node, MappingNode):
        _refuse(path, f"holds no network: put one under config: {config_key}:")
    return reader.document(node)


def _extended(document: Document, path: Path, seen: tuple[Path, ...]) -> Document:
    """Put a document on top of the one it extends, if it does."""
    data = dict(document.data)
    base_name = data.pop(EXTENDS, None)
    own = Document(data=data, places=document.places, mistakes=document.mistakes)
    if base_name is None:
        return own
    base_path = path.parent / str(base_name)
    if base_path.resolve() in seen:
        _refuse(path, f"extends {base_name}, which extends it in turn")
    reader = _Reader(base_path)
    node = reader.compose()
    if not isinstance(node, MappingNode):
        _refuse(base_path, "holds no network: a file that is extended is one mapping")
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
    """One YAML file: its data, the places of its values, and what is ambiguous in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places: dict[KeyPath, Place] = {}
        self.mistakes: list[Mistake] = []
        self._yaml = YAML(typ="rt")

    def compose(self) -> Node | None:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            _refuse(self.path, "does not exist")
        except (OSError, UnicodeDecodeError) as error:
            _refuse(self.path, f"cannot be read: {error}")
        try:
            node: Node | None = self._yaml.compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark
            place = Place(file=self.path, line=mark.line + 1, column=mark.column + 1) if mark else Place()
            mistake = Mistake(path=(), place=place, message=f"is no YAML: {error.problem}")
            raise StackFileError((mistake,)) from None
        return node

    def document(self, node: MappingNode) -> Document:
        data = self.convert(node, ())
        return Document(data=data, places=self.places, mistakes=tuple(self.mistakes))

    def convert(self, node: Node, path: KeyPath) -> Any:  # noqa: ANN401 (YAML's data are of any type)
        self.places[path] = Place(
            file=self.path, line=node.start_mark.line + 1, column=node.start_mark.column + 1
        )
        if isinstance(node, MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, SequenceNode):
            return [self.convert(item, (*path, str(index))) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _items(self, node: MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            value_path = (*path, key)
            value = self.convert(value_node, value_path)
            # the place of an object is where its key stands, not where its first child does
            self.places[value_path] = Place(
                file=self.path, line=key_node.start_mark.line + 1, column=key_node.start_mark.column + 1
            )
            if key in seen:
                self._note(value_path, "stands twice: leave one")
            if key == "secure":
                self._note(value_path, "is a secret: the network's description holds none")
            seen.add(key)
            yield key, value

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Any:  # noqa: ANN401 (YAML's data are of any type)
        if node.style is None and _AMBIGUOUS.fullmatch(node.value):
            self._note(path, f"{node.value} is read differently by different programs: quote it")
            return node.value
        return self._yaml.constructor.construct_object(node, deep=True)

    def _note(self, path: KeyPath, message: str) -> None:
        self.mistakes.append(Mistake(path=path, place=self.places[path], message=message))


def _child(node: Node | None, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    children: dict[str, Node] = {key_node.value: value_node for key_node, value_node in node.value}
    return children.get(key)


def _refuse(path: Path, message: str) -> NoReturn:
    raise StackFileError((Mistake(path=(), place=Place(file=path), message=message),))
