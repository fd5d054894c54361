"""A tool's request: its address, and all that is sent."""
