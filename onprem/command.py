"""What `python -m onprem` does, but for its options: compares routers, pushes to them, rolls back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from onprem.errors import OnPremisesError
from onprem.fleet import Ending, Member, Result
from onprem.inputs import Inputs, Mode, find_flaws
from onprem.previewed import JOURNAL
from onprem.push import Intent, Safeguards, push, recover
from onprem.records import Record, exported_states
from onprem.render import render_router
from onprem.resource import (
    Comparison,
    Login,
    Outcome,
    State,
    access_to,
    apply,
    compare_with,
    safeguards_for,
)
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
        mode = str(self.network.mode(self.network.routers[router]))
        if mode != Mode.PUSH:
            raise OnPremisesError(
                f"{router}: its mode is '{mode}', so nothing is pushed; set its management.mode to 'push'"
                " if it is to be"
            )
        last = self._last(router)
        outcome = apply(self._inputs(router), last, self.login, cancelled)
        return self._remember(router, last, outcome)

    def roll_back(self, router: str, cancelled: Callable[[], bool]) -> Result:
        """Undo a push that was interrupted, or else return to what was pushed before the last one."""
        inputs = self._inputs(router, checked=False)
        undone = recover(access_to(inputs, self.login), safeguards_for(inputs, self.login))
        if undone:
            return Result(router=router, ending=Ending.CHANGED, says=f"{router}: {undone}")
        states = self._record(router).states()
        if not states:
            raise OnPremisesError(
                f"{router}: there is no push to roll back: none was made here, and none was interrupted"
            )
        before = states[1] if len(states) > 1 else None
        if before is None:
            access, safeguards = access_to(inputs, self.login), safeguards_for(inputs, self.login)
            push(access, Intent(), states[0].pushed, cancelled, safeguards)
        else:
            earlier = Inputs(
                router=router,
                host=before.host,
                host_key=before.host_key,
                lines=before.lines,
                values=before.values,
                secrets=self._keys_for(before.lines),
            )
            outcome = apply(earlier, states[0], self.login, cancelled)
            if outcome.failure:
                raise OnPremisesError(outcome.failure)
        self._record(router).drop_last()
        return Result(
            router=router,
            ending=Ending.CHANGED,
            says=f"{router}: as before the last push"
            if before
            else f"{router}: nothing of ours is on it any more",
        )

    def _remember(self, router: str, last: State | None, outcome: Outcome) -> Result:
        same = last is not None and (last.lines, last.values, last.pushed) == (
            outcome.state.lines,
            outcome.state.values,
            outcome.state.pushed,
        )
        if not same:
            self._record(router).add(outcome.state)
        if outcome.failure:
            return Result(router=router, ending=Ending.FAILED, says=outcome.failure)
        said = "\n".join(message.text for message in outcome.messages)
        changed = any(message.text.startswith(f"{router}: pushed") for message in outcome.messages)
        return Result(router=router, ending=Ending.CHANGED if changed else Ending.UNCHANGED, says=said)

    def _last(self, router: str) -> State | None:
        if router in self.exported:
            return self.exported[router]
        return next(iter(self._record(router).states()), None)

    def _record(self, router: str) -> Record:
        return Record.of(self.login.safeguards.journal or Path(JOURNAL), self.stack, router)

    def _inputs(self, router: str, *, checked: bool = True) -> Inputs:
        described = self.network.routers[router]
        rendered = render_router(self.network, router)
        last = self._last(router)
        known = {**(last.values if last else {}), **self.values}
        inputs = Inputs(
            router=router,
            host=described.host,
            host_key=described.management.host_key,
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


def project_root() -> Path:
    """Return the folder with Pulumi.yaml, here or above; the current one if there is none."""
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / "Pulumi.yaml").is_file()), here)


def login_from_environment(root: Path, approved: frozenset[str] | None) -> Login:
    """Return who logs in, as the provider would."""
    ssh_config = os.environ.get("IOSXE_SSH_CONFIG")
    try:
        minutes = int(os.environ.get("IOSXE_REVERT_MINUTES") or 5)
        settle = float(os.environ.get("IOSXE_SETTLE_SECONDS") or 60)
    except ValueError:
        raise OnPremisesError("IOSXE_REVERT_MINUTES and IOSXE_SETTLE_SECONDS must be numbers") from None
    return Login(
        username=os.environ.get("IOSXE_USERNAME", ""),
        password=os.environ.get("IOSXE_PASSWORD", ""),
        ssh_config=Path(ssh_config).expanduser() if ssh_config else None,
        safeguards=Safeguards(
            revert_minutes=minutes,
            settle=settle,
            require_sessions=os.environ.get("IOSXE_REQUIRE_SESSIONS", "").lower() in {"1", "true", "yes"},
            journal=root / JOURNAL,
        ),
        approved=approved,
    )


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
    except (OSError, ValueError):
        raise OnPremisesError(
            f'{file} cannot be read: it has to be a JSON object {{"NAME": "KEY"}}'
        ) from None
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise OnPremisesError(f'{file} has to be a JSON object {{"NAME": "KEY"}}')
    return keys


def read_exported(file: Path | None) -> dict[str, State]:
    """Return the routers of an exported state, if one is given."""
    return exported_states(file) if file else {}
