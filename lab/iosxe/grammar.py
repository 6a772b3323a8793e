"""How a router reads one line: keywords and their abbreviations, arguments, and its three complaints.

A syntax is written as one string:

- `word` is a keyword, `<kind>` an argument (`kinds.py`), `[...]` optional, `(a|b)` a choice;
- `=` before a keyword or argument marks it as *value*: what a later line of the same command overwrites.
  The other words are the line's *identity*, and a `no` line may stop where only values would follow.

All syntaxes of a mode form one tree of words, so that abbreviation, `% Ambiguous command`,
`% Incomplete command` and the place of the caret need no code of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from lab.iosxe.kinds import REST_OF_LINE, Canonicalise, canonicaliser

_TOKENS = re.compile(r"[\[\]()|]|[^\s\[\]()|]+")
_WORDS = re.compile(r"\S+")
_REMEMBERED = 4096
"""Lines of a mode that are not read again: a fleet's routers are typed the same ones."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a syntax; `kind` is empty for a keyword."""

    text: str
    kind: str = ""
    is_value: bool = False


class HasSyntax(Protocol):
    """Anything that can stand in a table of commands."""

    @property
    def syntax(self) -> str:
        """The command in the notation of this module."""


CommandT = TypeVar("CommandT", bound=HasSyntax)


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument as the router took it, and the column of the line in which it began."""

    kind: str
    value: str
    column: int


@dataclass(frozen=True, slots=True)
class Match(Generic[CommandT]):
    """A line that a table knows: its canonical words, those that identify it, its arguments."""

    command: CommandT
    words: tuple[str, ...]
    identity: tuple[str, ...]
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A line that a table does not know; `column` is where the caret goes, -1 for no caret."""

    message: str
    column: int = -1


def invalid_input(column: int) -> Mismatch:
    """The complaint about the word that begins in `column`."""
    return Mismatch("% Invalid input detected at '^' marker.", column)


@dataclass(slots=True)
class _Node(Generic[CommandT]):
    keywords: dict[str, tuple[Token, _Node[CommandT]]] = field(default_factory=dict)
    arguments: list[tuple[Token, Canonicalise, _Node[CommandT]]] = field(default_factory=list)
    command: CommandT | None = None
    removes: CommandT | None = None

    def child(self, token: Token) -> _Node[CommandT]:
        if not token.kind:
            return self.keywords.setdefault(token.text.lower(), (token, _Node()))[1]
        for known, _, after in self.arguments:
            if known.kind == token.kind:
                return after
        node: _Node[CommandT] = _Node()
        self.arguments.append((token, canonicaliser(token.kind), node))
        return node


class Grammar(Generic[CommandT]):
    """The commands of one mode."""

    def __init__(self, commands: Iterable[CommandT]) -> None:
        self._root: _Node[CommandT] = _Node()
        self._read_once = lru_cache(_REMEMBERED)(self._read)
        for command in commands:
            for tokens in expand_syntax(command.syntax):
                self._add(tokens, command)

    def _add(self, tokens: tuple[Token, ...], command: CommandT) -> None:
        node = self._root
        for position, token in enumerate(tokens):
            node = node.child(token)
            if node.removes is None and all(later.is_value for later in tokens[position + 1 :]):
                node.removes = command
        node.command = node.command or command

    def match(self, line: str, *, start: int = 0, removal: bool = False) -> Match[CommandT] | Mismatch:
        """Reads `line` from column `start`; with `removal` as the rest of a `no` line."""
        return self._read_once(line, start, removal)

    def _read(self, line: str, start: int, removal: bool) -> Match[CommandT] | Mismatch:  # noqa: FBT001  a key
        reader = _Reader(line, start, self._root)
        fault = reader.read()
        if fault is not None:
            return fault
        command = reader.node.command or (reader.node.removes if removal else None)
        if command is None:
            return Mismatch("% Incomplete command.")
        return Match(command, tuple(reader.words), tuple(reader.identity), tuple(reader.arguments))

    def completions(self, line: str) -> tuple[str, ...]:
        """What may follow `line`, for `?`: keywords first, then arguments, `<cr>` last."""
        complete, _, begun = line.rpartition(" ")
        reader = _Reader(complete, 0, self._root)
        if reader.read() is not None:
            return ()
        keywords = [t.text for word, (t, _) in reader.node.keywords.items() if word.startswith(begun.lower())]
        arguments = [] if begun else [f"<{token.kind}>" for token, _, _ in reader.node.arguments]
        end = ["<cr>"] if not begun and reader.node.command is not None else []
        return (*sorted(keywords), *arguments, *end)


