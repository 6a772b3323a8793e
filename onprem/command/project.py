"""What `python -m onprem` does, but for its options: compares routers, pushes to them, rolls back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from onprem.command.records import Record, exported_states
from onprem.errors import OnPremisesError
from onprem.fleet.waves import Ending, Member, Result
from onprem.notes import FOLDER
from onprem.push.ended import EndedPush
from onprem.push.fingerprints import unchanged_secrets
from onprem.push.guarded import push
from onprem.push.pushed import Intent
from onprem.push.recovery import recover
from onprem.rendering.render import render_router
from onprem.resource.application import apply
from onprem.resource.comparison import compare_with
from onprem.resource.inputs import Inputs, Mode, find_flaws
from onprem.resource.login import Login, access_to, safeguards_for
from onprem.resource.results import Comparison
from onprem.resource.state import State
from topology import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A network, who logs in to its routers, and what is known beside it.

    `exported` are the routers of Pulumi's state, if that was given; `values` are outputs of Azure's, by name;
    `keys` the pre-shared keys, by name.
    """

    stack: str
    network: Network
    login: Login
    exported: Mapping[str, State] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def members(self, names: tuple[str, ...]) -> tuple[Member, ...]:
        """Return routers by their names, `all` of them if that is the name.

        Raises:
            OnPremisesError: a name that the stack does not have.
        """
        routers = self.network.routers
        wanted = tuple(routers) if names == ("all",) else names
        unknown = [name for name in wanted if name not in routers]
        if unknown:
            raise OnPremisesError(
                f"{', '.join(unknown)}: no such router in stack {self.stack} ({', '.join(routers) or 'none'})"
            )
        return tuple(Member(router=name, site=routers[name].location) for name in dict.fromkeys(wanted))

    def compare(self, router: str) -> Comparison:
        """Compare one router; writes nothing."""
        return compare_with(self._inputs(router), self._last(router), self.login)

    def push(self, router: str, cancelled: Callable[[], bool]) -> Result:
        """Push to one router, and remember it."""
        self._refuse_other_modes(router)
        last = self._last(router)
        outcome = apply(self._inputs(router), last, self.login, cancelled)
        if outcome.changed:
            self._record(router).add(last, outcome.state)
        if outcome.failure:
            return Result(router=router, ending=Ending.FAILED, says=outcome.failure)
        said = "\n".join(message.text for message in outcome.messages)
        ending = Ending.CHANGED if outcome.changed else Ending.UNCHANGED
        return Result(router=router, ending=ending, says=said)

    def roll_back(self, router: str, cancelled: Callable[[], bool]) -> Result:
        """Undo a push that was interrupted, or else return to what was there before the last one made here.

        Raises:
            OnPremisesError: nobody knows what was there before, or the router cannot be brought back to it.
        """
        self._refuse_other_modes(router)
        inputs, record = self._inputs(router, checked=False), self._record(router)
        undone = recover(access_to(inputs, self.login), safeguards_for(inputs, self.login))
        if undone:
            record.drop_half()
            return Result(router=router, ending=Ending.CHANGED, says=f"{router}: {undone}")
        before, last = self._way_back(router, inputs)
        if before is None or not before.pushed.lines:
            access, safeguards = access_to(inputs, self.login), safeguards_for(inputs, self.login)
            push(access, Intent(), last.pushed, cancelled, safeguards)
            record.drop(before)
            says = f"{router}: as before the last push: nothing of ours is on it any more"
            return Result(router=router, ending=Ending.CHANGED, says=says)
        outcome = apply(self._earlier(inputs, before), last, self.login, cancelled)
        if outcome.failure:
            raise OnPremisesError(outcome.failure)
        record.drop(outcome.state)
        return Result(router=router, ending=Ending.CHANGED, says=f"{router}: as before the last push")

    def _refuse_other_modes(self, router: str) -> None:
        mode = str(self.network.mode(self.network.routers[router]))
        if mode != Mode.PUSH:
            raise OnPremisesError(
                f"{router}: its mode is '{mode}', so nothing is pushed; set its management.mode to 'push'"
                " if it is to be"
            )

    def _way_back(self, router: str, inputs: Inputs) -> tuple[State | None, State]:
        """Return what was known of a router before the last push that was made here, and what is since."""
        pushes = self._record(router).read()
        if not pushes.made or pushes.last is None:
            raise OnPremisesError(
                f"{router}: there is no push to roll back: this command has changed nothing on it, and none"
                " was interrupted"
            )
        if pushes.made[0].repair:
            raise OnPremisesError(
                f"{router}: nothing was rolled back: the last push made here only put back lines that had"
                " changed on the router, and what they had been changed to is not kept. To return to an"
                " earlier description, bring it back and push"
            )
        exported = self.exported.get(router)
        safeguards = safeguards_for(inputs, self.login)
        noted = EndedPush(safeguards.journal, safeguards.stack, access_to(inputs, self.login)).pushed
        if noted not in ((None, pushes.last.pushed) if exported else (pushes.last.pushed,)) or (
            exported is not None and not pushes.knows(exported)
        ):
            raise OnPremisesError(
                f"{router}: nothing was rolled back: Pulumi has pushed to it, or taken over what was pushed,"
                " after the last push made here. Bring back the earlier description, and 'pulumi up'"
            )
        return pushes.made[0].before, pushes.last

    def _earlier(self, inputs: Inputs, before: State) -> Inputs:
        """Return what a router ran before, with the keys that it had.

        Raises:
            OnPremisesError: a key is missing, or is not the one that it had.
        """
        earlier = replace(
            inputs, lines=before.lines, values=before.values, secrets=self._keys_for(before.lines)
        )
        flaws = find_flaws(earlier)
        if flaws:
            says = "; ".join(f"{flaw.input} {flaw.says}" for flaw in flaws)
            raise OnPremisesError(f"{inputs.router}: nothing was rolled back: {says}")
        had, given = before.pushed.fingerprints, earlier.known_secrets
        others = sorted((given.keys() & had.keys()) - unchanged_secrets(inputs.router, given, had))
        if others:
            raise OnPremisesError(
                f"{inputs.router}: nothing was rolled back: before the last push it had another"
                f" {', '.join(others)} than --keys gives: give the key that it had then"
            )
        return earlier

    def _last(self, router: str) -> State | None:
        """What is known since the last push: Pulumi's state, unless a later push was made here."""
        pushes, exported = self._record(router).read(), self.exported.get(router)
        return pushes.last if exported is None or pushes.knows(exported) else exported

    def _record(self, router: str) -> Record:
        return Record.of(self.login.safeguards.journal or Path(FOLDER), self.stack, router)

    def _inputs(self, router: str, *, checked: bool = True) -> Inputs:
        described = self.network.routers[router]
        rendered = render_router(self.network, router)
        last = self._last(router)
        known = {**(last.values if last else {}), **self.values}
        inputs = Inputs(
            router=router,
            host=described.host,
            host_key=described.management.host_key,
            serial=described.management.serial,
            revert_minutes=described.management.revert_minutes,
            site=described.location,
            lines=rendered.lines,
            values={name: known[name] for name in rendered.outputs if name in known},
            secrets=self._keys_for(rendered.lines),
        )
        flaws = find_flaws(inputs) if checked else ()
        if flaws:
            raise OnPremisesError("\n".join(f"{router}: {flaw.input} {flaw.says}" for flaw in flaws))
        return inputs

    def _keys_for(self, lines: tuple[str, ...]) -> dict[str, str]:
        return {
            name: key for name, key in self.keys.items() if any(f"<secret:{name}>" in line for line in lines)
        }


def read_keys(file: Path | None) -> dict[str, str]:
    """Return pre-shared keys by name from a JSON file that nobody else may read.

    Raises:
        OnPremisesError: others may read it, or it is no map of texts.
    """
    if file is None:
        return {}
    try:
        if file.stat().st_mode & 0o077:
            raise OnPremisesError(f"{file} holds keys and others may read it: chmod 600 {file}")
        keys = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OnPremisesError(f"--keys {file}: no such file") from None
    except OSError as error:
        raise OnPremisesError(f"--keys {file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise OnPremisesError(f'--keys {file} has to be a JSON object {{"NAME": "KEY"}}') from None
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise OnPremisesError(f'--keys {file} has to be a JSON object {{"NAME": "KEY"}}')
    return keys


def read_exported(file: Path | None) -> dict[str, State]:
    """Return the routers of an exported state, if one is given."""
    return exported_states(file) if file else {}
