"""Servers of the Model Context Protocol: connected for a call, and asked."""
