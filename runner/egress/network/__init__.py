"""The wire: connections, the addresses that may be reached, names that are resolved."""
