"""The life of the router resource: what differs, what is done about it, and what is remembered.

Plain values in, plain values out; nothing here knows Pulumi. In mode `render` no router is ever spoken to,
in mode `preview` none is ever written to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from onprem.errors import PushError
from onprem.placeholders import PlaceholderKind, placeholder_names
from onprem.plan.changes import Diff, Ours
from onprem.plan.diff import compare
from onprem.plan.sections import read_lines
from onprem.plan.unified import unified_diff
from onprem.push.ended import EndedPush
from onprem.push.fingerprints import unchanged_secrets
from onprem.push.journal import Journal
from onprem.push.planned import Expectation, plan_fingerprint
from onprem.push.push import (
    HalfPushed,
    Intent,
    Pushed,
    Safeguards,
    drift,
    fill,
    last_pushed,
    plan,
    push,
    settled,
)
from onprem.push.pushed import keeping_numbers
from onprem.resource.inputs import Inputs, Mode, Unknown
from onprem.ssh.access import Access


class Running(StrEnum):
    """What is known of the router, beside the lines."""

    AS_PUSHED = "as pushed"
    AS_DESCRIBED = "as described"
    """Mode `preview`: nothing to push."""
    DIFFERENT = "different from the description"
    """Mode `preview`: somebody has to push it."""
    DRIFTED = "drifted since the push"
    HALF_PUSHED = "left between two configurations by a push that failed"
    NOT_COMPARED = "not compared"
    RENDERED = "rendered to a file"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the deployment remembers of a router; no secret is in it."""

    router: str
    host: str
    host_key: str | None = None
    serial: str | None = None
    revert_minutes: int | None = None
    site: str = ""
    mode: str = Mode.PUSH
    lines: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    pushed: Pushed = field(default_factory=Pushed)
    running: str = Running.AS_PUSHED
    drift: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who logs in to routers, and where the machine's settings are."""

    username: str = ""
    password: str = field(default="", repr=False)
    ssh_config: Path | None = None
    compare_with_state: bool = False
    """Compare with what was pushed last, without a login."""
    safeguards: Safeguards = field(default_factory=Safeguards)
    approved: frozenset[str] | None = None
    """Fingerprints of the pushes that may be made; None if nobody has to approve."""


class Severity(StrEnum):
    """How loudly something is said."""

    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something for the user to read, about one router."""

    severity: Severity
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What an update would change: paths of inputs, `running` among them for the router itself."""

    properties: Mapping[str, str]
    """Path -> `add`, `update`, `delete` or `replace`."""
    messages: tuple[Message, ...]
    seen: Expectation | None = None
    """What the messages show of a push; None if the router was not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done, and what is to be remembered."""

    state: State
    messages: tuple[Message, ...] = ()
    changed: bool = False
    """Whether lines were sent to the router, and not taken back."""
    failure: str = ""
    """Why the router is between two configurations; the state says which lines of ours may be on it."""


def access_to(given: Inputs | State, login: Login) -> Access:
    """Return how to log in to a resource's router."""
    host, host_key, serial = given.host, given.host_key, given.serial
    if isinstance(host, Unknown) or isinstance(host_key, Unknown) or isinstance(serial, Unknown):
        raise PushError(f"{given.router}: its host, host key or serial number is not known yet")
    return Access(
        router=given.router,
        host=host,
        host_key=host_key,
        username=login.username,
        password=login.password,
        ssh_config=login.ssh_config,
        serial=serial,
    )


