"""Drops the aliases of old API versions that every azure-native class drags along.

Each of the 57-60 aliases costs the Python SDK several outputs for every resource: a preview of 300 resources
takes four times as long with them. They matter only to a state that still holds a versioned type, such as
`azure-native:network/v20230201:VirtualNetwork`; `python -m components.aliases STATE` says whether one does.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import sys
from pathlib import Path

import pulumi

_VERSIONED_TYPE = re.compile(r"azure-native:[^:$]+/v\d{8}[a-z]*:[A-Za-z]+")


def drop_old_version_aliases() -> None:
    """Register the transformation; the user's own aliases stay."""
    pulumi.runtime.register_stack_transformation(_without_old_versions)


def _without_old_versions(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    if not args.opts.aliases or not args.type_.startswith("azure-native:"):
        return None
    opts = copy.copy(args.opts)
    opts.aliases = [alias for alias in args.opts.aliases or () if not _is_old_version(alias)]
    return pulumi.ResourceTransformationResult(props=args.props, opts=opts)


def _is_old_version(alias: object) -> bool:
    """Whether an alias gives only another version of an azure-native type."""
    return (
        isinstance(alias, pulumi.Alias)
        and isinstance(alias.type_, str)
        and alias.type_.startswith("azure-native:")
        and not isinstance(alias.name, str)  # unset, as in the SDK's own list
    )


def versioned_types(state: dict[str, object]) -> list[str]:
    """Return the URNs in an exported state that only an alias of an old version would find again."""
    deployment = state.get("deployment")
    resources = deployment.get("resources") or [] if isinstance(deployment, dict) else []
    return [resource["urn"] for resource in resources if _VERSIONED_TYPE.search(resource["urn"])]


def main(arguments: list[str] | None = None) -> int:
    """Say whether a state needs the aliases. Exit code 0 if not, 1 if it does, 2 for an unreadable file."""
    parser = argparse.ArgumentParser(prog="python -m components.aliases", description=main.__doc__)
    parser.add_argument("state", type=Path, help="a file written by `pulumi stack export --file`")
    path = parser.parse_args(arguments).state
    try:
        found = versioned_types(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        parser.exit(2, f"{path} is no exported state: {error}\n")
    if not found:
        sys.stdout.write(f"{path}: no versioned types, dropping the aliases is safe\n")
        return 0
    sys.stdout.write(
        f"{path}: {len(found)} resources have versioned types; keep the aliases for one `pulumi up`:\n"
        "  pulumi config set hybrid:keepOldAliases true\n"
    )
    sys.stdout.writelines(f"  {urn}\n" for urn in found)
    return 1


if __name__ == "__main__":
    sys.exit(main())
