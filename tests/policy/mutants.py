"""Changes the rules one place at a time, and looks whether a case notices: `make mutants`.

A place is a `yield` of a finding or a doubt, which is taken out, or the condition of an `if`, which is made
always true and always false. A change is noticed if a rule then says something else of a case than before, in
the words of the tests: of which resources it speaks, and whether it only doubts.

The changed function takes the place of the one that runs, in this process; nothing is written.
"""

from __future__ import annotations
import __future__

import ast
import copy
import gc
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import network_policies
from network_policies import RULES
from network_policies.analyzer import _decode_resource
from network_policies.configuration import read_settings
from network_policies.judgement import _judge_one
from network_policies.resource import Resource
from network_policies.rules import EVERY_KIND
from network_policies.stack import Stack
from network_policies.values import decode_properties

from tests.policy.deployments import Deployment
from tests.policy.near_misses import NEAR_MISSES
from tests.policy.sound_deployment import everything
from tests.policy.table import TABLE
from tests.policy.valid_deployments import VALID_DEPLOYMENTS
from tests.policy.valid_routers import VALID_ROUTERS

SHAPES = ("up", "preview")
_TODAY = date(2026, 1, 1)
_NOT_MUTATED = {
    *("analyzer", "catalogue", "configuration", "documentation", "engine_events", "judgement", "pages"),
    *("resource", "rules", "sarif", "sarif_command", "stack", "values"),
}
"""The machinery, which has tests of its own."""

Said = frozenset[tuple[str, str]]
"""The resources that a rule speaks of, each with what that is: a finding, a doubt, a crash."""


class Pair(NamedTuple):
    """A case before a rule."""

    case: int
    rule: str


class Mutant(NamedTuple):
    """One change of one place."""

    module: str
    function: str
    line: int
    change: str
    tree: ast.stmt
    """The whole statement of the module that holds the place, changed."""

    def __str__(self) -> str:
        """Name it as a list of known ones does."""
        return f"{self.module}.{self.function}, line {self.line}: {self.change}"


# --- the places ---------------------------------------------------------------------------------------


class _Places(ast.NodeTransformer):
    """Counts the places of a statement, and changes the one that is asked for."""

    def __init__(self, wanted: int, value: bool | None) -> None:
        self._wanted, self._value, self.count = wanted, value, 0
        self.changed: ast.AST | None = None

    def _is_it(self, node: ast.AST) -> bool:
        self.count += 1
        if self.count - 1 == self._wanted:
            self.changed = node
            return True
        return False

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if self._value is None and _says(node.value) and self._is_it(node):
            # what stays must remain a generator
            never = ast.If(test=ast.Constant(value=False), body=[node], orelse=[])
            return ast.copy_location(never, node)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        if self._value is not None and self._is_it(node):
            node.test = ast.copy_location(ast.Constant(value=self._value), node.test)
        return self.generic_visit(node)


def mutants_of(name: str, *, conditions: bool) -> Iterator[Mutant]:
    """Yield the mutants of a module."""
    module = importlib.import_module(f"network_policies.{name}")
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    for statement in ast.parse(source).body:
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        for value in (True, False) if conditions else (None,):
            place = 0
            while True:
                transformer = _Places(place, value)
                changed = transformer.visit(copy.deepcopy(statement))
                if transformer.changed is None:
                    break
                place += 1
                line: int = transformer.changed.lineno  # type: ignore[attr-defined]
                yield Mutant(name, statement.name, line, _spell(value), ast.fix_missing_locations(changed))


def _says(value: ast.expr) -> bool:
    """Whether an expression gives out a finding or a doubt."""
    said = value.value if isinstance(value, ast.Yield) else None
    return (
        isinstance(said, ast.Call)
        and isinstance(said.func, ast.Name)
        and said.func.id in ("Finding", "Doubt")
    )


def _spell(value: bool | None) -> str:
    return "says nothing" if value is None else f"if {value}"


# --- the change ---------------------------------------------------------------------------------------


@contextmanager
def in_place(mutant: Mutant) -> Iterator[None]:
    """Let a mutant's code run instead of the module's."""
    module = importlib.import_module(f"network_policies.{mutant.module}")
    flags = __future__.annotations.compiler_flag
    whole = compile(ast.Module([mutant.tree], []), str(module.__file__), "exec", flags, dont_inherit=True)
    codes = {code.co_qualname: code for code in _codes(whole)}
    replaced: list[tuple[FunctionType, CodeType]] = []
    for function in _live(module):
        code = codes.get(function.__qualname__)
        if code is not None and code.co_freevars == function.__code__.co_freevars:
            replaced.append((function, function.__code__))
            function.__code__ = code
    _forget()
    try:
        yield
    finally:
        for function, code in replaced:
            function.__code__ = code
        _forget()


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


_LIVE: dict[str, list[FunctionType]] = {}


def _live(module: ModuleType) -> list[FunctionType]:
    """Return the functions of a module that are there, closures among them."""
    if not _LIVE:
        gc.unfreeze()  # what is frozen is not listed
        for found in gc.get_objects():
            if isinstance(found, FunctionType):
                _LIVE.setdefault(found.__module__ or "", []).append(found)
    return _LIVE.get(module.__name__, [])


_CACHES: list[Callable[[], None]] = []


def _forget() -> None:
    """Empty what the package remembers."""
    if not _CACHES:
        for name in module_names():
            module = importlib.import_module(f"network_policies.{name}")
            _CACHES.extend(each.cache_clear for each in vars(module).values() if hasattr(each, "cache_clear"))
    for clear in _CACHES:
        clear()


