"""Serves the policy pack to the Pulumi engine; it never returns."""  # noqa: INP001 (a program, no package)

from network_policies.analyzer import NetworkPolicyPack

NetworkPolicyPack()
