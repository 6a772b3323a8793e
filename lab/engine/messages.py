"""The messages between the engine and a language host, without the SDK that they come with.

Reading the whole SDK would take a host longer than everything else that it does, and the engine starts two.
"""

from importlib.util import find_spec, module_from_spec
from sys import modules

_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")
_before = set(modules)

for name in _PACKAGES:
    if name not in _before:
        spec = find_spec(name)
        assert spec is not None, f"{name} is installed"
        modules[name] = module_from_spec(spec)  # a folder to import from; its own code is not run

from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402

for name in set(modules) - _before:
    if name.startswith("pulumi"):
        del modules[name]  # whoever wants the SDK gets all of it

__all__ = ["language_pb2", "language_pb2_grpc", "plugin_pb2"]
