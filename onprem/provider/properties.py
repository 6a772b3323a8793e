"""What the engine sends as properties, as plain values; and a router's state as the properties it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

from onprem.errors import OnPremisesError
from onprem.resource.inputs import UNKNOWN, Inputs, Mode, Unknown
from onprem.resource.state import State

INPUTS = (
    "router",
    "host",
    "hostKey",
    "serial",
    "site",
    "revertMinutes",
    "mode",
    "lines",
    "values",
    "secrets",
)
Properties = Mapping[str, PropertyValue]


def plain_value(value: PropertyValue | None) -> Any:  # noqa: ANN401 (whatever the engine sends)
    """A value without its wrapping; what is not known yet arrives as a plain string, the sentinel."""
    inner = None if value is None else value.value
    if inner == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(inner, Mapping):
        return {name: plain_value(item) for name, item in inner.items()}
    return [plain_value(item) for item in inner] if isinstance(inner, (list, tuple)) else inner


def _wrapped(value: object) -> PropertyValue:
    if isinstance(value, Mapping):
        return PropertyValue({name: _wrapped(item) for name, item in value.items()})
    if isinstance(value, (list, tuple)):
        return PropertyValue([_wrapped(item) for item in value])
    return PropertyValue(value)  # type: ignore[arg-type]


def inputs_of(properties: Properties) -> Inputs:
    """Return the inputs.

    Raises:
        OnPremisesError: one is of the wrong type, or not known where it has to be.
    """
    given = {name: plain_value(properties[name]) for name in INPUTS if name in properties}
    for name in ("router", "lines", "mode"):
        if isinstance(given.get(name), Unknown):
            raise OnPremisesError(
                f"{name} has to be known before the deployment: use <output:NAME> in the lines"
            )
    kinds: dict[str, Any] = {
        "router": str,
        "mode": str,
        "serial": (str, Unknown),
        "site": str,
        "revertMinutes": (int, float),
        "lines": list,
        "values": (dict, Unknown),
        "secrets": (dict, Unknown),
    }
    for name, kind in kinds.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise OnPremisesError(f"{name} is of the wrong type")
    lines = given.get("lines") or []
    values, secrets = given.get("values") or {}, given.get("secrets") or {}
    if isinstance(values, Unknown):
        raise OnPremisesError("values has to be a map whose names are known; only its values may be unknown")
    maps = [*values.items(), *(secrets.items() if isinstance(secrets, dict) else ())]
    for name, value in [*maps, *((f"lines[{place}]", line) for place, line in enumerate(lines))]:
        if not isinstance(value, (str, Unknown)) or (
            isinstance(value, Unknown) and name.startswith("lines[")
        ):
            raise OnPremisesError(f"{name} has to be a string")
    return Inputs(
        router=given.get("router") or "",
        host=given.get("host") or given.get("router") or "",
        host_key=given.get("hostKey"),
        serial=given.get("serial"),
        revert_minutes=_whole(given.get("revertMinutes")),
        site=given.get("site") or "",
        mode=given.get("mode") or Mode.PUSH,
        lines=tuple(lines),
        values=values,
        secrets=None if isinstance(secrets, Unknown) else secrets,
    )


def _whole(number: float | None) -> int | None:
    """A number as the engine sends it, which is always a float; one that is not whole is refused later."""
    return None if number is None else int(number) if number == int(number) else -1


def state_of(properties: Properties) -> State:
    """Return what the deployment remembers, as `outputs_of` has put it."""
    return State.of({name: plain_value(value) for name, value in properties.items()})


def outputs_of(state: State, given: Properties) -> dict[str, PropertyValue]:
    """The resource's outputs: no key is among them, and what was given as a secret stays one."""
    hidden = {
        name for name in INPUTS if name in given and name != "secrets" and given[name].contains_secret()
    }
    if hidden & {"lines", "values"}:
        hidden |= {"lines", "values", "pushedLines", "drift"}
    return {name: _wrapped(value).with_secret(name in hidden) for name, value in state.outputs().items()}


def foreseen_outputs(properties: Properties) -> dict[str, PropertyValue]:
    """The outputs as far as a preview knows them: the inputs, and the rest unknown."""
    known = {name: value for name, value in properties.items() if name in INPUTS and name != "secrets"}
    unknown = ("pushedLines", "preexisting", "secretFingerprints", "running", "drift")
    return {**known, **{name: PropertyValue(rpc.UNKNOWN) for name in unknown}}
