"""azure-native's `network`, of which only what is used is read.

The package reads its 290 modules when it is first used: a third of the processor time that the program
takes for a preview of the test stack. Here each name comes from the module that defines it; a name that is in
none of the expected ones has the package read itself, as it does elsewhere.
"""

from __future__ import annotations

import re
import sys
from functools import partial
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

_ARGUMENTS = re.compile(r"(?:Init)?Args$|_output$")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def read_by_part(parent: ModuleType, name: str) -> ModuleType:
    """Return a package of the SDK whose modules are read when a name of theirs is asked for."""
    spec = PathFinder.find_spec(f"{parent.__name__}.{name}", parent.__path__)
    assert spec is not None, f"{parent.__name__} has {name}"
    package = module_from_spec(spec)
    package.__dict__["__getattr__"] = partial(_find, package)
    sys.modules[package.__name__] = package
    setattr(parent, name, package)
    return package


def _find(package: ModuleType, name: str) -> Any:  # noqa: ANN401 (whatever the SDK has of that name)
    if name.startswith("__"):
        raise AttributeError(name)
    for part in ("_inputs", "_enums", _WORD.sub("_", _ARGUMENTS.sub("", name)).lower()):
        try:
            module = import_module(f"{package.__name__}.{part}")
        except ModuleNotFoundError:
            continue
        if name in module.__all__ or name == part:
            found = getattr(module, name, module)
            setattr(package, name, found)
            return found
    del package.__dict__["__getattr__"]
    assert package.__spec__ is not None
    assert package.__spec__.loader is not None
    package.__spec__.loader.exec_module(package)
    return getattr(package, name)


if TYPE_CHECKING:
    from pulumi_azure_native import network
else:
    network = read_by_part(import_module("pulumi_azure_native"), "network")

__all__ = ["network"]
