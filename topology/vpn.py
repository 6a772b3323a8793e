"""Site-to-site VPN: tunnels between VPN gateways and to routers, and the IPsec policy of both sides."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from topology.addressing import Address, Prefix
from topology.model import Described, Named


class IkeEncryption(StrEnum):
    """IKE phase 1 encryption, in Azure's words (IPSEC-8)."""

    GCM_AES_256 = "GCMAES256"
    GCM_AES_128 = "GCMAES128"
    AES_256 = "AES256"
    AES_192 = "AES192"
    AES_128 = "AES128"
    DES_3 = "DES3"


class IkeIntegrity(StrEnum):
    """IKE phase 1 integrity."""

    SHA_384 = "SHA384"
    SHA_256 = "SHA256"
    SHA_1 = "SHA1"


class DhGroup(StrEnum):
    """Diffie-Hellman groups of IKE phase 1."""

    DH_GROUP_24 = "DHGroup24"
    ECP_384 = "ECP384"
    ECP_256 = "ECP256"
    DH_GROUP_14 = "DHGroup14"
    DH_GROUP_2 = "DHGroup2"


class IpsecEncryption(StrEnum):
    """ESP encryption."""

    GCM_AES_256 = "GCMAES256"
    GCM_AES_128 = "GCMAES128"
    AES_256 = "AES256"
    AES_192 = "AES192"
    AES_128 = "AES128"
    DES_3 = "DES3"


class IpsecIntegrity(StrEnum):
    """ESP integrity; a GCM encryption goes with the same GCM integrity."""

    GCM_AES_256 = "GCMAES256"
    GCM_AES_128 = "GCMAES128"
    SHA_256 = "SHA256"
    SHA_1 = "SHA1"


class PfsGroup(StrEnum):
    """Perfect forward secrecy groups of ESP rekeying."""

    PFS_24 = "PFS24"
    ECP_384 = "ECP384"
    ECP_256 = "ECP256"
    PFS_2048 = "PFS2048"
    PFS_14 = "PFS14"
    PFS_2 = "PFS2"
    NONE = "None"


class IpsecPolicy(Described):
    """An explicit IPsec/IKE policy, every field of it, the same on both sides (IPSEC-2)."""

    ike_encryption: IkeEncryption = IkeEncryption.AES_256
    ike_integrity: IkeIntegrity = IkeIntegrity.SHA_256
    dh_group: DhGroup = DhGroup.DH_GROUP_14
    ipsec_encryption: IpsecEncryption = IpsecEncryption.GCM_AES_256
    ipsec_integrity: IpsecIntegrity = IpsecIntegrity.GCM_AES_256
    pfs_group: PfsGroup = PfsGroup.PFS_2048
    sa_lifetime_seconds: int = Field(27000, ge=300, le=172799)
    """Written to the router only if it is given: the two sides need not agree (IPSEC-4)."""
    sa_data_size_kilobytes: int = Field(102_400_000, ge=1024, le=2_147_483_647)
    """Likewise; a router takes 2560 or more."""


class IpsecPreset(StrEnum):
    """A policy by its name."""

    STRONG = "strong"
    """AES-256, SHA-256, DH group 14 and perfect forward secrecy."""
    LEGACY = "legacy"
    """The algorithms of 2018: SHA-1, group 2, no PFS. Only for a device that cannot do better."""


PRESETS = {
    IpsecPreset.STRONG: IpsecPolicy(),
    IpsecPreset.LEGACY: IpsecPolicy(
        ike_integrity=IkeIntegrity.SHA_1,
        dh_group=DhGroup.DH_GROUP_2,
        ipsec_encryption=IpsecEncryption.AES_256,
        ipsec_integrity=IpsecIntegrity.SHA_1,
        pfs_group=PfsGroup.NONE,
    ),
}


def _kind_of_policy(value: Any) -> str:  # noqa: ANN401 (raw input of any shape: pydantic judges it)
    return "<preset>" if isinstance(value, str) else "<explicit>"


PresetOrPolicy = Annotated[
    Annotated[IpsecPreset, Tag("<preset>")] | Annotated[IpsecPolicy, Tag("<explicit>")],
    Discriminator(_kind_of_policy),
]
"""Either form in the stack file; a mistake is reported for the form that was meant."""

TunnelNumber = Annotated[int, Field(ge=0, le=2147483647)]


class TunnelRouter(Described):
    """A tunnel's on-premises end: one public address and one BGP address (VPN-3, VPN-16)."""

    name: str
    """The customer edge router."""
    public_address: Address
    """Tunnel source, IKE identity, and what Azure's local network gateway points at."""
    bgp_address: Address
    """The tunnel interface's own /32, which the VPN gateway peers with."""
    tunnel_numbers: tuple[TunnelNumber, ...] = (0,)
    """One tunnel interface for each instance of the VPN gateway. Two take a loopback for `bgpAddress`, too:
    the first number, or the next above it that is no `loopbackNumber`."""
    loopback_number: TunnelNumber = 0
    """The loopback that carries the public address."""
    advertised_prefixes: tuple[Prefix, ...] | None = None
    """What the router advertises through the tunnel; the location's prefixes if left out."""
    as_path_prepend: int = Field(0, ge=0, le=10)
    """How often the router prepends its own ASN to what it advertises here."""


class Tunnel(Named):
    """A site-to-site VPN with BGP, from a VPN gateway to a router or to another VPN gateway."""

    virtual_network: str
    """Whose VPN gateway ends the tunnel."""
    router: TunnelRouter | None = None
    """The other end, if it is an on-premises router."""
    remote_virtual_network: str | None = None
    """The other end, if it is another virtual network's VPN gateway."""
    ipsec_policy: PresetOrPolicy = IpsecPreset.STRONG

    @property
    def policy(self) -> IpsecPolicy:
        """The IPsec policy, preset or given."""
        return PRESETS[self.ipsec_policy] if isinstance(self.ipsec_policy, IpsecPreset) else self.ipsec_policy
