"""A network that lives: real BGP, OSPF and IPsec between network namespaces, built from a stack file.

What the description says runs on FRR and strongSwan; what Azure does by itself is their policy here. Nothing of
it can be seen from outside, and nothing outlives its keeper: it has a process, mount and network world of its own.
"""
