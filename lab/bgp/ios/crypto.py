"""IKEv2 and IPsec of a router's tunnel interfaces, in strongSwan's words.

A tunnel is only as good as the chain of names that leads to its key: interface, IPsec profile, IKEv2 profile,
keyring, peer. Where the chain breaks there is no tunnel, and the reason is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.bgp.ios.interfaces import Interface, Tables
from lab.bgp.ios.lines import Section
from lab.bgp.strongswan import Connection

_ENCRYPTION = {
    "aes-cbc-128": "aes128",
    "aes-cbc-192": "aes192",
    "aes-cbc-256": "aes256",
    "aes-gcm-128": "aes128gcm16",
    "aes-gcm-256": "aes256gcm16",
    "3des": "3des",
}
_INTEGRITY = ("sha1", "sha256", "sha384", "sha512")
_GROUPS = {
    "1": "modp768",
    "2": "modp1024",
    "5": "modp1536",
    "14": "modp2048",
    "15": "modp3072",
    "16": "modp4096",
    "19": "ecp256",
    "20": "ecp384",
    "21": "ecp521",
    "24": "modp2048s256",
}
_DEFAULT_PROPOSAL = "aes256-sha512-sha384-prfsha512-prfsha384-ecp256-modp2048-ecp521-modp1536"
"""IOS-XE 17's own, used where no policy fits the local address (general knowledge of IOS)."""
_ESP_INTEGRITY = {
    "esp-sha-hmac": "sha1",
    "esp-sha256-hmac": "sha256",
    "esp-sha384-hmac": "sha384",
    "esp-sha512-hmac": "sha512",
}
_LIFETIME = 3600
"""Of an ESP security association, in seconds, if nothing is typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """A tunnel interface, and what protects it."""

    interface: Interface
    connection: Connection


class Broken(Exception):  # noqa: N818 (a fact about the configuration, not a mistake of ours)
    """Why a tunnel interface has no protection."""


class Crypto:
    """Reads the crypto lines of a router."""

    def __init__(self, root: Section, tables: Tables) -> None:
        self._tables = tables
        self._proposals = _sections(root, "crypto ikev2 proposal")
        self._policies = _sections(root, "crypto ikev2 policy")
        self._keyrings = _sections(root, "crypto ikev2 keyring")
        self._profiles = _sections(root, "crypto ikev2 profile")
        self._ipsec_profiles = _sections(root, "crypto ipsec profile")
        self._transforms: dict[str, tuple[str, Section]] = {
            found[1]: (found[2], section)
            for found, section in root.take(r"crypto ipsec transform-set (\S+) (.+)")
        }
        self.remarks: list[str] = []
        root.accept(r"crypto ikev2 dpd .+")

    def protections(self) -> tuple[Protection, ...]:
        """Return what protects each tunnel interface of the living VRF that is complete and not shut."""
        found = []
        for one in self._tables.living:
            if one.tunnel is None or one.shut or not one.addresses:
                continue
            try:
                found.append(self._protection(one))
            except Broken as reason:
                self.remarks.append(f"{one.name} has no tunnel: {reason}")
        return tuple(found)

    def _protection(self, interface: Interface) -> Protection:
        tunnel = interface.tunnel
        assert tunnel is not None
        if tunnel.source is None or tunnel.destination is None or tunnel.profile is None:
            raise Broken("its source, its destination or its protection by IPsec is missing")
        if tunnel.vrf:
            raise Broken(f"packets can leave in the global table only, not in VRF {tunnel.vrf}")
        local, remote = self._source(tunnel.source), tunnel.destination
        ipsec = _named(self._ipsec_profiles, tunnel.profile, "IPsec profile")
        profile = self._profile(ipsec, remote)
        esp, lifetime = self._esp(ipsec)
        identity = profile.first(r"identity local address (\S+)")
        return Protection(
            interface=interface,
            connection=Connection(
                name=interface.name,
                local=local,
                remote=remote,
                local_id=IPv4Address(identity[1]) if identity else local,
                ike_proposals=self._ike(local),
                esp_proposal=esp,
                lifetime=lifetime,
                initiates=not ipsec.has("responder-only"),
                key=self._key(profile, remote),
            ),
        )

    def _source(self, source: str) -> IPv4Address:
        if source[0].isdigit():
            return IPv4Address(source)
        interface = self._tables.interfaces.get(source)
        if interface is None or not interface.addresses or interface.shut:
            raise Broken(f"its source {source} has no address, or is shut")
        if interface.vrf:
            raise Broken(
                f"its source {source} is in VRF {interface.vrf}, and its packets leave in the global table"
            )
        return interface.addresses[0].ip

    # --- IKE -----------------------------------------------------------------------------------------

    def _profile(self, ipsec: Section, remote: IPv4Address) -> Section:
        found = ipsec.first(r"set ikev2-profile (\S+)")
        if found is None:
            raise Broken(f"{ipsec.text} has no IKEv2 profile")
        profile = _named(self._profiles, found[1], "IKEv2 profile")
        for side in ("local", "remote"):
            if not profile.has(f"authentication {side} pre-share"):
                raise Broken(f"{profile.text} lacks `authentication {side} pre-share`")
        profile.accept(r"(?:match address local|lifetime|dpd|ivrf) .+")
        matches = [found for found, _ in profile.take(r"match identity remote address (\S+)(?: (\S+))?")]
        if not any(_covers(found[1], found[2], remote) for found in matches):
            raise Broken(f"{profile.text} matches no identity {remote}")
        return profile

    def _key(self, profile: Section, remote: IPv4Address) -> str:
        found = profile.first(r"keyring local (\S+)")
        if found is None:
            raise Broken(f"{profile.text} has no keyring")
        keyring = _named(self._keyrings, found[1], "keyring")
        for _, peer in keyring.take(r"peer \S+"):
            address = peer.first(r"address (\S+)(?: (\S+))?")
            if address is None or not _covers(address[1], address[2], remote):
                continue
            peer.accept(r"identity address .+")
            keys = [
                peer.first(rf"pre-shared-key {side}(.+)")
                for side in ("local ", "remote ", "(?!local |remote )")
            ]
            clear = [one[1].strip().removeprefix("0 ") for one in keys if one]
            if not clear:
                raise Broken(f"{keyring.text} / {peer.text} has no key")
            if any(one.startswith("6 ") for one in clear):
                raise Broken(f"{keyring.text} / {peer.text}: its key was sealed by another router")
            # Azure has one key for both directions: where these two differ, one of them is wrong
            return clear[0] if len(set(clear)) == 1 else "".join(clear)
        raise Broken(f"{keyring.text} has no peer for {remote}")

    def _ike(self, local: IPv4Address) -> tuple[str, ...]:
        policy = self._policy(local)
        if policy is None:
            return (_DEFAULT_PROPOSAL,)
        names = [found[1] for found, _ in policy.take(r"proposal (\S+)")]
        if not names:
            raise Broken(f"{policy.text} has no proposal")
        return tuple(
            _DEFAULT_PROPOSAL
            if name == "default"
            else self._proposal(_named(self._proposals, name, "IKEv2 proposal"))
            for name in names
        )

    def _policy(self, local: IPv4Address) -> Section | None:
        """Return the policy for an address: one that names it, else one that names none."""
        unbound = None
        for policy in self._policies.values():
            addresses = [found[1] for found, _ in policy.take(r"match address local (\S+)")]
            if str(local) in addresses:
                return policy
            if not addresses and unbound is None:
                unbound = policy
        return unbound

    @staticmethod
    def _proposal(section: Section) -> str:
        encryption = _words(section, "encryption")
        integrity, prf = _words(section, "integrity"), _words(section, "prf")
        groups = _words(section, "group")
        galois = [word for word in encryption if "gcm" in word]
        if not encryption or not groups or not (prf if galois else integrity):
            raise Broken(f"{section.text} is not complete")
        unknown = [word for word in encryption if word not in _ENCRYPTION]
        unknown += [word for word in (*integrity, *prf) if word not in _INTEGRITY]
        if unknown:
            raise Broken(f"{section.text}: {' '.join(unknown)} is not known here")
        parts = [_ENCRYPTION[word] for word in encryption]
        parts += [] if galois else integrity
        parts += [f"prf{word}" for word in (prf or (() if not galois else integrity))]
        return "-".join((*parts, *(_GROUPS[group] for group in groups)))

    # --- ESP -----------------------------------------------------------------------------------------

    def _esp(self, ipsec: Section) -> tuple[str, int]:
        found = ipsec.first(r"set transform-set (\S+)")
        if found is None or found[1] not in self._transforms:
            raise Broken(f"{ipsec.text} has no transform set")
        words, section = self._transforms[found[1]]
        section.accept(r"mode (?:tunnel|transport)")
        proposal = _transform(words, section.text)
        pfs = ipsec.first(r"set pfs(?: group(\d+))?")
        if pfs:
            proposal += f"-{_GROUPS[pfs[1] or '1']}"
        lifetime = ipsec.first(r"set security-association lifetime seconds (\d+)")
        return proposal, int(lifetime[1]) if lifetime else _LIFETIME


def _transform(words: str, name: str) -> str:
    """Return a transform set's algorithms; a size follows its cipher, 128 bits without one."""
    first, *rest = words.split()
    size = rest[0] if rest and rest[0].isdecimal() else "128"
    integrity = [_ESP_INTEGRITY.get(word, "") for word in rest if not word.isdecimal()]
    if first == "esp-gcm" and not integrity:
        return f"aes{size}gcm16"
    cipher = {"esp-aes": f"aes{size}", "esp-3des": "3des", "esp-null": "null"}.get(first)
    if cipher is None or len(integrity) != 1 or not integrity[0]:
        raise Broken(f"{name}: {words} is not known here")
    return f"{cipher}-{integrity[0]}"


def _sections(root: Section, start: str) -> dict[str, Section]:
    return {found[1]: section for found, section in root.take(rf"{start} (\S+)")}


def _named(sections: dict[str, Section], name: str, kind: str) -> Section:
    if name not in sections:
        raise Broken(f"there is no {kind} {name}")
    return sections[name]


def _words(section: Section, start: str) -> tuple[str, ...]:
    found = section.first(rf"{start} (.+)")
    return tuple(found[1].split()) if found else ()


def _covers(address: str, mask: str | None, remote: IPv4Address) -> bool:
    return remote in IPv4Network(f"{address}/{mask or 32}", strict=False)
