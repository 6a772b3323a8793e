"""From the network's description to the blueprint of a living one."""

from __future__ import annotations

from lab.bgp.azure import AzureSide
from lab.bgp.blueprint import Blueprint
from lab.bgp.draft import Draft
from lab.bgp.premises import Premises
from lab.bgp.vpn import Vpn
from topology import Network


def draw_blueprint(network: Network) -> Blueprint:
    """Return the blueprint of a network.

    Raises:
        UnsupportedDesignError: if the description has something that is not brought to life here.
    """
    draft = Draft(network)
    azure = AzureSide(draft)
    premises = Premises(draft, azure)
    Vpn(draft, azure, premises)
    return draft.blueprint()
