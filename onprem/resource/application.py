"""A router brought to its inputs as far as the mode allows, or rid of all that is ours.

In mode `render` no router is ever spoken to, in mode `preview` none is ever written to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from onprem.errors import PushError
from onprem.push.comparison import last_pushed, plan
from onprem.push.guarded import push
from onprem.push.planned import Expectation
from onprem.push.pushed import HalfPushed, Intent, Pushed
from onprem.resource.inputs import Inputs, Mode
from onprem.resource.keys import left_behind
from onprem.resource.login import Login, access_to, safeguards_for
from onprem.resource.results import Message, Outcome, Severity
from onprem.resource.state import Running, State
from onprem.ssh.access import Access


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
        result = push(access, inputs.intent, after.pushed, cancelled, safeguards_for(inputs, login), expected)
    except HalfPushed as error:
        half = replace(after, pushed=error.remains, running=Running.HALF_PUSHED)
        return Outcome(state=half, changed=True, failure=f"{error}{left_behind(inputs, after.pushed)}")
    except PushError as error:
        says = f"{error}{left_behind(inputs, after.pushed)}"
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


def _look(inputs: Inputs, after: State, access: Access) -> Outcome:
    """Compare only; a router that does not answer keeps nobody from deploying the rest."""
    try:
        diff = plan(access, inputs.intent, after.pushed)
    except PushError as error:
        message = Message(severity=Severity.WARNING, text=f"not compared: {error}")
        return Outcome(state=replace(after, running=Running.NOT_COMPARED), messages=(message,))
    return Outcome(state=replace(after, running=Running.DIFFERENT if diff else Running.AS_DESCRIBED))


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
