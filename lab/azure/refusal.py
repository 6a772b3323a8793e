"""How the emulated Azure says no: the shape of Azure Resource Manager's errors, and the rule behind each.

Codes and texts are Azure's where they are published; where they are not, the code follows Azure's manner
and the message says what is wrong. Each message ends with the id of the rule that was broken, if there is
one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class AzureLabError(Exception):
    """Root of everything this package raises on purpose."""


class Refusal(AzureLabError):  # noqa: N818 -- an answer of Azure, not a fault of ours
    """What Azure refuses.

    `status` is the HTTP status, `code` Azure's error code, `rule` the id of the rule that was broken, or "".
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        rule: str = "",
        details: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self.code = code
        self.message = f"{message} ({rule})" if rule else message
        self.status = status
        self.rule = rule
        self.details = tuple(dict(detail) for detail in details)
        super().__init__(self.message)

    def as_body(self) -> dict[str, object]:
        """The body of the answer, as Azure words it."""
        return {"error": {"code": self.code, "message": self.message, "details": list(self.details)}}


def malformed(place: str, reason: str, rule: str = "") -> Refusal:
    """A request whose body does not fit the type; `place` is a path such as `properties.sku.name`."""
    detail = {"code": "InvalidRequestContent", "message": f"{reason} Path {place}."}
    return Refusal(
        "InvalidRequestFormat",
        f"Cannot parse the request: {reason} Path {place}.",
        rule=rule,
        details=[detail],
    )
