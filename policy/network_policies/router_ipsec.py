"""Routers against the connections of the stack: the key and the algorithms of each tunnel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial

from network_policies import pages
from network_policies.azure_types import word
from network_policies.resource import NotProvenError, Resource
from network_policies.router_lines import CONFIGURATION, Line, router_lines
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.tunnels import Tunnel, tunnels
from network_policies.values import REDACTED, UNKNOWN, reveal

_SECRET = re.compile(r"<secret:([^<>]+)>$")

_PRE_SHARED = re.compile(r"pre-shared-key (?:local |remote )?(\S+)$", re.IGNORECASE)


def _key(case: Case) -> Findings:
    used = {
        secret[1]
        for line in router_lines(case.resource)
        if (key := _PRE_SHARED.match(line.text)) and (secret := _SECRET.match(key[1]))
    }
    for tunnel in tunnels(case):
        for connection in tunnel.connections:
            if used and _holds_another_key(case, connection.resource, used):
                yield Finding(
                    wrong="none of the router's pre-shared keys is the sharedKey of "
                    f"{connection.resource.name}",
                    mend="Fill in both from one secret",
                )


def _holds_another_key(case: Case, connection: Resource, used: set[str]) -> bool:
    key = reveal(connection.peek("sharedKey"))
    own = [reveal(case.resource.peek("secrets", name)) for name in sorted(used)]
    if key is None or None in own:
        return False  # a secret that nothing supplies is another rule's business
    if key == REDACTED or REDACTED in own:
        raise NotProvenError(
            f"whether the router has the sharedKey of {connection.name}, which is encrypted here"
        )
    if key is UNKNOWN or UNKNOWN in own:
        azure = set(connection.property_dependencies.get("sharedKey", ()))
        router = set(case.resource.property_dependencies.get("secrets", ()))
        if not azure or not router:
            raise NotProvenError(f"whether the router has the sharedKey of {connection.name}")
        return not azure & router
    return key not in own


_IKE_ENCRYPTION = {
    "gcmaes256": "aes-gcm-256",
    "gcmaes128": "aes-gcm-128",
    "aes256": "aes-cbc-256",
    "aes192": "aes-cbc-192",
    "aes128": "aes-cbc-128",
    "des3": "3des",
    "des": "des",
}

_INTEGRITY = {"sha384": "sha384", "sha256": "sha256", "sha1": "sha1", "md5": "md5"}

_GROUP = {
    "dhgroup24": "24",
    "ecp384": "20",
    "ecp256": "19",
    "dhgroup14": "14",
    "dhgroup2048": "14",
    "dhgroup2": "2",
    "dhgroup1": "1",
}


def _algorithms(case: Case) -> Findings:
    """Compare what a connection asks for with what any of the router's proposals offers, in both phases."""
    lines = router_lines(case.resource)
    for tunnel in tunnels(case):
        for connection in (one.resource for one in tunnel.connections):
            yield from _version(connection, lines)
            for index, _ in enumerate(connection.elements("ipsecPolicies")):
                for name, what, offered in _offers(tunnel, lines):
                    given = (connection.text("ipsecPolicies", index, name) or "").casefold()
                    wanted = _WORDS[name].get(given)
                    if offered and wanted is not None and wanted not in offered:
                        yield Finding(
                            wrong=f"{connection.name} has {name} {given.upper()}, and the router offers only "
                            f"{what} {' '.join(sorted(offered))}",
                            mend=f"Offer {wanted}, or change the connection's policy",
                        )


def _version(connection: Resource, lines: tuple[Line, ...]) -> Findings:
    """Find a connection with IKEv1 to a router that has IKEv2 alone."""
    sections = {line.section.casefold().partition(" ")[2][:6] for line in lines if line.text == line.section}
    if (
        word(connection, "connectionProtocol") == "ikev1"
        and "ikev2 " in sections
        and "isakmp" not in sections
    ):
        yield Finding(
            wrong=f"{connection.name} has connectionProtocol IKEv1, and the router speaks IKEv2 alone",
            mend="Set connectionProtocol to IKEv2; the connection is made anew",
        )


