"""Pictures of an agent: its personas, and the ways between them."""
