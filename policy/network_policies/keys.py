"""Keys: secret wherever they stand, strong, and only where they belong.

The findings name the place of a key, never the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from network_policies.resource import NotProvenError, Path, Resource, spell
from network_policies.router_lines import CONFIGURATION
from network_policies.rules import EVERY_KIND, Case, Finding, Findings, Level, Rule, Scope
from network_policies.secrecy import KEY_PROPERTIES, RANDOM_PASSWORD, keys_in_lines, known_keys
from network_policies.values import REDACTED, UNKNOWN, Secret, Text, Value, reveal, texts

VPN_FAQ = "https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-vpn-faq"
EXPRESSROUTE_KEYLESS = "https://github.com/Azure/ResourceModules/pull/1041"
PULUMI_SECRETS = "https://www.pulumi.com/docs/iac/concepts/secrets/"
CISCO_HARDENING = "https://www.cisco.com/c/en/us/support/docs/ip/access-lists/13608-21.html"

CONNECTION = "azure-native:network:VirtualNetworkGatewayConnection"
CIRCUIT = "azure-native:network:ExpressRouteCircuit"
CIRCUIT_PEERING = "azure-native:network:ExpressRouteCircuitPeering"
AUTHORIZATION = "azure-native:network:ExpressRouteCircuitAuthorization"

_PUBLISHED_KEYS = ("IamSecure123", "AzureA1b2C3")
"""From Microsoft's own pages: the test setup's router, and the samples for VPN connections."""

_PUBLISHED = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(_PUBLISHED_KEYS)})(?![A-Za-z0-9])", re.IGNORECASE)

_REFUSED_CHARACTERS = " -~"
"""IPSEC-1; so is everything that is not printable ASCII."""

_DEFAULT_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""What RandomPassword draws from unless overrideSpecial is set."""

_MAKE_SECRET = "pass it as a secret: pulumi.Output.secret(...), or `pulumi config set --secret`"  # noqa: S105


def _key_secret(case: Case) -> Findings:
    """Judge the keys among the inputs, and those that Azure returned."""
    for properties in (case.resource.inputs, case.resource.outputs):
        for name in KEY_PROPERTIES:
            if _is_in_clear(properties.get(name)):
                yield Finding(
                    wrong=f"{name} of {case.resource.name} is in clear, in the state and in every preview",
                    mend=f"Do not write it down; {_MAKE_SECRET}",
                )
                return


def _is_in_clear(value: Value) -> bool:
    return any(found.text and not found.secret for found in texts(value))


def _output_secret(case: Case) -> Findings:
    """Judge the keys that Azure makes; in a preview, whether the one that it always makes will be secret."""
    made = _MADE_BY_AZURE[case.resource.kind]
    for name in ("serviceKey", "authorizationKey", "authorizations"):
        value = case.resource.outputs.get(name)
        is_coming = value is UNKNOWN and name == made and name not in case.resource.secret_outputs
        if is_coming or _has_key_in_clear(name, value):
            yield Finding(
                wrong=f"{name}, an output of {case.resource.name}, is kept in clear in the state",
                mend=f'Set additional_secret_outputs=["{name}"] in its options',
            )


_MADE_BY_AZURE = {CIRCUIT: "serviceKey", AUTHORIZATION: "authorizationKey"}


def _has_key_in_clear(name: str, value: Value) -> bool:
    if name != "authorizations":
        return _is_in_clear(value)
    entries = value if isinstance(value, tuple) else ()
    return any(
        isinstance(entry, Mapping) and _is_in_clear(entry.get("authorizationKey")) for entry in entries
    )


def _expressroute_keyless(case: Case) -> Findings:
    if (case.resource.text("connectionType") or "").casefold() != "expressroute":
        return
    if case.resource.peek("sharedKey") is not None:
        yield Finding(
            wrong=f"{case.resource.name} is an ExpressRoute connection and has a sharedKey, which Azure "
            "refuses (CannotSetSharedKeyForExpressRouteConnectionType)",
            mend="Take sharedKey away; an authorizationKey admits a circuit of another subscription",
        )


