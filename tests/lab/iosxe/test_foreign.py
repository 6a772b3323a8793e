"""Lines that no table knows: a router in use keeps them, whatever is done around them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from lab.iosxe.factory import factory_configuration
from lab.iosxe.server import RouterServer

Start = Callable[..., Awaitable[RouterServer]]
Dial = Callable[..., Awaitable[Any]]

FOREIGN = """\
aaa authentication login default group tacacs+ local
class-map match-any VOICE
 match dscp ef
 match protocol rtp audio
policy-map WAN
 class VOICE
  priority percent 20
crypto pki certificate chain SLA
 certificate ca 01
  30820321 30820209 A0030201
  \tquit
event manager applet BACKUP
 action 1.0 cli command "end"
banner login ^C
end
interface TenGigabitEthernet1/0/0
^C
"""
INSIDE = " ip nat inside\n service-policy output WAN\n"


def configuration() -> str:
    text = factory_configuration("R1", "admin", "9 $9$sealed")
    return text.replace("line con 0", f"{FOREIGN}line con 0").replace(
        "interface TenGigabitEthernet1/0/0\n no ip address\n",
        f"interface TenGigabitEthernet1/0/0\n no ip address\n{INSIDE}",
        1,
    )


async def test_foreign_lines_are_printed_saved_archived_and_loaded(start: Start, dial: Dial) -> None:
    router = await start(initial=configuration(), foreign=True)
    before = router.running
    assert FOREIGN.rstrip() in before
    assert f"interface TenGigabitEthernet1/0/0\n no ip address\n{INSIDE}!\n" in before
    assert router.device.startup == before
    router.device.editor.load(before)
    assert router.running == before
    terminal = await dial(router)
    await terminal.run_all("configure terminal revert timer 5", "interface TenGigabitEthernet1/0/0")
    await terminal.run_all("ip address 192.0.2.1 255.255.255.0", "exit", "ip vrf 30", "end")
    assert INSIDE in router.running
    assert router.running != before
    assert "Rollback Done" in await terminal.run("configure revert now")
    assert router.running == before


async def test_foreign_lines_go_with_their_section_and_cannot_be_typed(start: Start, dial: Dial) -> None:
    initial = "interface Loopback7\n ip nat inside\nflow record FNF\n match ipv4 tos\n"
    router = await start(initial=initial, foreign=True)
    terminal = await dial(router)
    await terminal.run_all("configure terminal")
    assert "Invalid input" in await terminal.run("flow record OTHER")
    await terminal.run_all("no interface Loopback7", "end")
    assert router.running == "hostname R1\n!\nflow record FNF\n match ipv4 tos\n!\nend\n"
