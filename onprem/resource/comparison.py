"""What differs: the inputs from the state, the router from the inputs, or the router from the last push."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from onprem.errors import PushError
from onprem.plan.changes import Diff, Ours
from onprem.plan.diff import compare
from onprem.plan.sections import read_lines
from onprem.plan.unified import unified_diff
from onprem.push.comparison import drift, last_pushed, plan
from onprem.push.ended import EndedPush
from onprem.push.fingerprints import unchanged_secrets
from onprem.push.journal import Journal
from onprem.push.planned import Expectation, plan_fingerprint
from onprem.push.pushed import Pushed, fill, keeping_numbers, settled
from onprem.resource.inputs import Inputs, Mode
from onprem.resource.keys import about_keys, changed_keys
from onprem.resource.login import Login, access_to, safeguards_for
from onprem.resource.results import Comparison, Message, Outcome, Severity
from onprem.resource.state import Running, State


def compare_with(inputs: Inputs, state: State | None, login: Login) -> Comparison:
    """Say what differs: the inputs from the state, and the router from the inputs. Writes nothing."""
    properties = {} if state is None else _changed_inputs(inputs, state)
    seen: Expectation | None = None
    pushed = state.pushed if state else Pushed()
    if inputs.mode != Mode.RENDER:
        with contextlib.suppress(PushError):  # whatever is wrong keeps the router from being compared, below
            pushed = last_pushed(access_to(inputs, login), pushed, safeguards_for(inputs, login))
    if inputs.mode == Mode.RENDER or login.compare_with_state:
        diff = _since(inputs, state, pushed)
        about = (
            ("compared with what was rendered last" if state else "rendered for the first time")
            if inputs.mode == Mode.RENDER
            else "compared with the last push"
        )
        if state is not None and state.running not in {
            Running.AS_PUSHED,
            Running.AS_DESCRIBED,
            Running.RENDERED,
        }:
            properties["running"] = "update"
    else:
        about = "compared with the router"
        if state is not None and not properties and _is_older(state, inputs, pushed):
            about = "to return from the last push, which Pulumi did not come to save, to what it remembers"
        try:
            safeguards = safeguards_for(inputs, login)
            diff = plan(access_to(inputs, login), inputs.intent, pushed, safeguards)
            seen = Expectation(
                seen=plan_fingerprint(diff),
                lines=inputs.intent.lines,
                secrets=frozenset(inputs.known_secrets),
            )
        except PushError as error:
            text = f"not compared: {error}"
            return Comparison(
                properties={**properties, "running": "update"},
                messages=(Message(severity=Severity.WARNING, text=text),),
            )
        if diff or Journal.of(login.safeguards.journal, access_to(inputs, login)).has_note:
            properties["running"] = "update"
    messages = [Message(severity=Severity.WARNING, text=note) for note in diff.notes]
    messages += _about_others(inputs.router, diff)
    messages += about_keys(inputs, pushed)
    if diff.changes:
        text = f"{_count(inputs.router, diff)}, {about}:\n{unified_diff(inputs.router, diff)}"
        messages.insert(0, Message(severity=Severity.INFO, text=text))
    if diff and login.approved is not None:
        shown = plan_fingerprint(diff, inputs.known_values)
        is_approved = "is approved" if shown in login.approved else "is to be approved"
        messages.append(
            Message(
                severity=Severity.INFO, text=f"{inputs.router}: this push, fingerprint {shown}, {is_approved}"
            )
        )
    return Comparison(properties=properties, messages=tuple(messages), seen=seen)


def _is_older(state: State, inputs: Inputs, pushed: Pushed) -> bool:
    """Whether the last push was of a later description than the one that is remembered."""
    described = keeping_numbers(inputs.intent, pushed).lines
    return state.running == Running.AS_PUSHED and bool(pushed.lines) and described != pushed.lines


def refresh(state: State, login: Login) -> Outcome:
    """Compare a router with what was pushed to it, for drift."""
    if state.mode == Mode.RENDER or not state.pushed.lines:
        return Outcome(state=state)
    try:
        access = access_to(state, login)
        state = replace(state, pushed=last_pushed(access, state.pushed, safeguards_for(state, login)))
        diff = drift(access, state.pushed)
    except PushError as error:
        return Outcome(
            state=state, messages=(Message(severity=Severity.WARNING, text=f"not compared: {error}"),)
        )
    others = _about_others(state.router, diff)
    if not diff:
        return Outcome(state=replace(state, running=Running.AS_PUSHED, drift=()), messages=others)
    text = (
        f"{_count(state.router, diff)} would bring back the last push: it has drifted, see the output 'drift'"
    )
    return Outcome(
        state=replace(
            state, running=Running.DRIFTED, drift=tuple(unified_diff(state.router, diff).splitlines())
        ),
        messages=(Message(severity=Severity.WARNING, text=text), *others),
    )


def _about_others(router: str, diff: Diff) -> tuple[Message, ...]:
    return tuple(Message(severity=Severity.WARNING, text=f"{router}: {note}") for note in diff.beside)


def forget_saved(state: State | None, given: Inputs | State, login: Login) -> None:
    """Forget that a push has ended once Pulumi's state, or that there is none, is seen to have it."""
    if given.mode == Mode.RENDER:
        return
    with contextlib.suppress(PushError):  # whatever is wrong with the note, the comparison says so
        ended = EndedPush(login.safeguards.journal, login.safeguards.stack, access_to(given, login))
        ended.forget(state.pushed if state else Pushed())


