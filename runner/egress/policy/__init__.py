"""What keeps a service from being hammered, and a caller from waiting: budget, retry, limits."""
