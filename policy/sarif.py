"""Turns the engine's events into SARIF: `python policy/sarif.py EVENTS > policy.sarif`; see the README."""  # noqa: INP001 (a program, no package)

import sys

from network_policies.sarif_command import main

sys.exit(main(sys.argv[1:]))
