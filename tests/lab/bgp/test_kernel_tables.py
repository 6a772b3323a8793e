"""The lab's own reading of the kernel's tables, held to what `ip` reads of the same ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.bgp.prerequisites import WORLD
from tests.commands import ROOT
from tests.lab.bgp.conftest import skip_unless_able

pytestmark = pytest.mark.living

MADE = """\
link set lo up
link add one0 type veth peer name far1
link add two0 type veth peer name far2
link set one0 up
link set two0 up
link set far1 up
link set far2 up
address add 192.0.2.1/24 dev one0
address add 198.51.100.1/24 dev two0
route add default via 192.0.2.9
route add 10.1.0.0/16 nexthop via 192.0.2.2 weight 1 nexthop via 198.51.100.2 weight 3
route add 10.2.0.0/16 via 192.0.2.3 metric 20
route add 10.2.0.0/16 via 198.51.100.3 metric 10
route add blackhole 10.3.0.0/16
route add unreachable 10.4.0.1
route add 10.5.0.0/16 via 192.0.2.3 table 77
{routes}
"""
MANY = "\n".join(
    f"route add 10.{100 + number // 250}.{number % 250}.0/24 via 192.0.2.4" for number in range(1500)
)
READ = """
import json, subprocess, sys
from dataclasses import asdict
from lab.bgp.kernel_tables import read_all_tables

def looked():
    said = subprocess.run("ip -n one -j -4 route show table main".split(), capture_output=True)
    own = {node: {number: [asdict(entry) for entry in table] for number, table in tables.items()}
           for node, tables in read_all_tables(["empty", "one"]).items()}
    return {"ip": json.loads(said.stdout), "own": own}

for command in ("mount -t tmpfs tmpfs /run", "ip netns add one", "ip netns add empty", "ip -n one -batch -"):
    subprocess.run(command.split(), check=True, input=sys.argv[1].encode())
whole = looked()
subprocess.run("ip -n one link set two0 down".split(), check=True)
print(json.dumps([whole, looked()], default=str))
"""


def of_ip(route: dict[str, Any]) -> tuple[str, int, tuple[str, ...]]:
    prefix = "0.0.0.0/0" if route["dst"] == "default" else route["dst"]
    ways = route.get("nexthops", [route]) if route.get("type", "unicast") == "unicast" else []
    alive = sorted(way["dev"] for way in ways if "dead" not in way["flags"])
    return prefix if "/" in prefix else f"{prefix}/32", route.get("metric", 0), tuple(alive)


def test_tables_are_those_that_ip_reads(tmp_path: Path) -> None:
    skip_unless_able()
    script = tmp_path / "read.py"
    script.write_text(READ)
    done = subprocess.run(
        [*WORLD, sys.executable, str(script), MADE.format(routes=MANY)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    whole, cut = json.loads(done.stdout)
    for looked in (whole, cut):
        own = [
            (one["prefix"], one["metric"], tuple(one["interfaces"])) for one in looked["own"]["one"]["254"]
        ]
        assert own == [of_ip(route) for route in looked["ip"]]
        assert looked["own"]["empty"] == {"254": []}
        assert [one["prefix"] for one in looked["own"]["one"]["77"]] == ["10.5.0.0/16"]
    assert ("10.1.0.0/16", 0, ("one0", "two0")) in map(of_ip, whole["ip"])
    assert ("10.1.0.0/16", 0, ("one0",)) in map(of_ip, cut["ip"])
    assert len(cut["ip"]) > 1500
