"""What a lab reads until it has answered its first questions; for `forked_labs` to read it once."""

import lab.service  # noqa: F401
from lab.azure.schema import PATHS, find_type

for name in PATHS:
    find_type(f"azure-native:{name}")
