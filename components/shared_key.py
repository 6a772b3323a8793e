"""A tunnel's pre-shared key: generated, unless the user brings one."""

from __future__ import annotations

import pulumi
import pulumi_random as random

KEY_LENGTH = 48


def create_shared_key(
    name: str, own: pulumi.Output[str] | None, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Return a tunnel's key as a secret.

    Letters and digits only: every character that Azure refuses (IPSEC-1) or that a router's command line
    would take for its own is left out, and the length makes up for it.
    """
    if own is not None:
        return pulumi.Output.secret(own)
    generated = random.RandomPassword(name, length=KEY_LENGTH, special=False, opts=opts)
    return pulumi.Output.secret(generated.result)
