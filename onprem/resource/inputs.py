"""What the router resource is given, and what of it is refused before anything runs.

A line with a control character would end early and leave the rest as another command; a key with a question
mark would make the router print its help. So nothing gets near a router that is not plain text of the right
kind, and no line leaves the configuration or does what configuration lines do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from ipaddress import AddressValueError, IPv4Address

from onprem.errors import PushError
from onprem.placeholders import PlaceholderKind, placeholder_names
from onprem.plan.masking import HIDDEN, split_secret
from onprem.push.pushed import Intent, fill
from onprem.push.rollback_timer import LONGEST
from onprem.ssh.access import parse_host_key

MAX_LINE = 254
"""Characters; IOS cuts what is longer."""
_NAME = re.compile(r"[A-Za-z0-9-]+")
_PLACEHOLDER = re.compile(r"<(?:output|secret):[A-Za-z0-9-]+>")
_ALMOST_PLACEHOLDER = re.compile(r"<\s*[A-Za-z]+\s*:[^>]*>?")
_NOT_CONFIGURATION = re.compile(
    r"(?:end|exit|exit-vrf|do|configure|write|reload|copy|delete|erase|format|squeeze|show|clear|debug|test"
    r"|no username|crypto key)(?: .*)?|.*\bzeroize\b.*|banner .*"
)


class Unknown(Enum):
    """A value that the engine does not know yet."""

    UNKNOWN = "not known before the deployment"


UNKNOWN = Unknown.UNKNOWN


class Mode(StrEnum):
    """How far the provider goes with the router."""

    RENDER = "render"
    """It writes a file."""
    PREVIEW = "preview"
    """It reads and compares."""
    PUSH = "push"
    """It reads, compares and pushes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong with one input, and how to mend it."""

    input: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The resource's inputs; `secrets` is None if not even the names are known yet."""

    router: str
    host: str | Unknown
    host_key: str | Unknown | None = None
    serial: str | Unknown | None = None
    revert_minutes: int | None = None
    """What the provider's configuration says if None."""
    site: str = ""
    """Routers of one site are never pushed to at the same time, and none after another has failed."""
    mode: str = Mode.PUSH
    lines: tuple[str, ...] = ()
    values: Mapping[str, str | Unknown] = field(default_factory=dict)
    secrets: Mapping[str, str | Unknown] | None = field(default_factory=dict, repr=False)

    @property
    def known_values(self) -> dict[str, str]:
        """The values that are known by now."""
        return {name: value for name, value in self.values.items() if not isinstance(value, Unknown)}

    @property
    def known_secrets(self) -> dict[str, str]:
        """The secrets that are known by now."""
        secrets = self.secrets or {}
        return {name: value for name, value in secrets.items() if not isinstance(value, Unknown)}

    @property
    def intent(self) -> Intent:
        """What the router should run, as far as it is known."""
        return Intent(lines=fill(self.lines, self.known_values), secrets=self.known_secrets)


def find_flaws(inputs: Inputs) -> tuple[Flaw, ...]:
    """Return everything that is wrong with inputs, in the order of the inputs."""
    return tuple(_flaws(inputs))


def _flaws(inputs: Inputs) -> Iterator[Flaw]:
    yield from _target_flaws(inputs)
    if not any(line.strip() and not line.lstrip().startswith("!") for line in inputs.lines):
        yield Flaw(input="lines", says="must hold the router's configuration, not nothing but comments")
    depth = 0
    for place, line in enumerate(inputs.lines):
        is_comment = not line.strip() or line.lstrip().startswith("!")
        says = _line_flaw(line, _depth(line) if is_comment else depth) or _name_flaw(line, inputs.router)
        depth = depth if is_comment else _depth(line)
        if says:
            yield Flaw(input=f"lines[{place}]", says=says)
    yield from _placeholder_flaws(inputs)
    for name, value in inputs.known_values.items():
        if not _is_address(value):
            yield Flaw(input=f"values.{name}", says=f"must be an IPv4 address, not {value!r}")
    for name, secret in inputs.known_secrets.items():
        if not secret or not all("!" <= character <= "~" for character in secret) or "?" in secret:
            says = "must be printable ASCII without blanks and '?', which a router's CLI does not take"
            yield Flaw(input=f"secrets.{name}", says=says)


