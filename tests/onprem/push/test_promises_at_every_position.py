"""One fault at every position of a push: the router ends in the old state or in the new one."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.iosxe.configuration import Mode
from lab.iosxe.editor import Position
from lab.iosxe.faults import Fault, Moment
from lab.iosxe.server import RouterServer
from onprem.push.pushed import HalfPushed
from tests.onprem.positions import (
    OTHERS,
    Case,
    Inject,
    Router,
    at_every_position,
    every_position,
    notes,
    old_or_new,
)
from tests.onprem.routers import ROUTER, Lab

pytestmark = pytest.mark.usefixtures("quick")
Record = Callable[[str, object], None]
LOGS = (
    "*Nov 23 10:00:00.123: %SYS-5-CONFIG_I: Configured from console by user #1 > #",
    "*Nov 23 10:00:00: %PARSER-5-HIDDEN: % Invalid input detected at '^' marker.",
    "%LINK-3-UPDOWN: Interface Tunnel30, changed state to down",
)
"""With a prompt's sign, with a rejection in it, without a time."""


@pytest.fixture
def router(lab: Lab, tmp_path: Path) -> Router:
    return Router.start(lab, tmp_path)


@pytest.fixture
def routers(router: Router, tmp_path: Path) -> Iterator[list[Router]]:
    """Some routers, each with a lab of its own, for faults that take their time."""
    more = [Lab(tmp_path / f"lab{number}") for number in range(5)]
    yield [router, *(Router.start(lab, tmp_path / f"lab{number}") for number, lab in enumerate(more))]
    for lab in more:
        lab.stop()


def always(fault: Fault) -> Inject:
    async def inject(_: RouterServer) -> Fault:
        return fault

    return inject


def lines_of(text: str) -> list[str]:
    """Lines without separators and without what the salt of a masked key makes different."""
    lines = [line for line in text.splitlines() if line.strip() != "!"]
    return [re.sub(r"(pre-shared-key local) .*", r"\1", line) for line in lines]


def is_sent(text: str) -> bool:
    """Lines that change something: neither those that only look, nor those that leave."""
    return not text.strip().startswith(("show", "do show", "terminal", "exit", "end"))


@pytest.mark.promise("P10", "P15", "P21", "F1")
@pytest.mark.parametrize("moment", list(Moment))
def test_dropped_connection(router: Router, moment: Moment, record_property: Record) -> None:
    cases = 0
    for case in every_position(router, always(Fault(drop=True)), frozenset({moment})):
        old_or_new(router, case)
        assert not isinstance(case.failure, HalfPushed), case
        cases += 1
    record_property("cases", cases)


@pytest.mark.promise("P10", "P21", "F2")
def test_silence(routers: list[Router], monkeypatch: pytest.MonkeyPatch, record_property: Record) -> None:
    monkeypatch.setattr("onprem.ssh.session.LINE_TIMEOUT", 0.5)
    monkeypatch.setattr("onprem.ssh.session.READ_TIMEOUT", 0.5)

    def check(router: Router, case: Case) -> None:
        old_or_new(router, case)
        assert case.failure is None or "no answer came within" in str(case.failure), case

    cases = at_every_position(routers, always(Fault(ask="")), check)
    record_property("cases", cases)


@pytest.mark.promise("P8", "P9", "P10", "F3", "F7")
@pytest.mark.parametrize(
    "text",
    [
        "% Invalid input detected at '^' marker.",
        "%Some reason that nobody has listed",
        "Command authorization failed.",
    ],
)
def test_rejected_line(router: Router, text: str, record_property: Record) -> None:
    cases = 0
    for case in every_position(router, always(Fault(reject=text)), wanted=is_sent):
        old_or_new(router, case)
        assert case.failure is not None, case
        assert " ".join(text.split()) in str(case.failure), case
        cases += 1
    assert cases > 20
    record_property("cases", cases)


