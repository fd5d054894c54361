"""Bounds of parameters that are known in a call only: `max: "{{ balance }}"`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.schema.fields import Field
from runner.session.errors import MisfitError
from runner.session.values.templates import TemplateRenderer
from runner.template import analyse


@dataclass(frozen=True, slots=True)
class Bounds:
    """Works bounds out.

    Attributes:
        renderer: knows the values.
        lenient: a bound that is not known bounds nothing, as in what a model is told; else nothing
            may be done without it.
    """

    renderer: TemplateRenderer
    lenient: bool = False

    def of(self, field: Field) -> Field:
        """The same field with what bounds it now, in its records too.

        Raises:
            MisfitError: a bound has no value, or none that bounds this field.
        """
        inner = {
            name: {n: self.of(f) for n, f in fields.items()}
            for name in ("of", "fields")
            if isinstance(fields := getattr(field, name), Mapping)
        }
        field = field.model_copy(update=inner) if inner else field
        return self._bounded(field) if field.open_bounds else field

    def _bounded(self, field: Field) -> Field:
        values = {name: self.renderer.value(text) for name, text in field.open_bounds.items()}
        while True:
            try:
                return field.bounded(values)
            except ValueError as problem:
                name = str(problem)
                if not self.lenient:
                    names = _named(field.open_bounds[name])
                    raise MisfitError(f"cannot be checked now: {names} is not known") from None
                field = field.model_copy(update={name: None})
                del values[name]


def _named(template: str) -> str:
    """What a bound goes by, for whoever called."""
    return " and ".join(dict.fromkeys(".".join(use.path) for use in analyse(template).uses))


def bound_names(field: Field) -> set[str]:
    """The names that the bounds of a field go by."""
    return {use.path[0] for text in field.open_bounds.values() for use in analyse(text).uses}
