"""The values that variables begin with."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from runner.session.errors import MisfitError
from runner.session.values.templates import TemplateRenderer
from runner.session.values.variables import Variables

log = logging.getLogger("lkrun")


def set_defaults(variables: Variables, renderer: TemplateRenderer, names: Iterable[str]) -> None:
    """Give variables their defaults; one that does not fit is left out."""
    for name in names:
        default = variables.fields[name].default
        if default is None:
            continue
        try:
            variables.set(name, renderer.value(default))
        except MisfitError as problem:
            log.warning("the default of '%s' is left out: it %s", name, problem)