def _key_strong(case: Case) -> Findings:
    value = case.resource.peek("sharedKey")
    minimum = int(case.parameters["minimumLength"])
    key = reveal(value)
    if key is None:
        return
    if key is UNKNOWN:
        yield from _generator_strong(case, minimum)
    elif key == REDACTED:
        raise NotProvenError(f"sharedKey of {case.resource.name} cannot be decrypted here")
    else:
        for weakness in _weaknesses(str(key), minimum, int(case.parameters["minimumDistinct"])):
            yield Finding(
                wrong=f"sharedKey of {case.resource.name} {weakness}",
                mend=f"Let RandomPassword make one of {max(minimum, 32)} letters and digits",
            )


def _weaknesses(key: str, minimum: int, distinct: int) -> Iterator[str]:
    if len(key) < minimum:
        yield f"is shorter than {minimum} characters"
    if len(set(key)) < distinct:
        yield f"has fewer than {distinct} different characters"
    if any(not "!" <= character <= "~" or character in _REFUSED_CHARACTERS for character in key):
        yield "has characters that Azure refuses; only printable ASCII without space, hyphen, tilde will do"


def _generator_strong(case: Case, minimum: int) -> Findings:
    """Judge a key that does not exist yet by what will make it."""
    generators = tuple(case.stack.dependencies(case.resource, ("sharedKey",), RANDOM_PASSWORD))
    if len(generators) != 1:
        raise NotProvenError(f"sharedKey of {case.resource.name} is not known yet")
    generator = generators[0]
    length = generator.number("length") or 0
    if length < minimum:
        yield Finding(
            wrong=f"sharedKey of {case.resource.name} comes from {generator.name}, which makes only {length} "
            "characters",
            mend=f"Set its length to {max(minimum, 32)}",
        )
    special = generator.text("overrideSpecial") or _DEFAULT_SPECIAL
    if generator.read("special") is not False and set(special) & set(_REFUSED_CHARACTERS):
        yield Finding(
            wrong=f"sharedKey of {case.resource.name} comes from {generator.name}, which may put a hyphen, a "
            "space or a tilde into it, which Azure refuses",
            mend="Set its special to false",
        )


def _published_key(case: Case) -> Findings:
    """Find the keys that everybody knows, secret or not, in any property."""
    for where in _places(case.resource, lambda found: bool(_PUBLISHED.search(found.text))):
        yield Finding(
            wrong=f"{spell(where)} of {case.resource.name} holds a key that Microsoft publishes",
            mend="Let RandomPassword make a new one, and change it at the other end too",
        )


def _key_elsewhere(case: Case) -> Findings:
    """Find the stack's own keys where nobody expects one: in an output, a tag, a description."""
    keys = known_keys(case.stack)
    if keys is None:
        return
    for where in _places(case.resource, lambda found: not found.secret and bool(keys.search(found.text))):
        if where[0] not in _JUDGED_ELSEWHERE and where not in _lines_with_keys(case.resource):
            yield Finding(
                wrong=f"{spell(where)} of {case.resource.name} holds one of the stack's keys in clear",
                mend=f"Take it out, or {_MAKE_SECRET}",
            )


_JUDGED_ELSEWHERE = (*KEY_PROPERTIES, "secrets", "authorizations")


def _lines_with_keys(resource: Resource) -> frozenset[Path]:
    """Return the lines of a router that `router-key-in-lines` finds already."""
    if resource.kind != CONFIGURATION:
        return frozenset()
    return frozenset(("lines", found.line.number - 1) for found in keys_in_lines(resource))


def _places(resource: Resource, matches: Callable[[Text], bool]) -> tuple[Path, ...]:
    """Return where a resource holds such texts, each place once, be it in the inputs or the outputs."""
    return tuple(dict.fromkeys(found.path for found in resource.texts if matches(found)))


