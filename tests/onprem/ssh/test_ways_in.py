"""How people log in to routers: key files, the agent, a jump host."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from lab.iosxe.faults import Moment
from lab.iosxe.server import RouterServer
from onprem.errors import PushError, Unreachable, Untrusted
from onprem.push.comparison import plan
from onprem.push.guarded import push
from onprem.push.pushed import Intent, Pushed
from tests.onprem.routers import Lab


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key pair of the user's."""
    file = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)
    return file


@pytest.fixture
def agent(key: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An SSH agent that holds the key."""
    if shutil.which("ssh-agent") is None:
        pytest.skip("there is no ssh-agent")
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    try:
        for _ in range(100):
            if subprocess.run(["ssh-add", "-q", key], check=False, capture_output=True).returncode == 0:
                break
        else:
            pytest.fail("the agent did not take the key")
        yield socket
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without keys and without an agent."""
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return folder


def encrypt(key: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "a passphrase", "-f", key], check=True)


def refusal(lab: Lab, **changes: Any) -> str:
    with pytest.raises(Untrusted) as failure:
        logs_in(lab, **changes)
    return str(failure.value)


def options(lab: Lab, text: str) -> None:
    """Adds lines to the router's section of OpenSSH's configuration."""
    lab.ssh_config.write_text(lab.ssh_config.read_text() + text)


def logs_in(lab: Lab, **changes: Any) -> bool:
    return plan(lab.access(**changes), Intent(), Pushed()).commands == ()


def test_key_file(lab: Lab, key: Path) -> None:
    lab.start(authorized_keys=(key.with_suffix(".pub").read_text(),))
    options(lab, f"  IdentityFile {key}\n")
    assert logs_in(lab, password="", username="")


def test_key_file_that_the_router_does_not_know(lab: Lab, key: Path) -> None:
    router = lab.start(
        authorized_keys=(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode(),)
    )
    options(lab, f"  IdentityFile {key}\n")
    says = refusal(lab, password="")
    assert f"refused user netops with the key {key}: check who has which key" in says
    assert "IOSXE_PASSWORD" not in says
    assert router.transcript == []


def test_usual_key_file_needs_no_configuration(lab: Lab, key: Path, home: Path) -> None:
    lab.start(authorized_keys=(key.with_suffix(".pub").read_text(),))
    shutil.copy(key, home / ".ssh/id_ed25519")
    assert logs_in(lab, password="")


def test_agent(lab: Lab, key: Path, agent: Path) -> None:
    lab.start(authorized_keys=(key.with_suffix(".pub").read_text(),))
    key.unlink()
    assert agent.exists()
    assert logs_in(lab, password="")


@pytest.mark.parametrize("only", ["yes", "no"])
def test_encrypted_key_file_is_taken_from_the_agent(lab: Lab, key: Path, agent: Path, only: str) -> None:
    lab.start(authorized_keys=(key.with_suffix(".pub").read_text(),))
    encrypt(key)
    options(lab, f"  IdentityFile {key}\n  IdentitiesOnly {only}\n")
    assert agent.exists()
    assert logs_in(lab, password="")


def test_other_keys_of_the_agent_are_not_offered_if_only_identities_may_be(
    lab: Lab, key: Path, agent: Path, tmp_path: Path
) -> None:
    lab.start(authorized_keys=(key.with_suffix(".pub").read_text(),))
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    options(lab, f"  IdentityFile {other}\n  IdentitiesOnly yes\n")
    says = refusal(lab, password="")
    assert f"with the key {other}: " in says
    assert "the agent's" not in says
    assert agent.exists()


def test_encrypted_key_file_without_an_agent_is_named(lab: Lab, key: Path) -> None:
    lab.start(authorized_keys=(key.with_suffix(".pub").read_text(),))
    encrypt(key)
    options(lab, f"  IdentityFile {key}\n")
    says = refusal(lab, password="")
    assert f"{key} is encrypted and no agent holds it: ssh-add {key}" in says
    assert "there is nothing to log in to 127.0.0.1" in says


def test_file_that_is_no_key_is_named(lab: Lab, tmp_path: Path) -> None:
    lab.start()
    (tmp_path / "notes").write_text("no key")
    options(lab, f"  IdentityFile {tmp_path / 'notes'}\n")
    assert f"{tmp_path / 'notes'} cannot be used as a private key" in refusal(lab, password="")
    assert logs_in(lab), "the password is what counts"


def test_nothing_to_log_in_with_is_said_before_anything_is_sent(lab: Lab) -> None:
    router = lab.start()
    says = refusal(lab, password="")
    assert "give a password (iosxe:password or IOSXE_PASSWORD), a key in the agent (ssh-add)" in says
    assert router.transcript == []


class JumpHost(asyncssh.SSHServer):
    """Lets one key in, and passes connections on."""

    def __init__(self, key: asyncssh.SSHKey, passed: list[tuple[str, int]]) -> None:
        self._key, self._passed = key, passed

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "jump" and key == self._key

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        del orig_host, orig_port
        self._passed.append((dest_host, dest_port))
        return True


