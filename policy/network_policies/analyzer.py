"""The server that the Pulumi engine talks to: pulumi-policy's, but reading the resources once for all rules.

pulumi-policy 1.21 decodes every resource once for each policy, forgets which values are secret, and has one
level for all that a policy says. Here a resource is decoded once, secrets stay marked, and each verdict has
its own level. Each rule is still a policy of its own, with its name, level and settings.

The engine sends a resource's inputs before it creates it (`Analyze`), and everybody's outputs at the end
(`AnalyzeStack`). Both are kept together: rules about single resources judge the inputs first, which stops a
deployment before it begins, and all rules judge the whole at the end; nothing is said twice.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from difflib import get_close_matches

import grpc
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy
from pulumi_policy.policy import _PolicyAnalyzerServicer

from network_policies.catalogue import RULES
from network_policies.configuration import Settings, read_settings, schema
from network_policies.judgement import Verdict, judge, secrets_of
from network_policies.resource import Resource
from network_policies.rules import Level, Rule, Scope
from network_policies.stack import Stack, stack_of
from network_policies.values import Value, decode_properties

PACK_NAME = "hybrid-network"

_MAXIMUM_MESSAGE = 400 * 1024 * 1024
"""As pulumi-policy has it; gRPC's own 4 MB is a stack of some hundred resources."""

_ALL = "all"
"""What the engine calls a level for every rule."""

_LEVELS = {Level.ADVISORY: EnforcementLevel.ADVISORY, Level.MANDATORY: EnforcementLevel.MANDATORY}


