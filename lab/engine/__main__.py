"""Prints the path of the Pulumi engine to run, built first if need be: `python -m lab.engine`."""

import sys

from lab.engine import BuildError, find_engine

try:
    sys.stdout.write(f"{find_engine().binary}\n")
except BuildError as error:
    sys.exit(str(error))
