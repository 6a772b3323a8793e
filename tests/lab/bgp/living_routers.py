"""Routers behind real SSH with a living network behind them, and an Azure that holds what a test says."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncssh
from ntc_templates.parse import parse_output  # type: ignore[import-untyped]

from lab.bgp.directory import Directory
from lab.living import LivingNetwork
from onprem.push.guarded import push
from onprem.push.pushed import Intent, Pushed, PushResult, Safeguards
from tests.commands import ROOT
from tests.onprem.routers import PASSWORD, Lab

STACK_FILE = ROOT / "Pulumi.test.yaml"
ROUTERS = ("location1-ce1", "location1-ce2", "location2-ce1", "location2-ce2")
BOTH = "location1-ce1"
"""The router that has ExpressRoute and VPN."""
EDGE, GATEWAY = "192.168.30.18", "10.10.30.254"
"""Its neighbors."""
HUB_ADDRESS, BRANCH_ADDRESS = "198.18.5.6", "198.18.7.8"
KEY = "canary-Zq7xK2mP9vLw4TnB8sRd"
VALUES = {"hub-vpn-gateway-public-ip-1": HUB_ADDRESS, "hub-vpn-gateway-bgp-address-1": GATEWAY}
POLICY = {
    "ikeEncryption": "AES256",
    "ikeIntegrity": "SHA256",
    "dhGroup": "DHGroup14",
    "ipsecEncryption": "GCMAES256",
    "ipsecIntegrity": "GCMAES256",
    "pfsGroup": "PFS2048",
    "saLifeTimeSeconds": 27000,
    "saDataSizeKilobytes": 102_400_000,
}


def _end(name: str, own: tuple[str, str], far: tuple[str, str, int], key: str) -> dict[str, Any]:
    return {
        "name": name,
        "publicAddress": own[0],
        "bgpAddress": own[1],
        "peerPublicAddress": far[0],
        "peerBgpAddress": far[1],
        "peerAsn": far[2],
        "policy": POLICY,
        "key": key,
    }


DEPLOYED = {
    "connections": [
        _end("to-location1", (HUB_ADDRESS, GATEWAY), ("66.198.12.106", "10.2.30.125", 65021), KEY),
        _end("to-branch", (HUB_ADDRESS, GATEWAY), (BRANCH_ADDRESS, "10.11.30.126", 65516), "another"),
        _end("to-hub", (BRANCH_ADDRESS, "10.11.30.126"), (HUB_ADDRESS, GATEWAY, 65515), "another"),
    ],
    "peerings": [
        {"prefixes": ["192.168.30.16/30", "192.168.30.20/30"], "vlanId": 300, "peerAsn": 65021},
        {"prefixes": ["192.168.31.16/30", "192.168.31.20/30"], "vlanId": 310, "peerAsn": 65020},
    ],
}
"""What Azure holds of the test stack once it is deployed, as `lab/azure/wires.py` reads it."""


def golden(router: str) -> Intent:
    """What is pushed to a router, Azure's values put in, the key to be put in by the push."""
    text = (ROOT / "tests" / "onprem" / "golden" / f"{router}.cfg").read_text()
    lines = re.sub(r"<output:([\w-]+)>", lambda found: VALUES[found[1]], text).splitlines()
    return Intent(lines=tuple(lines), secrets={"hub-location1-shared-key": KEY})


class LivingRouters(Lab):
    """The test stack's routers; `azure` is what Azure holds, to be changed at will."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.azure: dict[str, Any] = copy.deepcopy(DEPLOYED)
        self.pushed: dict[str, Pushed] = {}
        self.living = Directory(directory / "bgp")
        self._network = self.run(self._begin())
        self.servers = {router: self.start(router, plane=self.run(self._plane(router))) for router in ROUTERS}

    async def _begin(self) -> LivingNetwork:
        network = LivingNetwork(self.living, STACK_FILE, lambda: copy.deepcopy(self.azure))
        network.start()
        return network

    async def _plane(self, router: str) -> Any:
        return self._network.plane(router)

    def stop(self) -> None:
        self.run(self._network.stop())
        super().stop()

    # --- what people do ------------------------------------------------------------------------------

    def push(self, router: str, intent: Intent, **safeguards: Any) -> PushResult:
        """Push as the provider does, and remember what was pushed."""
        settings = Safeguards(settle=20.0, **safeguards)
        last = self.pushed.get(router, Pushed())
        result = push(self.access(router), intent, last, lambda: False, settings)
        self.pushed[router] = result.pushed
        return result

    def type(self, router: str, *lines: str) -> str:
        """Type lines in a session of their own; what the router said."""
        return self.run(self._type(router, lines))

    async def _type(self, router: str, lines: tuple[str, ...]) -> str:
        session = await asyncssh.connect(router, config=[str(self.ssh_config)], password=PASSWORD)
        said = await session.run(input="\n".join(("terminal length 0", *lines, "exit", "")))
        session.close()
        return str(said.stdout).replace("\r\n", "\n")

    def configure(self, router: str, *lines: str) -> str:
        """Type lines in configuration mode."""
        return self.type(router, "configure terminal", *lines, "end")

    def show(self, router: str, question: str) -> str:
        """What a router answers, without its prompts."""
        said = self.type(router, f"show {question}")
        answer = said.partition(f"show {question}\n")[2]
        return answer.rpartition(f"{router}#exit")[0]

    # --- what is there -------------------------------------------------------------------------------

    def neighbors(self, router: str = BOTH, vrf: str = "30") -> dict[str, str]:
        """State, or the number of prefixes, of each neighbor."""
        rows = self.parsed("show ip bgp summary", self.show(router, f"ip bgp vpnv4 vrf {vrf} summary"))
        return {row["bgp_neighbor"]: row["state_or_prefixes_received"] for row in rows}

    def best(self, network: str, router: str = BOTH) -> str:
        """The next hop of a network's best way; empty if there is none."""
        rows = self.parsed("show ip bgp", self.show(router, "ip bgp vpnv4 vrf 30"))
        chosen = (
            row["next_hop"] for row in rows if row["network"] == network and row["path_selection"] == ">"
        )
        return next(chosen, "")

    def is_up(self, neighbor: str, router: str = BOTH) -> bool:
        """Whether a session is established."""
        return self.neighbors(router).get(neighbor, "").isdecimal()

    def has_tunnel(self) -> bool:
        """Whether the router with VPN has an IKE SA."""
        return f"{HUB_ADDRESS}/4500" in self.show(BOTH, "crypto ikev2 sa")

    @staticmethod
    def parsed(command: str, text: str) -> list[Mapping[str, str]]:
        """An answer as Network to Code's templates read it."""
        if not text.strip():
            return []
        rows: list[Mapping[str, str]] = parse_output(platform="cisco_ios", command=command, data=text)
        return rows
