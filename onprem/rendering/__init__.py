"""From the network to a router's lines: the same network, the same bytes; keys and outputs by their names."""
