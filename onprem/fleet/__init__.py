"""Pushes to many routers: which one is first, how many at once, when there have been too many failures."""