def _count(router: str, diff: Diff) -> str:
    signs = [change.sign for change in diff.changes]
    return f"{router}: +{signs.count('+')} -{signs.count('-')} lines"


def _since(inputs: Inputs, state: State | None, pushed: Pushed) -> Diff:
    """The difference from the last push, or the last rendering, without a router."""
    before: Sequence[str] = pushed.lines
    if inputs.mode == Mode.RENDER:
        before = fill(state.lines, state.values) if state else ()
    ours, intent = settled(read_lines(before), {}), inputs.intent
    if inputs.mode != Mode.RENDER:
        intent = keeping_numbers(intent, pushed)
        trusted = unchanged_secrets(inputs.router, inputs.known_secrets, pushed.fingerprints)
        ours = Ours(lines=ours.lines, trusted=trusted)
    running = read_lines(before, keys_hidden=True)
    return compare(running, read_lines(intent.lines), ours)


def _changed_inputs(inputs: Inputs, state: State) -> dict[str, str]:
    changed: dict[str, str] = {}
    if inputs.router != state.router:
        changed["router"] = "replace"
    pairs = (
        ("host", inputs.host, state.host),
        ("hostKey", inputs.host_key, state.host_key),
        ("serial", inputs.serial, state.serial),
        ("revertMinutes", inputs.revert_minutes, state.revert_minutes),
        ("site", inputs.site or None, state.site or None),
    )
    for name, new, old in (*pairs, ("mode", inputs.mode, state.mode)):
        if new != old:
            changed[name] = "add" if old is None else "delete" if new is None else "update"
    if len(inputs.lines) == len(state.lines):
        pairs_of_lines = enumerate(zip(inputs.lines, state.lines, strict=True))
        changed.update({f"lines[{place}]": "update" for place, (new, old) in pairs_of_lines if new != old})
    else:
        changed["lines"] = "update"
    for name in {**state.values, **inputs.values}:
        new_value, old_value = inputs.values.get(name), state.values.get(name)
        if new_value != old_value:
            changed[f"values.{name}"] = (
                "add" if old_value is None else "delete" if new_value is None else "update"
            )
    if inputs.mode == Mode.PUSH and _secrets_changed(inputs, state):
        changed["secrets"] = "update"
    return changed


def _secrets_changed(inputs: Inputs, state: State) -> bool:
    if inputs.secrets is None:
        return True
    return bool(changed_keys(inputs, state.pushed))
