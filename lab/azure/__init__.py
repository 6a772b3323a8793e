"""An emulated Azure Resource Manager: what a laptop does not have, and what tests cannot wait for.

It serves over HTTPS what Azure's own clients ask of it, fills in what Azure fills in, and refuses what Azure
refuses, citing the rule. It is a stand-in and says so: a network that it accepts has met the rules known to
this project, not Azure.

- `server.py`: the server; `python -m lab.azure` runs one.
- `families/`: the resource types, one module for each family: every rule is there.
- `control_plane.py`: what PUT, GET, PATCH and DELETE do, whatever the type.
- `declaration.py`, `shape.py`: the words of the types, and how a request is read against them.
- `state.py`: what is held, and its file.
- `lab_control.py`: the journal, and faults to order.
"""
