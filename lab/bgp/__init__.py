"""A network that lives: real BGP, OSPF and IPsec between network namespaces, built from a stack file.

What the description says runs on FRR and strongSwan; what Azure does by itself is their policy here. Nothing
of it can be seen from outside, and nothing outlives its keeper, which has namespaces of its own for mounts,
processes and the network.
"""
