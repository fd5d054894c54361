"""Calls and text dialogues as the main process sees them."""