def _target_flaws(inputs: Inputs) -> Iterator[Flaw]:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,63}", inputs.router):
        yield Flaw(input="router", says="must be the router's hostname: letters, digits, '-', '_' and '.'")
    if isinstance(inputs.host, str) and not re.fullmatch(r"[A-Za-z0-9_.:-]+", inputs.host):
        yield Flaw(input="host", says="must be a host name or an address")
    if inputs.mode not in list(Mode):
        yield Flaw(input="mode", says=f"must be one of {', '.join(Mode)}")
    if inputs.revert_minutes is not None and not 0 <= inputs.revert_minutes <= LONGEST:
        says = f"must be from 1 to {LONGEST}, or 0 to do without the router's own timer"
        yield Flaw(input="revertMinutes", says=says)
    if isinstance(inputs.host_key, str):
        try:
            parse_host_key(inputs.router, inputs.host_key)
        except PushError as error:
            yield Flaw(input="hostKey", says=str(error))


def _line_flaw(line: str, depth: int) -> str:
    """What is wrong with one line below a line of this depth; it is quoted only if it cannot hold a key."""
    text = line.strip()
    flaws = (
        (
            any(not " " <= character <= "~" for character in line),
            "must be of printable ASCII characters (no tabs, line ends, typographic quotes or dashes)",
        ),
        (len(text) > MAX_LINE, f"has {len(text)} characters, IOS takes {MAX_LINE}"),
        ("?" in text, "holds '?', on which a router prints its help instead of taking the line"),
        (
            _depth(line) > depth + 1,
            f"is indented by {_depth(line)}: one blank more than the line above leads into its section",
        ),
        (
            _NOT_CONFIGURATION.fullmatch(text.lower()) is not None,
            f"'{text}' is no line to be owned: it leaves the configuration, runs or asks for something",
        ),
        (
            re.match(r"\S+(?:\([\w-]+\))?#|```", text) is not None,
            f"'{text}' begins like a prompt or a quotation, not like a configuration line",
        ),
    )
    return (
        next((says for wrong, says in flaws if wrong), "") or _strange_placeholder(text) or _secret_flaw(text)
    )


def _name_flaw(line: str, router: str) -> str:
    """What is wrong with a line that names the router; another name would end the session that types it."""
    words = line.split()
    if words[:1] != ["hostname"] or words[1:] == [router]:
        return ""
    return f"'{line.strip()}' renames the router: change its name on it by hand, and here in 'router'"


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _strange_placeholder(text: str) -> str:
    strange = [found for found in _ALMOST_PLACEHOLDER.findall(text) if not _PLACEHOLDER.fullmatch(found)]
    return f"'{strange[0]}' is no placeholder: write <output:NAME> or <secret:NAME>" if strange else ""


def _secret_flaw(text: str) -> str:
    names = placeholder_names([text], PlaceholderKind.SECRET)
    parts = split_secret(re.sub(r"<secret:[A-Za-z0-9-]+>", "placeholder", text))
    if parts is not None and parts[1] != "placeholder":
        return f"'{parts[0]}' needs its key as <secret:NAME>: keys do not belong into the lines"
    if names and parts is None:
        return f"<secret:{names[0]}> stands where no key is known to follow, so it could not be hidden again"
    if len(names) > 1 or (names and HIDDEN in text):
        return "holds more than one secret"
    return ""


def _placeholder_flaws(inputs: Inputs) -> Iterator[Flaw]:
    supplied = {
        PlaceholderKind.OUTPUT: ("values", inputs.values),
        PlaceholderKind.SECRET: ("secrets", inputs.secrets),
    }
    for kind, (name, given) in supplied.items():
        used = placeholder_names(inputs.lines, kind)
        for placeholder in used:
            if given is not None and placeholder not in given:
                yield Flaw(
                    input=name, says=f"has no {placeholder}, which <{kind}:{placeholder}> in the lines needs"
                )
        for placeholder in given or {}:
            if not _NAME.fullmatch(placeholder):
                yield Flaw(input=name, says=f"{placeholder!r} is no name: letters, digits and '-'")


def _is_address(value: str) -> bool:
    try:
        IPv4Address(value)
    except AddressValueError:
        return False
    return True
