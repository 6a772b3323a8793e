"""A stand-in for the random provider plugin, where the real one cannot be had: passwords and strings."""

from __future__ import annotations

import secrets
import string
from typing import Any

import bcrypt
import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from lab.azure.conversion import JsonObject, from_struct, to_struct
from lab.azure.stand_in import StandIn

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""The real provider's, unless overridden."""
_PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 (a type's name)
_STRING = "random:index/randomString:RandomString"
_DEFAULTS = {
    "lower": True,
    "upper": True,
    "number": True,
    "numeric": True,
    "special": True,
    "minLower": 0,
    "minUpper": 0,
    "minNumeric": 0,
    "minSpecial": 0,
}
_BCRYPT_LIMIT = 72


class Random(StandIn):
    """Makes random values once and keeps them in the stack's state."""

    version = "4.21.4"

    async def Handshake(self, request: Any, context: Any) -> Any:
        """Agree on what travels."""
        del request, context
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    async def Configure(self, request: Any, context: Any) -> Any:
        """Be ready."""
        del request, context
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    async def Check(self, request: Any, context: Any) -> Any:
        """Refuse what the stand-in lacks, and a value without a length."""
        kind = request.urn.split("::")[2].split("$")[-1]
        if kind not in {_PASSWORD, _STRING}:
            await context.abort(grpc.StatusCode.UNKNOWN, f"the stand-in for random has no resource {kind}")
        inputs = from_struct(request.news)
        failures = []
        if not isinstance(inputs.get("length"), int) or inputs["length"] < 1:
            failures.append(provider_pb2.CheckFailure(property="length", reason="must be at least 1"))
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=failures)

    async def Diff(self, request: Any, context: Any) -> Any:
        """Make a new value for any change."""
        del context
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        changed = sorted(
            key for key in {*old, *new} if not key.startswith("__") and old.get(key) != new.get(key)
        )
        kinds = provider_pb2.DiffResponse
        return provider_pb2.DiffResponse(
            changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE, diffs=changed, replaces=changed
        )

    async def Create(self, request: Any, context: Any) -> Any:
        """Make the value; in a preview it is not known."""
        del context
        inputs = {**_DEFAULTS, **from_struct(request.properties)}
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(inputs))
        value = _generate(inputs)
        is_password = request.urn.split("::")[2].endswith(_PASSWORD)
        outputs = {**inputs, "result": _as_secret(value) if is_password else value}
        if is_password:
            digest = bcrypt.hashpw(value.encode()[:_BCRYPT_LIMIT], bcrypt.gensalt(4)).decode()
            outputs["bcryptHash"] = _as_secret(digest)
        identity = "none" if is_password else value
        return provider_pb2.CreateResponse(id=identity, properties=to_struct(outputs))

    async def Read(self, request: Any, context: Any) -> Any:
        """Find the value as it was: it lives in the state only."""
        del context
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    async def Delete(self, request: Any, context: Any) -> Any:
        """Forget the value."""
        del request, context
        return Empty()


def _as_secret(value: str) -> JsonObject:
    """Mark a value as secret, as the engine's wire format has it."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


def _generate(inputs: JsonObject) -> str:
    """Return a string with at least so many characters of each kind, in random order."""
    special = inputs.get("overrideSpecial", _SPECIAL)
    kinds = (
        ("lower", "minLower", string.ascii_lowercase),
        ("upper", "minUpper", string.ascii_uppercase),
        ("numeric", "minNumeric", string.digits),
        ("special", "minSpecial", special),
    )
    chosen = [
        secrets.choice(alphabet) for _, least, alphabet in kinds for _ in range(int(inputs.get(least) or 0))
    ]
    allowed = "".join(alphabet for flag, _, alphabet in kinds if inputs.get(flag))
    chosen += [secrets.choice(allowed) for _ in range(inputs["length"] - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)
