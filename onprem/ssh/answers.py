"""What a router's answer to a configuration line means: taken, taken with a remark, or rejected.

A line that begins with `%` is a rejection unless it is a known remark: a push that stops at something
harmless is undone and says why; one that goes on after a rejection leaves a router half configured. Other
text is a remark unless it is a known rejection. Sources: the error patterns of Cisco's `cisco.ios` Ansible
collection (`plugins/terminal/ios.py`) and of pyATS' unicon (`iosxe/settings.py`); the security warnings from
Cisco's "Resilient infrastructure: security warnings reference".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOG = re.compile(
    r"(?:\d+: )?(?:\S+: )?[*.]?(?:[A-Z][a-z]{2} +\d+ (?:\d{4} )?[\d:.]+(?: \w+)?: )?"
    r"%[A-Z0-9_-]+-[0-7]-[A-Z0-9_]+: .*"
)
_REMARK = re.compile(r"SECURITY WARNING\b.*|%? ?(?:warning|note)\b.*", re.IGNORECASE)
_EXPECTED = re.compile(
    r"%? ?Interface \S+ IPv[46] disabled and address\(es\) removed due to (?:en|dis)abling VRF .*"
    r"|%? ?IPv[46] addresses from all interfaces in VRF \S+ have been removed.*"
    r"|% ?Not all config may be removed and may reappear after reactivating.*"
    r"|Enter configuration commands, one per line\..*"
    r"|IKEv2 (?:proposal|policy|profile) MUST .*"
    r"|encryption algorithm aes-gcm, a prf algorithm and a DH group configured"
    r"|\d\. A (?:local and a remote authentication method|match identity or a match certificate .*)\.?"
)
"""Consequences that the diff has allowed for, and what a new crypto section lacks until its lines come."""
_REJECTION = re.compile(
    r"%.*"
    r"|ERROR:.*"
    r"|Bad mask .*"
    r"|.*\boverlaps with\b.*"
    r"|.*\bCommand authorization failed.*"
    r"|.*\bConfiguration mode (?:is )?locked\b.*"
    r"|BGP is already running;.*"
    r"|(?:invalid|unknown|incomplete|ambiguous) .*"
    r"|.*\b(?:is not permitted|not allowed|cannot be|does not exist|not supported|is invalid)\b.*",
    re.IGNORECASE,
)
QUESTION = re.compile(r"(?:\[(?:yes/no|y/n|confirm)\][:?]? ?|[Pp]assword: ?|\? ?|--More-- ?)$")
"""The end of what a router prints when it wants an answer instead of giving one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A router's answer: why it rejected the line (empty if it took it), or what it remarked."""

    rejection: str = ""
    remark: str = ""


def without_log(text: str) -> str:
    """A router's answer without the log lines that it prints in between."""
    return "\n".join(line for line in text.splitlines() if not _LOG.fullmatch(line.strip()))


def read_answer(text: str) -> Answer:
    """Judge what a router printed between a line's echo and the next prompt."""
    meant = [line.strip() for line in without_log(text).splitlines() if line.strip() not in {"", "^"}]
    for line in meant:
        if _REJECTION.fullmatch(line) and not _REMARK.fullmatch(line) and not _EXPECTED.fullmatch(line):
            return Answer(rejection=" ".join(meant))
    return Answer(remark=" ".join(line for line in meant if not _EXPECTED.fullmatch(line)))
