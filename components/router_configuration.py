"""A router's configuration as a Pulumi resource, and the component that renders it for one router."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

import onprem
import topology
from components.references import VpnGatewayReference
from onprem.rendering.render import render_router


class Configuration(pulumi.CustomResource):
    """The lines that this stack owns on one IOS-XE router, pushed over SSH by the `iosxe` provider."""

    def __init__(  # noqa: PLR0913 (the resource's inputs, one by one)
        self,
        name: str,
        *,
        router: str,
        host: str,
        host_key: str | None,
        serial: str | None,
        revert_minutes: int | None,
        site: str,
        mode: topology.RouterMode,
        lines: list[str],
        values: Mapping[str, pulumi.Input[str]],
        secrets: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "router": router,
            "host": host,
            "hostKey": host_key,
            "serial": serial,
            "revertMinutes": revert_minutes,
            "site": site,
            "mode": str(mode),
            "lines": lines,
            "values": values,
            "secrets": {placeholder: pulumi.Output.secret(value) for placeholder, value in secrets.items()},
        }
        super().__init__("iosxe:index:Configuration", name, properties, opts)


def gateway_outputs(gateways: Mapping[str, VpnGatewayReference]) -> dict[str, pulumi.Output[str]]:
    """Return what routers need to know of VPN gateways, by the names of their placeholders."""
    return {
        name_of(vnet, instance): address
        for vnet, gateway in gateways.items()
        for name_of, addresses in (
            (onprem.public_ip, gateway.public_ips),
            (onprem.bgp_address, gateway.bgp_addresses),
        )
        for instance, address in enumerate(addresses, start=1)
    }


@dataclass(frozen=True, kw_only=True)
class OnPremisesRouterArgs:
    """Whose configuration, and what Azure and the tunnels contribute to it, by placeholder name."""

    network: topology.Network
    router: topology.Router
    outputs: Mapping[str, pulumi.Output[str]]
    secrets: Mapping[str, pulumi.Output[str]]


class OnPremisesRouter(pulumi.ComponentResource):
    """A customer edge router: its configuration rendered from the network, and pushed."""

    def __init__(
        self, name: str, args: OnPremisesRouterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("hybrid:network:OnPremisesRouter", name, None, opts)
        rendered = render_router(args.network, args.router.name)
        self.configuration = Configuration(
            name,
            router=args.router.name,
            host=args.router.host,
            host_key=args.router.management.host_key,
            serial=args.router.management.serial,
            revert_minutes=args.router.management.revert_minutes,
            site=args.router.location,
            mode=args.network.mode(args.router),
            lines=list(rendered.lines),
            values={placeholder: args.outputs[placeholder] for placeholder in rendered.outputs},
            secrets={placeholder: args.secrets[placeholder] for placeholder in rendered.secrets},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"lineCount": len(rendered.lines)})
