"""Turns for pushes that come in any order, as Pulumi's engine makes them; `fleet` has the rules.

- Routers of one site have their turns one after the other, and none after another one of it has failed.
- The first router that comes is the canary, if there is to be one: the others wait for it, and stay as they
  are if it fails.
- There are no waves, as nobody knows who is still to come: `wave` bounds how many have a turn at once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from onprem.errors import PushError
from onprem.fleet.waves import Rules


@dataclass(slots=True)
class Turn:
    """One router's; `failed` is for a push that ended without an exception, and badly."""

    failed: bool = False


class FleetGate:
    """The turns of one run."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._sites: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._failed_at: dict[str, str] = {}
        self._at_once = asyncio.Semaphore(rules.wave)
        self._canary = ""
        self._canary_ended = asyncio.Event()
        self._canary_failed = False
        self._tried = self._failed = 0

    @asynccontextmanager
    async def turn(self, router: str, site: str, *, pushes: bool) -> AsyncIterator[Turn]:
        """Wait for a turn; what does not push has one at once.

        Raises:
            PushError: nothing may be sent to this router any more in this run.
        """
        turn = Turn()
        if not pushes:
            yield turn
            return
        async with self._sites[site or router], self._first(router), self._at_once:
            self._refuse(router, site)
            self._tried += 1
            try:
                yield turn
            except Exception:
                turn.failed = True
                raise
            finally:
                if turn.failed:
                    self._failed += 1
                    self._failed_at.setdefault(site or router, router)

    @asynccontextmanager
    async def _first(self, router: str) -> AsyncIterator[None]:
        if not self._rules.canary:
            yield
            return
        if self._canary and self._canary != router:
            await self._canary_ended.wait()
            yield
            return
        self._canary = router
        failed = self._failed
        try:
            yield
        finally:
            self._canary_failed = self._canary_failed or self._failed > failed
            self._canary_ended.set()

    def _refuse(self, router: str, site: str) -> None:
        other = self._failed_at.get(site or router)
        if other not in {None, router}:
            raise PushError(
                f"{router}: not pushed, as {other} of the same site has failed in this run: one of a site has"
                " to stay as it is"
            )
        if self._canary_failed and self._canary != router:
            raise PushError(f"{router}: not pushed, as {self._canary}, the first of this run, has failed")
        if self._tried and self._failed / self._tried > self._rules.stop_share:
            raise PushError(
                f"{router}: not pushed, as {self._failed} of {self._tried} routers have failed in this run,"
                f" more than {self._rules.stop_share:.0%}"
            )
