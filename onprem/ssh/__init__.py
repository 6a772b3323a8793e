"""How a router is reached and spoken to: the way there, its host key, the login, and every answer read."""
