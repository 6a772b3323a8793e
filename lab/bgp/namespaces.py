"""Nodes as network namespaces, wires as veth pairs, tunnel interfaces as VXLAN: all by `ip`, in batches."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator

from lab.bgp.blueprint import Blueprint, KernelRoute, Node, NodeKind, Port
from lab.bgp.errors import FailedCommandError
from lab.bgp.strongswan import Transport

_SECONDS = 30
_TUNNEL_MTU = 1400
"""IPSEC-6."""
_UNDERLAY_MTU = 9000
"""Room for ESP and VXLAN, so that nothing is fragmented on the way."""
_VXLAN_PORT = 4789
_BEFORE_LINKS = (
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.send_redirects=0",
    "net.ipv4.conf.all.send_redirects=0",
    "net.ipv4.conf.all.accept_redirects=0",
    "net.ipv4.icmp_ratelimit=0",  # traces ask many routers at once
    "net.ipv4.icmp_errors_use_inbound_ifaddr=1",  # a trace then names the wire that the packet came by
    "net.ipv4.fib_multipath_hash_policy=1",  # by ports too, as Azure shares flows
    "net.ipv6.conf.default.disable_ipv6=1",
)


def run(*command: str, text: str | None = None) -> str:
    """Run a program to its end and return what it prints.

    Raises:
        FailedCommandError: if it fails or takes longer than half a minute.
    """
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise FailedCommandError(f"`{' '.join(command)}` did not end within {_SECONDS} s") from None
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()
        raise FailedCommandError(f"`{' '.join(command)}` failed: {words}")
    return done.stdout


def try_batch(node: str, commands: Iterable[str]) -> str:
    """Have `ip` carry out commands in a node, each whatever became of the others; return its complaints."""
    batch = ("ip", "-force", "-n", node, "-batch", "-")
    done = subprocess.run(
        batch, input=_lines(commands), capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    return " ".join(done.stderr.split())


def inside(node: str, *command: str) -> tuple[str, ...]:
    """Return a command as it is to be run in a node."""
    return ("ip", "netns", "exec", node, *command)


def build(blueprint: Blueprint) -> None:
    """Create all nodes and cables, with addresses and kernel routes. Tunnels follow once IPsec runs."""
    run("ip", "-batch", "-", text=_lines(f"netns add {name}" for name in blueprint.nodes))
    for node in blueprint.nodes.values():
        forwards = "0" if node.kind is NodeKind.HOST else "1"
        settings = (*_BEFORE_LINKS, f"net.ipv4.ip_forward={forwards}")
        run(*inside(node.name, "sysctl", "-qw", *settings))
    run("ip", "-batch", "-", text=_lines(_cables(blueprint)))
    settings_by_node: dict[str, list[str]] = defaultdict(list)
    for node in blueprint.nodes.values():
        settings_by_node[node.name].append("link set lo up")
        settings_by_node[node.name] += [f"address add {address} dev lo" for address in node.loopbacks]
    for cable in blueprint.cables:
        for port in cable.ends:
            settings_by_node[port.node] += _port_settings(port)
    for node in blueprint.nodes.values():
        settings_by_node[node.name] += [f"route add {route}" for route in _all_routes(node)]
        settings_by_node[node.name] += [f"rule add {rule}" for rule in node.rules]
    for name, lines in settings_by_node.items():
        run("ip", "-n", name, "-batch", "-", text=_lines(lines))


def add_tunnel_interface(port: Port, public_node: str, carried: Transport, *, up: bool) -> None:
    """Create a tunnel interface: built in the public table, used in the routing table."""
    transport = f"id {carried.number} local {carried.local} remote {carried.remote}"
    creation = (
        f"link add {port.interface} netns {port.node} mtu {_TUNNEL_MTU} "
        f"type vxlan {transport} dstport {_VXLAN_PORT} nolearning"
    )
    run("ip", "-n", public_node, "-batch", "-", text=_lines([creation]))
    settings = _port_settings(port)
    run("ip", "-n", port.node, "-batch", "-", text=_lines(settings if up else settings[:-1]))


def add_void(node: str, interface: str) -> None:
    """Create an interface that is up, and whose other end, in a namespace of its own, hears nothing."""
    nowhere = f"{node}.{interface}"
    run("ip", "netns", "add", nowhere)
    run(
        "ip", "link", "add", interface, "netns", node, "type", "veth", "peer", "name", "end", "netns", nowhere
    )
    set_link(nowhere, "end", up=True)


def set_link(node: str, interface: str, *, up: bool) -> None:
    """Switch an interface on or off."""
    run("ip", "-n", node, "link", "set", interface, "up" if up else "down")


def set_port(port: Port, *, up: bool) -> None:
    """Switch an interface on or off; one that the description shuts down stays off."""
    if port.enabled:
        set_link(port.node, port.interface, up=up)


def restore_routes(node: Node) -> None:
    """Put a node's kernel routes back, which the kernel forgets when an interface goes down."""
    lines = _lines(f"route replace {route}" for route in _all_routes(node))
    run("ip", "-n", node.name, "-batch", "-", text=lines)


def _all_routes(node: Node) -> Iterator[str]:
    yield from map(kernel_route, node.routes)
    yield from node.table_routes


def kernel_route(route: KernelRoute) -> str:
    """Return a route as `ip route` takes it."""
    via = f" via {route.via} onlink" if route.via else ""
    return f"{route.destination}{via} dev {route.interface}"


def _cables(blueprint: Blueprint) -> Iterator[str]:
    public = {NodeKind.PUBLIC, NodeKind.INTERNET}
    for cable in blueprint.cables:
        first, second = cable.ends
        mtu = f"mtu {_UNDERLAY_MTU} " if blueprint.nodes[first.node].kind in public else ""
        yield (
            f"link add {first.interface} netns {first.node} {mtu}"
            f"type veth peer name {second.interface} netns {second.node} {mtu}"
        )


def _port_settings(port: Port) -> list[str]:
    peer = f" peer {port.peer}" if port.peer else ""
    lines = [
        f"address add {address.ip if peer else address}{peer} dev {port.interface}"
        for address in port.addresses
    ]
    return [*lines, f"link set {port.interface} {'up' if port.enabled else 'down'}"]


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
