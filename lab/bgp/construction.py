"""From the network's description to the blueprint of a living one."""

from __future__ import annotations

from lab.bgp.azure import AzureSide
from lab.bgp.blueprint import Blueprint
from lab.bgp.draft import Draft
from lab.bgp.errors import UnsupportedDesignError
from lab.bgp.premises import Premises
from lab.bgp.route_server import add_route_server
from lab.bgp.user_routes import UserRoutes
from lab.bgp.vpn import Vpn
from topology import Network, overlapping


def draw_blueprint(network: Network) -> Blueprint:
    """Return the blueprint of a network.

    Raises:
        UnsupportedDesignError: if the description has something that is not brought to life here.
    """
    _refuse_overlaps(network)
    draft = Draft(network)
    azure = AzureSide(draft)
    for vnet in network.virtual_networks.values():
        if vnet.route_server:
            add_route_server(draft, azure, vnet)
    premises = Premises(draft, azure)
    Vpn(draft, azure, premises)
    UserRoutes(draft, azure)
    return draft.blueprint()


def _refuse_overlaps(network: Network) -> None:
    """A host has one way to its own network here: a summary would be one, and hide what lies in it."""
    owned = [(site, prefix) for site in network.sites for prefix in network.site_prefixes(site)]
    for site, other in overlapping(owned):
        if site != other:
            raise UnsupportedDesignError(f"{site} and {other} overlap, which is not brought to life here")
