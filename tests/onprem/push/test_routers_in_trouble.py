"""Routers that are full, that a push cuts itself off from, that greet oddly; and clocks that jump."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.iosxe.editor import Position
from lab.iosxe.factory import factory_configuration
from lab.iosxe.faults import Fault, Hook, Moment, no_faults
from lab.iosxe.server import RouterServer
from onprem.errors import PushError, Unreachable
from onprem.push.pushed import HalfPushed, Intent
from onprem.ssh.redaction import Redaction
from onprem.ssh.session import Session
from tests.onprem.positions import SMALL, Case, Router, at_every_position, every_position, notes, old_or_new
from tests.onprem.routers import PASSWORD, ROUTER, Lab, fault_at, on_line

pytestmark = pytest.mark.usefixtures("quick")
Record = Callable[[str, object], None]
FACTORY = factory_configuration(ROUTER, "netops", "9 $9$sealed")


@pytest.fixture
def router(lab: Lab, tmp_path: Path) -> Router:
    return Router.start(lab, tmp_path)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for half a second where people wait for half a minute."""
    for place in ("session.LINE_TIMEOUT", "session.READ_TIMEOUT", "connection.CONNECT_TIMEOUT"):
        monkeypatch.setattr(f"onprem.ssh.{place}", 0.5)


def failed(router: Router, intent: Intent = SMALL) -> PushError:
    with pytest.raises(PushError) as failure:
        router.push(intent)
    return failure.value


# --- full, or careful ------------------------------------------------------------------------------------


@pytest.fixture
def others(router: Router) -> Iterator[Callable[[int], None]]:
    """Others' sessions on the router: `others(5)` takes all of its terminal lines."""
    sessions: list[Session] = []

    def take(count: int) -> None:
        until = time.monotonic() + 10
        while len(router.server._open) > len(sessions) and time.monotonic() < until:
            time.sleep(0.01)  # sessions that were closed a moment ago
        while sessions and len(sessions) > count:
            sessions.pop().close()
        while len(sessions) < count:
            sessions.append(Session(router.lab.access(), Redaction({"password": PASSWORD})))

    yield take
    take(0)


@pytest.mark.promise("P10", "P31", "F14")
def test_no_terminal_line_is_free(router: Router, others: Callable[[int], None]) -> None:
    others(5)
    failure = failed(router)
    assert isinstance(failure, Unreachable)
    assert "cannot log in to 127.0.0.1" in str(failure)
    assert not notes(router)
    assert router.server.running == router.before


@pytest.mark.promise("P10", "P12", "F14")
def test_last_terminal_line_is_taken_meanwhile(router: Router, others: Callable[[int], None]) -> None:
    """Without a second session a push cannot be confirmed; the first one undoes it."""
    others(4)
    failure = failed(router)
    assert failure.undone
    assert "cannot log in to 127.0.0.1" in str(failure)
    assert router.server.running == router.before == router.server.device.startup
    assert router.server.device.timer.pending is None
    assert not notes(router)


@pytest.mark.promise("P12", "F14")
@pytest.mark.parametrize("moment", [Moment.ACCEPT, Moment.LOGIN])
@pytest.mark.parametrize("times", [1, 2])
def test_router_that_takes_a_login_only_so_often(router: Router, moment: Moment, times: int) -> None:
    """A rate limit, a line that is freed late: the session for reading back is tried again."""
    logins = 0

    async def limited(_: int, now: Moment, __: str) -> Fault | None:
        nonlocal logins
        logins += now is moment
        return Fault(drop=True) if now is moment and 1 < logins <= 1 + times else None

    router.server.faults = limited
    assert router.push().changed
    assert logins == 2 + times


@pytest.mark.promise("P22", "F14")
def test_login_that_is_cut_off_is_no_refusal(router: Router) -> None:
    router.server.faults = fault_at(lambda _, moment, __: moment is Moment.LOGIN, Fault(drop=True))
    failure = failed(router)
    assert isinstance(failure, Unreachable)
    assert "the connection ended while the password was offered" in str(failure)
    assert "check iosxe:username" not in str(failure)


# --- a push that cuts its own way ------------------------------------------------------------------------

CUTS = {
    "port shut down": ("interface GigabitEthernet0", " shutdown"),
    "port renumbered": ("interface GigabitEthernet0", " ip address 198.18.0.11 255.255.255.0"),
    "port moved to a VRF": ("ip vrf other", "interface GigabitEthernet0", " ip vrf forwarding other"),
}


