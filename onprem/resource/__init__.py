"""The life of a router's configuration in plain values: what is given, compared, applied and remembered."""
