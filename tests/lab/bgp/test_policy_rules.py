"""Which table decides about a packet, as ip-rule(8) has it: cases worked out by hand, then by the kernel."""

from __future__ import annotations

import json
import subprocess
import sys
from ipaddress import IPv4Address, IPv4Network

import pytest

from lab.bgp.kernel_tables import MAIN
from lab.bgp.policy_rules import MAIN_ONLY, Packet, PolicyRule, leave_by
from lab.bgp.prerequisites import WORLD
from tests.commands import ROOT
from tests.lab.bgp.conftest import skip_unless_able

EVERYTHING = "0.0.0.0/0"


def rule(preference: int, **given: object) -> PolicyRule:
    source, destination = (IPv4Network(str(given.pop(key, EVERYTHING))) for key in ("source", "destination"))
    fields = {"interface": None, "table": None, "go_to": None, "longer_than": -1, **given}
    return PolicyRule(preference=preference, source=source, destination=destination, **fields)  # type: ignore[arg-type]


RULES = (
    rule(100, interface="guarded", source="10.1.0.0/16", go_to=102),
    rule(101, interface="guarded"),
    rule(103, interface="host", destination="10.0.0.0/8", table=MAIN, longer_than=8),
    rule(104, interface="host", destination="10.0.0.0/8", table=101),
    *MAIN_ONLY,
)
TABLES = {
    MAIN: (
        (IPv4Network("10.3.0.0/16"), ("long",)),
        (IPv4Network("10.0.0.0/8"), ("equal",)),
        (IPv4Network("192.0.2.0/24"), ()),
    ),
    101: ((IPv4Network("10.0.0.0/8"), ("one", "other")),),
}


@pytest.mark.parametrize(
    ("source", "destination", "interface", "expected"),
    [
        pytest.param("10.1.0.1", "10.3.0.1", "host", ("long",), id="a longer route of the main table first"),
        pytest.param("10.1.0.1", "10.4.0.1", "host", ("one", "other"), id="an equal one behind"),
        pytest.param("10.1.0.1", "10.4.0.1", "elsewhere", ("equal",), id="who has no table"),
        pytest.param("10.1.0.1", "192.0.2.1", "host", (), id="thrown away by a route"),
        pytest.param("10.1.0.1", "198.51.100.1", "host", (), id="no route at all"),
        pytest.param("10.1.0.1", "10.4.0.1", "guarded", ("equal",), id="let in"),
        pytest.param("10.2.0.1", "10.4.0.1", "guarded", (), id="kept out"),
    ],
)
def test_rules_are_followed(source: str, destination: str, interface: str, expected: tuple[str, ...]) -> None:
    packet = Packet(source=IPv4Address(source), destination=IPv4Address(destination))
    assert leave_by(RULES, TABLES, packet, interface) == expected


MADE = """\
link add host0 type veth peer name away0
link add out0 type veth peer name away1
link set host0 up
link set out0 up
link set away0 up
link set away1 up
address add 10.1.0.254/16 dev host0
address add 192.0.2.1/24 dev out0
route add 10.3.0.0/16 via 192.0.2.3
route add 10.0.0.0/8 via 192.0.2.4
route add 10.0.0.0/8 table 101 nexthop via 192.0.2.5 dev out0
route add blackhole 10.6.0.0/16 table 102
rule add pref 100 iif host0 from 10.1.0.0/24 goto 102
rule add pref 101 iif host0 blackhole
rule add pref 102 iif host0 lookup default
rule add pref 103 iif host0 to 10.6.0.0/16 lookup 102
rule add pref 104 iif host0 to 10.0.0.0/8 lookup main suppress_prefixlength 8
rule add pref 105 iif host0 to 10.0.0.0/8 lookup 101
"""
ASKED = [
    ("10.1.0.1", "10.3.0.1"),
    ("10.1.0.1", "10.4.0.1"),
    ("10.1.0.1", "10.6.0.1"),
    ("10.1.9.1", "10.3.0.1"),
    ("10.1.0.1", "203.0.113.1"),
]
LOOK = """
import json, subprocess, sys
from ipaddress import IPv4Address
from lab.bgp.forwarding import in_use
from lab.bgp.kernel_tables import read_all_tables
from lab.bgp.policy_rules import Packet, leave_by, read_rules

for command in ("mount -t tmpfs tmpfs /run", "ip netns add one", "ip -n one -batch -"):
    subprocess.run(command.split(), check=True, input=sys.argv[1].encode())
subprocess.run("ip netns exec one sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0".split())
tables = {number: in_use(table) for number, table in read_all_tables(["one"])["one"].items()}
answers = []
for source, destination in json.loads(sys.argv[2]):
    packet = Packet(source=IPv4Address(source), destination=IPv4Address(destination))
    said = subprocess.run(
        f"ip -n one -j route get {destination} from {source} iif host0".split(), capture_output=True
    )
    kernel = json.loads(said.stdout)[0].get("gateway", "") if not said.returncode else ""
    own = leave_by(read_rules("one"), tables, packet, "host0")
    answers.append((kernel, own))
print(json.dumps(answers))
"""


@pytest.mark.living
def test_the_kernel_decides_likewise() -> None:
    skip_unless_able()
    done = subprocess.run(
        [*WORLD, sys.executable, "-c", LOOK, MADE, json.dumps(ASKED)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        ["192.0.2.3", ["out0"]],
        ["192.0.2.5", ["out0"]],
        ["", []],
        ["", []],
        ["", []],
    ]
