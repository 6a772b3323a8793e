"""The Pulumi engine where a machine has none: found on PATH, or built once from its published sources.

- `finding`: which `pulumi` to run;
- `building`: the engine from the Go module proxy, pinned by `go.mod` and `go.sum`, kept in the user's cache;
- `language_host`: runs Python programs and plugins for an engine that was built, not installed;
- `messages`: what such a host and the engine tell each other;
- `program`: the process that a language host starts for each program.
"""

from lab.engine.building import BuildError
from lab.engine.finding import Engine, find_engine

__all__ = ["BuildError", "Engine", "find_engine"]