class _Reader(Generic[CommandT]):
    """One walk from the root of the tree along the words of one line."""

    def __init__(self, line: str, start: int, root: _Node[CommandT]) -> None:
        self.line = line.rstrip()
        self.node = root
        self.words: list[str] = []
        self.identity: list[str] = []
        self.arguments: list[Argument] = []
        self._found = list(_WORDS.finditer(self.line, start))

    def read(self) -> Mismatch | None:
        position = 0
        while position < len(self._found):
            word = self._found[position]
            near = self._keyword(word[0])
            if len(near) == 1:
                token, self.node = near[0]
                self._take(token, token.text)
                position += 1
            elif (taken := self._argument(position)) > 0:
                position += taken
            elif near:
                return Mismatch(f'% Ambiguous command:  "{self.line.strip()}"')
            else:
                return invalid_input(word.start())
        return None

    def _keyword(self, word: str) -> list[tuple[Token, _Node[CommandT]]]:
        lower = word.lower()
        exact = self.node.keywords.get(lower)
        if exact is not None:
            return [exact]
        return [entry for text, entry in self.node.keywords.items() if text.startswith(lower)]

    def _argument(self, position: int) -> int:
        """How many words of the line the next argument took; 0 for none."""
        for token, canonicalise, node in self.node.arguments:
            found = self._found[position]
            text, taken = found[0], 1
            if token.kind in REST_OF_LINE:
                text, taken = self.line[found.start() :], len(self._found) - position
            elif token.kind == "interface" and text[-1:].isalpha() and position + 1 < len(self._found):
                text, taken = text + self._found[position + 1][0], 2
            value = canonicalise(text)
            if value is not None:
                self.node = node
                self.arguments.append(Argument(token.kind, value, found.start()))
                self._take(token, value)
                return taken
        return 0

    def _take(self, token: Token, text: str) -> None:
        self.words.append(text)
        if not token.is_value:
            self.identity.append(text)


def expand_syntax(syntax: str) -> tuple[tuple[Token, ...], ...]:
    """Every sequence of words that a syntax allows, longest options first.

    >>> [" ".join(token.text for token in words) for words in expand_syntax("ip (a|b) [<word>]")]
    ['ip a word', 'ip a', 'ip b word', 'ip b']
    """
    sequences, rest = _choice(_TOKENS.findall(syntax))
    assert not rest, syntax
    return tuple(sequences)


def _choice(tokens: list[str]) -> tuple[list[tuple[Token, ...]], list[str]]:
    sequences, rest = _sequence(tokens)
    while rest and rest[0] == "|":
        more, rest = _sequence(rest[1:])
        sequences += more
    return sequences, rest


def _sequence(tokens: list[str]) -> tuple[list[tuple[Token, ...]], list[str]]:
    sequences: list[tuple[Token, ...]] = [()]
    while tokens and tokens[0] not in "])|":
        head, tokens = tokens[0], tokens[1:]
        if head in "[(":
            inner, tokens = _choice(tokens)
            tokens = tokens[1:]
            options = [*inner, ()] if head == "[" else inner
        else:
            options = [(_token(head),)]
        sequences = [before + option for before in sequences for option in options]
    return sequences, tokens


def _token(text: str) -> Token:
    is_value = text.startswith("=")
    text = text.removeprefix("=")
    if text.startswith("<"):
        return Token(text[1:-1], text[1:-1], is_value)
    return Token(text, "", is_value)
