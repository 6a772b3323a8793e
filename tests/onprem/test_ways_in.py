"""How people log in to routers: key files, the agent, a jump host."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from onprem.errors import Untrusted
from onprem.push import Intent, Pushed, plan
from tests.onprem.routers import ROUTER, Lab


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


@pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh, which ProxyJump needs")
def test_jump_host(lab: Lab, key: Path, tmp_path: Path) -> None:
    router = lab.start()
    passed: list[tuple[str, int]] = []
    public = asyncssh.read_public_key(str(key.with_suffix(".pub")))
    host_key = asyncssh.generate_private_key("ssh-ed25519")

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            lambda: JumpHost(public, passed), "127.0.0.1", 0, server_host_keys=[host_key]
        )

    jump = lab.run(listen())
    try:
        known = tmp_path / "known_hosts"
        known.write_text(known.read_text() + f"jump {host_key.export_public_key().decode()}")
        options(lab, "  ProxyJump jump\n")
        options(
            lab,
            f"Host jump\n  HostName 127.0.0.1\n  Port {jump.get_port()}\n  User jump\n  IdentityFile {key}\n"
            f"  HostKeyAlias jump\n  UserKnownHostsFile {known}\n  StrictHostKeyChecking yes\n"
            "  IdentitiesOnly yes\n",
        )
        lab.ssh_config.chmod(0o600)
        assert logs_in(lab)
        assert passed == [("127.0.0.1", router.port)]
    finally:
        jump.close()
        lab.run(jump.wait_closed())
    assert ROUTER in lab.known_hosts.read_text()
