"""The living network behind the lab's routers: it follows their typed lines, and Azure's tunnels.

It is there where this machine can do it. It runs as long as the lab does, and not a moment longer: its keeper
ends when the lab's end of a pipe closes, however that comes about. A description that asks for other wires,
sites or gateways is built anew; what the routers run and what Azure holds are told to it again.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab.bgp.client import ask
from lab.bgp.directory import Directory
from lab.bgp.errors import LivingLabError
from lab.bgp.lifecycle import end, last_words, start_owned
from lab.bgp.undeployed import undeployed_fingerprint
from lab.iosxe.plane import (
    BfdSession,
    Bgp,
    BgpNeighbor,
    BgpRoute,
    IkeAssociation,
    OspfNeighbor,
    Plane,
    TableRoute,
)
from topology import Network, StackFileError, load_stack

_LOOK = 0.3
"""Seconds between two looks at Azure and at the stack file."""
_GATHER = 0.1
"""Seconds after a line in which further lines are taken together with it."""
_READY_SECONDS = 60.0
_FOLLOWED_SECONDS = 20.0
"""For a question to wait until all lines are followed."""

Wires = Mapping[str, Any]
"""What of Azure has an end on the wire, in JSON: `connections` and `peerings`."""


class LivingNetwork:
    """The network of one stack file, brought to life; `wires` reads what Azure holds."""

    def __init__(self, directory: Directory, stack_file: Path, wires: Callable[[], Wires]) -> None:
        self._directory, self._stack_file, self._wires = directory, stack_file, wires
        self._planes: dict[str, RouterPlane] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: Wires | None = None
        self._switched: dict[str, int] = {}
        self._failure = ""
        """What of telling went wrong last, so that it is logged once."""
        self._building: asyncio.Task[subprocess.Popen[bytes]] | None = None
        self._seen = 0
        self.trouble = ""
        """Why nothing lives, once that is known."""

    def plane(self, router: str) -> RouterPlane:
        """Return what moves packets behind a router; its lines are followed from now on."""
        plane = self._planes[router] = RouterPlane(router, self)
        self._spawn(plane.follow())
        return plane

    def start(self) -> None:
        """Begin to build it, and to follow Azure and the stack file."""
        self._spawn(self._run())

    async def stop(self) -> None:
        """End it; the kernel removes what it consisted of."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._building is not None:  # what has begun to start can be ended once it has started
            with suppress(LivingLabError):
                self._process = await self._building
        await self._end()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._give_up(f"it is not followed any more: {type(error).__name__}: {error}")

    # --- building ------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            if self._has_changed():
                await self._build()
            elif self._ready.is_set():
                await self._watch()
            await asyncio.sleep(_LOOK)

    def _has_changed(self) -> bool:
        """Whether the description asks for another network than the one that lives, and has no mistakes."""
        with suppress(OSError):
            changed = self._stack_file.stat().st_mtime_ns
            if changed != self._seen:
                self._seen = changed
                with suppress(StackFileError):
                    network = load_stack(self._stack_file)
                    return not self._ready.is_set() or self._asks_for_another(network)
        return False

    def _asks_for_another(self, network: Network) -> bool:
        try:
            wanted = undeployed_fingerprint(network)
        except LivingLabError:
            return True  # whoever builds it says why it cannot live
        return wanted != (self._directory.read_status() or {}).get("fingerprint")

    async def _build(self) -> None:
        await self._end()
        self.trouble = ""
        try:
            start = asyncio.to_thread(start_owned, self._directory, self._stack_file, undeployed=True)
            self._building = asyncio.create_task(start)
            self._process = await asyncio.shield(self._building)
        except LivingLabError as error:
            self._give_up(str(error))
            return
        self._told, self._switched = None, {}
        self._ready.set()
        for plane in self._planes.values():
            plane.changed()

    async def _watch(self) -> None:
        """Tell what Azure holds if that is something else now; notice an end."""
        if self._process is None or self._process.poll() is not None:
            self._give_up(f"the living network has ended: {last_words(self._directory)}")
            return
        wires = self._wires()
        try:
            if wires != self._told:
                say(*await self.ask(azure=wires))
                self._told = wires
            await self._follow_power()
            self._failure = ""
        except LivingLabError as error:  # it is tried again, and told once
            if str(error) != self._failure:
                say(str(error))
            self._failure = str(error)

    async def _follow_power(self) -> None:
        """Take routers' power where a drill has, and give it back: they start from what was saved."""
        switched: dict[str, int] = await self.ask(switched=True)
        for router in self._planes.keys() & switched.keys():
            if switched[router] != self._switched.get(router, 0):
                self._planes[router].switch(switched[router] % 2 == 0)
        self._switched = switched

    def _give_up(self, trouble: str) -> None:
        self._ready.clear()
        self.trouble = trouble
        say(trouble)

    async def _end(self) -> None:
        self._ready.clear()
        if self._process is not None:
            await asyncio.to_thread(end, self._directory, self._process)
            self._process = None

    # --- speaking with it ----------------------------------------------------------------------------

    @property
    def lives(self) -> bool:
        """Whether it is there."""
        return self._ready.is_set()

    async def ask(self, **request: Any) -> Any:  # noqa: ANN401 (JSON)
        """Return the agent's answer, once it is there.

        Raises:
            LivingLabError: if nothing lives, or it refuses.
        """
        if not self.trouble:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ready.wait(), _READY_SECONDS)
        if not self._ready.is_set():
            raise LivingLabError(self.trouble or "the living network is not ready yet")
        return await ask(self._directory, **request)


