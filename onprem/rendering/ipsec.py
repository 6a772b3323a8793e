"""Azure's names of algorithms in IOS-XE's words, so that one IPsec policy describes both ends of a tunnel.

Sources: Microsoft, "About cryptographic requirements and Azure VPN gateways" (which Diffie-Hellman group
each of Azure's names means); Cisco, "Configuring Internet Key Exchange Version 2" (IOS XE 17).
"""

from __future__ import annotations

from dataclasses import dataclass

from onprem.rendering.refusal import RenderError
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
    IkeEncryption.GCM_AES_256: "aes-gcm-256",
    IkeEncryption.GCM_AES_128: "aes-gcm-128",
    IkeEncryption.AES_256: "aes-cbc-256",
    IkeEncryption.AES_192: "aes-cbc-192",
    IkeEncryption.AES_128: "aes-cbc-128",
    IkeEncryption.DES_3: "3des",
}
_IKE_INTEGRITY = {
    IkeIntegrity.SHA_384: "sha384",
    IkeIntegrity.SHA_256: "sha256",
    IkeIntegrity.SHA_1: "sha1",
}
_DH_GROUP = {
    DhGroup.DH_GROUP_24: 24,
    DhGroup.ECP_384: 20,
    DhGroup.ECP_256: 19,
    DhGroup.DH_GROUP_14: 14,
    DhGroup.DH_GROUP_2: 2,
}
_PFS_GROUP = {
    PfsGroup.PFS_24: 24,
    PfsGroup.ECP_384: 20,
    PfsGroup.ECP_256: 19,
    PfsGroup.PFS_2048: 14,
    PfsGroup.PFS_14: 14,
    PfsGroup.PFS_2: 2,
    PfsGroup.NONE: None,
}
_ESP_ENCRYPTION = {  # 128 bits are the default, which IOS does not print
    IpsecEncryption.GCM_AES_256: "esp-gcm 256",
    IpsecEncryption.GCM_AES_128: "esp-gcm",
    IpsecEncryption.AES_256: "esp-aes 256",
    IpsecEncryption.AES_192: "esp-aes 192",
    IpsecEncryption.AES_128: "esp-aes",
    IpsecEncryption.DES_3: "esp-3des",
}
_ESP_INTEGRITY = {
    IpsecIntegrity.SHA_256: "esp-sha256-hmac",
    IpsecIntegrity.SHA_1: "esp-sha-hmac",
}
_AUTHENTICATED = "GCMAES"
"""How Azure's names of ciphers begin that need no hash beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """An IPsec policy in IOS-XE's words."""

    encryption: str
    integrity: str
    """The hash of phase 1, with its keyword: IOS takes `prf` instead of `integrity` beside aes-gcm."""
    group: int
    transform: str
    pfs_group: int | None
    lifetime_seconds: int | None
    """None leaves the router's own default, which need not match Azure's (IPSEC-4)."""
    lifetime_kilobytes: int | None


def ios_algorithms(policy: IpsecPolicy) -> Algorithms:
    """Put a policy into IOS-XE's words. Lifetimes are rendered only where the stack file gives them.

    Raises:
        RenderError: if a GCM encryption and another integrity are combined, which neither side takes.
    """
    keyword = "prf" if policy.ike_encryption.startswith(_AUTHENTICATED) else "integrity"
    given = policy.model_fields_set
    return Algorithms(
        encryption=_IKE_ENCRYPTION[policy.ike_encryption],
        integrity=f"{keyword} {_IKE_INTEGRITY[policy.ike_integrity]}",
        group=_DH_GROUP[policy.dh_group],
        transform=_transform(policy.ipsec_encryption, policy.ipsec_integrity),
        pfs_group=_PFS_GROUP[policy.pfs_group],
        lifetime_seconds=policy.sa_lifetime_seconds if "sa_lifetime_seconds" in given else None,
        lifetime_kilobytes=policy.sa_data_size_kilobytes if "sa_data_size_kilobytes" in given else None,
    )


def _transform(encryption: IpsecEncryption, integrity: IpsecIntegrity) -> str:
    if encryption.startswith(_AUTHENTICATED) and encryption.value == integrity.value:
        return _ESP_ENCRYPTION[encryption]
    if encryption.startswith(_AUTHENTICATED) or integrity.startswith(_AUTHENTICATED):
        raise RenderError(
            f"ipsecEncryption {encryption} does not go with ipsecIntegrity {integrity}: "
            "a GCM encryption needs the same GCM integrity, any other one SHA256 or SHA1"
        )
    return f"{_ESP_ENCRYPTION[encryption]} {_ESP_INTEGRITY[integrity]}"
