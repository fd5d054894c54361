"""Voices, speech recognition and models that are services, asked by HTTP."""
