"""Conversation tests: talks with an agent in process, and what must be true of them."""