def _router_key_in_lines(case: Case) -> Findings:
    for found in keys_in_lines(case.resource):
        yield Finding(
            wrong=f"{found.line.place}, of {case.resource.name} spells out a key",
            mend="Write <secret:NAME> in its place, and give secrets an entry NAME",
        )


def _router_secrets_marked(case: Case) -> Findings:
    """Judge the keys that only the provider may put into the lines.

    An unknown one may have lost its mark on its way through the provider; a known one has not.
    """
    secrets = case.resource.inputs.get("secrets")
    if not isinstance(secrets, Mapping):
        return
    for name, value in secrets.items():
        if not isinstance(value, Secret) and value is not UNKNOWN:
            yield Finding(
                wrong=f"secrets.{name} of {case.resource.name} is in clear",
                mend=f"For the whole of secrets, {_MAKE_SECRET}",
            )


RULES = (
    Rule(
        name="connection-key-secret",
        level=Level.MANDATORY,
        holds="The keys of a connection and of a circuit's peering are secret.",
        kinds=(CONNECTION, CIRCUIT_PEERING),
        sources=("IPSEC-1", "ER-6", "ER-12"),
        page=PULUMI_SECRETS,
        check=_key_secret,
    ),
    Rule(
        name="connection-key-strong",
        level=Level.MANDATORY,
        holds="A connection's shared key is long, varied, and of characters that Azure accepts.",
        kinds=(CONNECTION,),
        sources=("IPSEC-1",),
        page=VPN_FAQ,
        scope=Scope.STACK,
        check=_key_strong,
        parameters={
            "minimumLength": {
                "type": "integer",
                "minimum": 1,
                "maximum": 128,
                "default": 20,
                "description": "The fewest characters that a key may have.",
            },
            "minimumDistinct": {
                "type": "integer",
                "minimum": 1,
                "default": 8,
                "description": "The fewest different characters that a key may have.",
            },
        },
    ),
    Rule(
        name="connection-expressroute-keyless",
        level=Level.MANDATORY,
        holds="An ExpressRoute connection has no shared key.",
        kinds=(CONNECTION,),
        sources=("Azure/ResourceModules#1041",),
        page=EXPRESSROUTE_KEYLESS,
        check=_expressroute_keyless,
    ),
    Rule(
        name="circuit-key-secret",
        level=Level.MANDATORY,
        holds="The service key and the authorization keys that Azure makes are kept secret.",
        kinds=(CIRCUIT, AUTHORIZATION),
        sources=("ER-1", "ER-12"),
        page=PULUMI_SECRETS,
        scope=Scope.STACK,
        check=_output_secret,
    ),
    Rule(
        name="router-key-in-lines",
        level=Level.MANDATORY,
        holds="A router's lines spell out no key.",
        kinds=(CONFIGURATION,),
        sources=("IPSEC-1",),
        page=CISCO_HARDENING,
        check=_router_key_in_lines,
    ),
    Rule(
        name="router-secrets-marked",
        level=Level.MANDATORY,
        holds="The keys that go into a router's lines are secret.",
        kinds=(CONFIGURATION,),
        sources=("IPSEC-1",),
        page=PULUMI_SECRETS,
        check=_router_secrets_marked,
    ),
    Rule(
        name="key-published",
        level=Level.MANDATORY,
        holds="No property of any resource, secret or not, holds a key that everybody can read up.",
        kinds=EVERY_KIND,
        sources=("IPSEC-1", "SEED"),
        page=VPN_FAQ,
        check=_published_key,
    ),
    Rule(
        name="key-in-clear",
        level=Level.MANDATORY,
        holds="A key stands in clear nowhere in the stack.",
        kinds=EVERY_KIND,
        sources=("IPSEC-1", "ER-12"),
        page=PULUMI_SECRETS,
        scope=Scope.STACK,
        check=_key_elsewhere,
    ),
)
