"""What a process that holds keys leaves behind when it crashes: nothing."""

from __future__ import annotations

import resource


def leave_no_core_file() -> None:
    """Have the system write no image of this process's memory, in which keys would be."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
