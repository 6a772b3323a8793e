"""One fault at every position of a push in turn: after each line received, before each answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.iosxe.faults import Fault, Moment, no_faults
from lab.iosxe.server import RouterServer
from onprem.errors import PushError
from onprem.push.guarded import push
from onprem.push.pushed import HalfPushed, Intent, Pushed, PushResult, Safeguards
from tests.onprem.routers import CANARY, PASSWORD, ROUTER, Lab

NAME = "hub-location1-shared-key"
SMALL = Intent(
    lines=(
        "ip vrf 30",
        " rd 65021:30",
        "ip prefix-list Cust30 seq 10 permit 10.2.30.0/25",
        "route-map prefer permit 10",
        " set local-preference 200",
        "crypto ikev2 keyring Cust30-keyring",
        " peer azure",
        "  address 203.0.113.10",
        f"  pre-shared-key local <secret:{NAME}>",
        "interface Loopback30",
        " ip address 66.198.12.106 255.255.255.255",
        "interface TenGigabitEthernet0/0/0.300",
        " encapsulation dot1Q 30 second-dot1q 300",
        " ip vrf forwarding 30",
        " ip address 192.168.30.17 255.255.255.252",
        "router bgp 65021",
        " address-family ipv4 vrf 30",
        "  neighbor 192.168.30.18 remote-as 12076",
        "  neighbor 192.168.30.18 activate",
        "  neighbor 192.168.30.18 route-map prefer in",
    ),
    secrets={NAME: CANARY},
)
"""Every kind of section, and few lines."""
OTHERS = "ip domain name others.example"

Inject = Callable[[RouterServer], Awaitable[Fault | None]]


@dataclass
class Router:
    """A router and the two configurations between which there must be nothing."""

    lab: Lab
    server: RouterServer
    journal: Path
    before: str
    after: str = ""
    last: Pushed = field(default_factory=Pushed)

    @classmethod
    def start(cls, lab: Lab, directory: Path, intent: Intent = SMALL, **options: Any) -> Router:
        """A router, after one push to see what it leads to, and back again."""
        server = lab.start(**options)
        router = cls(lab, server, directory / ".iosxe", server.running)
        router.push(intent)
        router.after = server.running
        router.reset()
        return router

    def push(self, intent: Intent = SMALL, last: Pushed | None = None, **safeguards: Any) -> PushResult:
        """A push as the provider makes it."""
        guards = Safeguards(journal=self.journal, **{"settle": 1.0, **safeguards})
        return push(self.lab.access(), intent, last or self.last, lambda: False, guards)

    def reset(self) -> None:
        """Back to the beginning, by nobody's push."""

        async def load() -> None:
            self.server.faults = no_faults
            self.server.device.timer.forget()
            self.server.device.editor.load(self.before)
            self.server.device.persist()
            self.server.device.save_startup()

        self.lab.run(load())

    def run_out(self) -> None:
        """Let the time pass that the router waits for a confirmation."""

        async def revert() -> None:
            self.server.device.timer.revert()

        self.lab.run(revert())

    def same(self, one: str, other: str) -> bool:
        """Whether two configurations are the same, but for the salt of the masked keys."""
        return _unsalted(one) == _unsalted(other)


def _unsalted(text: str) -> list[str]:
    return [
        line.partition("pre-shared-key")[0] if "pre-shared-key" in line else line
        for line in text.splitlines()
    ]


@dataclass(frozen=True)
class Case:
    """One position, what was typed or shown there, and how the push ended."""

    position: int
    text: str
    failure: PushError | None
    result: PushResult | None

    def __str__(self) -> str:
        return f"at step {self.position} ({self.text!r}): {self.failure or 'done'}"


def every_position(
    router: Router,
    inject: Inject,
    moments: frozenset[Moment] = frozenset({Moment.LINE}),
    wanted: Callable[[str], bool] = lambda _: True,
    intent: Intent = SMALL,
    places: tuple[int, int] = (1, 1),
) -> Iterator[Case]:
    """Push with the fault at the first position, at the second, and so on, until a push has no such one.

    After each the router stays as it is for the caller to look at, and is reset before the next. `places` are
    the first position and the step from one to the next.
    """
    position, step = places
    position -= step
    while True:
        position += step
        seen, at = 0, ""

        async def hook(_: int, moment: Moment, text: str, position: int = position) -> Fault | None:
            nonlocal seen, at
            if moment not in moments or not wanted(text):
                return None
            seen += 1
            if seen != position:
                return None
            at = text.strip()
            return await inject(router.server)

        router.server.faults = hook
        failure, result = None, None
        try:
            result = router.push(intent)
        except PushError as error:
            failure = error
        router.server.faults = no_faults
        if seen < position:
            assert position > 1 or step > 1, "the fault had no position at all"
            router.reset()
            return
        yield Case(position, at, failure, result)
        router.reset()


def at_every_position(
    routers: list[Router], inject: Inject, check: Callable[[Router, Case], None], **options: Any
) -> int:
    """The same on several routers at once, where most of the time is spent waiting; how many cases."""

    def share(number: int) -> int:
        router, count = routers[number], 0
        for case in every_position(router, inject, places=(number + 1, len(routers)), **options):
            check(router, case)
            count += 1
        return count

    with ThreadPoolExecutor(len(routers)) as threads:
        cases = sum(threads.map(share, range(len(routers))))
    assert cases > 1
    return cases


def old_or_new(router: Router, case: Case) -> None:
    """The promise over all faults: the old state or the new one, and the truth about which."""
    if case.failure is None:
        assert router.same(router.server.running, router.after), case
        assert router.server.device.startup == router.server.running, case
        assert not notes(router), case
    elif isinstance(case.failure, HalfPushed):
        assert notes(router), case
        router.run_out()
        assert router.server.running == router.before, case
    else:
        assert router.server.running == router.before, case
        assert not notes(router), case
        assert router.server.device.timer.pending is None, case
    if case.failure is not None:
        assert router.server.device.startup == router.before, case
        assert str(case.failure).startswith(f"{ROUTER}: "), case
        assert CANARY not in str(case.failure), case
        assert PASSWORD not in str(case.failure), case


def notes(router: Router) -> list[Path]:
    return list(router.journal.rglob("*.json"))
