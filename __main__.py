"""The program: one network from the stack's description, and what others need of it."""

from pathlib import Path

import pulumi

from components.aliases import drop_old_version_aliases
from components.configuration import read_settings
from components.debug_messages import drop_debug_messages
from components.hybrid_network import HybridNetwork
from components.paths import PATHS_OUTPUT, report_changes, steady_paths
from topology import StackFileError

try:
    settings = read_settings(Path(__file__).parent)
except StackFileError as error:
    raise pulumi.RunError(str(error)) from None

if not settings.keep_old_aliases:
    drop_old_version_aliases()
if not settings.debug_messages:
    drop_debug_messages()

hybrid_network = HybridNetwork("network", settings)
for name, value in hybrid_network.outputs.items():
    pulumi.export(name, value)
pulumi.export("sourcePlaces", hybrid_network.source_places)

paths = steady_paths(settings.network)
pulumi.export(PATHS_OUTPUT, paths)
report_changes(paths)