def safeguards_for(given: Inputs | State, login: Login) -> Safeguards:
    """Return what a push to a resource's router relies on."""
    if given.revert_minutes is None:
        return login.safeguards
    return replace(login.safeguards, revert_minutes=given.revert_minutes)


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
            "compared with what was rendered last"
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
        try:
            safeguards = safeguards_for(inputs, login)
            diff = plan(access_to(inputs, login), intent_of(inputs), pushed, safeguards)
            seen = Expectation(
                seen=plan_fingerprint(diff),
                lines=intent_of(inputs).lines,
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
    messages += _about_keys(inputs, pushed)
    if diff.changes:
        text = f"{_count(inputs.router, diff)}, {about}:\n{unified_diff(inputs.router, diff)}"
        messages.insert(0, Message(severity=Severity.INFO, text=text))
    if diff and login.approved is not None:
        shown = plan_fingerprint(diff, inputs.known_values)
        is_approved = "is approved" if shown in login.approved else "is to be approved"
        messages.append(
            Message(severity=Severity.INFO, text=f"{inputs.router}: this push, {shown}, {is_approved}")
        )
    return Comparison(properties=properties, messages=tuple(messages), seen=seen)


def _about_keys(inputs: Inputs, pushed: Pushed) -> list[Message]:
    """Say which keys change, and what that does to their tunnels."""
    changed = [name for name in _changed_keys(inputs, pushed) if name in pushed.fingerprints]
    at_once = (
        f"; {len(changed)} keys change in this run, so all their tunnels are down at once: change one at a"
        " time to keep one up"
        if len(changed) > 1
        else ""
    )
    return [
        Message(
            severity=Severity.WARNING,
            text=f"{inputs.router}: psk changed: {name}; both ends change in one run, and the tunnel is down"
            f" from the first to the second, for one renegotiation (seconds, if both succeed){at_once}",
        )
        for name in changed
    ]


def _changed_keys(inputs: Inputs, pushed: Pushed) -> tuple[str, ...]:
    """The keys that the router does not have yet, in order of use, those not known yet among them."""
    unchanged = unchanged_secrets(inputs.router, inputs.known_secrets, pushed.fingerprints)
    used = placeholder_names(inputs.lines, PlaceholderKind.SECRET)
    return tuple(name for name in used if name not in unchanged)


def apply(
    inputs: Inputs,
    state: State | None,
    login: Login,
    cancelled: Callable[[], bool],
    seen: Expectation | None = None,
) -> Outcome:
    """Bring a router to its inputs, as far as the mode allows; `seen` is what a preview showed of it.

    Raises:
        PushError: there is nothing new to be remembered, for the router is where it was.
    """
    access = access_to(inputs, login)
    after = State(
        router=inputs.router,
        host=access.host,
        host_key=access.host_key,
        serial=access.serial,
        revert_minutes=inputs.revert_minutes,
        site=inputs.site,
        mode=inputs.mode,
        lines=inputs.lines,
        values=inputs.known_values,
        pushed=state.pushed if state else Pushed(),
    )
    if inputs.mode == Mode.RENDER:
        return Outcome(state=replace(after, running=Running.RENDERED))
    if inputs.mode == Mode.PREVIEW:
        return _look(inputs, after, access)
    expected = replace(seen or Expectation(), approved=login.approved, values=inputs.known_values)
    try:
        result = push(
            access, intent_of(inputs), after.pushed, cancelled, safeguards_for(inputs, login), expected
        )
    except HalfPushed as error:
        half = replace(after, pushed=error.remains, running=Running.HALF_PUSHED)
        return Outcome(state=half, changed=True, failure=f"{error}{_left_behind(inputs, after.pushed)}")
    except PushError as error:
        says = f"{error}{_left_behind(inputs, after.pushed)}"
        raise PushError(says, undone=error.undone) from None
    messages = [Message(severity=Severity.WARNING, text=remark) for remark in result.remarks]
    if result.changed:
        done = f"{inputs.router}: pushed, read back, confirmed and saved"
        if result.waiting:
            done += f"; not up yet: {', '.join(result.waiting)}"
        messages.insert(0, Message(severity=Severity.INFO, text=done))
    return Outcome(
        state=replace(after, pushed=result.pushed), messages=tuple(messages), changed=result.changed
    )


def _left_behind(inputs: Inputs, pushed: Pushed) -> str:
    """Which side of a tunnel is left behind when a push of its new key fails."""
    changed = [name for name in _changed_keys(inputs, pushed) if name in pushed.fingerprints]
    if not changed:
        return ""
    return (
        f". This router is left behind with the old value of {', '.join(changed)}: if the other end of the"
        " tunnel has the new one by now, the tunnel stays down until a run succeeds here too"
    )


def _look(inputs: Inputs, after: State, access: Access) -> Outcome:
    """Compare only; a router that does not answer keeps nobody from deploying the rest."""
    try:
        diff = plan(access, intent_of(inputs), after.pushed)
    except PushError as error:
        message = Message(severity=Severity.WARNING, text=f"not compared: {error}")
        return Outcome(state=replace(after, running=Running.NOT_COMPARED), messages=(message,))
    return Outcome(state=replace(after, running=Running.DIFFERENT if diff else Running.AS_DESCRIBED))


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
    if not diff:
        return Outcome(state=replace(state, running=Running.AS_PUSHED, drift=()))
    text = (
        f"{_count(state.router, diff)} would bring back the last push: it has drifted, see the output 'drift'"
    )
    return Outcome(
        state=replace(
            state, running=Running.DRIFTED, drift=tuple(unified_diff(state.router, diff).splitlines())
        ),
        messages=(Message(severity=Severity.WARNING, text=text),),
    )


def remove(state: State, login: Login, cancelled: Callable[[], bool]) -> tuple[Message, ...]:
    """Take all that is ours off a router.

    Raises:
        PushError: the router still has it.
    """
    if state.mode != Mode.PUSH and state.pushed.lines:
        text = (
            f"{state.router}: its mode is '{state.mode}', so the {len(state.pushed.lines)} lines that were"
            " pushed once stay on it; remove them by hand"
        )
        return (Message(severity=Severity.WARNING, text=text),)
    access, guards = access_to(state, login), safeguards_for(state, login)
    if state.mode != Mode.PUSH or not last_pushed(access, state.pushed, guards).lines:
        return ()
    expected = Expectation(approved=login.approved)
    result = push(access, Intent(), state.pushed, cancelled, guards, expected)
    return tuple(Message(severity=Severity.WARNING, text=remark) for remark in result.remarks)


def intent_of(inputs: Inputs) -> Intent:
    """Return what the router should run, as far as it is known."""
    return Intent(lines=fill(inputs.lines, inputs.known_values), secrets=inputs.known_secrets)


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
    ours, intent = settled(read_lines(before), {}), intent_of(inputs)
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
    return bool(_changed_keys(inputs, state.pushed))
