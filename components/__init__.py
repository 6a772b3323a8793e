"""Pulumi ComponentResources: the Azure side of a network, and its routers as resources.

Each module holds one component and its arguments; `hybrid_network` wires them all from one `Network`.
"""
