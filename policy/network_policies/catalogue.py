"""Every rule there is, in the order in which the documentation lists them."""

from __future__ import annotations

from network_policies import asns
from network_policies.rules import Rule

RULES: tuple[Rule, ...] = (*asns.RULES,)
