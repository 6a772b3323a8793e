"""What the command remembers of its pushes to each router, or reads out of an exported Pulumi state."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from onprem.errors import OnPremisesError
from onprem.notes import write_note
from onprem.push.pushed import Pushed
from onprem.resource.state import Running, State

_TYPE = "iosxe:index:Configuration"
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""How an exported state marks a secret (pulumi/sdk/go/common/resource/sig)."""
_KEPT = 20
"""Pushes that can be rolled back, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One push: what was known of the router before it, None if nothing; whether it only mended drift."""

    before: State | None
    repair: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushes:
    """What is known of a router since the last push, and the pushes that led there, the last one first."""

    last: State | None = None
    made: tuple[Made, ...] = ()

    def knows(self, state: State) -> bool:
        """Whether a state is one that these pushes found or left, so that none but they came after it."""
        found = [push.before for push in self.made]
        return any(state.pushed == (one.pushed if one else Pushed()) for one in (*found, self.last))


@dataclass(frozen=True, slots=True)
class Record:
    """One router's file; no secret is in it."""

    file: Path

    @classmethod
    def of(cls, journal: Path, stack: str, router: str) -> Record:
        """The file of a router of a stack."""
        return cls(journal / "pushed" / stack / f"{router}.json")

    def read(self) -> Pushes:
        """Return what was pushed.

        Raises:
            OnPremisesError: the file is none of ours.
        """
        try:
            noted = json.loads(self.file.read_text(encoding="utf-8"))
            made = tuple(Made(before=_state(one["before"]), repair=one["repair"]) for one in noted["made"])
            pushes = Pushes(last=_state(noted["last"]), made=made)
        except FileNotFoundError:
            return Pushes()
        except (OSError, ValueError, KeyError, TypeError):
            raise OnPremisesError(f"{self.file} cannot be read: remove it, or restore it") from None
        return pushes

    def add(self, before: State | None, after: State) -> None:
        """Remember a push."""
        known = self.read()
        # where Pulumi has pushed in between, the pushes before that lead nowhere any more
        push = Made(before=before, repair=before is not None and _same(before, after))
        self._write(Pushes(last=after, made=(push, *(known.made if _same(before, known.last) else ()))))

    def drop(self, now: State | None) -> None:
        """Forget the last push, which was rolled back; `now` is what is known of the router since."""
        self._write(Pushes(last=now, made=self.read().made[1:]))

    def drop_half(self) -> None:
        """Forget the last push if it failed half-way, for it was undone."""
        known = self.read()
        if known.made and known.last is not None and known.last.running == Running.HALF_PUSHED:
            self.drop(known.made[0].before)

    def _write(self, pushes: Pushes) -> None:
        kept = {**asdict(pushes), "made": [asdict(one) for one in pushes.made[:_KEPT]]}
        try:
            write_note(self.file, kept)
        except OSError as error:
            raise OnPremisesError(f"{self.file} cannot be written: {error.strerror}") from None


def _same(one: State | None, other: State | None) -> bool:
    """Whether two states tell of the same lines on a router, with the same keys."""
    if one is None or other is None:
        return one is other
    return (one.lines, one.values, one.pushed) == (other.lines, other.values, other.pushed)


def exported_states(file: Path) -> dict[str, State]:
    """Return the routers of a file that `pulumi stack export` has written.

    Raises:
        OnPremisesError: the file cannot be read as one.
    """
    try:
        resources = json.loads(file.read_text(encoding="utf-8"))["deployment"].get("resources", [])
        outputs = [_in_clear(item.get("outputs", {})) for item in resources if item.get("type") == _TYPE]
        return {given["router"]: State.of(given) for given in outputs if given}
    except _EncryptedError:
        raise OnPremisesError(
            f"--state {file}: what was given as a secret is encrypted in it;"
            f" 'pulumi stack export --show-secrets --file {file}' writes it in clear"
        ) from None
    except FileNotFoundError:
        raise OnPremisesError(
            f"--state {file}: no such file; 'pulumi stack export --file {file}' writes it"
        ) from None
    except OSError as error:
        raise OnPremisesError(f"--state {file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OnPremisesError(
            f"--state {file} is not what 'pulumi stack export --file {file}' writes: write it anew"
        ) from None


class _EncryptedError(Exception):
    """A secret whose value the file does not tell."""


def _in_clear(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """A value with its secrets in clear; the router's keys are never among them."""
    if isinstance(value, list):
        return [_in_clear(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(_SIGNATURE) == _SECRET:
        if "plaintext" not in value:
            raise _EncryptedError
        return json.loads(value["plaintext"])
    return {name: _in_clear(item) for name, item in value.items()}


def _state(noted: dict[str, Any] | None) -> State | None:
    if noted is None:
        return None
    pushed = noted.pop("pushed")
    return State(
        **{
            **noted,
            "lines": tuple(noted["lines"]),
            "drift": tuple(noted["drift"]),
            "pushed": Pushed.of(pushed),
        }
    )