def module_names() -> list[str]:
    return [found.name for found in pkgutil.iter_modules(network_policies.__path__)]


def mutated_modules() -> list[str]:
    return [name for name in module_names() if name not in _NOT_MUTATED]


# --- the cases ----------------------------------------------------------------------------------------


class Bench:
    """Every case, read once, and what each rule says of it."""

    def __init__(self) -> None:
        self._rules = {rule.name: rule for rule in RULES}
        self._settings = {rule.name: read_settings(rule, {}) for rule in RULES}
        self._cases = list(_cases())
        self._read: dict[int, tuple[Resource, ...]] = {}
        self._before: dict[Pair, Said] = {}

    def pairs(
        self, names: frozenset[str], kinds: tuple[str, ...] = ("broken", "near", "valid")
    ) -> list[Pair]:
        """Return the cases of some kinds that tell about some rules, the most telling first."""
        found = [
            Pair(number, rule)
            for number, case in enumerate(self._cases)
            for rule in sorted(case.rules & names)
            if case.name.startswith(kinds)
        ]
        for pair in found:
            if pair not in self._before:
                self._before[pair] = self._say(pair, Stack(self._resources(pair.case)))
        return found

    def notices(self, pairs: list[Pair]) -> bool:
        """Whether something else is said of one of the pairs than before."""
        stack, case = Stack(()), -1
        for pair in pairs:
            if pair.case != case:
                stack, case = Stack(self._resources(pair.case)), pair.case
            if self._say(pair, stack) != self._before[pair]:
                return True
        return False

    def _resources(self, case: int) -> tuple[Resource, ...]:
        if case not in self._read:
            inputs, sent = self._cases[case].build().requests(self._cases[case].shape)
            known = {one.urn: decode_properties(one.properties) for one in inputs}
            self._read[case] = tuple(
                _decode_resource(one, known.get(one.urn), decode_properties(one.properties))
                for one in sent.resources
            )
        return self._read[case]

    def _say(self, pair: Pair, stack: Stack) -> Said:
        rule = self._rules[pair.rule]
        subjects = stack.resources if rule.kinds == EVERY_KIND else stack.of(*rule.kinds)
        return frozenset(
            (verdict.urn, _kind(verdict.message))
            for resource in subjects
            for verdict in _judge_one(rule, resource, stack, self._settings[rule.name], _TODAY)
        )


def _kind(message: str) -> str:
    return (
        "doubt" if message.startswith("not proven") else "crash" if "itself failed" in message else "finding"
    )


class _Case(NamedTuple):
    name: str
    build: Callable[[], Deployment]
    shape: str
    rules: frozenset[str]


def _cases() -> Iterator[_Case]:
    every = frozenset(rule.name for rule in RULES)
    of_routers = frozenset(name for name in every if name.startswith("router-"))
    for case in TABLE:
        for shape in case.shapes:
            yield _Case(f"broken: {case.id}", _changed(case.break_it), shape, _rules_of(case.found))
    for near in NEAR_MISSES:
        for shape in SHAPES:
            yield _Case(f"near: {near.id}", _changed(near.change), shape, frozenset(near.rules))
    for valid in VALID_DEPLOYMENTS:
        for shape in SHAPES:
            yield _Case(f"valid: {valid.id}", _built(valid.build), shape, every)
    for written in VALID_ROUTERS:
        yield _Case(f"valid: {written.id}", _written(written.text), "up", of_routers)


def _rules_of(found: set[tuple[str, str]]) -> frozenset[str]:
    return frozenset(rule for rule, _ in found)


def _changed(change: Callable[[Any], None]) -> Callable[[], Deployment]:
    def build() -> Deployment:
        deployment = Deployment(everything())
        change(deployment)
        return deployment

    return build


def _built(build: Callable[[], Mapping[str, Any]]) -> Callable[[], Deployment]:
    return lambda: Deployment(build())


def _written(text: str) -> Callable[[], Deployment]:
    def build() -> Deployment:
        deployment = Deployment(everything())
        deployment.resources["location1-ce1"].inputs["lines"] = text.splitlines()
        return deployment

    return build


# --- the judgement ------------------------------------------------------------------------------------


def rules_of(module: str) -> frozenset[str]:
    """Return the rules that a module has, or all of them where it only helps."""
    own = getattr(importlib.import_module(f"network_policies.{module}"), "RULES", RULES)
    return frozenset(rule.name for rule in own)


def survivors(bench: Bench, module: str, *, conditions: bool) -> Iterator[tuple[Mutant, bool]]:
    """Yield each mutant of a module with whether it lived."""
    kinds = ("broken", "near", "valid") if conditions else ("broken",)
    pairs = bench.pairs(rules_of(module), kinds)
    for mutant in mutants_of(module, conditions=conditions):
        with in_place(mutant):
            noticed = bench.notices(pairs)
        yield mutant, not noticed


def main(arguments: list[str]) -> int:
    """Print the mutants that live, and how many there are; exit code 1 if a finding may fall silent."""
    bench, count, living, silent = Bench(), 0, 0, 0
    for module in arguments or mutated_modules():
        for conditions in (False, True):
            for mutant, lives in survivors(bench, module, conditions=conditions):
                count, living = count + 1, living + lives
                silent += lives and not conditions
                if lives:
                    sys.stdout.write(f"lives: {mutant}\n")
        sys.stderr.write(f"{module}: {count} so far, {living} live\n")
    sys.stdout.write(f"{count} changes, {count - living} noticed, {living} not\n")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
