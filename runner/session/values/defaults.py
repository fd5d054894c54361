"""The values that variables begin with."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

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


def set_recalled(variables: Variables, values: Mapping[str, Any]) -> list[str]:
    """Give variables what is remembered of the caller; gives the names of those that have it.

    A value that does not fit any more, since the variable is another by now, is left out.
    """
    done = []
    # a choice is checked against its list, which has to be there first
    chosen = {n for n, field in variables.fields.items() if field.choices_from is not None}
    for name in sorted(values, key=chosen.__contains__):
        if values[name] is None or name in variables.fixed:
            continue
        try:
            variables.set(name, values[name])
        except MisfitError as problem:
            log.warning("what is remembered as '%s' is left out: it %s", name, problem)
        else:
            done.append(name)
    return done
