"""Whom a session trusts, whom it refuses to talk to, and how every refusal reads."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from lab.iosxe.faults import Fault, Moment
from onprem.errors import PushError, Unreachable
from onprem.push.guarded import push
from onprem.push.pushed import Intent, Pushed
from onprem.ssh.access import Access, find_endpoint
from onprem.ssh.answers import read_answer, without_log
from onprem.ssh.redaction import Redaction
from onprem.ssh.session import Session
from tests.onprem.routers import CANARY, PASSWORD, ROUTER, SECRETS, Lab, fault_at, on_line

ROOT = Path(__file__).parents[3]
OTHER_KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


def log_in(access: Access) -> str:
    """What a session says of the router's configuration: its first line."""
    with Session(access, Redaction({"password": access.password})) as session:
        return next(line.line for _, line in session.running_configuration().walk())


def refused(access: Access) -> str:
    with pytest.raises(PushError) as failure:
        log_in(access)
    return str(failure.value)


# --- host keys ---------------------------------------------------------------------------------------


def test_host_key_in_known_hosts_is_trusted(lab: Lab) -> None:
    lab.start()
    assert log_in(lab.access()) == "version 17.9"


def test_hashed_name_in_known_hosts_is_found(lab: Lab) -> None:
    lab.start()
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", lab.known_hosts], check=True, capture_output=True)
    assert ROUTER not in lab.known_hosts.read_text()
    assert log_in(lab.access()) == "version 17.9"


def test_pinned_host_key_is_trusted_without_known_hosts(lab: Lab) -> None:
    router = lab.start()
    lab.known_hosts.unlink()
    assert log_in(lab.access(host_key=router.host_key)) == "version 17.9"


@pytest.mark.promise("P20", "F4")
def test_changed_host_key_is_refused_before_the_password(lab: Lab) -> None:
    router = lab.start()
    lab.known_hosts.write_text(f"{ROUTER} {OTHER_KEY}\n")
    says = refused(lab.access())
    for part in (ROUTER, "another host key", str(lab.known_hosts), "ssh-keygen -R", "nothing was sent"):
        assert part in says
    assert says.count("SHA256:") == 2
    assert router.transcript == []


@pytest.mark.promise("P20", "F4")
def test_unknown_host_key_is_refused(lab: Lab) -> None:
    router = lab.start()
    lab.known_hosts.write_text("")
    says = refused(lab.access())
    for part in (ROUTER, "is not known", str(lab.known_hosts), "ssh-ed25519 SHA256:", "hostKey"):
        assert part in says
    assert router.transcript == []


@pytest.mark.promise("P20", "F4")
def test_missing_known_hosts_trusts_nobody(lab: Lab) -> None:
    lab.start()
    lab.known_hosts.unlink()
    assert "is not known" in refused(lab.access())


@pytest.mark.promise("P20", "F4")
def test_pinned_host_key_counts_more_than_known_hosts(lab: Lab) -> None:
    lab.start()
    assert "pinned as its hostKey" in refused(lab.access(host_key=OTHER_KEY))


def test_pinned_text_that_is_no_key(lab: Lab) -> None:
    lab.start()
    assert "no public key in OpenSSH's form" in refused(lab.access(host_key="ssh-ed25519 nonsense"))


# --- logging in --------------------------------------------------------------------------------------


@pytest.mark.promise("P22", "F3")
def test_wrong_password_is_tried_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    router = lab.start()
    tried: list[str] = []
    accepts = router.device.accepts

    def counted(password: str) -> bool:
        tried.append(password)
        return accepts(password)

    monkeypatch.setattr(router.device, "accepts", counted)
    says = refused(lab.access(password="wrong-canary-password"))
    assert len(tried) == 1
    assert "refused user netops" in says
    assert "IOSXE_PASSWORD" in says
    assert "wrong-canary-password" not in says


def test_user_comes_from_the_ssh_configuration(lab: Lab) -> None:
    lab.start()
    assert log_in(lab.access(username="")) == "version 17.9"


def test_missing_ssh_configuration(lab: Lab) -> None:
    lab.start()
    assert "IOSXE_SSH_CONFIG" in refused(lab.access(ssh_config=Path("/nonexistent/ssh_config")))


def test_addresses_read_as_people_write_them(lab: Lab) -> None:
    lab.start()
    assert find_endpoint(lab.access()).address.startswith("127.0.0.1:")
    assert find_endpoint(lab.access(host="2001:db8::1", ssh_config=None)).address == "[2001:db8::1]:22"


