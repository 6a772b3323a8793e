"""The two phases of a circuit: ordered, then provisioned by its connectivity provider (ER-1).

Ordering a circuit yields a service key; only once the provider has provisioned the circuit with that key can
it be peered and connected. What needs a provisioned circuit is registered

- in a preview before the circuit exists: always, as if the provider were quick;
- in the run that orders it: once it is there, if the provider was quick;
- in any later run: if Azure, asked beforehand, says that it is provisioned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

from components.lookup import saying

PROVISIONED = "Provisioned"

_ABSENT = ("ResourceNotFound", "ResourceGroupNotFound", "Status=404", "was not found")
"""How the provider words a 404."""


@dataclass(frozen=True, kw_only=True)
class FoundCircuit:
    """A circuit as Azure has it."""

    provider_state: str
    has_peering: bool

    @property
    def is_usable(self) -> bool:
        """Whether it can be peered, or is already: what is there is never given up for a passing state."""
        return self.provider_state == PROVISIONED or self.has_peering


def find_circuit(resource_group_name: str, circuit_name: str) -> FoundCircuit | None:
    """Look a circuit up in Azure; None if there is none yet.

    Raises:
        pulumi.RunError: if Azure does not say.
    """
    with saying(f"circuit {circuit_name} could not be looked up in Azure"):
        try:
            found = network.get_express_route_circuit(
                resource_group_name=resource_group_name, circuit_name=circuit_name
            )
        except Exception as error:  # Pulumi raises no narrower one for a failed invoke
            if any(sign in str(error) for sign in _ABSENT):
                return None
            raise
    return _found(found.service_provider_provisioning_state, found.peerings)


def when_provisioned(
    circuit: network.ExpressRouteCircuit,
    found: FoundCircuit | None,
    register: Callable[[], None],
    wait: Callable[[str], None],
) -> None:
    """Call `register` once the circuit can be peered, or `wait` with its state if it cannot in this run.

    Args:
        circuit: The circuit's resource.
        found: What `find_circuit` returned before this run.
        register: Registers what needs the circuit.
        wait: Tells the user what to do next.
    """

    def decide(now: FoundCircuit) -> None:
        if now.is_usable:
            register()
        else:
            wait(now.provider_state)

    if found is not None:
        decide(found)
    elif pulumi.runtime.is_dry_run():
        register()
    else:
        pulumi.Output.all(circuit.service_provider_provisioning_state, circuit.peerings).apply(
            lambda now: decide(_found(*now))
        )


def _found(provider_state: str | None, peerings: Sequence[object] | None) -> FoundCircuit:
    return FoundCircuit(provider_state=provider_state or "NotProvisioned", has_peering=bool(peerings))