@pytest.mark.promise("P10", "P11", "P13", "P21", "F13")
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lines", CUTS.values(), ids=CUTS)
def test_push_that_cuts_its_own_way_is_undone_by_the_router(
    lab: Lab, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    server = lab.start(minute=0.6)
    router = Router(lab, server, tmp_path / ".iosxe", server.running)
    begun = time.monotonic()
    failure = failed(router, Intent(lines=lines))
    assert isinstance(failure, HalfPushed)
    assert "it undoes them by itself, 5 min after" in str(failure)
    assert time.monotonic() - begun < 20
    until = time.monotonic() + 20
    while server.running != router.before and time.monotonic() < until:
        time.sleep(0.05)
    assert server.running == router.before == server.device.startup, "without the pusher"
    assert router.push().changed
    assert not notes(router)


SHUTS_OUT = {
    "access list": (
        "access-list 10 permit 10.0.0.0 0.255.255.255",
        "line vty 0 4",
        " access-class 10 in vrf-also",
    ),
    "transport": ("line vty 0 4", " transport input none"),
}


@pytest.mark.promise("P10", "P12", "P13", "F13")
@pytest.mark.parametrize("lines", SHUTS_OUT.values(), ids=SHUTS_OUT)
def test_push_that_lets_nobody_in_any_more_is_undone_at_once(router: Router, lines: tuple[str, ...]) -> None:
    failure = failed(router, Intent(lines=lines))
    assert failure.undone
    assert router.server.running == router.before
    assert router.push().changed


# --- greetings and questions -----------------------------------------------------------------------------

BANNERS = (
    "#" * 40,
    "staff only >",
    f"{ROUTER}#",
    f"\n{ROUTER}(config)#\nkeep out",
    "Password expires soon: ",
)


@pytest.mark.promise("P8", "F6")
@pytest.mark.parametrize("pieces", [0, 1])
@pytest.mark.parametrize("banner", BANNERS)
def test_banner_is_no_prompt(lab: Lab, tmp_path: Path, banner: str, pieces: int) -> None:
    server = lab.start(initial=f"{FACTORY}banner login ^C{banner}\n^C\n", foreign=True)
    router = Router(lab, server, tmp_path / ".iosxe", server.running)
    connects = lambda _, moment, __: moment is Moment.CONNECT  # noqa: E731
    server.faults = fault_at(connects, Fault(pieces=pieces), times=10)
    assert router.push().changed
    assert f"banner login ^C{banner}\n^C\n" in server.running


QUESTIONS = {
    "expired password": "Your password has expired.\nEnter new password: ",
    "menu": 'Server "MENU"\n\n1  Reboot\n2  Exit\n\nPlease make a choice? ',
    "autocommand": "Trying 192.0.2.1 ... Open",
}


@pytest.mark.promise("P21", "F3", "B10")
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("asks", QUESTIONS.values(), ids=QUESTIONS)
def test_login_that_ends_elsewhere(router: Router, asks: str) -> None:
    before = len(router.server.transcript)
    router.server.faults = fault_at(lambda _, moment, __: moment is Moment.CONNECT, Fault(ask=asks))
    says = str(failed(router))
    assert "the first prompt did not come" in says
    assert asks.splitlines()[-1].strip() in says or "no answer came" in says
    assert len(router.server.transcript) == before


@pytest.mark.promise("P8", "P21", "F6")
@pytest.mark.usefixtures("impatient")
def test_screen_that_stays_short(router: Router) -> None:
    router.server.faults = fault_at(on_line("terminal length"), Fault(reject="Command authorization failed."))
    assert "the router asked '--More--'" in str(failed(router))


@pytest.mark.promise("P10", "F6", "F11")
def test_name_that_changes_meanwhile(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onprem.ssh.session.LINE_TIMEOUT", 0.5)

    async def rename(_: int, moment: Moment, text: str) -> None:
        if moment is Moment.LINE and text.strip() == "rd 65021:30":
            router.server.device.editor.take(Position(), "hostname somebody-elses")

    router.server.faults = rename
    failure = failed(router)
    assert isinstance(failure, HalfPushed)
    assert "calls itself somebody-elses, so it is left alone" in str(failure)
    router.run_out()
    assert router.server.running == router.before


@pytest.mark.promise("P11", "F10")
@pytest.mark.parametrize(
    "why", ["No space left on device", "Read-only file system", "Device or resource busy"]
)
def test_archive_that_cannot_be_written(router: Router, why: str) -> None:
    says = f"%Error opening bootflash:archive-Nov-27-10-00-00.000-0 ({why})"
    router.server.faults = fault_at(on_line("configure terminal revert"), Fault(reject=says))
    failure = failed(router)
    assert why in str(failure)
    assert "nothing was changed" in str(failure)
    assert router.server.running == router.before
    assert not notes(router)


@pytest.mark.promise("P10", "F19")
@pytest.mark.parametrize("reading", [1, 2, 3])
@pytest.mark.parametrize(
    "says", ["% Unable to get configuration. Try again later.", "Building configuration...\nversion 17.9\n"]
)
def test_configuration_that_cannot_be_read(router: Router, says: str, reading: int) -> None:
    """Before the first line, at the reading back, and before it is saved."""
    seen = 0

    def nth(_: int, moment: Moment, text: str) -> bool:
        nonlocal seen
        seen += moment is Moment.LINE and text == "show running-config"
        return moment is Moment.LINE and text == "show running-config" and seen == reading

    router.server.faults = fault_at(nth, Fault(reject=says))
    failure = failed(router)
    assert failure.undone is (None if reading == 1 else True)
    assert router.server.running == router.before == router.server.device.startup


# --- time ------------------------------------------------------------------------------------------------


class Clock:
    """The wall clock of whoever pushes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.offset = 0.0
        true = time.time
        monkeypatch.setattr(time, "time", lambda: true() + self.offset)

    def jumps(self, seconds: float, at: Moment, fault: Fault | None = None) -> Hook:
        """A hook that sets it at one kind of moment, once, and whatever else goes wrong there."""
        left = 1

        async def hook(_: int, moment: Moment, __: str) -> Fault | None:
            nonlocal left
            if moment is not at or not left:
                return None
            left -= 1
            self.offset = seconds
            return fault

        return hook


DAY = 86400.0


@pytest.mark.promise("P10", "P21", "F18")
@pytest.mark.parametrize("seconds", [DAY, -DAY], ids=["forward", "back"])
def test_clock_that_jumps_at_any_line(
    router: Router, monkeypatch: pytest.MonkeyPatch, seconds: float, record_property: Record
) -> None:
    clock = Clock(monkeypatch)

    async def jump(_: RouterServer) -> None:
        clock.offset += seconds

    cases = 0
    for case in every_position(router, jump):
        assert case.failure is None, case
        old_or_new(router, case)
        cases += 1
    record_property("cases", cases)


@pytest.mark.promise("P21", "P22", "F18")
@pytest.mark.parametrize("seconds", [DAY, -DAY], ids=["forward", "back"])
@pytest.mark.parametrize("moment", [Moment.ACCEPT, Moment.LOGIN, Moment.CONNECT])
def test_clock_that_jumps_during_the_login(
    router: Router, monkeypatch: pytest.MonkeyPatch, seconds: float, moment: Moment
) -> None:
    """It may fail, for the library counts by that clock, but does not blame the password for it."""
    router.server.faults = Clock(monkeypatch).jumps(seconds, moment)
    with contextlib.suppress(Unreachable):
        assert router.push().changed
    if not notes(router):
        assert router.server.running in {router.before, router.server.device.startup}
    router.server.faults = no_faults
    router.push()
    assert router.same(router.server.running, router.after)


@pytest.mark.promise("P21", "F2", "F18")
def test_silence_ends_though_the_clock_is_set_back(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onprem.ssh.session.LINE_TIMEOUT", 0.5)
    begun = time.monotonic()
    router.server.faults = Clock(monkeypatch).jumps(-DAY, Moment.LINE, Fault(ask=""))
    assert "no answer came within" in str(failed(router))
    assert time.monotonic() - begun < 10


@pytest.mark.promise("P21", "F2", "F18")
def test_login_ends_though_the_clock_is_set_back(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onprem.ssh.connection.LOGIN_TIMEOUT", 0.5)

    async def never(_: int, moment: Moment, __: str) -> None:
        if moment is Moment.LOGIN:
            clock.offset = -DAY
            await router_sleeps()

    async def router_sleeps() -> None:

        await asyncio.sleep(5)

    clock = Clock(monkeypatch)
    begun = time.monotonic()
    router.server.faults = never
    assert "the login took longer than 0 s" in str(failed(router))
    assert time.monotonic() - begun < 10


@pytest.mark.promise("P10", "P21", "F5")
def test_stall_at_any_answer(lab: Lab, tmp_path: Path, record_property: Record) -> None:
    """Longer than the pause after which a question counts as one."""
    labs = [lab, *(Lab(tmp_path / f"lab{number}") for number in range(5))]
    routers = [Router.start(one, tmp_path / f"r{number}") for number, one in enumerate(labs)]

    async def stall(_: RouterServer) -> None:

        await asyncio.sleep(0.4)

    def check(router: Router, case: Case) -> None:
        assert case.failure is None, case
        old_or_new(router, case)

    try:
        moments = frozenset({Moment.OUTPUT})
        record_property("cases", at_every_position(routers, stall, check, moments=moments))
    finally:
        for one in labs[1:]:
            one.stop()
