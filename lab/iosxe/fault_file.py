"""Faults asked for by a file beside a router's other files, so that its process need not be touched.

`<directory>/<hostname>.faults.json` is looked at before every step; taking the file away heals the router:

    {"connections": "cut", "host_key": "changed",
     "rules": [{"at": "line", "matches": "^ *neighbor", "skip": 2, "reject": "% no", "delay": 0.2}]}

The first rule that fits is obeyed. A rule counts anew when the file is written anew.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from lab.iosxe.faults import Fault, Moment


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as mistake:
        raise ValueError(f"not a regular expression: {mistake}") from None
    return text


class Rule(BaseModel):
    """What happens at the moments of one kind whose text fits; after `skip` such moments, `times` times.

    `times` 0 means always; `delay` is in seconds; the rest is as in `Fault`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    at: Moment = Moment.LINE
    matches: Annotated[str, AfterValidator(_pattern)] = ""
    skip: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=0)] = 1
    delay: Annotated[float, Field(ge=0)] = 0.0
    drop: bool = False
    log: tuple[str, ...] = ()
    reject: str | None = None
    ask: str | None = None
    pieces: Annotated[int, Field(ge=0)] = 0


class Wish(BaseModel):
    """The file: `cut` connections end at once, `unanswered` ones are never greeted."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    connections: Literal["accepted", "cut", "unanswered"] = "accepted"
    host_key: Literal["own", "changed"] = "own"
    rules: tuple[Rule, ...] = ()


class FaultFile:
    """The wishes in one file, which may come, change and go at any time."""

    def __init__(self, file: Path) -> None:
        self._file, self._name = file, str(file)
        self._read: tuple[int, int] | None = None
        self._wish = Wish()
        self._seen: dict[int, int] = {}

    def wish(self) -> Wish:
        """What the file asks for now.

        Raises:
            ValueError: the file is not a wish; the message says where.
        """
        try:
            status = os.stat(self._name)  # noqa: PTH116 (asked twice a line: no path is built each time)
            if (status.st_mtime_ns, status.st_ino) != self._read:
                self._wish = Wish.model_validate_json(self._file.read_text())
                self._read = status.st_mtime_ns, status.st_ino
                self._seen.clear()
        except FileNotFoundError:
            if self._read is not None:
                self._read, self._wish = None, Wish()
        except ValidationError as mistakes:
            raise ValueError(f"{self._file.name}: {mistakes}") from None
        return self._wish

    async def fault(self, moment: Moment, text: str) -> Fault | None:
        """What goes wrong at this moment, after the delay that was asked for.

        Raises:
            ValueError: as `wish`.
        """
        rule = self._due(moment, text)
        if rule is None:
            return None
        await asyncio.sleep(rule.delay)
        return Fault(drop=rule.drop, log=rule.log, reject=rule.reject, ask=rule.ask, pieces=rule.pieces)

    def _due(self, moment: Moment, text: str) -> Rule | None:
        for number, rule in enumerate(self.wish().rules):
            if rule.at is not moment or not re.search(rule.matches, text):
                continue
            seen = self._seen[number] = self._seen.get(number, 0) + 1
            if seen > rule.skip and (not rule.times or seen <= rule.skip + rule.times):
                return rule
        return None