def _offers(tunnel: Tunnel, lines: tuple[Line, ...]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield, for each of Azure's properties, IOS's word and all that the router offers there."""
    for name, what in (("ikeEncryption", "encryption"), ("ikeIntegrity", "integrity"), ("dhGroup", "group")):
        yield name, what, _proposed(lines, f"{what} ")
    profiles = {
        profile.casefold()
        for interface in tunnel.interfaces
        if (profile := interface.settings.get("tunnel protection ipsec profile", "").partition(" ")[0])
    }
    settings = [
        line
        for line in lines
        if line.section.casefold().removeprefix("crypto ipsec profile ") in profiles
        and line.text != line.section
    ]
    if not profiles or not settings:
        return
    names = {
        one
        for line in settings
        if line.text.startswith("set transform-set ")
        for one in line.text.split()[2:]
    }
    transforms = [
        " ".join(line.text.casefold().split()[4:])
        for line in lines
        if line.text.casefold().startswith("crypto ipsec transform-set ") and line.text.split()[3] in names
    ]
    yield "ipsecEncryption", "transform-set", frozenset(map(_cipher, transforms))
    yield "ipsecIntegrity", "transform-set", frozenset(map(_integrity, transforms))
    groups = {
        line.text.casefold().split()[-1] for line in settings if line.text.casefold().startswith("set pfs ")
    }
    yield "pfsGroup", "pfs", frozenset(groups or {"none"})


def _cipher(transform: str) -> str:
    """Return a transform-set's encryption: `esp-aes 256`."""
    words = transform.split()
    first = words[0] if words else ""
    has_size = len(words) > 1 and words[1].isdecimal() and words[1] != _IOS_DEFAULT_SIZE
    return " ".join(words[:2]) if has_size else first


def _integrity(transform: str) -> str:
    """Return a transform-set's integrity, with GCM its encryption: `esp-sha256-hmac`."""
    hmac = [word for word in transform.split() if word.endswith("-hmac")]
    return hmac[0] if hmac else _cipher(transform)


def _proposed(lines: tuple[Line, ...], start: str) -> frozenset[str]:
    return frozenset(
        offered
        for line in lines
        if line.section.casefold().startswith("crypto ikev2 proposal ")
        and line.text.casefold().startswith(start)
        for offered in line.text.casefold().split()[1:]
    )


_IOS_DEFAULT_SIZE = "128"

_GCM = {"gcmaes256": "esp-gcm 256", "gcmaes192": "esp-gcm 192", "gcmaes128": "esp-gcm"}

_WORDS: Mapping[str, Mapping[str, str]] = {
    "ikeEncryption": _IKE_ENCRYPTION,
    "ikeIntegrity": _INTEGRITY,
    "dhGroup": _GROUP,
    "ipsecEncryption": {
        **_GCM,
        "aes256": "esp-aes 256",
        "aes192": "esp-aes 192",
        "aes128": "esp-aes",
        "des3": "esp-3des",
        "des": "esp-des",
    },
    "ipsecIntegrity": {
        **_GCM,
        "sha256": "esp-sha256-hmac",
        "sha1": "esp-sha-hmac",
        "md5": "esp-md5-hmac",
    },
    "pfsGroup": {
        "pfs24": "group24",
        "ecp384": "group20",
        "ecp256": "group19",
        "pfs2048": "group14",
        "pfs14": "group14",
        "pfs2": "group2",
        "pfs1": "group1",
        "none": "none",
    },
}
"""Azure's words, each with IOS's."""


_router = partial(Rule, kinds=(CONFIGURATION,), level=Level.MANDATORY, scope=Scope.STACK, page=pages.VPN_FAQ)

RULES = (
    _router(
        name="router-key-agrees",
        holds="A router and its connection have one key.",
        sources=("IPSEC-1",),
        check=_key,
    ),
    _router(
        name="router-ipsec-agrees",
        holds="A router offers the algorithms that its connection asks for.",
        sources=("IPSEC-2", "IPSEC-8"),
        page=pages.IPSEC_POLICY,
        check=_algorithms,
    ),
)
