"""Runs the rules over resources, and turns what they find into verdicts.

- An unknown value ends a rule for that resource with an advisory verdict "not proven", never with silence.
- A rule that crashes gives a verdict of its own level, with the place of the crash and without its text.
- An exempted finding stays as an advisory verdict; one whose exemption has ended says so.
- No verdict holds a key: every secret that the resources hold is taken out of every message.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from network_policies.configuration import Exemption, Settings
from network_policies.resource import NotProvenError, Resource
from network_policies.rules import EVERY_KIND, Case, Doubt, Finding, Level, Rule
from network_policies.secrecy import clear_keys
from network_policies.stack import Stack, stack_of
from network_policies.values import REDACTED

_SURE_TO_BE_A_KEY = 8
"""From this length on, a secret is taken out even from the middle of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said about one resource, in one message."""

    rule: Rule
    urn: str
    level: Level | None
    """None: the level that is configured for the rule."""
    message: str


def judge(
    rules: Iterable[Rule],
    resources: Iterable[Resource],
    stack: Stack,
    settings: Mapping[str, Settings],
    today: date | None = None,
    more_secrets: Callable[[], Iterable[str]] = tuple,
) -> Iterator[Verdict]:
    """Yield the verdicts on some resources of a stack.

    Args:
        rules: What to judge by.
        resources: What to judge.
        stack: What they stand in, as far as it is known.
        settings: By rule.
        today: The day on which exemptions count.
        more_secrets: Returns secrets of resources that are not in the stack yet.
    """
    day = today or datetime.now(tz=UTC).date()
    judged = stack_of(resources)
    redaction: Redaction | None = None  # seldom needed, and made of the whole stack
    for rule in rules:
        subjects = judged.resources if rule.kinds == EVERY_KIND else judged.of(*rule.kinds)
        for resource in subjects:
            for verdict in _judge_one(rule, resource, stack, settings[rule.name], day):
                redaction = redaction or Redaction(stack, more_secrets())
                yield replace(verdict, message=redaction.redact(verdict.message))


def _judge_one(
    rule: Rule, resource: Resource, stack: Stack, settings: Settings, today: date
) -> Iterator[Verdict]:
    case = Case(resource=resource, stack=stack, parameters=settings.parameters)
    try:
        for finding in rule.check(case):
            if isinstance(finding, Doubt):
                yield _not_proven(rule, resource, finding.what)
            else:
                yield _with_exemption(rule, resource, finding, settings.exemptions, today)
    except NotProvenError as unknown:
        yield _not_proven(rule, resource, unknown.what)
    except Exception as crash:  # noqa: BLE001 (whatever a rule does, the others must run)
        yield Verdict(rule=rule, urn=resource.urn, level=None, message=_crashed(rule, crash))


def _not_proven(rule: Rule, resource: Resource, what: str) -> Verdict:
    return Verdict(rule=rule, urn=resource.urn, level=Level.ADVISORY, message=f"not proven: {what}.")


def _crashed(rule: Rule, crash: Exception) -> str:
    """Word a crash by its type and place; its text may quote a key."""
    frame = traceback.extract_tb(crash.__traceback__)[-1]
    return (
        f"{rule.name} itself failed with {type(crash).__name__} in {Path(frame.filename).name}, "
        f"line {frame.lineno}, so it proves nothing about this resource. Report it, and set its level to "
        '"disabled" until it is mended.'
    )


def _with_exemption(
    rule: Rule, resource: Resource, finding: Finding, exemptions: tuple[Exemption, ...], today: date
) -> Verdict:
    message = f"{finding.wrong}. {finding.mend}. ({', '.join(rule.sources)}: {rule.page})"
    covering = [exemption for exemption in exemptions if exemption.covers(resource.name, resource.urn)]
    if not covering:
        return Verdict(rule=rule, urn=resource.urn, level=None, message=message)
    last = max(covering, key=lambda exemption: exemption.until)
    if last.until >= today:
        message = f"exempted until {last.until} ({last.reason}): {message}"
        return Verdict(rule=rule, urn=resource.urn, level=Level.ADVISORY, message=message)
    message = f"its exemption ended on {last.until} ({last.reason}): {message}"
    return Verdict(rule=rule, urn=resource.urn, level=None, message=message)


class Redaction:
    """Takes keys out of messages: the secrets of a stack, and what looks like a key by itself.

    A resource is judged before others have shown their keys. So a word that is as mixed as keys are goes too,
    unless a resource is named so.
    """

    def __init__(self, stack: Stack, more: Iterable[str] = ()) -> None:
        known = {*more, *secrets_of(stack)} - {"", REDACTED}
        longest_first = sorted(known, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_pattern, longest_first))) if known else None
        self._names = {resource.name for resource in stack.resources}

    def redact(self, message: str) -> str:
        """Return the message without any secret."""
        cleared = self._pattern.sub(REDACTED, message) if self._pattern else message
        return _MAY_BE_A_KEY.sub(self._judge_word, cleared)

    def _judge_word(self, match: re.Match[str]) -> str:
        word = match[0]
        if word in self._names or any(word in name for name in self._names):
            return word
        return REDACTED if _is_mixed(word) or _GUID.fullmatch(word) else word


_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MAY_BE_A_KEY = re.compile(rf"{_GUID.pattern}|[A-Za-z0-9!@#$%^&*+=?]{{16,}}", re.IGNORECASE)


_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^A-Za-z0-9]+")
_SHORTEST_PARTS = 2.4
"""Characters; a made key has parts of 1.6 on the average, a name of several words has longer ones."""


def _is_mixed(word: str) -> bool:
    """Whether a word's parts, each of one kind of characters, are as short as a made key's.

    >>> _is_mixed("virtualNetworkGateway1"), _is_mixed("kZ7mQ2xW9rT4vB8nL3cD")
    (False, True)
    """
    return len(word) < _SHORTEST_PARTS * len(_PART.findall(word))


def secrets_of(stack: Stack) -> frozenset[str]:
    """Return every secret that the resources hold, marked as one or known by its place."""
    marked = {found.text for resource in stack.resources for found in resource.texts if found.secret}
    return frozenset(marked | {key for resource in stack.resources for key in clear_keys(resource)})


def _pattern(secret: str) -> str:
    escaped = re.escape(secret)
    return escaped if len(secret) >= _SURE_TO_BE_A_KEY else rf"(?<!\w){escaped}(?!\w)"
