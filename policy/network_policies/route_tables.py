"""User-defined routes: what may not lie on a GatewaySubnet, and where a gateway may be a next hop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial

from network_policies import pages
from network_policies.attachments import attachments
from network_policies.azure_types import ROUTE, ROUTE_TABLE, SUBNET, VIRTUAL_NETWORK, is_expressroute, is_vpn
from network_policies.resource import NotProvenError, Resource
from network_policies.rules import Case, Finding, Findings, Level, Rule, Scope
from network_policies.stack import Stack, Target
from network_policies.subnets import GATEWAY_SUBNET, Subnet, inline_subnets, own_subnet
from network_policies.values import reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    name: str
    prefix: str | None
    next_hop: str


def subnets_of(stack: Stack, resource: Resource) -> Iterator[Subnet]:
    """Yield the subnets that a resource is or holds, not again those that Azure shows in a VNet's outputs."""
    if resource.kind == SUBNET:
        yield own_subnet(stack, resource)
    elif resource.inputs.get("subnets") is not None or not resource.has_inputs:
        yield from inline_subnets(resource)


def _table_of(case: Case, subnet: Subnet) -> Target | None:
    if subnet.resource is None or not _is_set(subnet, "routeTable"):
        return None
    return case.stack.target(subnet.resource, (*subnet.path, "routeTable", "id"), ROUTE_TABLE)


def _is_set(subnet: Subnet, name: str) -> bool:
    return subnet.resource is not None and reveal(subnet.resource.peek(*subnet.path, name)) is not None


@lru_cache(maxsize=2)
def _separate_routes(stack: Stack) -> Mapping[str, tuple[Resource, ...]]:
    """Return the routes that are resources of their own, by their table."""
    found: dict[str, list[Resource]] = {}
    for route in stack.of(ROUTE):
        with suppress(NotProvenError):
            table = stack.owner(route, ROUTE_TABLE, "routeTableName")
            found.setdefault(table.key, []).append(route)
    return {key: tuple(routes) for key, routes in found.items()}


def _routes(stack: Stack, table: Target) -> Iterator[_Route]:
    if table.resource is None:
        raise NotProvenError(f"the routes of {table.name}, which is not in this stack")
    for index, _ in enumerate(table.resource.elements("routes")):
        yield _route(table.resource, "routes", index)
    for route in _separate_routes(stack).get(table.key, ()):
        yield _route(route)


def _route(resource: Resource, *path: str | int) -> _Route:
    return _Route(
        name=(resource.text(*path, "name") if path else None) or resource.name,
        prefix=resource.text(*path, "addressPrefix"),
        next_hop=(resource.text(*path, "nextHopType") or "").casefold(),
    )


def _gateway_subnets(case: Case) -> Iterator[tuple[Subnet, Target]]:
    """Yield the GatewaySubnets with a route table, and the table."""
    for subnet in subnets_of(case.stack, case.resource):
        table = _table_of(case, subnet) if subnet.name == GATEWAY_SUBNET else None
        if table is not None:
            yield subnet, table


def _default_route(case: Case) -> Findings:
    for subnet, table in _gateway_subnets(case):
        for route in _routes(case.stack, table):
            if route.prefix == "0.0.0.0/0":
                yield Finding(
                    wrong=f"{GATEWAY_SUBNET} of {subnet.network.name} has {table.name}, whose route "
                    f"{route.name} is for 0.0.0.0/0",
                    mend=f"Take {route.name} out of {table.name}, or the table off the subnet",
                )


def _propagation(case: Case) -> Findings:
    for subnet, table in _gateway_subnets(case):
        if table.resource is None:
            raise NotProvenError(f"disableBgpRoutePropagation of {table.name}, which is not in this stack")
        if table.resource.flag("disableBgpRoutePropagation"):
            yield Finding(
                wrong=f"{GATEWAY_SUBNET} of {subnet.network.name} has {table.name}, which keeps the "
                "gateway's own routes from it",
                mend=f"Set disableBgpRoutePropagation of {table.name} to false",
            )


def _next_hop(case: Case) -> Findings:
    """Find routes to a VirtualNetworkGateway in a VNet whose gateway is not a VPN gateway alone."""
    for subnet in subnets_of(case.stack, case.resource):
        table = _table_of(case, subnet)
        gateways = attachments(case.stack).gateways.get(subnet.network.key, ())
        hindrance = next((gateway for gateway in gateways if is_expressroute(gateway)), None)
        if table is None or hindrance is None:
            continue
        for route in _routes(case.stack, table):
            if route.next_hop == "virtualnetworkgateway":
                beside = " beside a VPN gateway" if any(map(is_vpn, gateways)) else ""
                yield Finding(
                    wrong=f"route {route.name} of {table.name}, on {subnet.name} of {subnet.network.name}, "
                    f"leads to the virtual network gateway, and {hindrance.name} is an ExpressRoute "
                    f"gateway{beside}",
                    mend=f"Take {route.name} out: gateways tell the subnet their routes by themselves",
                )


_subnet = partial(
    Rule,
    kinds=(SUBNET, VIRTUAL_NETWORK),
    level=Level.MANDATORY,
    scope=Scope.STACK,
    page=pages.USER_DEFINED_ROUTES,
)

RULES = (
    _subnet(
        name="gateway-subnet-default-route",
        holds="No GatewaySubnet has a route for 0.0.0.0/0.",
        sources=("GW-5",),
        check=_default_route,
    ),
    _subnet(
        name="gateway-subnet-propagation",
        holds="A GatewaySubnet's route table lets the gateways' routes in.",
        sources=("GW-5",),
        check=_propagation,
    ),
    _subnet(
        name="route-next-hop-gateway",
        holds="No route leads to the virtual network gateway where that is, or stands beside, ExpressRoute.",
        sources=("GW-6",),
        check=_next_hop,
    ),
)
