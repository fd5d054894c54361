"""Calls that agents make: the one place through which every number is dialled."""
