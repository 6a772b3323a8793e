"""The configuration with which an emulated router begins: as its operator hands it over, ready for pushes.

That is more than a factory's: a user, SSH, and an archive, without which no timed revert can be armed.
"""

from __future__ import annotations

_TEMPLATE = """\
version 17.9
service timestamps debug datetime msec
service timestamps log datetime msec
service password-encryption
hostname {hostname}
vrf definition Mgmt-intf
 address-family ipv4
 exit-address-family
no ip domain lookup
password encryption aes
username {username} privilege 15 secret {secret}
archive
 path bootflash:archive
interface GigabitEthernet0
 vrf forwarding Mgmt-intf
 ip address 198.18.0.10 255.255.255.0
 negotiation auto
interface TenGigabitEthernet0/0/0
 no ip address
interface TenGigabitEthernet0/1/0
 no ip address
 shutdown
interface TenGigabitEthernet1/0/0
 no ip address
ip forward-protocol nd
no ip http server
no ip http secure-server
ip ssh version 2
line con 0
 stopbits 1
line vty 0 4
 exec-timeout 30 0
 login local
 transport input ssh
"""


def factory_configuration(hostname: str, username: str, secret: str) -> str:
    """A small ASR1000: one management port, three ten-gigabit ports, SSH only."""
    return _TEMPLATE.format(hostname=hostname, username=username, secret=secret)
