"""Serves the policy pack to the Pulumi engine; it never returns."""

from network_policies.analyzer import NetworkPolicyPack

NetworkPolicyPack()