class RulePolicy(StackValidationPolicy):
    """A rule as the engine lists it."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(
            name=rule.name,
            description=rule.holds,
            enforcement_level=_LEVELS[rule.level],
            config_schema=schema(rule),
            tags=list(rule.sources),
            url=rule.page,
        )
        self.rule = rule


class NetworkAnalyzer(_PolicyAnalyzerServicer):
    """Answers the engine."""

    def __init__(self, rules: Iterable[Rule] = RULES) -> None:
        self._policies = {rule.name: RulePolicy(rule) for rule in rules}
        super().__init__(PACK_NAME, "0.0.1", list(self._policies.values()), EnforcementLevel.ADVISORY)
        self._settings = {name: read_settings(policy.rule, {}) for name, policy in self._policies.items()}
        self._lock = threading.Lock()
        self._inputs: dict[str, Mapping[str, Value]] = {}
        self._said: dict[str, set[tuple[str, str]]] = {}
        self._secrets: set[str] = set()
        """Of all resources so far: one may repeat what another keeps secret."""

    def _no_rule(self, name: str) -> str:
        """Say that there is no such rule, and which may be meant: all of them fill a screen."""
        near = get_close_matches(name, self._policies, n=3)
        meant = f"did you mean {' or '.join(near)}?" if near else "policy/README.md has the rules' names"
        return f"the policy pack has no rule {name}: {meant}"

    def Configure(  # noqa: N802 (the protocol's name)
        self, request: proto.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> object:
        """Take the user's settings; refuse what is misspelt, rather than judge by something else."""
        answer: object = super().Configure(request, context)  # type: ignore[no-untyped-call]
        unknown = sorted(set(request.policyConfig) - set(self._policies) - {_ALL})
        if unknown:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "; ".join(map(self._no_rule, unknown)))
        if _ALL in request.policyConfig and request.policyConfig[_ALL].properties.fields:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                f'"{_ALL}" takes a level only; parameters and exemptions belong to a rule',
            )
        try:
            self._settings = {name: self._read_settings(policy) for name, policy in self._policies.items()}
        except ValueError as mistake:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(mistake))
        return answer

    def Analyze(  # noqa: N802
        self, request: proto.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> proto.AnalyzeResponse:
        """Judge a resource's inputs, before it is created."""
        resource = _decode_resource(request, decode_properties(request.properties), {})
        stack = stack_of((resource,))
        with self._lock:
            self._inputs[resource.urn] = resource.inputs
            self._said[resource.urn] = set()
            self._secrets |= secrets_of(stack)
        return self._judge((resource,), stack, self._rules(Scope.RESOURCE))

    def AnalyzeStack(  # noqa: N802
        self, request: proto.AnalyzeStackRequest, _context: grpc.ServicerContext
    ) -> proto.AnalyzeResponse:
        """Judge the whole stack, with its outputs."""
        stack = stack_of(
            _decode_resource(sent, self._inputs.get(sent.urn), decode_properties(sent.properties))
            for sent in request.resources
        )
        return self._judge(stack.resources, stack, self._rules(*Scope))

    def Remediate(  # noqa: N802
        self, _request: proto.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> proto.RemediateResponse:
        """Change nothing: a network is mended by its author."""
        return proto.RemediateResponse()

    def _rules(self, *scopes: Scope) -> list[Rule]:
        return [
            policy.rule
            for policy in self._policies.values()
            if policy.rule.scope in scopes
            and self._get_enforcement_level(policy) != EnforcementLevel.DISABLED
        ]

    def _read_settings(self, policy: RulePolicy) -> Settings:
        return read_settings(policy.rule, self._get_policy_config(policy.name) or {})

    def _judge(
        self, resources: Iterable[Resource], stack: Stack, rules: Iterable[Rule]
    ) -> proto.AnalyzeResponse:
        response = proto.AnalyzeResponse()
        for verdict in judge(rules, resources, stack, self._settings, more_secrets=self._all_secrets):
            if self._is_new(verdict):
                response.diagnostics.append(self._diagnostic(verdict))
        return response

    def _all_secrets(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._secrets)

    def _is_new(self, verdict: Verdict) -> bool:
        with self._lock:
            said = self._said.setdefault(verdict.urn, set())
            statement = (verdict.rule.name, verdict.message)
            if statement in said:
                return False
            said.add(statement)
            return True

    def _diagnostic(self, verdict: Verdict) -> proto.AnalyzeDiagnostic:
        level = self._get_enforcement_level(self._policies[verdict.rule.name])
        if verdict.level is not None:
            level = _LEVELS[verdict.level]
        elif level == EnforcementLevel.REMEDIATE:
            level = EnforcementLevel.MANDATORY  # nothing is remediated, so it must stop
        return proto.AnalyzeDiagnostic(
            policyName=verdict.rule.name,
            policyPackName=PACK_NAME,
            policyPackVersion="0.0.1",
            description=verdict.rule.holds,
            message=f"{verdict.rule.holds}\n{verdict.message}",
            urn=verdict.urn,
            enforcementLevel=self._map_enforcement_level(level),
        )


def _decode_resource(
    sent: proto.AnalyzeRequest | proto.AnalyzerResource,
    inputs: Mapping[str, Value] | None,
    outputs: Mapping[str, Value],
) -> Resource:
    dependencies = getattr(sent, "propertyDependencies", {})
    return Resource(
        urn=sent.urn,
        type=sent.type,
        name=sent.name,
        inputs=inputs or {},
        has_inputs=inputs is not None,
        outputs=outputs,
        property_dependencies={name: tuple(dependencies[name].urns) for name in dependencies},
        secret_outputs=frozenset(sent.options.additionalSecretOutputs),
        provider=sent.provider.urn,
        subscription=sent.provider.properties.fields["subscriptionId"].string_value or None
        if "subscriptionId" in sent.provider.properties.fields
        else None,
    )


class NetworkPolicyPack(PolicyPack):
    """The policy pack: starts to serve where it is constructed, and does not return.

    The server is the one that `PolicyPack` starts, around another servicer.
    """

    def __init__(self) -> None:
        options = [
            ("grpc.max_receive_message_length", _MAXIMUM_MESSAGE),
            ("grpc.max_send_message_length", _MAXIMUM_MESSAGE),
        ]
        server = grpc.server(ThreadPoolExecutor(max_workers=4), options=options)
        analyzer_pb2_grpc.add_AnalyzerServicer_to_server(NetworkAnalyzer(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):  # the engine, which shares the terminal, decides when to stop
            server.wait_for_termination()
