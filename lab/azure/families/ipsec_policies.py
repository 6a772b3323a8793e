"""IPsec policies: every field or none (IPSEC-2), with the values that Azure has (IPSEC-8)."""

from __future__ import annotations

from lab.azure.declaration import integer, one_of, structure

IPSEC_POLICY = structure(
    {
        "saLifeTimeSeconds": integer(300, 172_799, required=True, rule="IPSEC-2"),
        "saDataSizeKilobytes": integer(0, required=True, rule="IPSEC-2"),
        "ipsecEncryption": one_of(
            *("None", "DES", "DES3", "AES128", "AES192", "AES256", "GCMAES128", "GCMAES192", "GCMAES256"),
            required=True,
            rule="IPSEC-2",
        ),
        "ipsecIntegrity": one_of(
            *("MD5", "SHA1", "SHA256", "GCMAES128", "GCMAES192", "GCMAES256"), required=True, rule="IPSEC-2"
        ),
        "ikeEncryption": one_of(
            *("DES", "DES3", "AES128", "AES192", "AES256", "GCMAES256", "GCMAES128"),
            required=True,
            rule="IPSEC-2",
        ),
        "ikeIntegrity": one_of(
            *("MD5", "SHA1", "SHA256", "SHA384", "GCMAES256", "GCMAES128"), required=True, rule="IPSEC-2"
        ),
        "dhGroup": one_of(
            *("None", "DHGroup1", "DHGroup2", "DHGroup14", "DHGroup2048", "ECP256", "ECP384", "DHGroup24"),
            required=True,
            rule="IPSEC-2",
        ),
        "pfsGroup": one_of(
            *("None", "PFS1", "PFS2", "PFS2048", "ECP256", "ECP384", "PFS24", "PFS14", "PFSMM"),
            required=True,
            rule="IPSEC-2",
        ),
    }
)
