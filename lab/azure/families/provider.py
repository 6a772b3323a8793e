"""The connectivity provider that the lab plays: it provisions a circuit a while after its order (ER-1)."""

from __future__ import annotations

import time
from dataclasses import replace

from lab.azure.state import Resource, State

CIRCUITS = "expressRouteCircuits"
PROVISIONED = "Provisioned"
NOT_PROVISIONED = "NotProvisioned"

_STATE = "providerState"  # hidden in the circuit, once the provider has done something


def provider_state(state: State, circuit: Resource) -> str:
    """A circuit's `serviceProviderProvisioningState`.

    Once it has been seen provisioned it stays so, whatever delay is set later.
    """
    known = circuit.hidden.get(_STATE)
    if known is not None:
        return str(known)
    if time.time() - circuit.created < state.provider_delay:
        return NOT_PROVISIONED
    set_provider_state(state, circuit, PROVISIONED)
    return PROVISIONED


def set_provider_state(state: State, circuit: Resource, provider_state_: str) -> None:
    """Note what the provider has done."""
    state.put(replace(circuit, hidden={**circuit.hidden, _STATE: provider_state_}))
