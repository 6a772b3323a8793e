"""Files in flash: written by the Tcl shell or by `copy`, listed, verified, merged into what runs."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from lab.iosxe.server import RouterServer


async def test_running_configuration_goes_to_flash_and_back(router: RouterServer, terminal: Any) -> None:
    before = router.running
    terminal.type("copy running-config bootflash:/before.cfg\n")
    await terminal.until(r"Destination filename \[before.cfg\]\? $")
    terminal.type("\n")
    assert "bytes copied" in await terminal.settle()
    listed = await terminal.run("dir bootflash:/before.cfg")
    found = re.search(r" -rw- +\d+  (.+ \+00:00)  before\.cfg$", listed, re.MULTILINE)
    assert found, listed
    age = datetime.now(UTC) - datetime.strptime(found[1], "%b %d %Y %H:%M:%S %z")
    assert age < timedelta(minutes=5)
    digest = hashlib.md5(before.encode()).hexdigest()
    assert digest in await terminal.run("verify /md5 bootflash:/before.cfg")
    assert "No such file" in await terminal.run("dir bootflash:/other.cfg")
    assert "bytes free" in await terminal.run("dir")


async def test_file_is_written_by_tcl_and_merged(router: RouterServer, terminal: Any) -> None:
    await terminal.run_all("configure terminal", "file prompt quiet", "end")
    await terminal.run("tclsh")
    assert terminal.prompt == "R1(tcl)#"
    assert "bytes free" in await terminal.run("dir"), "exec commands work in the shell"
    terminal.type('puts [open "bootflash:merge.cfg" w+] {ip vrf 30\r rd 65021:30\rfrobnicate\r}\r')
    await terminal.until(r"R1\(tcl\)#$")
    terminal.type("tclquit\r")
    await terminal.settle()
    assert terminal.prompt == "R1#"
    said = await terminal.run("copy bootflash:/merge.cfg running-config")
    assert "Invalid input" in said
    assert "bytes copied" in said
    assert "ip vrf 30\n rd 65021:30\n" in router.running
