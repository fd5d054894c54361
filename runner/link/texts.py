"""What the texts of a folder use, and where that stands in the files."""

from __future__ import annotations

from dataclasses import dataclass

from runner.diagnostics import Span
from runner.link.pinpoint import Pinpoint
from runner.link.surroundings import Analyses
from runner.schema.types.texts import Condition, Plain, Scalar, Text
from runner.template import Analysis, Use, has_template


@dataclass(frozen=True, slots=True)
class Texts:
    """Analyses texts by their roles.

    Attributes:
        analyses: where analyses are remembered.
        pinpoint: finds uses in their files.
    """

    analyses: Analyses
    pinpoint: Pinpoint

    def analysis(self, value: Text) -> Analysis:
        """What a text uses; nothing where a template means nothing."""
        if isinstance(value, Plain | Scalar):
            return Analysis(literal=True)
        if isinstance(value, Condition):
            return self.analyses.of(str(value), condition=True)
        if not has_template(value):
            return Analysis(literal=True)
        return self.analyses.of(str(value), condition=False)

    def span(self, place: Span, value: Text, use: Use) -> Span:
        """Where a use stands in its file."""
        return self.pinpoint.at(place, value, use.line, use.column, ".".join(use.path))
