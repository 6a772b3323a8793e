"""Runs the router provider; the engine starts it as the plugin `iosxe`."""  # noqa: INP001 (a folder to run)

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from onprem.provider.server import main

if __name__ == "__main__":
    main()
