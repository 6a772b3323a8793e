"""What the components read of azure-native: only what they use, and the same as the whole package has."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from tests.commands import ROOT

_USED = sorted(
    {
        name
        for file in (ROOT / "components").glob("*.py")
        for name in re.findall(r"\bnetwork\.([A-Z]\w+|get_\w+)", file.read_text(encoding="utf-8"))
    }
)
_PROGRAM = """\
import json, sys
from components.azure_native import network
names = json.loads(sys.argv[1])
parts = {name: getattr(network, name) for name in names}
unread = [name for name in ("admin_rule", "vpn_site") if f"{network.__name__}.{name}" not in sys.modules]
other = network.AdminRule.__module__
all_read = hasattr(network, "VpnSite") and "vpn_connection" in vars(network)
unknown = hasattr(network, "NoSuchThing")  # for which the package reads itself
same = [name for name in names if vars(network)[name] is parts[name] and "vpn_connection" in vars(network)]
print(json.dumps([unread, other, all_read, unknown, same]))
"""


def read(*names: str) -> list[object]:
    """Use names of the package in a process of its own, then one that no module is named after."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(names)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_only_what_is_used_is_read_and_it_is_the_packages_own() -> None:
    assert {"VirtualNetwork", "SubResourceArgs", "VpnType", "get_express_route_circuit"} <= set(_USED)
    unread, other, all_read, unknown, same = read(*_USED)
    assert unread == ["admin_rule", "vpn_site"]
    assert other == "pulumi_azure_native.network.admin_rule"
    assert (all_read, unknown) == (False, False)
    assert same == _USED


def test_a_name_that_no_module_is_named_after_has_the_package_read_itself() -> None:
    unread, _, all_read, _, same = read("GetSubnetResult")
    assert (unread, all_read, same) == ([], True, ["GetSubnetResult"])