@pytest.mark.promise("P8", "P10", "P12", "P29", "F7")
def test_lost_line(router: Router, record_property: Record) -> None:
    cases = 0
    for case in every_position(router, always(Fault(reject="")), wanted=is_sent):
        old_or_new(router, case)
        cases += 1
    assert cases > 20
    record_property("cases", cases)


@pytest.mark.promise("P8", "P23", "F8")
def test_log_lines(router: Router, record_property: Record) -> None:
    cases = 0
    moments = frozenset({Moment.LINE, Moment.OUTPUT})
    for case in every_position(router, always(Fault(log=LOGS)), moments):
        assert case.failure is None, case
        old_or_new(router, case)
        cases += 1
    record_property("cases", cases)


@pytest.mark.promise("P10", "P21", "F6")
def test_question(routers: list[Router], record_property: Record) -> None:
    ask = Fault(ask="Do you really want to do this? [yes/no]: ")

    def check(router: Router, case: Case) -> None:
        old_or_new(router, case)
        if case.text != "write memory":  # which can be repeated, and is
            assert case.failure is not None, case
            assert "Do you really want" in str(case.failure), case

    record_property("cases", at_every_position(routers, always(ask), check, wanted=is_sent))


@pytest.mark.promise("P10", "P15", "F9")
@pytest.mark.parametrize("moment", [Moment.LINE, Moment.OUTPUT])
def test_reboot(router: Router, moment: Moment, record_property: Record) -> None:
    async def reboot(server: RouterServer) -> Fault:
        server.reboot()
        return Fault(drop=True)

    cases = 0
    for case in every_position(router, reboot, frozenset({moment})):
        old_or_new(router, case)
        cases += 1
    record_property("cases", cases)


@pytest.mark.promise("P10", "P15", "F9")
def test_reboot_that_takes_its_time(routers: list[Router], record_property: Record) -> None:
    async def reboot(server: RouterServer) -> Fault:
        server.reboot(boot=1.0)
        return Fault(drop=True)

    def check(router: Router, case: Case) -> None:
        assert case.failure is not None, case
        old_or_new(router, case)
        time.sleep(1.0)
        assert router.push().changed, "the next push begins anew"
        assert router.same(router.server.running, router.after), case

    record_property("cases", at_every_position(routers, reboot, check, wanted=is_sent))


@pytest.mark.promise("P10", "P20", "F4", "F9")
def test_reboot_that_brings_another_host_key(routers: list[Router], record_property: Record) -> None:
    async def reboot(server: RouterServer) -> Fault:
        server.reboot(new_key=True)
        return Fault(drop=True)

    def check(router: Router, case: Case) -> None:
        assert isinstance(case.failure, HalfPushed), case
        assert "shows another host key" in str(case.failure), case
        old_or_new(router, case)
        router.lab.publish(router.server, ROUTER)
        assert router.push().changed, "once its owner has confirmed the key"

    record_property("cases", at_every_position(routers, reboot, check, wanted=is_sent))


@pytest.mark.promise("P10", "P12", "F15")
def test_timer_that_runs_out(router: Router, record_property: Record) -> None:
    async def run_out(server: RouterServer) -> None:
        server.device.timer.revert()

    cases = 0
    for case in every_position(router, run_out):
        old_or_new(router, case)
        cases += 1
    record_property("cases", cases)


