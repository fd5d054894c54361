"""Models of a test in place of those that a call would build."""

from __future__ import annotations


def give(talk, kind, name, made):
    """Let a call have an object as if it had built it."""
    models = talk._call.bound.models
    models._single[kind, name] = made
    models._made_by[kind, name] = models._recipes.of(name)
    return made
