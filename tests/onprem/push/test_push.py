"""Pushes to emulated routers over real SSH: what changes, what is undone, what is left alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lab.iosxe.factory import factory_configuration
from lab.iosxe.faults import Fault, Moment
from lab.iosxe.server import RouterServer
from onprem.errors import PushError
from onprem.push.comparison import drift, plan
from onprem.push.guarded import push
from onprem.push.pushed import Intent, Pushed, PushResult, Safeguards
from tests.onprem.routers import CANARY, PASSWORD, ROUTER, SECRETS, Lab, fault_at, filled, on_line

LINES = tuple(filled((Path(__file__).parents[1] / "golden" / f"{ROUTER}.cfg").read_text().splitlines()))
INTENT = Intent(lines=LINES, secrets=SECRETS)
FACTORY = factory_configuration(ROUTER, "netops", "9 $9$sealed")
PREFERS_300 = Intent(
    lines=tuple(line.replace("local-preference 200", "local-preference 300") for line in LINES),
    secrets=SECRETS,
)


def pushed(lab: Lab, intent: Intent = INTENT, last: Pushed = Pushed(), **access: Any) -> PushResult:  # noqa: B008
    return push(lab.access(**access), intent, last, lambda: False)


def configured(router: RouterServer, since: int = 0) -> list[str]:
    """The lines that the router received in configuration mode."""
    entries = router.transcript[since:]
    return [entry.text for entry in entries if entry.mode != "exec" and not entry.text.startswith("do show")]


def received(router: RouterServer, since: int) -> list[str]:
    return [entry.text for entry in router.transcript[since:]]


# --- what a push does --------------------------------------------------------------------------------


@pytest.mark.promise("P12", "P14", "P29")
def test_first_push_runs_is_read_back_and_saved(lab: Lab) -> None:
    router = lab.start()
    result = pushed(lab)
    assert result.changed
    assert router.device.startup == router.running
    assert "neighbor 192.168.30.18 route-map prefer-ER-over-VPN in" in router.running
    key = f"pre-shared-key local {SECRETS['hub-location1-shared-key']}\n"
    assert key in router.device.sealer.open_all(router.running)
    assert key not in router.running
    saved = received(router, 0).index("write memory")
    readings = [place for place, text in enumerate(received(router, 0)) if text == "show running-config"]
    connections = [router.transcript[place].connection for place in readings]
    assert readings[-1] < saved
    assert connections == [1, 2, 2], "it reads back over a new connection, and again before it saves"


@pytest.mark.promise("P1", "P28")
def test_second_push_only_reads(lab: Lab) -> None:
    router = lab.start()
    first = pushed(lab)
    before = len(router.transcript)
    second = pushed(lab, last=first.pushed)
    assert (second.changed, second.diff, second.pushed) == (False, "", first.pushed)
    assert {text.split()[0] for text in received(router, before)} == {"terminal", "show"}


@pytest.mark.promise("P3")
def test_plan_only_reads(lab: Lab) -> None:
    router = lab.start()
    assert len(plan(lab.access(), INTENT, Pushed()).commands) > 80
    assert {text.split()[0] for text in received(router, 0)} == {"terminal", "show"}


@pytest.mark.promise("P6")
def test_value_is_changed_in_place(lab: Lab) -> None:
    router = lab.start()
    first = pushed(lab)
    before = len(router.transcript)
    pushed(lab, PREFERS_300, first.pushed)
    assert configured(router, before) == [
        "route-map prefer-ER-over-VPN permit 10",
        "set local-preference 300",
        "exit",
        "end",
    ]


@pytest.mark.promise("P29", "P30")
def test_line_that_is_no_longer_wanted_is_removed(lab: Lab) -> None:
    router = lab.start()
    first = pushed(lab)
    fewer = Intent(lines=tuple(line for line in LINES if "next-hop-self" not in line), secrets=SECRETS)
    pushed(lab, fewer, first.pushed)
    assert "next-hop-self" not in router.running
    assert not drift(lab.access(), pushed(lab, fewer, first.pushed).pushed)


@pytest.mark.promise("P26")
def test_new_key_is_pushed_and_the_same_key_is_not(lab: Lab) -> None:
    router = lab.start()
    first = pushed(lab)
    sealed = re.findall("pre-shared-key .*", router.running)
    other = Intent(lines=LINES, secrets={"hub-location1-shared-key": CANARY[::-1]})
    second = pushed(lab, other, first.pushed)
    assert second.changed
    assert sealed != re.findall("pre-shared-key .*", router.running)
    assert not pushed(lab, other, second.pushed).changed


@pytest.mark.promise("P7", "P30")
def test_removal_leaves_the_router_as_it_was(lab: Lab) -> None:
    router = lab.start()
    before = router.running
    first = pushed(lab)
    pushed(lab, Intent(), first.pushed)
    assert (router.running, router.device.startup) == (before, before)


@pytest.mark.promise("P7", "P30")
def test_what_was_there_before_us_is_remembered_and_stays(lab: Lab) -> None:
    already = "ip vrf 30\n rd 65021:30\nip prefix-list Cust30_to_Private seq 10 permit 10.2.30.0/25\n"
    router = lab.start(initial=factory_configuration(ROUTER, "netops", "9 $9$sealed") + already)
    before = router.running
    first = pushed(lab)
    assert first.pushed.preexisting == (
        ("ip vrf 30",),
        ("ip vrf 30", "rd 65021:30"),
        ("ip prefix-list Cust30_to_Private seq 10 permit 10.2.30.0/25",),
    )
    pushed(lab, Intent(), first.pushed)
    assert router.running == before


HAS_VALUES = f"{FACTORY}ip ssh time-out 60\ninterface Loopback7\n keepalive 10\n"
OVERWRITES = Intent(
    lines=("ip ssh time-out 90", "interface Loopback7", " keepalive 20", "ip vrf 30", " rd 65021:30")
)


@pytest.mark.promise("P7", "P10", "P30")
@pytest.mark.parametrize("by_hand", [False, True], ids=["by the archive", "line by line"])
def test_values_that_nobody_knew_to_be_overwritten_come_back_after_a_failure(lab: Lab, by_hand: bool) -> None:
    router = lab.start(initial=HAS_VALUES)
    before = router.running
    router.faults = fault_at(on_line("rd 65021:30"), Fault(reject="% no"))
    guards = Safeguards(revert_minutes=0) if by_hand else Safeguards()
    with pytest.raises(PushError, match=r"the router is where it was before$"):
        push(lab.access(), OVERWRITES, Pushed(), lambda: False, guards)
    assert router.running == before


@pytest.mark.promise("P7", "P30")
def test_values_that_nobody_knew_to_be_overwritten_come_back_with_destroy(lab: Lab) -> None:
    router = lab.start(initial=HAS_VALUES)
    before = router.running
    first = pushed(lab, OVERWRITES)
    assert "'interface Loopback7 / keepalive 10' was overwritten, and comes back when" in str(first.remarks)
    assert not pushed(lab, OVERWRITES, first.pushed).changed
    pushed(lab, Intent(), first.pushed)
    assert router.running == before


@pytest.mark.promise("P30")
def test_drift_in_our_lines_is_found_and_mended(lab: Lab) -> None:
    router = lab.start()
    first = pushed(lab)
    pushed(lab, PREFERS_300)  # somebody else, who knows nothing of our state
    found = drift(lab.access(), first.pushed)
    assert [command.text for command in found.commands] == ["set local-preference 200"]
    pushed(lab, last=first.pushed)
    assert "set local-preference 200" in router.running


@pytest.mark.promise("P8", "F20")
def test_remarks_are_passed_on(lab: Lab) -> None:
    lab.start()
    weak = tuple(line.replace("group 14", "group 2") for line in LINES)
    remarks = pushed(lab, Intent(lines=weak, secrets=SECRETS)).remarks
    assert any(remark.startswith("'group 2' in ") and "SECURITY WARNING" in remark for remark in remarks)
    assert not any("MUST" in remark for remark in remarks), "what the next lines complete is not worth a word"


@pytest.mark.promise("P9", "P10", "F20")
def test_release_that_refuses_weak_algorithms(lab: Lab) -> None:
    router = lab.start(refuses_weak=True)
    before = router.running
    weak = tuple(line.replace("group 14", "group 2") for line in LINES)
    with pytest.raises(PushError, match=r"'group 2' in .* was rejected: .*not allowed.* where it was before"):
        pushed(lab, Intent(lines=weak, secrets=SECRETS))
    assert router.running == before


# --- what fails is undone ----------------------------------------------------------------------------

REJECTED = (
    "ip vrf 30",
    "rd 65021:30",
    "pre-shared-key remote",
    "ip address 192.168.30.17",
    "tunnel protection",
    "neighbor 10.10.30.254 prefix-list",
    "default-metric 10",
)


@pytest.mark.parametrize(
    "text", ["% Invalid input detected at '^' marker.", "% Incomplete command.", "Bad mask /31"]
)
@pytest.mark.parametrize("line", REJECTED)
@pytest.mark.promise("P9", "P10", "F7")
def test_rejected_line_stops_the_push_and_is_undone(lab: Lab, line: str, text: str) -> None:
    router = lab.start()
    before, startup = router.running, router.device.startup
    router.faults = fault_at(on_line(line), Fault(reject=text))
    with pytest.raises(PushError) as failure:
        pushed(lab)
    assert failure.value.undone
    assert (router.running, router.device.startup) == (before, startup)
    assert f"{ROUTER}: '{line}" in str(failure.value)
    assert text in str(failure.value)
    assert CANARY not in str(failure.value)


@pytest.mark.parametrize("line", REJECTED)
@pytest.mark.promise("P8", "P29", "F7")
def test_line_that_is_lost_silently_is_missed_at_the_reading(lab: Lab, line: str) -> None:
    router = lab.start()
    before = router.running
    router.faults = fault_at(on_line(line), Fault(reject=""))
    with pytest.raises(PushError) as failure:
        pushed(lab)
    assert failure.value.undone
    assert router.running == before


@pytest.mark.parametrize("moment", [Moment.LINE, Moment.OUTPUT])
@pytest.mark.parametrize("line", [*REJECTED, "configure terminal", "show running-config"])
@pytest.mark.promise("P10", "P21", "F1")
def test_connection_that_drops_is_undone_over_a_new_one(lab: Lab, line: str, moment: Moment) -> None:
    router = lab.start()
    before = router.running
    seen: list[str] = []

    def dropped(_: int, now: Moment, text: str) -> bool:
        if now is Moment.LINE:
            seen.append(text.strip())
        return now is moment and bool(seen) and seen[-1].startswith(line)

    router.faults = fault_at(dropped, Fault(drop=True))
    with pytest.raises(PushError) as failure:
        pushed(lab)
    assert failure.value.undone is (None if line == "show running-config" else True)
    assert router.running == before
    assert "the connection ended" in str(failure.value)


@pytest.mark.promise("P10", "F7")
def test_failed_change_of_a_running_router_is_undone(lab: Lab) -> None:
    router = lab.start()
    first = pushed(lab)
    before = router.running
    changed = Intent(
        lines=(
            *(line.replace("vrf forwarding 30", "vrf forwarding 31") for line in LINES),
            "ip vrf 31",
            " rd 65021:31",
        ),
        secrets={"hub-location1-shared-key": "another-key-of-sufficient-length"},
    )
    with pytest.raises(PushError, match=r"VRF 31 not configured.* where it was before"):
        pushed(lab, changed, first.pushed)
    assert sorted(router.running.splitlines()) == sorted(before.splitlines())
    assert not pushed(lab, last=first.pushed).changed


@pytest.mark.promise("P10", "F1")
def test_router_that_stays_away_is_said_to_be_half_configured(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onprem.push.sessions._RETRY_AFTER", (0.0,))
    router = lab.start()
    gone = False

    async def away(_: int, __: Moment, text: str) -> Fault | None:
        nonlocal gone
        gone = gone or text.strip() == "interface Tunnel30"
        return Fault(drop=True) if gone else None

    router.faults = away
    with pytest.raises(PushError, match=r"could NOT be put back .* none is saved") as failure:
        pushed(lab)
    assert failure.value.undone is False
    assert router.device.startup != router.running


@pytest.mark.promise("P10")
def test_cancelled_push_is_undone(lab: Lab) -> None:
    router = lab.start()
    before = router.running
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 30

    with pytest.raises(PushError, match="was cancelled; the router is where it was before"):
        push(lab.access(), INTENT, Pushed(), cancelled)
    assert router.running == before


@pytest.mark.promise("P14", "F16")
def test_save_that_fails_is_undone(lab: Lab) -> None:
    router = lab.start()
    before = router.running
    router.faults = fault_at(on_line("write memory"), Fault(reject="% NVRAM is full"))
    with pytest.raises(PushError, match=r"NVRAM is full.* where it was before"):
        pushed(lab)
    assert router.running == before


@pytest.mark.promise("P21", "F6")
def test_question_of_the_router_is_not_answered(lab: Lab) -> None:
    router = lab.start()
    before = router.running
    router.faults = fault_at(on_line("tunnel destination"), Fault(ask="Do you wish to proceed? [yes/no]: "))
    with pytest.raises(
        PushError, match=r"the router asked 'Do you wish to proceed\? \[yes/no\]:'"
    ) as failure:
        pushed(lab)
    assert failure.value.undone
    assert router.running == before


# --- what does not matter ----------------------------------------------------------------------------

LOG = "*Nov 23 10:00:00.123: %LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel30, changed state to down"
NOISE = {
    "log lines": Fault(log=(LOG,)),
    "a log line with a prompt's sign": Fault(log=("*Nov 23 10:00:00: %SYS-5-CONFIG_I: user #1 > #",)),
    "a log line that looks like a rejection": Fault(log=("*Nov 23 10:00:00: %PARSER-5-X: % Invalid input",)),
    "a log line without a time": Fault(log=("%LINK-3-UPDOWN: Interface Tunnel30, changed state to down",)),
    "one character at a time": Fault(pieces=1),
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
@pytest.mark.promise("P23", "P24", "F5", "F8")
def test_noise_changes_nothing(lab: Lab, noise: Fault) -> None:
    router = lab.start()

    def answers(_: int, moment: Moment, text: str) -> bool:
        return moment is Moment.OUTPUT and (noise.pieces == 0 or len(text) < 300)

    router.faults = fault_at(answers, noise, times=10**6)
    first = pushed(lab)
    assert first.changed
    assert not pushed(lab, last=first.pushed).changed


@pytest.mark.promise("P25", "P27")
def test_login_password_and_keys_reach_no_file(lab: Lab, tmp_path: Path) -> None:
    lab.start()
    pushed(lab)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            text = file.read_text(errors="replace")
            assert CANARY not in text, file
            assert PASSWORD not in text, file
