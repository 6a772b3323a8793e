"""What a deployment remembers of a router, in its own names and in those of Pulumi's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from onprem.push.pushed import Pushed
from onprem.resource.inputs import Mode


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

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> State:
        """What the resource's outputs tell, as plain values under the names that Pulumi's state has."""
        minutes = outputs.get("revertMinutes")
        return cls(
            router=outputs["router"],
            host=outputs["host"],
            host_key=outputs.get("hostKey"),
            serial=outputs.get("serial"),
            revert_minutes=None if minutes is None else int(minutes),
            site=outputs.get("site") or "",
            mode=outputs.get("mode") or Mode.PUSH,
            lines=tuple(outputs.get("lines") or ()),
            values=outputs.get("values") or {},
            pushed=Pushed(
                lines=tuple(outputs.get("pushedLines") or ()),
                preexisting=tuple(tuple(path) for path in outputs.get("preexisting") or ()),
                fingerprints=outputs.get("secretFingerprints") or {},
            ),
            running=outputs.get("running") or "",
            drift=tuple(outputs.get("drift") or ()),
        )

    def outputs(self) -> dict[str, object]:
        """The resource's outputs, without those that it does not have; `of` reads them."""
        outputs = {
            "router": self.router,
            "host": self.host,
            "hostKey": self.host_key,
            "serial": self.serial,
            "revertMinutes": self.revert_minutes,
            "site": self.site or None,
            "mode": str(self.mode),
            "lines": self.lines,
            "values": self.values,
            "pushedLines": self.pushed.lines,
            "preexisting": self.pushed.preexisting,
            "secretFingerprints": self.pushed.fingerprints,
            "running": str(self.running),
            "drift": self.drift,
        }
        return {name: value for name, value in outputs.items() if value is not None}
