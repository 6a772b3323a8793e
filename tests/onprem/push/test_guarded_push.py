"""What a push insists on before it sends a line, and before it confirms: timer, lock, right box, health."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.iosxe.exec_commands import _serial
from lab.iosxe.factory import factory_configuration
from lab.iosxe.faults import Fault, Moment
from lab.iosxe.plane import Bgp, BgpNeighbor, BgpRoute, Plane
from onprem.errors import PushError
from onprem.push.comparison import plan
from onprem.push.guarded import push
from onprem.push.planned import Expectation, plan_fingerprint
from onprem.push.pushed import Intent, Pushed, Safeguards
from onprem.push.recovery import recover
from tests.onprem.positions import SMALL, Router, notes
from tests.onprem.routers import CANARY, PASSWORD, ROUTER, Lab, fault_at, on_line

pytestmark = pytest.mark.usefixtures("quick")
Record = Callable[[str, object], None]
FACTORY = factory_configuration(ROUTER, "netops", "9 $9$sealed")
NEIGHBOR = "192.168.30.18"
WITHOUT_ARCHIVE = FACTORY.replace("archive\n path bootflash:archive\n", "")
PREFERS_300 = Intent(
    lines=tuple(line.replace("preference 200", "preference 300") for line in SMALL.lines),
    secrets=SMALL.secrets,
)


@pytest.fixture
def router(lab: Lab, tmp_path: Path) -> Router:
    return Router.start(lab, tmp_path)


def refused(router: Router, says: str, intent: Intent = SMALL, **safeguards: Any) -> PushError:
    with pytest.raises(PushError, match=says) as failure:
        router.push(intent, **safeguards)
    return failure.value


def typed(router: Router, since: int = 0) -> list[str]:
    return [entry.text for entry in router.server.transcript[since:]]


# --- the order of a push -----------------------------------------------------------------------------


@pytest.mark.promise("P11", "P12", "P14")
def test_armed_before_the_first_line_confirmed_after_a_new_login_saved_last(router: Router) -> None:
    since = len(router.server.transcript)
    router.push()
    lines = typed(router, since)
    order = [
        "configure terminal revert timer 5",
        "ip vrf 30",
        "end",
        "show running-config",
        "configure confirm",
        "show running-config",
        "write memory",
    ]
    places = [0]
    for text in order:
        places.append(lines.index(text, places[-1]))
    connections = [router.server.transcript[since + place].connection for place in places[1:]]
    assert len(set(connections[:3])) == len(set(connections[3:])) == 1
    assert connections[0] < connections[3]


@pytest.mark.promise("P1", "P28")
def test_nothing_to_change_is_one_login_and_one_read(router: Router) -> None:
    first = router.push()
    since = len(router.server.transcript)
    assert not router.push(last=first.pushed).changed
    entries = router.server.transcript[since:]
    assert len({entry.connection for entry in entries}) == 1
    assert [entry.text for entry in entries].count("show running-config") == 1
    assert {entry.text.split()[0] for entry in entries} == {"terminal", "show"}


@pytest.mark.promise("P11", "F10")
@pytest.mark.parametrize(
    ("initial", "why"),
    [
        pytest.param(WITHOUT_ARCHIVE, "Turn config archive on", id="no archive"),
        pytest.param(
            FACTORY.replace("bootflash:archive", "tftp://192.0.2.1/a"),
            "No such device",
            id="unreachable path",
        ),
    ],
)
def test_router_that_cannot_undo_is_left_alone(lab: Lab, tmp_path: Path, initial: str, why: str) -> None:
    server = lab.start(initial=initial)
    router = Router(lab, server, tmp_path / ".iosxe", server.running)
    message = str(refused(router, why))
    assert "nothing was changed" in message
    assert "revertMinutes to 0" in message
    assert server.running == router.before
    assert not notes(router)
    assert not [line for line in typed(router) if line.startswith("ip vrf")]


@pytest.mark.promise("P11", "P9", "F10", "F7")
def test_router_without_an_archive_can_be_pushed_to_on_purpose(lab: Lab, tmp_path: Path) -> None:
    server = lab.start(initial=WITHOUT_ARCHIVE)
    router = Router(lab, server, tmp_path / ".iosxe", server.running)
    server.faults = fault_at(on_line("neighbor"), Fault(reject="% no"))
    assert refused(router, "where it was before", revert_minutes=0).undone
    assert server.running == router.before
    assert router.push(revert_minutes=0).changed
    assert server.device.startup == server.running


@pytest.mark.promise("P14", "F16")
@pytest.mark.parametrize("says", ["startup-config file open failed (Device full)", "% NVRAM is full"])
def test_save_that_fails_is_undone(router: Router, says: str) -> None:
    router.server.faults = fault_at(on_line("write memory"), Fault(reject=says))
    assert refused(router, "was not saved").undone
    assert router.server.running == router.before == router.server.device.startup


@pytest.mark.promise("P14", "F6")
def test_question_at_the_save_is_answered_and_ok_is_still_wanted(router: Router) -> None:
    question = "Overwrite the previous NVRAM configuration?[confirm]"
    router.server.faults = fault_at(on_line("write memory"), Fault(ask=question))
    refusal = refused(router, "was not saved")  # the emulated question swallows the save
    assert "asked" not in str(refusal)


# --- never two -----------------------------------------------------------------------------------------


@pytest.mark.promise("P16", "P17", "F11")
def test_timer_of_somebody_else_is_left_alone(router: Router) -> None:
    async def arm() -> None:
        router.server.device.arm_revert(7)

    router.lab.run(arm())
    since = len(router.server.transcript)
    message = str(refused(router, "awaits its confirmation"))
    assert "user netops" in message
    assert "for 7 min" in message
    assert router.server.device.timer.pending is not None
    assert not [line for line in typed(router, since) if line.startswith("configure")]


@pytest.mark.promise("P16", "F11")
def test_two_pushes_at_once(router: Router) -> None:
    started, go_on = threading.Event(), threading.Event()

    async def wait(_: int, moment: Moment, text: str) -> None:
        if moment is Moment.LINE and text.strip() == "ip vrf 30":
            started.set()
            await asyncio.to_thread(go_on.wait, 20)

    router.server.faults = wait
    first = threading.Thread(target=router.push)
    first.start()
    assert started.wait(20)
    assert str(os.getpid()) in str(refused(router, "another push to it is running"))
    go_on.set()
    first.join(30)
    assert router.same(router.server.running, router.after)


@pytest.mark.promise("P16", "F11")
@pytest.mark.parametrize("mode", ["auto", "manual"])
def test_configuration_lock_is_taken_and_respected(lab: Lab, tmp_path: Path, mode: str) -> None:
    initial = f"{FACTORY}configuration mode exclusive {mode}\n"
    router = Router.start(lab, tmp_path, initial=initial)
    locks: list[object] = []

    async def look(_: int, moment: Moment, text: str) -> None:
        if moment is Moment.LINE and text.strip() == "rd 65021:30":
            locks.append(router.server.device._locked_by)

    router.server.faults = look
    router.push()
    assert locks != [None]
    assert router.server.device._locked_by is None
    router.reset()
    router.server.device._locked_by = 99
    refusal = refused(router, "locked exclusively by user 'netops'")
    assert refusal.undone is None or refusal.undone
    assert router.server.running == router.before
    assert router.server.device.timer.pending is None


# --- the right box -------------------------------------------------------------------------------------


@pytest.mark.promise("P18", "B10")
def test_serial_number_is_checked(lab: Lab, router: Router) -> None:
    right = _serial(router.server.device)
    safeguards = Safeguards(journal=router.journal)
    with pytest.raises(PushError, match=rf"has the serial number {right}, not FOX1234"):
        push(lab.access(serial="FOX1234"), SMALL, Pushed(), lambda: False, safeguards)
    assert push(lab.access(serial=right), SMALL, Pushed(), lambda: False, safeguards).changed


# --- what was shown is what is sent --------------------------------------------------------------------


@pytest.mark.promise("P2", "F11")
def test_router_that_changed_since_the_preview_is_left_alone(lab: Lab, router: Router) -> None:
    first = router.push().pushed
    shown = plan(lab.access(), PREFERS_300, first)
    expected = Expectation(
        seen=plan_fingerprint(shown), lines=PREFERS_300.lines, secrets=frozenset(PREFERS_300.secrets)
    )
    router.push(
        Intent(lines=tuple(line.replace("200", "150") for line in SMALL.lines), secrets=SMALL.secrets), first
    )
    drifted = router.server.running
    again = plan(lab.access(), PREFERS_300, first)
    assert plan_fingerprint(again) == plan_fingerprint(shown), "the same lines: nothing else was shown"
    fewer = Intent(lines=SMALL.lines[:3], secrets={})
    router.push(fewer, first)
    with pytest.raises(PushError, match="drifted since the preview"):
        push(lab.access(), PREFERS_300, first, lambda: False, Safeguards(), expected)
    assert router.server.running != drifted
    assert "preference" not in router.server.running


@pytest.mark.promise("P2")
def test_only_approved_pushes_are_made(lab: Lab, router: Router) -> None:
    with pytest.raises(PushError, match="waits for an approval") as failure:
        push(lab.access(), SMALL, Pushed(), lambda: False, Safeguards(), Expectation(approved=frozenset()))
    fingerprint = plan_fingerprint(plan(lab.access(), SMALL, Pushed()))
    assert fingerprint in str(failure.value)
    assert router.server.running == router.before
    approved = Expectation(approved=frozenset({fingerprint}))
    assert push(lab.access(), SMALL, Pushed(), lambda: False, Safeguards(), approved).changed


# --- health --------------------------------------------------------------------------------------------


class Sessions(Plane):
    """A neighbor that is up while the router knows it, and sends routes unless the route-map denies them."""

    worst_preference = "set local-preference 50"

    async def bgp(self, vrf: str) -> Bgp:
        del vrf
        running = self.configuration()
        up = f"neighbor {NEIGHBOR} remote-as 12076" in running
        prefers = self.worst_preference not in running
        return Bgp(
            neighbors=(
                BgpNeighbor(
                    address=NEIGHBOR,
                    established=up,
                    prefixes=0 if "route-map prefer deny" in running else 2,
                ),
            ),
            routes=(
                BgpRoute(network="10.10.30.0/24", next_hop=NEIGHBOR, local_preference=200, best=prefers),
                BgpRoute(network="10.10.30.0/24", next_hop="10.10.30.254", best=not prefers, as_path="65515"),
            ),
        )


class Lost(Sessions):
    """Routes by the neighbor are worse as soon as they are preferred a little less."""

    worst_preference = "set local-preference 101"


WITH_VPN = Intent(
    lines=(
        *SMALL.lines,
        "  neighbor 10.10.30.254 remote-as 65515",
        "  neighbor 10.10.30.254 activate",
    ),
    secrets=SMALL.secrets,
)


@pytest.mark.promise("P12")
def test_new_session_that_is_not_up_is_told_of_and_not_undone(router: Router) -> None:
    result = router.push()
    assert f"BGP session with {NEIGHBOR} in VRF 30" in result.waiting
    assert router.server.device.timer.pending is None


@pytest.mark.promise("P12")
def test_new_sessions_can_be_required(router: Router) -> None:
    message = str(refused(router, "still no BGP session", require_sessions=True, settle=0.1))
    assert NEIGHBOR in message
    assert router.server.running == router.before


@pytest.mark.promise("P12")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(("remote-as 12076", "remote-as 12075"), f"no BGP session with {NEIGHBOR}", id="session"),
        pytest.param(
            ("route-map prefer permit", "route-map prefer deny"), f"no routes from {NEIGHBOR}", id="routes"
        ),
    ],
)
def test_what_worked_has_to_work_again(lab: Lab, tmp_path: Path, change: tuple[str, str], says: str) -> None:
    router = Router.start(lab, tmp_path, plane=Sessions())
    first = router.push()
    assert not first.waiting
    worse = Intent(lines=tuple(line.replace(*change) for line in SMALL.lines), secrets=SMALL.secrets)
    with pytest.raises(PushError, match=says) as failure:
        router.push(worse, first.pushed, settle=0.1)
    assert failure.value.undone
    assert router.same(router.server.running, router.after)


@pytest.mark.promise("P12")
def test_preferred_way_has_to_stay_expressroute(lab: Lab, tmp_path: Path) -> None:
    router = Router.start(lab, tmp_path, WITH_VPN, plane=Sessions())
    first = router.push(WITH_VPN)
    assert not [what for what in first.waiting if "preferred way" in what]
    worse = Intent(
        lines=tuple(line.replace("local-preference 200", "local-preference 101") for line in WITH_VPN.lines),
        secrets=WITH_VPN.secrets,
    )
    before = router.server.running
    router.server.device.connect(Lost())
    with pytest.raises(PushError, match=r"no preferred way to 10\.10\.30\.0/24, by 192\.168\.30\.18"):
        router.push(worse, first.pushed, settle=0.1)
    assert router.same(router.server.running, before)


# --- killed --------------------------------------------------------------------------------------------


def killed_push(router: Router, position: int) -> str:
    """A push in a process of its own, killed when the router has got its n-th line; the line."""
    seen, at = 0, ""
    context = multiprocessing.get_context("fork")
    child = context.Process(target=router.push, daemon=True)

    async def kill(_: int, moment: Moment, text: str) -> None:
        nonlocal seen, at
        if moment is not Moment.LINE:
            return
        seen += 1
        if seen == position and child.pid:
            at = text.strip()
            os.kill(child.pid, signal.SIGKILL)

    router.server.faults = kill
    child.start()
    child.join(60)
    return at


@pytest.mark.promise("P15", "P16", "P25", "F12")
def test_killed_at_every_line_and_run_again(router: Router, record_property: Record) -> None:
    position = 0
    while True:
        position += 1
        at = killed_push(router, position)
        if not at:
            break
        for note in notes(router):
            assert CANARY not in note.read_text()
            assert PASSWORD not in note.read_text()
            assert note.stat().st_mode & 0o077 == 0
        router.server.faults = fault_at(lambda *_: False, Fault())
        router.push()
        assert router.same(router.server.running, router.after), at
        assert router.server.device.startup == router.server.running, at
        assert router.server.device.timer.pending is None, at
        assert not notes(router), at
        router.reset()
    assert position > 40
    record_property("cases", position - 1)


@pytest.mark.promise("P13", "P15", "F12", "F15")
def test_killed_push_is_undone_by_the_router_alone(router: Router) -> None:
    place = 1
    while killed_push(router, place) != "ip vrf 30":
        router.reset()
        for note in notes(router):
            note.unlink()
        place += 1
    assert notes(router)
    router.run_out()
    assert router.server.running == router.before


@pytest.mark.promise("P15", "P17", "F12")
def test_killed_push_can_be_undone_without_another(lab: Lab, router: Router) -> None:
    assert recover(lab.access(), Safeguards(journal=router.journal)) == ""
    place = 15
    while "ip vrf" not in router.server.running:
        killed_push(router, place)
        place += 1
    assert "is undone" in recover(lab.access(), Safeguards(journal=router.journal))
    assert router.server.running == router.before
    assert not notes(router)


@pytest.mark.promise("P17", "F11", "F12")
def test_timer_that_is_not_the_killed_pushs_is_left_alone(router: Router) -> None:
    place = 15
    while "ip vrf" not in router.server.running:
        killed_push(router, place)
        place += 1
    router.run_out()

    async def arm() -> None:
        router.server.device.arm_revert(9)

    router.lab.run(arm())
    refused(router, "is not the push that was interrupted")
    assert router.server.device.timer.pending is not None
