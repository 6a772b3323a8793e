"""IPsec of one node with tunnels: strongSwan's configuration from the IPsec policy and a shared key."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lab.bgp.blueprint import Blueprint, TunnelEnd
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One tunnel from one end's side; the key is in files only its owner reads, never in a repr."""

    name: str
    local: TunnelEnd
    remote: TunnelEnd
    ike_proposal: str
    esp_proposal: str
    lifetime: int
    """Of an ESP security association, in seconds."""


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


def connections(blueprint: Blueprint) -> Mapping[str, tuple[Connection, ...]]:
    """Return every public node's connections."""
    found: dict[str, list[Connection]] = {}
    for node, connection in _connections(blueprint):
        found.setdefault(node, []).append(connection)
    return {node: tuple(several) for node, several in found.items()}


def _connections(blueprint: Blueprint) -> Iterator[tuple[str, Connection]]:
    for tunnel in blueprint.tunnels:
        for local, remote in (tunnel.crypto, tunnel.crypto[::-1]):
            yield (
                local.public_node,
                Connection(
                    name=tunnel.name,
                    local=local,
                    remote=remote,
                    ike_proposal=ike_proposal(tunnel.policy),
                    esp_proposal=esp_proposal(tunnel.policy),
                    lifetime=tunnel.policy.sa_lifetime_seconds,
                ),
            )


def render_swanctl(several: tuple[Connection, ...], keys: Mapping[str, str]) -> str:
    """Return what `swanctl` loads: connections, and their keys by the connection's name."""
    encoded = {name: b64encode(key.encode()).decode() for name, key in keys.items()}
    return TEMPLATES.get_template("swanctl.conf.j2").render(connections=several, keys=encoded)


def render_charon(socket: str, log: str) -> str:
    """Return the daemon's own settings."""
    return TEMPLATES.get_template("strongswan.conf.j2").render(socket=socket, log=log)
