"""Emulated IOS-XE routers behind real SSH: a running configuration, its modes, and IOS's refusals."""
