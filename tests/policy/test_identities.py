"""Ids that a preview leaves out, told by references and by children."""

from __future__ import annotations

from typing import Any

import pytest
from network_policies.identities import with_known_ids
from network_policies.resource import Resource
from network_policies.stack import stack_of
from network_policies.values import UNKNOWN

GROUP = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network"
HUB = f"{GROUP}/virtualNetworks/hub"
CIRCUIT = f"{GROUP}/expressRouteCircuits/c"


def resource(kind: str, name: str, **more: Any) -> Resource:
    kind = f"azure-native:network:{kind}"
    return Resource(urn=f"urn:pulumi:test::test::{kind}::{name}", type=kind, name=name, **more)


def changing(kind: str, name: str) -> Resource:
    """A resource in the preview of its update."""
    return resource(kind, f"the-{name}", outputs={"id": UNKNOWN, "name": name, "etag": UNKNOWN})


def subnet(parent: Resource, resource_id: str = f"{HUB}/subnets/a", name: str = "hub") -> Resource:
    return resource(
        "Subnet",
        "a",
        inputs={"virtualNetworkName": name},
        outputs={"id": resource_id},
        property_dependencies={"virtualNetworkName": (parent.urn,)},
    )


def connection(circuit: Resource, *ids: str, dependencies: tuple[str, ...] = ()) -> Resource:
    return resource(
        "VirtualNetworkGatewayConnection",
        "c-hub",
        inputs={"peer": tuple({"id": one} for one in ids)},
        outputs={"id": UNKNOWN, "name": "c-hub"},
        property_dependencies={"peer": (circuit.urn, *dependencies)},
    )


def id_told(of: Resource, *others: Resource) -> str | None:
    return with_known_ids((of, *others))[0].id


def test_a_reference_tells() -> None:
    circuit = changing("ExpressRouteCircuit", "c")
    assert id_told(circuit, connection(circuit, CIRCUIT)) == CIRCUIT
    stack = stack_of((circuit, connection(circuit, CIRCUIT)))
    assert stack.with_id(CIRCUIT.upper()) is stack.resources[0]
    assert not stack.resources[0].is_new


def test_a_child_tells_of_its_parent() -> None:
    network = changing("VirtualNetwork", "hub")
    assert id_told(network, subnet(network)) == HUB


@pytest.mark.parametrize(
    "others",
    [
        pytest.param(lambda _network: (), id="nobody"),
        pytest.param(lambda network: (subnet(network, name="other"),), id="a child by another name"),
        pytest.param(
            lambda network: (subnet(network, f"{GROUP}/virtualNetworks/x/subnets/a"),), id="another's child"
        ),
        pytest.param(lambda network: (connection(network, CIRCUIT),), id="a reference to something else"),
        pytest.param(
            lambda network: (subnet(network), connection(network, HUB.replace("/rg/", "/other/"))),
            id="two that disagree",
        ),
    ],
)
def test_who_does_not_know_tells_nothing(others: Any) -> None:
    network = changing("VirtualNetwork", "hub")
    assert id_told(network, *others(network)) is None


def test_two_spellings_agree() -> None:
    circuit = changing("ExpressRouteCircuit", "c")
    found = id_told(
        circuit, connection(circuit, CIRCUIT, CIRCUIT.replace("resourceGroups", "resourcegroups"))
    )
    assert str(found).casefold() == CIRCUIT.casefold()


def test_what_is_new_or_known_stays_as_it_is() -> None:
    new = resource("ExpressRouteCircuit", "new", outputs={"id": UNKNOWN, "name": UNKNOWN})
    known = resource("VirtualNetwork", "hub", outputs={"id": HUB, "name": "hub"})
    users = (connection(new, UNKNOWN), subnet(known))  # type: ignore[arg-type]  # an id that is not known
    assert with_known_ids((new, known, *users)) == (new, known, *users)
