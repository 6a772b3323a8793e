"""IPsec of one node with tunnels: strongSwan's configuration from proposals and a shared key."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Address

from lab.bgp.frr import TEMPLATES
from topology import (
    DhGroup,
    IkeEncryption,
    IkeIntegrity,
    IpsecEncryption,
    IpsecIntegrity,
    IpsecPolicy,
    PfsGroup,
)

_IKE_ENCRYPTION = {
    IkeEncryption.GCM_AES_256: "aes256gcm16",
    IkeEncryption.GCM_AES_128: "aes128gcm16",
    IkeEncryption.AES_256: "aes256",
    IkeEncryption.AES_192: "aes192",
    IkeEncryption.AES_128: "aes128",
    IkeEncryption.DES_3: "3des",
}
_IKE_INTEGRITY = {IkeIntegrity.SHA_384: "sha384", IkeIntegrity.SHA_256: "sha256", IkeIntegrity.SHA_1: "sha1"}
_DH_GROUP = {
    DhGroup.DH_GROUP_24: "modp2048s256",
    DhGroup.ECP_384: "ecp384",
    DhGroup.ECP_256: "ecp256",
    DhGroup.DH_GROUP_14: "modp2048",
    DhGroup.DH_GROUP_2: "modp1024",
}
_ESP_ENCRYPTION = {
    IpsecEncryption.GCM_AES_256: "aes256gcm16",
    IpsecEncryption.GCM_AES_128: "aes128gcm16",
    IpsecEncryption.AES_256: "aes256",
    IpsecEncryption.AES_192: "aes192",
    IpsecEncryption.AES_128: "aes128",
    IpsecEncryption.DES_3: "3des",
}
_ESP_INTEGRITY = {IpsecIntegrity.SHA_256: "sha256", IpsecIntegrity.SHA_1: "sha1"}
_PFS_GROUP = {
    PfsGroup.PFS_24: "modp2048s256",
    PfsGroup.ECP_384: "ecp384",
    PfsGroup.ECP_256: "ecp256",
    PfsGroup.PFS_2048: "modp2048",
    PfsGroup.PFS_14: "modp2048",
    PfsGroup.PFS_2: "modp1024",
}


AZURE_DEFAULT_IKE = ("aes256-sha1-modp1024", "aes256-sha256-modp1024")
AZURE_DEFAULT_ESP = "aes256gcm16"
"""What an Azure gateway offers first without a policy of its own (IPSEC-3)."""
AZURE_LIFETIME = 27000
"""IPSEC-4, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """What carries a tunnel's packets inside IPsec: a VXLAN between two addresses that exist for it alone."""

    number: int
    local: IPv4Address
    remote: IPv4Address


def transport(local: IPv4Address, remote: IPv4Address) -> Transport:
    """Return a tunnel's transport, which both ends work out alike from their public addresses.

    Its addresses are of 240.0.0.0/4, which is routed nowhere (RFC 1112); 24 bits tell tunnels apart.
    """
    first, second = sorted((local, remote))
    number = int.from_bytes(sha256(f"{first} {second}".encode()).digest()[:3])
    ends = (_TRANSPORTS + 2 * number, _TRANSPORTS + 2 * number + 1)
    here, there = ends if local == first else ends[::-1]
    return Transport(number=number, local=here, remote=there)


_TRANSPORTS = IPv4Address("240.0.0.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One tunnel from one end's side; the key is in files only its owner reads, never in a repr."""

    name: str
    local: IPv4Address
    remote: IPv4Address
    local_id: IPv4Address
    ike_proposals: tuple[str, ...]
    esp_proposal: str
    lifetime: int
    """Of an ESP security association, in seconds."""
    initiates: bool
    key: str = field(repr=False)

    @property
    def transport(self) -> Transport:
        """What it protects."""
        return transport(self.local, self.remote)


def ike_proposal(policy: IpsecPolicy) -> str:
    """Return phase 1 in strongSwan's words."""
    encryption = _IKE_ENCRYPTION[policy.ike_encryption]
    integrity = _IKE_INTEGRITY[policy.ike_integrity]
    hashed = f"prf{integrity}" if "gcm" in encryption else integrity
    return "-".join((encryption, hashed, _DH_GROUP[policy.dh_group]))


def esp_proposal(policy: IpsecPolicy) -> str:
    """Return phase 2 in strongSwan's words; GCM brings its own integrity."""
    parts = [_ESP_ENCRYPTION[policy.ipsec_encryption]]
    if policy.ipsec_integrity in _ESP_INTEGRITY:
        parts.append(_ESP_INTEGRITY[policy.ipsec_integrity])
    if policy.pfs_group in _PFS_GROUP:
        parts.append(_PFS_GROUP[policy.pfs_group])
    return "-".join(parts)


def render_swanctl(several: Iterable[Connection]) -> str:
    """Return what `swanctl` loads: connections with their keys."""
    encoded = [(one, b64encode(one.key.encode()).decode()) for one in several]
    return TEMPLATES.get_template("swanctl.conf.j2").render(connections=encoded)


def render_charon(socket: str, log: str) -> str:
    """Return the daemon's own settings."""
    return TEMPLATES.get_template("strongswan.conf.j2").render(socket=socket, log=log)
