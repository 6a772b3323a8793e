"""Interfaces by the one name that IOS-XE prints: what it abbreviates when typed, it shows in full."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_PORTS = (
    "Ethernet",
    "FastEthernet",
    "GigabitEthernet",
    "TwoGigabitEthernet",
    "FiveGigabitEthernet",
    "TenGigabitEthernet",
    "TwentyFiveGigE",
    "FortyGigabitEthernet",
    "FiftyGigE",
    "HundredGigE",
    "TwoHundredGigE",
    "FourHundredGigE",
)
"""Physical Ethernet ports, as Cisco-IOS-XE-interfaces.yang spells them (YangModels/yang, vendor/cisco/xe)."""

_ROUTED = ("BDI", "Vlan")
"""What a bridge domain or a VLAN of the router itself is routed by, from the same file."""

_NUMBER = "(0|[1-9][0-9]*)"
_POSITION = rf"{_NUMBER}(/{_NUMBER}){{0,3}}"
"""One number on a virtual router; slot, sub-slot, port and, of a port in lanes, its lane elsewhere."""


def is_physical(name: str) -> bool:
    """Return whether an interface is a port, so that it may have sub-interfaces."""
    return name.startswith(_PORTS)


def _pattern(types: tuple[str, ...]) -> str:
    return f"({'|'.join(types)}){_POSITION}"


def _parse(value: Any, types: tuple[str, ...]) -> Any:  # noqa: ANN401 (pydantic hands over raw input)
    if not isinstance(value, str) or re.fullmatch(_pattern(types), value):
        return value
    typed = re.fullmatch(rf"([A-Za-z-]+) ?({_POSITION})(\.[0-9]+)?", value)
    meant = [name for name in types if typed and _may_mean(typed[1], name)]
    if typed is None or not meant:
        raise ValueError(f"{value!r} is no interface such as TenGigabitEthernet0/0/0 ({', '.join(types)})")
    says = f"write {' or '.join(f'{name}{typed[2]}' for name in meant)}, as the router prints it"
    if typed[6]:
        says += ": VLANs make sub-interfaces"
    raise ValueError(f"{value!r}: {says}")


def _may_mean(typed: str, name: str) -> bool:
    """Return whether IOS-XE could take this for a type: by its start, in any case, in either spelling."""
    full = name.lower()
    spellings = {full, full.replace("gigabitethernet", "gige"), full.replace("gige", "gigabitethernet")}
    return any(spelling.startswith(typed.lower()) for spelling in spellings)


def _named(types: tuple[str, ...]) -> tuple[BeforeValidator, WithJsonSchema]:
    shape = {
        "type": "string",
        "pattern": f"^{_pattern(types)}$",
        "examples": ["TenGigabitEthernet0/0/0"],
    }
    return BeforeValidator(lambda value: _parse(value, types)), WithJsonSchema(shape)


_PORT_CHECK, _PORT_SHAPE = _named(_PORTS)
_LAN_CHECK, _LAN_SHAPE = _named(_PORTS + _ROUTED)

Port = Annotated[str, _PORT_CHECK, _PORT_SHAPE]
"""A physical port, which sub-interfaces may share."""

LanPort = Annotated[str, _LAN_CHECK, _LAN_SHAPE]
"""A physical port, or what the router's own bridge domain or VLAN is routed by."""
