"""Jinja2 text of a YAML author: understood at load, rendered in a call.

The grammar, filters and tests are Jinja's (its own lexer, parser and filters, in a sandboxed
environment). No code is generated from a template: its tree is checked once and then evaluated node
by node, so that each step, size, comparison and failure passes through one place. That is what
makes a missing value *empty* everywhere, and a hostile text harmless.

Jinja2 is imported when the first text with braces is met, not before.
"""

from __future__ import annotations

from runner.template.analysis import analyse, analyse_condition
from runner.template.empty import EMPTY, Empty
from runner.template.findings import (
    MOMENTS,
    Analysis,
    TemplateProblem,
    Use,
    has_template,
    in_brackets,
)
from runner.template.pieces import pieces, without_templates
from runner.template.renderer import Failure, Renderer
from runner.template.words import as_data, as_text, spelled

__all__ = [
    "EMPTY",
    "MOMENTS",
    "Analysis",
    "Empty",
    "Failure",
    "Renderer",
    "TemplateProblem",
    "Use",
    "analyse",
    "analyse_condition",
    "as_data",
    "as_text",
    "has_template",
    "in_brackets",
    "pieces",
    "spelled",
    "without_templates",
]
