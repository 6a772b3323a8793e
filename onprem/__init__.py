"""On-premises routers: what they are configured with, and how it gets there."""
