"""What the command remembers of each router's last two pushes, or reads out of an exported Pulumi state."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from onprem.errors import OnPremisesError
from onprem.push import Pushed
from onprem.resource import State

_TYPE = "iosxe:index:Configuration"
_KEPT = 2


@dataclass(frozen=True, slots=True)
class Record:
    """One router's file: its states, the last one first; no secret is in them."""

    file: Path

    @classmethod
    def of(cls, journal: Path, stack: str, router: str) -> Record:
        """The file of a router of a stack."""
        return cls(journal / "pushed" / stack / f"{router}.json")

    def states(self) -> tuple[State, ...]:
        """Return what was pushed last, and before that.

        Raises:
            OnPremisesError: the file is none of ours.
        """
        try:
            noted = json.loads(self.file.read_text(encoding="utf-8"))
            return tuple(_state(state) for state in noted)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError):
            raise OnPremisesError(f"{self.file} cannot be read: remove it, or restore it") from None

    def add(self, state: State) -> None:
        """Remember a push."""
        self._write((state, *self.states()))

    def drop_last(self) -> None:
        """Forget the last push, which was rolled back."""
        self._write(self.states()[1:])

    def _write(self, states: tuple[State, ...]) -> None:
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.file.with_suffix(".new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump([asdict(state) for state in states[:_KEPT]], file, indent=1)
        unfinished.replace(self.file)


def exported_states(file: Path) -> dict[str, State]:
    """Return the routers of a file that `pulumi stack export` has written.

    Raises:
        OnPremisesError: the file cannot be read as one.
    """
    try:
        resources = json.loads(file.read_text(encoding="utf-8"))["deployment"].get("resources", [])
        outputs = [item.get("outputs", {}) for item in resources if item.get("type") == _TYPE]
        return {given["router"]: _exported(given) for given in outputs if given}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OnPremisesError(
            f"{file} cannot be read as the output of 'pulumi stack export': {type(error).__name__}"
        ) from None


def _exported(given: Mapping[str, Any]) -> State:
    pushed = Pushed(
        lines=tuple(given.get("pushedLines") or ()),
        preexisting=tuple(tuple(path) for path in given.get("preexisting") or ()),
        fingerprints=given.get("secretFingerprints") or {},
    )
    return State(
        router=given["router"],
        host=given["host"],
        lines=tuple(given["lines"]),
        values=given.get("values") or {},
        pushed=pushed,
    )


def _state(noted: dict[str, Any]) -> State:
    pushed = noted.pop("pushed")
    return State(
        **{
            **noted,
            "lines": tuple(noted["lines"]),
            "drift": tuple(noted["drift"]),
            "pushed": Pushed(
                lines=tuple(pushed["lines"]),
                preexisting=tuple(tuple(path) for path in pushed["preexisting"]),
                fingerprints=pushed["fingerprints"],
            ),
        }
    )
