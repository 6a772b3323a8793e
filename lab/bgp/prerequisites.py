"""Whether this machine can run a living network: Linux, root, namespaces, FRR and strongSwan."""

from __future__ import annotations

import grp
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lab.bgp.errors import MissingPrerequisiteError

PACKAGES = (
    *("frr", "strongswan-swanctl", "charon-systemd", "libcharon-extra-plugins"),
    *("libstrongswan-standard-plugins", "iproute2", "iputils-ping", "traceroute", "nftables", "procps"),
)
"""What a Debian or Ubuntu lacks; the services that come with the packages are neither used nor disturbed."""

INSTALL_LINE = f"apt-get install --no-install-recommends {' '.join(PACKAGES)}"

FRR_PROGRAMS = Path("/usr/lib/frr")
_IPSEC = ("libstrongswan-kernel-libipsec.so", "libstrongswan-gcm.so", "libstrongswan-openssl.so")
_PLUGINS = Path("/usr/lib/ipsec/plugins")
_COMMANDS = (
    "ip",
    "unshare",
    "nsenter",
    "mount",
    "sysctl",
    "vtysh",
    "swanctl",
    "charon-systemd",
    "ping",
    "traceroute",
    "nft",
)
_DAEMONS = ("zebra", "bgpd", "ospfd", "staticd", "bfdd")
_SECONDS = 10


def missing_prerequisite() -> str | None:
    """Return what is missing here, with its mend, in one sentence; None if nothing is."""
    if not sys.platform.startswith("linux"):
        return "a living network needs Linux: its routers are network namespaces"
    if os.geteuid() != 0:
        return "a living network needs root, for namespaces and interfaces: run it with sudo"
    if missing := missing_programs():
        return f"not installed here: {', '.join(missing)}. Debian has them: {INSTALL_LINE}"
    return _missing_account() or _missing_feature()


def missing_programs() -> tuple[str, ...]:
    """Return what `PACKAGES` would bring and is not here: commands, daemons and plugins."""
    return (
        *(command for command in _COMMANDS if shutil.which(command) is None),
        *(daemon for daemon in _DAEMONS if not (FRR_PROGRAMS / daemon).exists()),
        *(library for library in _IPSEC if not (_PLUGINS / library).exists()),
    )


def require() -> None:
    """Raise MissingPrerequisiteError if something is missing."""
    if (missing := missing_prerequisite()) is not None:
        raise MissingPrerequisiteError(f"{missing}. Everything else in this project works without it.")


def _missing_account() -> str | None:
    try:
        grp.getgrnam("frrvty")
    except KeyError:
        return "the group frrvty is missing, which the package frr adds: install it anew"
    return None if Path("/dev/net/tun").exists() else "/dev/net/tun is missing, which ESP in user space needs"


def _missing_feature() -> str | None:
    """Try what the lab will do, in a world of its own that vanishes with the process."""
    attempt = (
        "mount -t tmpfs tmpfs /run && mkdir /run/netns && ip netns add a && ip netns add b && "
        "ip link add x netns a type veth peer name x netns b && "
        "ip -n a link add y netns b type vxlan id 1 local 192.0.2.1 remote 192.0.2.2 dstport 4789 && "
        "ip -n a rule add pref 100 iif x blackhole"
    )
    done = subprocess.run(
        [*WORLD, "sh", "-c", attempt], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode == 0:
        return None
    lacks = "namespaces, veth, VXLAN or policy routing"
    return f"this kernel, or this container, lacks {lacks}: {done.stderr.strip()}"


WORLD = ("unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc")
"""Starts a program in mount, process and network namespaces of its own, which end with it."""