class RouterPlane(Plane):
    """One router's part of it: follows its lines, and answers once it has caught up with them."""

    def __init__(self, router: str, network: LivingNetwork) -> None:
        self._router, self._network = router, network
        self._changed, self._followed = asyncio.Event(), asyncio.Event()
        self._anew = False
        self._said: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """Why there is no BGP, where there is none."""
        why = self._network.trouble or "the living network is not ready yet"
        return "" if self._network.lives else f"(this lab router runs no BGP: {why})"

    def attach(self, configuration: Callable[[], str]) -> None:
        """Learn how to read what the router runs, and follow that at once."""
        super().attach(configuration)
        self.changed()

    def changed(self) -> None:
        """Follow soon, together with what else is typed meanwhile."""
        self._followed.clear()
        self._changed.set()

    def restarted(self) -> None:
        """End all that is up, then follow."""
        self._anew = True
        self.changed()

    async def follow(self) -> None:
        """Have the living network run each configuration that comes."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(_GATHER)
            self._changed.clear()
            try:
                remarks = await self._tell()
            except LivingLabError as error:
                remarks = (str(error),)
            say(*(f"{self._router}: {remark}" for remark in remarks if remark not in self._said))
            self._said = remarks
            if not self._changed.is_set():
                self._followed.set()

    async def _tell(self) -> tuple[str, ...]:
        """Tell what the router runs; what of it is not brought to life."""
        if self._anew:
            self._anew = False
            await self._network.ask(router=self._router, configuration="")
        return tuple(await self._network.ask(router=self._router, configuration=self.configuration()))

    async def _ask(self, question: str) -> Any:  # noqa: ANN401 (JSON)
        """Ask once all lines are followed; None if nothing lives, or nobody answers, which is logged."""
        try:
            await asyncio.wait_for(self._followed.wait(), _FOLLOWED_SECONDS)
            return await self._network.ask(router=self._router, question=question)
        except (LivingLabError, TimeoutError) as error:
            if self._network.lives:
                say(f"{self._router} is asked for {question}: {error or 'its lines are not followed yet'}")
            return None

    async def bgp(self, vrf: str) -> Bgp:
        """The neighbors and the table of the VRF that lives."""
        found = await self._ask("bgp")
        if not found or found["vrf"] != vrf:
            return Bgp()
        return Bgp(
            router_id=found["router_id"],
            version=found["version"],
            neighbors=tuple(BgpNeighbor(**one) for one in found["neighbors"]),
            routes=tuple(BgpRoute(**one) for one in found["routes"]),
        )

    async def routes(self, vrf: str) -> tuple[TableRoute, ...]:
        """The routing table of the VRF that lives, or the global one."""
        found = await self._ask("routes") or {}
        return tuple(
            TableRoute(**{**one, "ways": tuple(map(tuple, one["ways"]))}) for one in found.get(vrf, ())
        )

    async def ike(self) -> tuple[IkeAssociation, ...]:
        """The IKEv2 SAs."""
        return tuple(IkeAssociation(**one) for one in await self._ask("ike") or ())

    async def bfd(self) -> tuple[BfdSession, ...]:
        """The BFD sessions."""
        found = await self._ask("bfd") or ()
        return tuple(BfdSession(**{**one, "discriminators": tuple(one["discriminators"])}) for one in found)

    async def ospf(self) -> tuple[OspfNeighbor, ...]:
        """The OSPF neighbors."""
        return tuple(OspfNeighbor(**one) for one in await self._ask("ospf") or ())

    async def down(self) -> frozenset[str]:
        """Interfaces of the VRF that lives, without a cable or a tunnel that works."""
        return frozenset(await self._ask("down") or ())

    async def clear_bgp(self, neighbor: str, direction: str) -> None:
        """Reset a session, hard or softly."""
        with suppress(LivingLabError):
            await self._network.ask(router=self._router, clear=neighbor, direction=direction)


def say(*remarks: str) -> None:
    """Leave word in the lab's log."""
    for remark in remarks:
        sys.stdout.write(f"living network: {remark}\n")
    sys.stdout.flush()