@pytest.mark.promise("P31", "F14")
def test_nobody_listens(lab: Lab) -> None:
    router = lab.start()
    lab.run(router.stop())
    with pytest.raises(Unreachable, match=f"{ROUTER}: cannot log in to 127.0.0.1"):
        log_in(lab.access())


def test_name_that_resolves_to_nothing(lab: Lab) -> None:
    lab.start()
    with pytest.raises(Unreachable):
        log_in(lab.access(host="router.invalid"))


# --- the right router --------------------------------------------------------------------------------


@pytest.mark.promise("P18", "B10")
def test_router_of_another_name_is_left_alone(lab: Lab) -> None:
    router = lab.start("location2-ce9", host=ROUTER)
    before = router.running
    with pytest.raises(PushError, match="calls itself location2-ce9, so it is left alone"):
        push(lab.access(), Intent(lines=("ip vrf 30",)), Pushed(), lambda: False)
    assert router.running == before
    assert {entry.mode for entry in router.transcript} == {"exec"}


@pytest.mark.promise("P8", "F6")
def test_long_name_is_cut_in_configuration_mode(lab: Lab) -> None:
    name = "a-router-of-a-very-long-name-indeed"
    router = lab.start(name)
    push(lab.access(name), Intent(lines=("ip vrf 30", " rd 65021:30")), Pushed(), lambda: False)
    assert "ip vrf 30\n rd 65021:30" in router.running


@pytest.mark.promise("P18", "F3", "B10")
def test_user_without_privilege(lab: Lab) -> None:
    lab.start(privilege=1)
    assert "not in privileged mode" in refused(lab.access())


@pytest.mark.promise("P18", "B9")
def test_platform_that_is_not_ios_xe(lab: Lab) -> None:
    router = lab.start()
    router.faults = fault_at(on_line("show version"), Fault(reject="Cisco Nexus Operating System (NX-OS)"))
    assert "no IOS-XE router; 'show version' begins with: Cisco Nexus" in refused(lab.access())


@pytest.mark.parametrize("command", ["terminal length 0", "show version", "show running-config"])
@pytest.mark.parametrize("moment", [Moment.LINE, Moment.OUTPUT])
@pytest.mark.promise("P21", "F1")
def test_connection_that_drops(lab: Lab, command: str, moment: Moment) -> None:
    router = lab.start()
    last = ""

    def now(_: int, what: Moment, text: str) -> bool:
        nonlocal last
        last = text.strip() if what is Moment.LINE else last
        return what is moment and last == command

    router.faults = fault_at(now, Fault(drop=True))
    with pytest.raises(Unreachable, match="the connection ended"):
        log_in(lab.access())


@pytest.mark.promise("P21", "F1")
def test_connection_that_drops_before_the_prompt(lab: Lab) -> None:
    router = lab.start()
    router.faults = fault_at(lambda _, moment, __: moment is Moment.CONNECT, Fault(drop=True))
    with pytest.raises(Unreachable, match="first prompt"):
        log_in(lab.access())


