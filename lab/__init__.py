"""Stands in for what a laptop does not have: Azure, routers, circuits."""
