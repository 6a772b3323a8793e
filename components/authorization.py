"""The right to use a circuit from another subscription: its owner issues one for each connection (ER-12)."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import network

from components.references import CircuitReference


def authorization_key(
    name: str,
    circuit: CircuitReference,
    *,
    user: str | None,
    own: pulumi.Output[str] | None,
    parent: pulumi.Resource,
) -> pulumi.Output[str] | None:
    """Return what authorizes a connection; None where circuit and user are in one subscription.

    Args:
        name: The connection's name in the stack file.
        circuit: Whose owner authorizes.
        user: The subscription of what is connected; None for the stack's own.
        own: A key that the circuit's owner has issued already.
        parent: The component that is connected.
    """
    if own is not None:
        return pulumi.Output.secret(own)
    if circuit.subscription == user:
        return None
    authorization = network.ExpressRouteCircuitAuthorization(
        f"{parent.pulumi_resource_name}-authorization",
        authorization_name=name,
        circuit_name=circuit.name,
        resource_group_name=circuit.resource_group_name,
        opts=pulumi.ResourceOptions(
            parent=parent,
            provider=circuit.provider,
            depends_on=list(circuit.depends_on),
            additional_secret_outputs=["authorizationKey"],
        ),
    )
    return pulumi.Output.secret(authorization.authorization_key.apply(lambda key: key or ""))
