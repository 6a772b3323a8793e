"""IPsec policies of connections: one, whole, of algorithms that Azure has, and strong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from network_policies import pages
from network_policies.azure_types import CONNECTION, word
from network_policies.resource import Resource
from network_policies.rules import Case, Finding, Findings, Level, Rule

_ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "ikeEncryption": ("GCMAES256", "GCMAES128", "AES256", "AES192", "AES128", "DES3", "DES"),
    "ikeIntegrity": ("GCMAES256", "GCMAES128", "SHA384", "SHA256", "SHA1", "MD5"),
    "dhGroup": (
        *("DHGroup24", "ECP384", "ECP256", "DHGroup14", "DHGroup2048", "DHGroup2", "DHGroup1"),
        "None",
    ),
    "ipsecEncryption": (
        *("GCMAES256", "GCMAES192", "GCMAES128", "AES256", "AES192", "AES128", "DES3", "DES"),
        "None",
    ),
    "ipsecIntegrity": ("GCMAES256", "GCMAES192", "GCMAES128", "SHA256", "SHA1", "MD5"),
    "pfsGroup": ("PFS24", "PFSMM", "ECP384", "ECP256", "PFS2048", "PFS14", "PFS2", "PFS1", "None"),
}
_LIFETIMES = {"saLifeTimeSeconds": range(300, 172800), "saDataSizeKilobytes": range(1024, 2**31)}
_WEAK = frozenset({"des", "des3", "md5", "sha1", "dhgroup1", "dhgroup2", "pfs1", "pfs2", "none"})


def _is_vpn_connection(connection: Resource) -> bool:
    return word(connection, "connectionType") in ("ipsec", "vnet2vnet")


def _each_policy(connection: Resource) -> Iterator[int]:
    for index, _ in enumerate(connection.elements("ipsecPolicies")):
        yield index


def _set(case: Case) -> Findings:
    if _is_vpn_connection(case.resource) and not case.resource.elements("ipsecPolicies"):
        yield Finding(
            wrong=f"{case.resource.name} has no IPsec policy of its own: Azure then also accepts SHA-1, "
            "Diffie-Hellman group 2, and no perfect forward secrecy",
            mend="Set ipsecPolicies to one policy, the router's own",
        )


def _single(case: Case) -> Findings:
    count = len(case.resource.elements("ipsecPolicies"))
    if count > 1:
        yield Finding(
            wrong=f"{case.resource.name} has {count} IPsec policies; a connection takes one",
            mend="Keep one of them",
        )


def _complete(case: Case) -> Findings:
    connection = case.resource
    for index in _each_policy(connection):
        missing = [
            name
            for name in (*_ALGORITHMS, *_LIFETIMES)
            if connection.read("ipsecPolicies", index, name) is None
        ]
        if missing:
            yield Finding(
                wrong=f"ipsecPolicies[{index}] of {connection.name} lacks {', '.join(missing)}",
                mend="Set every field: Azure takes a policy whole or not at all",
            )


def _offered(case: Case) -> Findings:
    connection = case.resource
    for index in _each_policy(connection):
        for name, offered in _ALGORITHMS.items():
            given = connection.text("ipsecPolicies", index, name)
            if given is not None and given.casefold() not in [one.casefold() for one in offered]:
                yield Finding(
                    wrong=f"ipsecPolicies[{index}].{name} of {connection.name} is {given}, which Azure has "
                    "not",
                    mend=f"Set it to one of {', '.join(offered)}",
                )
        for name, lifetimes in _LIFETIMES.items():
            lifetime = connection.number("ipsecPolicies", index, name)
            if lifetime is not None and lifetime not in lifetimes:
                yield Finding(
                    wrong=f"ipsecPolicies[{index}].{name} of {connection.name} is {lifetime}",
                    mend=f"Set it to {lifetimes[0]} to {lifetimes[-1]}",
                )


def _authenticated(case: Case) -> Findings:
    """Find a GCM cipher with another integrity in phase 2, or the other way round."""
    connection = case.resource
    for index in _each_policy(connection):
        cipher = word(connection, "ipsecPolicies", index, "ipsecEncryption")
        integrity = word(connection, "ipsecPolicies", index, "ipsecIntegrity")
        if integrity and cipher != integrity and "gcmaes" in cipher + integrity:
            yield Finding(
                wrong=f"ipsecPolicies[{index}] of {connection.name} has ipsecEncryption {cipher.upper()} and "
                f"ipsecIntegrity {integrity.upper()}; with GCM both are one",
                mend="Set both to the same GCM algorithm",
            )


def _strong(case: Case) -> Findings:
    connection = case.resource
    for index in _each_policy(connection):
        weak = [
            f"{name} {given}"
            for name in _ALGORITHMS
            if (given := connection.text("ipsecPolicies", index, name)) and given.casefold() in _WEAK
        ]
        if weak:
            yield Finding(
                wrong=f"ipsecPolicies[{index}] of {connection.name} is weak: {', '.join(weak)}",
                mend="Set AES-256, SHA-256 or better, group 14 or better, on the router too",
            )


_policy = partial(Rule, kinds=(CONNECTION,), level=Level.MANDATORY, page=pages.IPSEC_POLICY)

RULES = (
    _policy(
        name="connection-policy-set",
        level=Level.ADVISORY,
        holds="A VPN connection has an IPsec policy of its own.",
        sources=("IPSEC-3",),
        page=pages.VPN_DEVICES,
        check=_set,
    ),
    _policy(
        name="connection-policy-single",
        holds="A connection has one IPsec policy at most.",
        sources=("IPSEC-2",),
        check=_single,
    ),
    _policy(
        name="connection-policy-complete",
        holds="An IPsec policy says everything.",
        sources=("IPSEC-2",),
        check=_complete,
    ),
    _policy(
        name="connection-policy-offered",
        holds="An IPsec policy is of algorithms and lifetimes that Azure has.",
        sources=("IPSEC-8", "IPSEC-4"),
        page=pages.CRYPTOGRAPHY,
        check=_offered,
    ),
    _policy(
        name="connection-policy-authenticated",
        holds="An IPsec policy with GCM has one algorithm for encryption and integrity.",
        sources=("IPSEC-8",),
        page=pages.CRYPTOGRAPHY,
        check=_authenticated,
    ),
    _policy(
        name="connection-policy-strong",
        level=Level.ADVISORY,
        holds="An IPsec policy is strong.",
        sources=("IPSEC-3", "IPSEC-8"),
        page=pages.CRYPTOGRAPHY,
        check=_strong,
    ),
)