@pytest.mark.promise("P10", "P11", "P13", "F13")
def test_way_to_the_router_is_cut(
    router: Router, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    monkeypatch.setattr("onprem.push.sessions._RETRY_AFTER", (0.0,))
    cases = 0
    cut = False

    async def gone(_: int, moment: Moment, __: str) -> Fault | None:
        return Fault(drop=True) if cut and moment in {Moment.CONNECT, Moment.OUTPUT} else None

    async def cut_off(server: RouterServer) -> Fault:
        nonlocal cut
        cut = True
        server.faults = gone
        return Fault(drop=True)

    sent = lambda text: is_sent(text) and not text.startswith(("configure", "write"))  # noqa: E731
    for case in every_position(router, cut_off, wanted=sent):
        cut = False
        assert isinstance(case.failure, HalfPushed), case
        assert "it undoes them by itself, 5 min after" in str(case.failure), case
        old_or_new(router, case)
        assert router.push().changed, "the next push begins anew"
        assert router.same(router.server.running, router.after), case
        assert not notes(router)
        cases += 1
    record_property("cases", cases)


@pytest.mark.promise("P7", "P10", "P29", "F11")
def test_others_change_one_of_our_lines_meanwhile(router: Router, record_property: Record) -> None:
    position = Position(Mode.ROUTE_MAP, (("route-map", "prefer", "10"),))

    async def change(server: RouterServer) -> None:
        server.device.editor.take(Position(), "route-map prefer permit 10")
        server.device.editor.take(position, "set local-preference 77")

    config = lambda text: is_sent(text) and not text.startswith(("configure", "write"))  # noqa: E731
    ended = {"old": 0, "new": 0}
    for case in every_position(router, change, wanted=config):
        running = router.server.running
        if case.failure is None:
            assert router.same(running, router.after), case
        else:
            assert case.failure.undone, case
            ours = [line for line in lines_of(running) if "prefer" not in line and "preference" not in line]
            assert sorted(ours) == sorted(lines_of(router.before)), case
        assert router.server.device.timer.pending is None, case
        ended["old" if case.failure else "new"] += 1
    assert min(ended.values()) > 1, "our line comes after it, or before"
    record_property("cases", sum(ended.values()))


@pytest.mark.promise("P10", "P17", "F11", "F15")
def test_timer_of_somebody_else_takes_the_place_of_ours(router: Router, record_property: Record) -> None:
    async def take_over(server: RouterServer) -> None:
        server.device.timer.revert()
        server.device.arm_revert(9)

    cases = 0
    for case in every_position(router, take_over, wanted=is_sent):
        pending = router.server.device.timer.pending
        if case.text.startswith(("configure terminal", "write memory")):
            continue  # ours comes after it, or is over
        assert case.failure is not None, case
        if case.text != "configure confirm":  # nobody can look and confirm at once
            assert pending is not None, case
            assert pending.minutes == 9, case
        cases += 1
    record_property("cases", cases)


@pytest.mark.promise("P7", "P10", "F11")
@pytest.mark.parametrize("fails", [False, True], ids=["push succeeds", "push fails"])
def test_others_change_the_router_meanwhile(router: Router, fails: bool, record_property: Record) -> None:
    changed = 0

    async def change(server: RouterServer) -> None:
        nonlocal changed
        changed += 1
        server.device.editor.take(Position(), OTHERS)
        if fails:
            server.faults = reject_the_last

    async def reject_the_last(_: int, moment: Moment, text: str) -> Fault | None:
        await asyncio.sleep(0)
        hit = moment is Moment.LINE and text.strip() == "neighbor 192.168.30.18 route-map prefer in"
        return Fault(reject="% no") if hit else None

    config = lambda text: is_sent(text) and not text.startswith(("configure", "write"))  # noqa: E731
    cases = 0
    for case in every_position(router, change, wanted=config):
        running = router.server.running
        assert OTHERS in running, case
        without = [line for line in lines_of(running) if line != OTHERS]
        is_last = case.text == "neighbor 192.168.30.18 route-map prefer in"
        if fails and not is_last:
            assert case.failure is not None, case
            assert case.failure.undone, case
            assert sorted(without) == sorted(lines_of(router.before)), case
        else:
            assert case.result is not None, case
            assert any(OTHERS in remark for remark in case.result.remarks), case
            assert without == lines_of(router.after), case
        assert router.server.device.timer.pending is None, case
        cases += 1
    record_property("cases", cases)