@pytest.fixture
def jump(lab: Lab, key: Path, tmp_path: Path) -> Iterator[list[tuple[str, int]]]:
    """A jump host on the way to the router; where it has passed connections on to."""
    if shutil.which("ssh") is None:
        pytest.skip("there is no ssh, which ProxyJump needs")
    passed: list[tuple[str, int]] = []
    public = asyncssh.read_public_key(str(key.with_suffix(".pub")))
    host_key = asyncssh.generate_private_key("ssh-ed25519")

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            lambda: JumpHost(public, passed), "127.0.0.1", 0, server_host_keys=[host_key]
        )

    acceptor = lab.run(listen())
    known = tmp_path / "known_hosts"
    known.touch()
    known.write_text(known.read_text() + f"jump {host_key.export_public_key().decode()}")
    options(
        lab,
        f"  ProxyJump jump\nHost jump\n  HostName 127.0.0.1\n  Port {acceptor.get_port()}\n  User jump\n"
        f"  IdentityFile {key}\n  HostKeyAlias jump\n  UserKnownHostsFile {known}\n"
        "  StrictHostKeyChecking yes\n  IdentitiesOnly yes\n",
    )
    lab.ssh_config.chmod(0o600)
    yield passed
    acceptor.close()
    lab.run(acceptor.wait_closed())


@pytest.fixture
def router(lab: Lab) -> RouterServer:
    return lab.start()


def test_jump_host(lab: Lab, router: RouterServer, jump: list[tuple[str, int]]) -> None:
    assert logs_in(lab)
    assert jump == [("127.0.0.1", router.port)]


@pytest.mark.promise("P10", "P21", "F1")
def test_jump_host_that_falls_away_is_noticed_at_once(
    lab: Lab, router: RouterServer, jump: list[tuple[str, int]]
) -> None:
    before = router.running

    async def kill(_: int, moment: Moment, text: str) -> None:
        if moment is Moment.LINE and text.strip() == "rd 65021:30" and len(jump) == 1:
            for process in ssh_processes():
                os.kill(process, signal.SIGKILL)

    router.faults = kill
    begun = time.monotonic()
    intent = Intent(lines=("ip vrf 30", " rd 65021:30"))
    with pytest.raises(PushError, match=r"the connection ended.* where it was before") as failure:
        push(lab.access(), intent, Pushed(), lambda: False)
    assert failure.value.undone
    assert time.monotonic() - begun < 10
    assert router.running == before
    assert len(jump) == 2
    assert ssh_processes() == []


def ssh_processes() -> list[int]:
    """The ssh processes that this one has started."""
    command = ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())]
    shown = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    rows = [line.split() for line in shown.splitlines()]
    return [int(number) for number, name, *_ in rows if name == "ssh"]


@pytest.mark.promise("P21", "P31", "F1")
@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("ProxyJump nobody@127.0.0.1:1", "ended: ssh: connect to host 127.0.0.1 port 1: Connection refused"),
        ("ProxyCommand false", "'false' ended: exit code 1"),
        ("ProxyCommand /nonexistent/way %h %p", "'/nonexistent/way', which leads to it, cannot be run"),
    ],
)
def test_way_that_leads_nowhere(lab: Lab, router: RouterServer, command: str, says: str) -> None:
    options(lab, f"  {command}\n")
    with pytest.raises(Unreachable) as failure:
        logs_in(lab)
    assert says in str(failure.value)
    assert router.transcript == []


# --- known_hosts as it is found ----------------------------------------------------------------------


def test_known_hosts_of_all_kinds(lab: Lab, router: RouterServer) -> None:
    name, kind, key = lab.known_hosts.read_text().split()
    others = (
        "# a comment\n\n@cert-authority * ssh-ed25519 AAAA\nother sk-ssh-ed25519@openssh.com AAAA\n"
        "other ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB\nbroken\n"
    )
    for line in (f"{name},10.0.0.1 {kind} {key}", f"*-ce1 {kind} {key} comment", f"  {name} {kind} {key}"):
        lab.known_hosts.write_text(f"{others}{line}\n")
        assert logs_in(lab), line
    del router


@pytest.mark.promise("P20", "F4")
@pytest.mark.parametrize(
    "line", ["@revoked * {kind} {key}", "!{name},* {kind} {key}", "{name} {kind} AAAB{key}"]
)
def test_known_hosts_that_do_not_know_the_key(lab: Lab, router: RouterServer, line: str) -> None:
    name, kind, key = lab.known_hosts.read_text().split()
    first = f"{name} {kind} {key}\n" if line.startswith("@") else ""
    lab.known_hosts.write_text(first + line.format(name=name, kind=kind, key=key) + "\n")
    assert "is not known" in refusal(lab)
    assert router.transcript == []


@pytest.mark.promise("P20", "F4")
def test_how_to_note_a_key_says_what_to_do_about_an_alias(lab: Lab, router: RouterServer) -> None:
    name, _, _ = lab.known_hosts.read_text().split()
    lab.known_hosts.write_text("")
    assert f", its first word replaced by {name}) or set the router's hostKey" in refusal(lab)
    assert router.transcript == []


@pytest.mark.promise("P20", "F4")
def test_either_of_two_known_keys_is_trusted(lab: Lab, router: RouterServer) -> None:
    name, kind, key = lab.known_hosts.read_text().split()
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[1]
    for lines in ((key, other), (other, key)):
        lab.known_hosts.write_text("".join(f"{name} {kind} {one}\n" for one in lines))
        assert logs_in(lab)
    del router
