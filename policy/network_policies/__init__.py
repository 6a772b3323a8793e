"""Rules for hybrid networks, judged from outside: this package knows no program, only resources.

- `values`, `stack`: what the engine sends, as one frozen model that all rules share.
- `rules`: what a rule, a finding and a case are; `catalogue`: every rule there is.
- `judgement`: runs the rules, with exemptions, unknown values, crashes and redaction.
- `analyzer`: the server that the engine talks to.
- `router_configuration` and its siblings by subject: the rules and what they read.
"""

from network_policies.catalogue import RULES
from network_policies.resource import Resource
from network_policies.rules import Case, Finding, Level, Rule, Scope
from network_policies.stack import Stack

__all__ = ["RULES", "Case", "Finding", "Level", "Resource", "Rule", "Scope", "Stack"]
