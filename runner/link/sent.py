"""What is done with a call that is over: whether a model has to read it."""

from __future__ import annotations

from functools import lru_cache

from runner.link.walk import walk
from runner.schema.lifecycle import AfterCall
from runner.schema.types.texts import Text
from runner.template import analyse, has_template


def is_read(spec: AfterCall | None) -> bool:
    """Whether a model is asked for anything about a call."""
    return spec is not None and bool(spec.extract or spec.judge or sends_summary(spec))


def sends_summary(spec: AfterCall) -> bool:
    """Whether the summary stands in something that is sent."""
    texts = (leaf.value for leaf in walk(spec, ()) if isinstance(leaf.value, Text))
    return any(has_template(text) and _uses_summary(str(text)) for text in texts)


@lru_cache(maxsize=256)
def _uses_summary(text: str) -> bool:
    return any(use.path[:2] == ("call", "summary") for use in analyse(text).uses)