@pytest.mark.promise("P21", "F2")
def test_router_that_falls_silent(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onprem.ssh.session.LINE_TIMEOUT", 0.2)
    router = lab.start()

    async def silent(_: int, moment: Moment, text: str) -> Fault | None:
        return Fault(ask="") if moment is Moment.LINE and text.startswith("terminal") else None

    router.faults = silent
    with pytest.raises(Unreachable, match=r"no answer came within 0 s"):
        log_in(lab.access())


@pytest.mark.promise("P10", "F19")
def test_configuration_that_is_cut(lab: Lab) -> None:
    router = lab.start()
    router.faults = fault_at(on_line("show running-config"), Fault(reject="version 17.9\nhostname X\n"))
    assert "has no 'end'" in refused(lab.access())


# --- keys and passwords ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [None, Fault(reject="% Invalid input: {line}"), Fault(drop=True)])
@pytest.mark.promise("P25", "P27")
def test_no_log_at_any_level_has_a_key(
    lab: Lab, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    router = lab.start()
    if fault is not None:
        router.faults = fault_at(on_line("pre-shared-key remote"), fault)
    lines = (
        "crypto ikev2 keyring K",
        " peer azure",
        "  address 203.0.113.10",
        "  pre-shared-key local <secret:hub-location1-shared-key>",
        "  pre-shared-key remote <secret:hub-location1-shared-key>",
    )
    says = ""
    with caplog.at_level(logging.DEBUG):
        for name in ("paramiko", "netmiko", "paramiko.transport"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            says = repr(push(lab.access(), Intent(lines=lines, secrets=SECRETS), Pushed(), lambda: False))
        except PushError as error:
            says = f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert caplog.records, "the libraries did log"
    for secret in (CANARY, PASSWORD):
        assert secret not in caplog.text + says


@pytest.mark.promise("P25")
def test_echoed_key_is_taken_out_of_the_routers_complaint(lab: Lab) -> None:
    router = lab.start()
    complaint = f"% Invalid key {CANARY} for user with {PASSWORD}"
    router.faults = fault_at(on_line("ip vrf 30"), Fault(reject=complaint))
    with pytest.raises(PushError) as failure:
        push(lab.access(), Intent(lines=("ip vrf 30",), secrets=SECRETS), Pushed(), lambda: False)
    assert "<secret:hub-location1-shared-key>" in str(failure.value)
    assert CANARY not in str(failure.value)
    assert PASSWORD not in str(failure.value)


def test_access_and_intent_do_not_show_theirs(lab: Lab) -> None:
    lab.start()
    shown = repr((lab.access(), Intent(secrets=SECRETS), Redaction(SECRETS)))
    assert PASSWORD not in shown
    assert CANARY not in shown


# --- answers -----------------------------------------------------------------------------------------

REJECTIONS = (
    "       ^\n% Invalid input detected at '^' marker.\n",
    "% Incomplete command.\n",
    '% Ambiguous command:  "i"\n',
    "% VRF 31 not configured.",
    "Bad mask 0xFFFF00FF for address 10.0.0.1",
    "% 10.0.0.0 overlaps with Loopback0",
    "BGP is already running; AS is 65021",
    "Command authorization failed.",
    "Configuration mode locked exclusively by user 'x' process '3'. Please try later.",
    'ERROR: transform set with tag "x" does not exist.',
    "%Insertion failed - seq # 10 exists: x",
    "SECURITY WARNING - Module: CRYPTO, Command: group 2, Reason: weak\n% group 2 is not allowed",
)
EXPECTED = (
    "% Interface Tunnel30 IPv4 disabled and address(es) removed due to enabling VRF 30",
    "% IPv4 addresses from all interfaces in VRF 30 have been removed",
    "% Not all config may be removed and may reappear after reactivating the sub-interface",
    "IKEv2 policy MUST have atleast one complete proposal attached",
)
REMARKS = (
    "SECURITY WARNING - Module: CRYPTO, Command: group 2, Reason: weak algorithm 2, Remediation: use 14",
    "% Warning: use /31 mask on non point-to-point interface cautiously",
    "something that nobody has seen before",
)


@pytest.mark.parametrize("text", REJECTIONS)
@pytest.mark.promise("P8", "F7")
def test_rejections(text: str) -> None:
    assert read_answer(text).rejection


@pytest.mark.parametrize("text", REMARKS)
@pytest.mark.promise("P8", "F8")
def test_remarks(text: str) -> None:
    answer = read_answer(text)
    assert (answer.rejection, answer.remark) == ("", text)


@pytest.mark.parametrize("text", EXPECTED)
def test_expected_consequences_are_not_repeated(text: str) -> None:
    answer = read_answer(text)
    assert (answer.rejection, answer.remark) == ("", "")


@pytest.mark.promise("P23", "F8")
def test_log_lines_are_no_answer() -> None:
    text = (
        "*Nov 23 10:00:00.1: %SYS-5-CONFIG_I: Done\n000123: Nov 23 2026 10:00:00.1 UTC: %BGP-3-X: % Invalid"
    )
    assert without_log(text) == ""
    assert not read_answer(text).rejection


def test_package_does_not_load_ssh() -> None:
    program = "import sys, onprem; print(sorted({'netmiko', 'paramiko', 'pulumi'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_ssh_configuration_with_nonsense(lab: Lab) -> None:
    lab.start()
    lab.ssh_config.write_text(f"Host {ROUTER}\n  Port many\n")
    assert "cannot be read as OpenSSH's configuration" in refused(lab.access())


def test_identity_file_that_is_missing_is_passed_over(lab: Lab) -> None:
    lab.start()
    lab.ssh_config.write_text(lab.ssh_config.read_text() + "  IdentityFile /nonexistent/key\n")
    assert log_in(lab.access()) == "version 17.9"
